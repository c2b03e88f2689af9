"""From one message to a Recognition, with trained heads kept as plain arrays."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.recognition.cues import Cues, normalise, shared_cuer
from bot.recognition.logistic import Logistic
from bot.recognition.reading import Lexicon, Reading, feature_rows, read
from bot.recognition.recognition import BehaviourSpan, Recognition
from bot.recognition.vocabulary import ASKS, BEHAVIOURS, CONCERNS, PERSPECTIVES, RELATIONSHIPS, REPEATED, STALKER_TYPES

Matrix = NDArray[np.float32]

FORMAT = 1
CLAUSE_MARGIN = 1.5  # log odds by which a clause must outdo the message: one clause has less to go on
OTHER_UNSAID = 0.2  # what a guess of "writes about somebody else" keeps when no word names that somebody
_NAMES_OTHERS = ("other", "professional", "family", "colleague", "client_patient", "neighbour")
PERPETRATOR_SURE = 0.6  # a person is taken for the one doing it only from this probability on
MESSAGE_SHARE = 0.2  # how far the whole message speaks beside the clause for a behaviour
CLASSES: Mapping[str, tuple[str, ...]] = {
    "concern": CONCERNS,
    "relationship": RELATIONSHIPS,
    "stalker_type": (*STALKER_TYPES, "none"),
    "perspective": PERSPECTIVES,
    "repeated": REPEATED,
    "ask": ASKS,
}


@dataclass(frozen=True, slots=True)
class Heads:
    """Everything that training learns.

    Attributes:
        lexicon: the telling words.
        linear: fitted models: "behaviours", "denied", "danger", "self_harm" and the names of `CLASSES`.
        thresholds: probabilities from 0 to 1 for each behaviour; log odds for "danger" and "self_harm".
    """

    lexicon: Lexicon
    linear: Mapping[str, Logistic]
    thresholds: Mapping[str, float]


class Recogniser:
    """Reads messages; pure once loaded, and safe to share."""

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        groups = shared_cuer().groups
        self._about_others = tuple(groups.index(name) for name in _NAMES_OTHERS)
        self._behaviour_thresholds = np.array([heads.thresholds[label] for label in BEHAVIOURS], np.float32)

    def recognise(self, text: str, reading: Reading | None = None) -> Recognition:
        """Read one message on its own."""
        reading = reading or read(text)
        if not reading.clauses:
            return Recognition(language=language_of(text))
        rows = feature_rows(reading, self._heads.lexicon)
        chances = behaviour_chances(self._heads.linear["behaviours"], rows)
        denied_clause = self._heads.linear["denied"].probabilities(rows[1:])[:, 0] > 0.5
        spans, denied = self._claims(reading, chances, denied_clause)
        cues = reading.cues[0]
        choice = self._choices(rows[:1], chances.max(0))
        choice["perspective"] = self._perspective(rows[:1], cues)
        return Recognition(
            concern=choice["concern"],
            behaviours=tuple(dict.fromkeys(span.label for span in spans)),
            denied=denied,
            spans=spans,
            relationship=choice["relationship"],
            stalker_type=None if choice["stalker_type"] == "none" else choice["stalker_type"],
            perspective=choice["perspective"],
            immediate_danger=cues.overdose or cues.present_danger or self._over("danger", rows),
            self_harm=cues.overdose or cues.self_harm or self._over("self_harm", rows),
            repeated={"true": True, "false": False}.get(choice["repeated"], "unknown"),
            ask=choice["ask"],
            frequency=cues.frequency,
            duration=cues.duration,
            language=language_of(text),
        )

    def _claims(
        self, reading: Reading, chances: Matrix, denied_clause: NDArray[np.bool_]
    ) -> tuple[tuple[BehaviourSpan, ...], tuple[str, ...]]:
        """Each behaviour over its threshold with the clause that carries it, and the denied ones."""
        spans, denied = [], []
        for column, label in enumerate(BEHAVIOURS):
            over = chances[:, column] >= self._behaviour_thresholds[column]
            for row in np.flatnonzero(over & ~denied_clause):
                start, end = reading.clauses[row]
                spans.append(BehaviourSpan(label, start, end, round(float(chances[row, column]), 3)))
            if (over & denied_clause).any() and not (over & ~denied_clause).any():
                denied.append(label)
        return tuple(sorted(spans, key=lambda span: (span.start, -span.confidence))), tuple(denied)

    def _choices(self, message: Matrix, most: Matrix) -> dict[str, str]:
        choice = {}
        for name, classes in CLASSES.items():
            features = with_behaviours(message, most[None]) if name == "concern" else message
            choice[name] = classes[int(self._heads.linear[name].scores(features).argmax())]
        return choice

    def _perspective(self, message: Matrix, cues: Cues) -> str:
        """Who is writing: nobody is taken for the one doing it on a guess, nor for somebody else without a word that says so."""
        chances = self._heads.linear["perspective"].probabilities(message)[0]
        if chances[PERSPECTIVES.index("perpetrator")] < PERPETRATOR_SURE:
            chances[PERSPECTIVES.index("perpetrator")] = 0.0
        if not any(cues.features[place] for place in self._about_others):
            chances[[PERSPECTIVES.index("other"), PERSPECTIVES.index("professional")]] *= OTHER_UNSAID
        return PERSPECTIVES[int(chances.argmax())]

    def _over(self, name: str, rows: Matrix) -> bool:
        return detector_score(self._heads.linear[name], rows) >= self._heads.thresholds[name]

    def save(self, folder: Path) -> None:
        """Write `recogniser.json` and `recogniser.npz` (no pickle)."""
        heads = self._heads
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, NDArray[np.floating[Any]]] = {}
        for name, model in heads.linear.items():
            arrays[f"{name}.weights"], arrays[f"{name}.bias"] = model.weights.astype(np.float16), model.bias
        np.savez_compressed(folder / "recogniser.npz", **arrays)
        about = {
            "format": FORMAT,
            "words": heads.lexicon.words,
            "rarity": heads.lexicon.rarity,
            "thresholds": dict(heads.thresholds),
            "exclusive": {name: model.exclusive for name, model in heads.linear.items()},
        }
        (folder / "recogniser.json").write_text(json.dumps(about), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Recogniser":
        """Read what :meth:`save` wrote.

        Raises:
            ModelError: files are missing or of another format.
        """
        try:
            about = json.loads((folder / "recogniser.json").read_text(encoding="utf-8"))
            arrays = np.load(folder / "recogniser.npz", allow_pickle=False)
            if about["format"] != FORMAT:
                raise ModelError(f"the model in {folder} has format {about['format']}: run `signpost train`")
            linear = {
                name: Logistic(arrays[f"{name}.weights"].astype(np.float32), arrays[f"{name}.bias"], exclusive)
                for name, exclusive in about["exclusive"].items()
            }
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f"no usable model in {folder} ({error}): run `signpost train`") from error
        return cls(Heads(Lexicon(about["words"], about["rarity"]), linear, about["thresholds"]))


def behaviour_chances(model: Logistic, rows: Matrix) -> Matrix:
    """Probabilities of each behaviour for each clause, shape (clauses, 26); `rows` as `feature_rows` gives them."""
    scores = model.scores(rows)
    mixed = (1 - MESSAGE_SHARE) * scores[1:] + MESSAGE_SHARE * scores[:1]
    return 1 / (1 + np.exp(-mixed))  # type: ignore[no-any-return]


def detector_score(model: Logistic, rows: Matrix) -> float:
    """Log odds of danger or self-harm; `rows` as `feature_rows` gives them.

    The whole message counts, and a clause that outdoes it clearly, so that danger at the end of a long story is not lost.
    """
    scores = model.scores(rows)[:, 0]
    return float(max(scores[0], scores[1:].max(initial=-np.inf) - CLAUSE_MARGIN))


def with_behaviours(message: Matrix, chances: Matrix) -> Matrix:
    """Message features and the highest chance of each behaviour: what tells the concern."""
    return np.concatenate([message, chances * 3, (chances > 0.4).sum(1, keepdims=True).clip(0, 4)], axis=1)


def language_of(text: str) -> str:
    """Tell Welsh ("cy"), when enough words are, from English ("en")."""
    words = normalise(text).split()
    welsh = sum(word in shared_cuer().welsh for word in words)
    return "cy" if welsh >= 2 and welsh >= 0.4 * len(words) else "en"
