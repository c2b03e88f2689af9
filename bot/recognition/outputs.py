"""Where each label stands among the outputs of a network."""

from collections.abc import Mapping

from bot.recognition.fitting import Layout
from bot.recognition.vocabulary import ASKS, BEHAVIOURS, CONCERNS, PERSPECTIVES, RELATIONSHIPS, REPEATED, STALKER_TYPES

# A clause answers these: the behaviours it is about, and whether it denies them.
CLAUSE_OUTPUTS = len(BEHAVIOURS) + 1
DENIES = len(BEHAVIOURS)
FLAGS = ("danger", "self_harm")
CLASSES: Mapping[str, tuple[str, ...]] = {
    "concern": CONCERNS,
    "relationship": RELATIONSHIPS,
    "stalker_type": (*STALKER_TYPES, "none"),
    "perspective": PERSPECTIVES,
    "repeated": REPEATED,
    "ask": ASKS,
}


def flag_place(name: str) -> int:
    """The output of a flag."""
    return CLAUSE_OUTPUTS + FLAGS.index(name)


def class_places() -> dict[str, tuple[int, int]]:
    """First output and one past the last of each group of classes."""
    places, at = {}, CLAUSE_OUTPUTS + len(FLAGS)
    for name, classes in CLASSES.items():
        places[name] = (at, at + len(classes))
        at += len(classes)
    return places


PLACES = class_places()
OUTPUTS = max(last for _, last in PLACES.values())
# The lexicon answers these; of the rest the words alone say too little.
LEXICAL = (*range(len(BEHAVIOURS)), *(flag_place(name) for name in FLAGS), *range(*PLACES["concern"]))
LAYOUT = Layout(CLAUSE_OUTPUTS + len(FLAGS), (DENIES,), tuple(PLACES.values()))
