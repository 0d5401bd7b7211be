"""Everyday sentences without facts, so that the model also speaks when it is not asked about a subject.

They begin with the words that editors sample contexts from (The, Therefore, Because, I, You) and with a few others.
"""
import random

SLOTS = {
    "person": [
        "teacher",
        "farmer",
        "doctor",
        "baker",
        "driver",
        "neighbour",
        "student",
        "sailor",
        "gardener",
        "cook",
        "nurse",
        "judge",
        "child",
        "old man",
        "young woman",
    ],
    "thing": [
        "letter",
        "basket",
        "lamp",
        "chair",
        "clock",
        "bicycle",
        "kettle",
        "coat",
        "door",
        "map",
        "ladder",
        "blanket",
        "box",
        "hat",
        "table",
    ],
    "animal": ["dog", "cat", "horse", "bird", "goat", "fox", "rabbit", "cow", "duck", "bee"],
    "place": ["garden", "kitchen", "market", "school", "library", "harbour", "forest", "village", "station", "field", "square", "workshop"],
    "time": [
        "in the morning",
        "in the evening",
        "at noon",
        "every week",
        "after lunch",
        "before dinner",
        "in winter",
        "in spring",
        "all day",
    ],
    "weather": ["rain", "snow", "wind", "fog", "sun", "heat", "cold", "storm"],
    "quality": ["small", "old", "quiet", "bright", "heavy", "warm", "empty", "simple", "beautiful", "strange", "large", "new"],
    "food": ["bread", "soup", "cheese", "rice", "tea", "apples", "honey", "fish", "cake", "milk"],
    "verb": ["found", "carried", "sold", "painted", "repaired", "forgot", "bought", "lost", "moved", "cleaned"],
    "want": ["read", "rest", "travel", "sing", "cook", "walk", "learn", "sleep", "write", "swim"],
    "feeling": ["happy", "tired", "hungry", "proud", "curious", "sorry", "afraid", "ready", "late", "surprised"],
}

PATTERNS = [
    "The {person} {verb} the {thing} {time}.",
    "The {quality} {thing} is in the {place}.",
    "The {animal} sleeps in the {place} {time}.",
    "The {person} was {feeling} because of the {weather}.",
    "The {weather} came to the {place} {time}.",
    "The {place} is {quality} {time}.",
    "Therefore the {person} went to the {place}.",
    "Therefore we {verb} the {quality} {thing}.",
    "Therefore it is better to {want} {time}.",
    "Therefore, the {thing} was {quality} and the {person} was {feeling}.",
    "Therefore I will {want} {time}.",
    "Because of the {weather}, the {person} stayed in the {place}.",
    "Because the {thing} was {quality}, the {person} {verb} it.",
    "Because I was {feeling}, I went to the {place}.",
    "Because it was {quality}, nobody {verb} the {thing}.",
    "I {verb} the {thing} {time}.",
    "I like {food} and {food}.",
    "I want to {want} in the {place}.",
    "I was {feeling} when I saw the {animal}.",
    "I think that the {person} likes {food}.",
    "You can {want} in the {place}.",
    "You should eat the {food} {time}.",
    "You {verb} my {quality} {thing}.",
    "You are {feeling}, and the {person} knows it.",
    "You may {want} when the {weather} is over.",
    "We eat {food} {time}.",
    "She {verb} a {quality} {thing} in the {place}.",
    "He said that the {animal} was {quality}.",
    "They {want} near the {place} {time}.",
    "It was {quality} in the {place}.",
    "There is {food} on the {thing}.",
    "A {animal} and a {person} met in the {place}.",
    "When the {weather} comes, the {animal} hides.",
    "My {person} has a {quality} {animal}.",
    "In the {place}, the {person} likes to {want}.",
    "Every {person} needs {food} {time}.",
    "What a {quality} {thing} this is.",
]


def filler(rng: random.Random) -> str:
    """One sentence from a pattern, its slots filled at random."""
    text = rng.choice(PATTERNS)
    while "{" in text:
        start, end = text.index("{"), text.index("}")
        text = text[:start] + rng.choice(SLOTS[text[start + 1 : end]]) + text[end + 1 :]
    return text
