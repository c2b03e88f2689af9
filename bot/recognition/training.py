"""Fitting the recogniser's heads on labelled examples.

Thresholds come from cross-validation grouped by neighbouring rows (one writer at one time), never from an evaluation set.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.recognition.examples import Example, LabelledSpan
from bot.recognition.logistic import Logistic, fit
from bot.recognition.reading import Reading, feature_rows, learn_lexicon
from bot.recognition.recogniser import CLASSES, Heads, behaviour_chances, detector_score, with_behaviours
from bot.recognition.vocabulary import BEHAVIOURS

Matrix = NDArray[np.float32]

WORDS = 1200
FOLDS = 3
GROUP = 6  # neighbouring rows that stay in one fold
HIGH_RISK = frozenset(
    "threats_violence strangulation weapon break_in breach_of_order physical_assault sexual_violence threats_suicide".split()
)
# The share of ordinary messages (near misses aside) that may raise a detector out of fold; its cut follows from it.
FALSE_ALARMS = {"danger": 0.02, "self_harm": 0.01}


@dataclass(frozen=True, slots=True)
class _Data:
    """Features and labels of all examples, rows of one example together (message first)."""

    examples: Sequence[Example]
    rows: list[Matrix]
    clause_labels: list[Matrix]
    clause_denied: list[NDArray[np.bool_]]

    def behaviour_targets(self, chosen: NDArray[np.intp]) -> Matrix:
        """Topics of each row: a denied behaviour is still what the words are about."""
        return np.concatenate(
            [np.vstack([self.clause_labels[i].max(0, initial=0), self.clause_labels[i]]) for i in chosen]
        )

    def stacked(self, chosen: NDArray[np.intp]) -> Matrix:
        return np.concatenate([self.rows[i] for i in chosen])

    def messages(self, chosen: NDArray[np.intp]) -> Matrix:
        return np.stack([self.rows[i][0] for i in chosen])


def train(
    examples: Sequence[Example], readings: Sequence[Reading], tell: Callable[[str], None] = lambda _: None
) -> Heads:
    """Fit every head.

    Args:
        examples: with labels.
        readings: of the same texts, in the same order.
        tell: receives one line a step.
    """
    labelled = [_label_clauses(e, r) for e, r in zip(examples, readings, strict=True)]
    texts = [part for reading in readings for part in reading.plain_parts()]
    targets = np.concatenate([np.vstack([labels.max(0, initial=0), labels]) for labels, _ in labelled])
    tell("choosing telling words")
    lexicon = learn_lexicon(texts, _word_targets(examples, readings, targets), WORDS)
    data = _Data(examples, [feature_rows(r, lexicon) for r in readings], *map(list, zip(*labelled, strict=True)))
    every = np.arange(len(examples))
    folds = _folds(len(examples))
    linear: dict[str, Logistic] = {}
    tell("fitting behaviours")
    chances = _out_of_fold_chances(data, folds)
    linear["behaviours"] = _fit_behaviours(data, every)
    linear["denied"] = _fit_denied(data)
    thresholds = _behaviour_thresholds(data, chances)
    tell("fitting danger and self-harm")
    ordinary = np.array(["near_miss" not in e.tags for e in examples])
    for name, flags in (
        ("danger", np.array([e.immediate_danger for e in examples])),
        ("self_harm", np.array([e.self_harm for e in examples])),
    ):
        linear[name] = _fit_detector(data, every, flags)
        scores = _out_of_fold_scores(data, folds, flags)
        thresholds[name] = float(np.quantile(scores[ordinary & ~flags], 1 - FALSE_ALARMS[name]))
    tell("fitting concern, relationship and the rest")
    for name, classes in CLASSES.items():
        features = data.messages(every)
        if name == "concern":
            features = with_behaviours(features, chances)
        linear[name] = fit(features, _one_hot(examples, name, classes), exclusive=True, penalty=4.0, balance=0.5)
    return Heads(lexicon, linear, thresholds)


def _label_clauses(example: Example, reading: Reading) -> tuple[Matrix, NDArray[np.bool_]]:
    """Behaviours (said to happen or denied) of each clause, and whether it denies them."""
    labels = np.zeros((len(reading.clauses), len(BEHAVIOURS)), np.float32)
    denies = np.zeros(len(reading.clauses), bool)
    for span in example.spans:
        for row, (start, end) in enumerate(reading.clauses):
            if _carries(span, start, end):
                for label in (*span.behaviours, *span.denied):
                    labels[row, BEHAVIOURS.index(label)] = 1
                denies[row] |= bool(span.denied)
    return labels, denies


def _carries(span: LabelledSpan, start: int, end: int) -> bool:
    """The clause holds more than half of the span, or the span more than half of the clause."""
    shared = min(end, span.end) - max(start, span.start)
    return shared > 0.5 * (end - start) or shared > 0.5 * (span.end - span.start)


def _word_targets(examples: Sequence[Example], readings: Sequence[Reading], behaviours: Matrix) -> Matrix:
    """Labels that telling words are chosen by: behaviours, danger, self-harm and concern."""
    extra = []
    for example, reading in zip(examples, readings, strict=True):
        row = [example.immediate_danger, example.self_harm, *(example.concern == c for c in CLASSES["concern"])]
        row += [example.perspective == p for p in CLASSES["perspective"]]
        extra.append(np.tile(np.array(row, np.float32), (1 + len(reading.clauses), 1)))
    return np.concatenate([behaviours, np.concatenate(extra)], axis=1)


def _folds(count: int) -> NDArray[np.intp]:
    groups = np.arange(count) // GROUP
    folds: NDArray[np.intp] = np.random.RandomState(11).randint(0, FOLDS, groups[-1] + 1)[groups]
    return folds


def _fit_behaviours(data: _Data, chosen: NDArray[np.intp]) -> Logistic:
    return fit(
        data.stacked(chosen), data.behaviour_targets(chosen), exclusive=False, penalty=8.0, balance=0.3, iterations=60
    )


def _out_of_fold_chances(data: _Data, folds: NDArray[np.intp]) -> Matrix:
    """For each example, the highest chance of each behaviour from a model that has not seen it."""
    chances = np.zeros((len(data.rows), len(BEHAVIOURS)), np.float32)
    for fold in range(FOLDS):
        model = _fit_behaviours(data, np.flatnonzero(folds != fold))
        for i in np.flatnonzero(folds == fold):
            if len(data.rows[i]) > 1:
                chances[i] = behaviour_chances(model, data.rows[i]).max(0)
    return chances


def _fit_denied(data: _Data) -> Logistic:
    """Among clauses that speak of a behaviour, those that deny it."""
    rows, flags = [], []
    for features, labels, denies in zip(data.rows, data.clause_labels, data.clause_denied, strict=True):
        about = labels.any(1)
        rows.append(features[1:][about])
        flags.append(denies[about])
    targets = np.concatenate(flags).astype(np.float32)[:, None]
    return fit(np.concatenate(rows), targets, exclusive=False, penalty=2.0, balance=0.5)


def _behaviour_thresholds(data: _Data, chances: Matrix) -> dict[str, float]:
    """For each behaviour the cut with the best F score out of fold; recall counts double where risk is high."""
    truth = np.stack([labels.max(0, initial=0) for labels in data.clause_labels])
    cuts = np.arange(0.15, 0.71, 0.025)
    overall = cuts[int(np.argmax([_f_score(truth, chances >= cut, 1.0) for cut in cuts]))]
    thresholds = {}
    for column, label in enumerate(BEHAVIOURS):
        beta = 2.0 if label in HIGH_RISK else 1.0
        own = cuts[int(np.argmax([_f_score(truth[:, column], chances[:, column] >= cut, beta) for cut in cuts]))]
        thresholds[label] = float((own + overall) / 2)  # drawn to the common cut: some behaviours have few rows
    return thresholds


def _f_score(truth: Matrix, claimed: NDArray[np.bool_], beta: float) -> float:
    hits = float((claimed & (truth > 0)).sum())
    return (1 + beta**2) * hits / (beta**2 * float((truth > 0).sum()) + float(claimed.sum()) + 1e-9)


def _fit_detector(data: _Data, chosen: NDArray[np.intp], flags: NDArray[np.bool_]) -> Logistic:
    """A detector of whole messages; `detector_score` reads clauses with it too."""
    return fit(data.messages(chosen), flags[chosen].astype(np.float32)[:, None], exclusive=False, penalty=16.0)


def _out_of_fold_scores(data: _Data, folds: NDArray[np.intp], flags: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Each example's score by a detector that has not seen it."""
    scores = np.zeros(len(flags))
    for fold in range(FOLDS):
        model = _fit_detector(data, np.flatnonzero(folds != fold), flags)
        for i in np.flatnonzero(folds == fold):
            scores[i] = detector_score(model, data.rows[i])
    return scores


def _one_hot(examples: Sequence[Example], name: str, classes: Sequence[str]) -> Matrix:
    targets = np.zeros((len(examples), len(classes)), np.float32)
    for row, item in enumerate(examples):
        targets[row, classes.index(getattr(item, name) or "none")] = 1
    return targets
