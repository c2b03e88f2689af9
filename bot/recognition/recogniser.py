"""From one message to a Recognition, with what was learnt kept as plain arrays."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from bot.errors import ModelError
from bot.recognition.cues import Cues, normalise, shared_cuer
from bot.recognition.lexical import Lexicon
from bot.recognition.network import Matrix, Network
from bot.recognition.outputs import CLASSES, DENIES, FLAGS, LEXICAL, PLACES, flag_place
from bot.recognition.reading import Reading, cue_rows, read, windows
from bot.recognition.recognition import BehaviourSpan, Recognition
from bot.recognition.vocabulary import BEHAVIOURS, PERSPECTIVES

FORMAT = 2
OTHER_UNSAID = 0.2  # what a guess of "writes about somebody else" keeps when no word names that somebody
_NAMES_OTHERS = ("other", "professional", "family", "colleague", "client_patient", "neighbour")
PERPETRATOR_SURE = 0.6  # a person is taken for the one doing it only from this probability on
DENIAL_SURE = 2.0  # log odds from which a clause denies what the whole message says
LONG, PART = 160, 64  # tokens from which a message is also read in parts, and of a part
PART_MARGIN = 1.5  # log odds by which a part must outdo the cut: it is read without what stands around it
MESSAGE_SHARE = 0.5  # how far the whole message speaks beside the clause for a behaviour


@dataclass(frozen=True, slots=True)
class Calibration:
    """Turns log odds into a probability that comes true as often as it says."""

    slope: float
    shift: float

    def probability(self, score: float) -> float:
        """From 0 to 1."""
        return float(expit(self.slope * score + self.shift))


@dataclass(frozen=True, slots=True)
class Scores:
    """Log odds of one message: `message` of shape (OUTPUTS,), `clauses` of shape (clauses, CLAUSE_OUTPUTS)."""

    message: Matrix
    clauses: Matrix


@dataclass(frozen=True, slots=True)
class Heads:
    """Everything that training learns.

    Attributes:
        lexicon: what words say of the outputs in `LEXICAL`.
        networks: read a message together; their log odds are averaged, and the lexicon's added.
        thresholds: log odds for each behaviour, "danger" and "self_harm", and for the two where the words say it too
            ("danger said", "self_harm said").
        calibrations: of "behaviours", "danger" and "self_harm".
    """

    lexicon: Lexicon
    networks: Sequence[Network]
    thresholds: Mapping[str, float]
    calibrations: Mapping[str, Calibration]


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
        scores = self._scores(reading)
        spans, denied = self._claims(reading, scores)
        cues = reading.cues[0]
        alarms = self._alarms_within(reading)
        chances = {name: _softmax(scores.message[first:last]) for name, (first, last) in PLACES.items()}
        choice = {name: CLASSES[name][int(each.argmax())] for name, each in chances.items()}
        return Recognition(
            concern=choice["concern"],
            behaviours=tuple(dict.fromkeys(span.label for span in spans)),
            denied=denied,
            spans=spans,
            relationship=choice["relationship"],
            stalker_type=None if choice["stalker_type"] == "none" else choice["stalker_type"],
            perspective=self._perspective(chances["perspective"], cues),
            immediate_danger=cues.overdose or self._over("danger", scores, cues) or "danger" in alarms,
            self_harm=cues.overdose or self._over("self_harm", scores, cues) or "self_harm" in alarms,
            repeated={"true": True, "false": False}.get(choice["repeated"], "unknown"),
            ask=choice["ask"],
            frequency=cues.frequency,
            duration=cues.duration,
            language=language_of(text),
            confidences={
                "concern": round(float(chances["concern"].max()), 3),
                **{name: self._confidence(name, scores) for name in ("danger", "self_harm")},
            },
        )

    def _scores(self, reading: Reading) -> Scores:
        vectors = reading.encoding.hidden.astype(np.float32)
        cues = cue_rows(reading)
        each = [network.scores(vectors, reading.starts, cues) for network in self._heads.networks]
        message = np.mean([top for top, _ in each], axis=0)
        message[list(LEXICAL)] += self._heads.lexicon.scores(normalise(reading.text))
        return Scores(message, np.mean([parts for _, parts in each], axis=0))

    def _claims(self, reading: Reading, scores: Scores) -> tuple[tuple[BehaviourSpan, ...], tuple[str, ...]]:
        """Each behaviour over its threshold with the clause that carries it, and the denied ones."""
        mixed = behaviour_scores(scores)
        calibration = self._heads.calibrations["behaviours"]
        spans, denied = [], []
        for column, label in enumerate(BEHAVIOURS):
            over = mixed[:, column] >= self._behaviour_thresholds[column]
            # The whole message was fitted on what is said to happen: where it says so, a clause must be sure to take it back.
            denies = scores.clauses[:, DENIES] > (0 if scores.message[column] < 0 else DENIAL_SURE)
            about = scores.clauses[:, column] > 0  # what the clause speaks of, denied or not
            foremost = int(scores.clauses[:, column].argmax())
            said = over & ~denies
            if denies[foremost]:
                said &= about  # the clause that speaks of it most denies it: a weak echo elsewhere is no claim
            elif said.any():
                said &= about | (mixed[:, column] == mixed[said, column].max())
            for row in np.flatnonzero(said):
                start, end = reading.clauses[row]
                confidence = round(calibration.probability(float(mixed[row, column])), 3)
                spans.append(BehaviourSpan(label, start, end, confidence))
            if denies[foremost] and (over | about)[foremost] and not said.any():
                denied.append(label)
        return tuple(sorted(spans, key=lambda span: (span.start, -span.confidence))), tuple(denied)

    def _perspective(self, chances: Matrix, cues: Cues) -> str:
        """Who is writing: nobody is taken for the one doing it on a guess, nor for somebody else without a word that says so."""
        chances = chances.copy()
        if chances[PERSPECTIVES.index("perpetrator")] < PERPETRATOR_SURE:
            chances[PERSPECTIVES.index("perpetrator")] = 0.0
        if not any(cues.features[place] for place in self._about_others):
            chances[[PERSPECTIVES.index("other"), PERSPECTIVES.index("professional")]] *= OTHER_UNSAID
        return PERSPECTIVES[int(chances.argmax())]

    def _over(self, name: str, scores: Scores, cues: Cues, margin: float = 0.0) -> bool:
        """A pattern in the words is enough, unless the networks are as sure of the contrary as they never are of a true alarm."""
        cut = self._heads.thresholds[f"{name} said" if says(name, cues) else name]
        return bool(scores.message[flag_place(name)] >= min(cut, self._heads.thresholds[name]) + margin)

    def _alarms_within(self, reading: Reading) -> frozenset[str]:
        """Flags that a part of a long message raises: one cry must not be lost among a thousand words."""
        if len(reading.encoding.hidden) <= LONG:
            return frozenset()
        parts = [(self._scores(part), part.cues[0]) for part in windows(reading, PART)]
        return frozenset(name for name in FLAGS for scores, cues in parts if self._over(name, scores, cues, PART_MARGIN))

    def _confidence(self, name: str, scores: Scores) -> float:
        return round(self._heads.calibrations[name].probability(float(scores.message[flag_place(name)])), 3)

    def save(self, folder: Path) -> None:
        """Write `recogniser.json` and `recogniser.npz` (no pickle)."""
        heads = self._heads
        folder.mkdir(parents=True, exist_ok=True)
        arrays: dict[str, NDArray[np.floating[Any]]] = {
            f"{number}.{name}": array.astype(np.float16)
            for number, network in enumerate(heads.networks)
            for name, array in network.arrays().items()
        }
        arrays["lexicon.weights"], arrays["lexicon.bias"] = (
            heads.lexicon.weights.astype(np.float16),
            heads.lexicon.bias,
        )
        arrays["lexicon.rarity"] = heads.lexicon.rarity
        np.savez_compressed(folder / "recogniser.npz", **arrays)
        about = {
            "format": FORMAT,
            "networks": len(heads.networks),
            "words": list(heads.lexicon.words),
            "thresholds": dict(heads.thresholds),
            "calibrations": {name: [each.slope, each.shift] for name, each in heads.calibrations.items()},
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
            if about["format"] != FORMAT:
                raise ModelError(f"the model in {folder} has format {about['format']}: run `signpost train`")
            with np.load(folder / "recogniser.npz", allow_pickle=False) as arrays:
                networks = [
                    Network(**{name: arrays[f"{n}.{name}"].astype(np.float32) for name in Network.__slots__})
                    for n in range(about["networks"])
                ]
                rarity, weights, bias = (arrays[f"lexicon.{name}"] for name in ("rarity", "weights", "bias"))
        except (OSError, KeyError, ValueError) as error:
            raise ModelError(f"no usable model in {folder} ({error}): run `signpost train`") from error
        calibrations = {name: Calibration(*pair) for name, pair in about["calibrations"].items()}
        lexicon = Lexicon(about["words"], rarity, weights.astype(np.float32), bias)
        return cls(Heads(lexicon, networks, about["thresholds"], calibrations))


def says(name: str, cues: Cues) -> bool:
    """Whether a pattern of danger or self-harm stands in the words, and none that takes it back."""
    return cues.present_danger if name == "danger" else cues.self_harm


def behaviour_scores(scores: Scores) -> Matrix:
    """Log odds of each behaviour in each clause, the whole message speaking too; shape (clauses, 26)."""
    parts = scores.clauses[:, :DENIES]
    return (1 - MESSAGE_SHARE) * parts + MESSAGE_SHARE * scores.message[None, :DENIES]  # type: ignore[no-any-return]


def language_of(text: str) -> str:
    """Tell Welsh ("cy"), when enough words are, from English ("en")."""
    words = normalise(text).split()
    welsh = sum(word in shared_cuer().welsh for word in words)
    return "cy" if welsh >= 2 and welsh >= 0.4 * len(words) else "en"


def _softmax(scores: Matrix) -> NDArray[np.float32]:
    chances = np.exp(scores - scores.max())
    return chances / chances.sum()  # type: ignore[no-any-return]
