"""A gate on recognition: nothing gets clearly worse on sentences that training has never seen.

The floors are what the model of 2026-11-20 reached, less 0.03. Raise them when it gets better.
"""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.evaluation import score
from bot.recognition.cache import encode_all
from bot.recognition.encoder import shared_encoder, training_encoder
from bot.recognition.examples import read_examples
from bot.serving.model import load_recogniser

ROOT = Path(__file__).resolve().parents[2]
ROWS = [
    json.loads(line) for line in (ROOT / "tests" / "nlu" / "heldout.jsonl").read_text(encoding="utf-8").splitlines()
]
MARGIN = 0.03
REACHED = {
    "concern_macro_f1_strict": 0.674,
    "concern_macro_f1_lenient": 0.788,
    "concern_accuracy_clear": 0.795,
    "stalking_f1": 0.840,
    "behaviour_micro_f1": 0.609,
    "behaviour_macro_f1": 0.605,
    "high_risk_behaviour_recall": 0.817,
    "relationship_accuracy_known": 0.684,
    "stalker_type_accuracy_known": 0.589,
    "perspective_accuracy": 0.858,
    "repeated_accuracy": 0.789,
    "ask_accuracy": 0.820,
    "immediate_danger recall": 0.738,
    "self_harm recall": 0.651,
}
FALSE_ALARMS = {"immediate_danger": 0.030, "self_harm": 0.049}
CONTRAST_FALSE_ALARMS = 0.10  # of danger, on rows written to look like danger
IN_A_ROW = 7
SAID_BY_ANYBODY = 3  # words: "rather not say" stands in everybody's examples
TOO_NEAR = 0.93


@pytest.fixture(scope="module")
def figures(model: Path) -> dict[str, Any]:
    recogniser = load_recogniser(model.parent)
    predictions = {row["id"]: recogniser.recognise(row["text"]).as_dict() for row in ROWS}
    found = score(ROWS, predictions)
    for flag in FALSE_ALARMS:
        found[f"{flag} recall"] = found[flag]["recall"]
    return found


@pytest.mark.parametrize(("name", "reached"), REACHED.items())
def test_no_figure_falls(figures: dict[str, Any], name: str, reached: float) -> None:
    assert figures[name] >= reached - MARGIN


@pytest.mark.parametrize(("flag", "reached"), FALSE_ALARMS.items())
def test_false_alarms_do_not_rise(figures: dict[str, Any], flag: str, reached: float) -> None:
    assert figures[flag]["false_alarm_rate"] <= reached + MARGIN


def test_false_danger_alarms_stay_rare_where_they_live(model: Path) -> None:
    recogniser = load_recogniser(model.parent)
    contrast = [row for row in ROWS if "contrast" in row["tags"] and not row["immediate_danger"]]
    raised = sum(recogniser.recognise(row["text"]).immediate_danger for row in contrast)
    assert raised / len(contrast) <= CONTRAST_FALSE_ALARMS + MARGIN
    assert len(contrast) >= 180


def test_every_row_is_read(figures: dict[str, Any]) -> None:
    assert figures["rows"] == len({row["id"] for row in ROWS}) == len(ROWS) >= 900
    assert figures["missing"] == 0


def words(text: str) -> list[str]:
    return re.sub(r"[^\w ]", "", text.lower().replace("’", "'").replace("'", "")).split()


def runs(text: str) -> set[tuple[str, ...]]:
    said = words(text)
    return {tuple(said[i : i + IN_A_ROW]) for i in range(len(said) - IN_A_ROW + 1)}


TRAINED = [row.text for row in read_examples(ROOT / "data" / "nlu")]
LONG = [row for row in ROWS if len(words(row["text"])) > SAID_BY_ANYBODY]


def test_no_seven_words_in_a_row_are_trained_on() -> None:
    trained = {run for text in TRAINED for run in runs(text)}
    assert [row["id"] for row in ROWS if runs(row["text"]) & trained] == []


def test_no_text_is_trained_on_word_for_word() -> None:
    trained = {tuple(words(text)) for text in TRAINED}
    assert [row["id"] for row in LONG if tuple(words(row["text"])) in trained] == []


def vectors(texts: list[str]) -> np.ndarray:
    """One row a text."""
    return np.stack([each.message for each in shared_encoder().encode_many(texts)])


@pytest.mark.usefixtures("model")
def test_no_meaning_is_trained_on_almost_word_for_word() -> None:
    held = vectors([row["text"] for row in LONG])
    # Training has encoded its own sentences already.
    trained = np.stack([each.message for each in encode_all(TRAINED, training_encoder())])
    near = held @ trained.T
    found = [
        (LONG[i]["id"], LONG[i]["text"], TRAINED[j], round(float(near[i, j]), 3))
        for i, j in np.argwhere(near > TOO_NEAR)
    ]
    assert found == []
