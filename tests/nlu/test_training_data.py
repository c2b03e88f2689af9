"""The training data are whole: enough of everything, near misses among them, and docs/data-card.md says what is there.

That no held-out text is trained on is held by test_heldout.py.
"""

from collections import Counter
from collections.abc import Callable, Iterable

import pytest

from bench.data_card import CARD, ROOT, TAGS, filled, near_miss
from bot.recognition.examples import Example, read_examples
from bot.recognition.vocabulary import (
    ASKS,
    BEHAVIOURS,
    CONCERNS,
    PERSPECTIVES,
    RELATIONSHIPS,
    REPEATED,
    STALKER_TYPES,
)

FEWEST = 4000
FEWEST_OF_A_LABEL = 60
NEAR_MISSES = 0.4

ROWS = read_examples(ROOT / "data" / "nlu")
READ: dict[str, tuple[Iterable[str], Callable[[Example], Iterable[str | None]]]] = {
    "concern": (CONCERNS, lambda row: (row.concern,)),
    "behaviour": (BEHAVIOURS, lambda row: row.behaviours | {label for span in row.spans for label in span.denied}),
    "relationship": (RELATIONSHIPS, lambda row: (row.relationship,)),
    "stalker_type": ((*STALKER_TYPES, None), lambda row: (row.stalker_type,)),
    "perspective": (PERSPECTIVES, lambda row: (row.perspective,)),
    "ask": (ASKS, lambda row: (row.ask,)),
    "repeated": (REPEATED, lambda row: (row.repeated,)),
    "immediate_danger": (("True", "False"), lambda row: (str(row.immediate_danger),)),
    "self_harm": (("True", "False"), lambda row: (str(row.self_harm),)),
}


def test_there_are_enough_rows() -> None:
    assert len(ROWS) >= FEWEST


@pytest.mark.parametrize("name", READ)
def test_every_label_has_enough_rows(name: str) -> None:
    labels, read = READ[name]
    found = Counter(label for row in ROWS for label in read(row))
    assert {label: found[label] for label in labels if found[label] < FEWEST_OF_A_LABEL} == {}


def test_every_behaviour_is_shown_often_enough_and_not_only_denied() -> None:
    shown = Counter(label for row in ROWS for label in row.behaviours)
    assert {label: shown[label] for label in BEHAVIOURS if shown[label] < FEWEST_OF_A_LABEL} == {}


@pytest.mark.parametrize("name", READ)
def test_no_label_is_outside_the_vocabulary(name: str) -> None:
    labels, read = READ[name]
    assert {label for row in ROWS for label in read(row)} <= set(labels)


def test_near_misses_are_two_rows_in_five() -> None:
    assert sum(map(near_miss, ROWS)) >= NEAR_MISSES * len(ROWS)


def test_no_row_stands_twice() -> None:
    assert [text for text, count in Counter(row.text for row in ROWS).items() if count > 1] == []


def test_no_row_is_empty_and_no_mark_of_an_annotation_is_left() -> None:
    assert [row.text for row in ROWS if not row.text or set("[]") & set(row.text) or "behaviour:" in row.text] == []


def test_every_tag_is_in_the_list_of_the_data_card() -> None:
    card, listed = CARD.read_text(encoding="utf-8"), {tag for group in TAGS.values() for tag in group}
    assert {tag for row in ROWS for tag in row.tags} <= {tag for tag in listed if f"| `{tag}` |" in card}


def test_no_row_has_a_tag_twice() -> None:
    assert [row.text for row in ROWS if len(set(row.tags)) < len(row.tags)] == []


def test_the_data_card_is_up_to_date() -> None:
    card = CARD.read_text(encoding="utf-8")
    assert filled(card, ROWS) == card, "run `python bench/data_card.py`"
