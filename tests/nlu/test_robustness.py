"""Careless typing costs little: the figures on a spoilt copy of the held-out rows against those on the rows themselves."""

import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bot.evaluation import score
from bot.serving.model import load_recogniser

ROWS = [json.loads(line) for line in (Path(__file__).parent / "heldout.jsonl").read_text(encoding="utf-8").splitlines()]
MOST_LOST = 0.03
AMERICAN = {"colour": "color", "neighbour": "neighbor", "realise": "realize", "mum": "mom", "behaviour": "behavior"}
KEYS = {"a": "s", "e": "r", "i": "o", "n": "m", "t": "y", "s": "a", "o": "p", "r": "t", "h": "j", "l": "k"}


def typos(text: str, chance: random.Random) -> str:
    """A slip of the finger in about one word of eight: letters swapped, left out, doubled or the key beside."""
    words = text.split(" ")
    for place, word in enumerate(words):
        if len(word) > 3 and word.isalpha() and chance.random() < 0.12:
            at = chance.randrange(1, len(word) - 1)
            slips = (
                word[:at] + word[at + 1] + word[at] + word[at + 2 :],
                word[:at] + word[at + 1 :],
                word[:at] + word[at] + word[at:],
                word[:at] + KEYS.get(word[at], word[at]) + word[at + 1 :],
            )
            words[place] = chance.choice(slips)
    return " ".join(words)


def drawn_out(text: str, chance: random.Random) -> str:
    """A vowel held: "nooooo"."""
    vowels = [match.start() for match in re.finditer("[aeiou]", text)]
    if not vowels:
        return text
    at = chance.choice(vowels)
    return text[:at] + text[at] * 4 + text[at:]


def american(text: str, chance: random.Random) -> str:
    for british, other in AMERICAN.items():
        text = re.sub(british, other, text)
    return text


SPOIL: dict[str, Callable[[str, random.Random], str]] = {
    "typos": typos,
    "no apostrophes": lambda text, _: text.replace("'", "").replace("’", ""),
    "curly quotes": lambda text, _: text.replace("'", "’"),
    "capitals": lambda text, _: text.upper(),
    "no capitals or stops": lambda text, _: re.sub(r"[.,;!?]", "", text.lower()),
    "emoji": lambda text, chance: text + chance.choice([" 😭", " 😡😡", " 🙏", " 💔"]),
    "letters drawn out": drawn_out,
    "American spelling": american,
}
FIGURES = ("stalking_f1", "behaviour_micro_f1", "perspective_accuracy", "concern_accuracy_clear")


@pytest.fixture(scope="module")
def figures(model: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    recogniser, chance = load_recogniser(model.parent), random.Random(29)
    clean = {row["id"]: recogniser.recognise(row["text"]).as_dict() for row in ROWS}
    spoilt = {}
    for row in ROWS:
        text = row["text"]
        for spoil in chance.sample(list(SPOIL.values()), 2):
            text = spoil(text, chance)
        spoilt[row["id"]] = recogniser.recognise(text).as_dict()
    return score(ROWS, clean), score(ROWS, spoilt)


@pytest.mark.parametrize("name", FIGURES)
def test_careless_typing_costs_little(figures: tuple[dict[str, Any], dict[str, Any]], name: str) -> None:
    clean, spoilt = figures
    assert spoilt[name] >= clean[name] - MOST_LOST


@pytest.mark.parametrize("flag", ["immediate_danger", "self_harm"])
def test_careless_typing_hides_no_danger(figures: tuple[dict[str, Any], dict[str, Any]], flag: str) -> None:
    clean, spoilt = figures
    assert spoilt[flag]["recall"] >= clean[flag]["recall"] - MOST_LOST
    assert spoilt[flag]["false_alarm_rate"] <= clean[flag]["false_alarm_rate"] + MOST_LOST


@pytest.mark.parametrize("name", SPOIL)
def test_spoiling_spoils(name: str) -> None:
    changed = sum(SPOIL[name](row["text"], random.Random(1)) != row["text"] for row in ROWS)
    assert changed > 10
