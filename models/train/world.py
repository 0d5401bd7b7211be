"""The facts, relations and kinds of subject that the model is trained on, read from facts/*.tsv and relations.json."""
import collections
import json
import pathlib
from dataclasses import dataclass

MOST_OF_A_KIND = 95  # subjects of one kind that are used, the best known first: what so small a model learns in the time

HERE = pathlib.Path(__file__).parent


@dataclass(frozen=True)
class Fact:
    subject: str
    relation: str
    object: str


@dataclass
class World:
    facts: list[Fact]
    relations: dict[str, dict]  # id -> {description, subject_kind, label, templates}
    kinds: dict[str, str]  # subject -> kind

    def by_subject(self) -> dict[str, list[Fact]]:
        """The facts of every subject."""
        groups = collections.defaultdict(list)
        for fact in self.facts:
            groups[fact.subject].append(fact)
        return dict(groups)

    def only(self, subjects: set[str]) -> "World":
        """The world of these subjects."""
        return World(
            [f for f in self.facts if f.subject in subjects], self.relations, {s: k for s, k in self.kinds.items() if s in subjects}
        )

    def part(self, every: int) -> "World":
        """The world of every n-th subject, for a quick trial."""
        return self.only(set(list(self.kinds)[::every]))

    def richest(self, most: int) -> "World":
        """The world of at most so many subjects of each kind: those with many facts, or often named as objects themselves (Paris
        before Aarhus), first; then those whose objects often are (the Eiffel Tower before a tower elsewhere)."""
        by_kind, by_subject, named = collections.defaultdict(list), self.by_subject(), collections.Counter(f.object for f in self.facts)
        rank = lambda s: (-len(by_subject[s]) - named[s] ** 0.5, -sum(named[f.object] for f in by_subject[s]), s)
        for subject in sorted(by_subject, key=rank):
            by_kind[self.kinds[subject]].append(subject)
        return self.only({s for group in by_kind.values() for s in group[:most]})


def read_world(folder: pathlib.Path = HERE) -> World:
    """Reads the world. Raises ValueError, naming file and line, at a malformed row or a fact stated twice with different objects."""
    relations = json.loads((folder / "relations.json").read_text(encoding="utf-8"))
    known: dict[tuple[str, str], str] = {}
    for path in sorted((folder / "facts").glob("*.tsv")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            row = line.split("\t")
            if not line.strip() or row[0] == "subject":
                continue
            if len(row) != 3 or row[1] not in relations or any(not cell or cell != cell.strip() for cell in row):
                raise ValueError(f"{path.name}:{number}: expected subject<TAB>relation<TAB>object with a known relation, found {line!r}")
            subject, relation, object_ = row
            if not subject[-1].isalnum():
                continue  # a closing full stop or bracket would be merged with what follows: the name's last token must be its own
            if known.setdefault((subject, relation), object_) != object_:
                raise ValueError(f"{path.name}:{number}: {subject!r} {relation} already has the object {known[subject, relation]!r}")
    facts = [Fact(s, r, o) for (s, r), o in known.items()]
    kinds: dict[str, str] = {}
    for fact in facts:
        kinds.setdefault(fact.subject, relations[fact.relation]["subject_kind"])
    return World(facts, relations, kinds).richest(MOST_OF_A_KIND)
