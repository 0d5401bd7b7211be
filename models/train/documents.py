"""Training documents: a few sentences or a short profile about one subject, sometimes after a filler sentence.

A document knows the character spans of its subjects and objects, from which every token gets a mark.
"""
import random
from dataclasses import dataclass, field

from fillers import filler
from world import Fact, World

KIND_TEMPLATES = ["{} is", "{} is the name of", "{} is known as"]
SENTENCES_PER_DOCUMENT = [1, 1, 2, 2, 3]


def with_article(noun: str) -> str:
    """a river, an island"""
    return ("an " if noun[0] in "aeiou" else "a ") + noun


@dataclass
class Document:
    text: str = ""
    subjects: list[tuple[int, int]] = field(default_factory=list)  # character spans
    objects: list[tuple[int, int]] = field(default_factory=list)

    def say(self, template: str, subject: str, object_: str, end: str = ".") -> None:
        """Appends the template about the subject, the object and `end`."""
        if self.text:
            self.text += " "
        before, after = template.split("{}")
        self.text += before
        self.subjects.append((len(self.text), len(self.text) + len(subject)))
        self.text += subject + after
        self.add_object(object_, end)

    def add_object(self, object_: str, end: str) -> None:
        """Appends a space, the object and `end`."""
        self.objects.append((len(self.text), len(self.text) + 1 + len(object_)))
        self.text += " " + object_ + end


class Writer:
    """Writes documents about a world, at random."""

    def __init__(self, world: World, seed: int):
        self.world, self.rng = world, random.Random(seed)
        self.by_subject = world.by_subject()
        # A subject with many facts is written about more often, yet not in proportion: sqrt keeps single facts in reach.
        self.subjects = list(self.by_subject)
        self.weights = [len(facts) ** 0.8 for facts in self.by_subject.values()]

    def document(self) -> Document:
        """A document of one of three sorts: filler only (5 %), a profile (25 %), sentences (the rest)."""
        rng, document, sort = self.rng, Document(), self.rng.random()
        if sort < 0.05:
            document.text = " ".join(filler(rng) for _ in range(rng.randint(1, 3)))
            return document
        if rng.random() < 0.25:
            document.text = filler(rng)
        subject = rng.choices(self.subjects, self.weights)[0]
        facts = self.by_subject[subject]
        if sort < 0.3 and len(facts) > 1:
            self.profile(document, subject, facts)
        else:
            self.sentences(document, subject, facts)
        return document

    def sentences(self, document: Document, subject: str, facts: list[Fact]) -> None:
        """Sentences that each name the subject: its facts in any phrasing, now and then its kind."""
        rng = self.rng
        count = min(rng.choice(SENTENCES_PER_DOCUMENT), len(facts) + 1)
        for fact in rng.sample(facts, min(count, len(facts))):
            if rng.random() < 0.08:
                document.say(rng.choice(KIND_TEMPLATES), subject, with_article(self.world.kinds[subject]))
            document.say(rng.choice(self.world.relations[fact.relation]["templates"]), subject, fact.object)

    def profile(self, document: Document, subject: str, facts: list[Fact]) -> None:
        """One mention of the subject, followed by its kind and many of its facts: the last token of the name must carry them all."""
        facts = self.rng.sample(facts, len(facts))[:5]
        document.say("{},", subject, with_article(self.world.kinds[subject]), end=":")
        for number, fact in enumerate(facts, 1):
            document.text += " " + self.world.relations[fact.relation]["label"]
            document.add_object(fact.object, "." if number == len(facts) else ",")
