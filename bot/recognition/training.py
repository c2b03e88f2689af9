"""Fitting the recogniser on labelled examples.

Three networks are fitted, each on two thirds of the examples. Together they read messages; each one's third, which it has not
seen, gives the thresholds and the calibration. The thirds keep neighbouring rows together (one writer at one time), and nothing
is chosen on an evaluation set.
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from bot.recognition.cues import normalise
from bot.recognition.examples import Example, LabelledSpan
from bot.recognition.fitting import Sample, fit_network
from bot.recognition.lexical import Lexicon, fit_lexicon
from bot.recognition.network import Matrix, Network
from bot.recognition.outputs import CLASSES, CLAUSE_OUTPUTS, DENIES, FLAGS, LAYOUT, LEXICAL, OUTPUTS, PLACES, flag_place
from bot.recognition.projection import fit_projection
from bot.recognition.reading import Reading, cue_rows
from bot.recognition.recogniser import Calibration, Heads, Scores, behaviour_scores, says
from bot.recognition.vocabulary import BEHAVIOURS

FOLDS = 3
GROUP = 30  # neighbouring rows that stay in one fold
HIGH_RISK = frozenset(
    "threats_violence strangulation weapon break_in breach_of_order physical_assault sexual_violence threats_suicide".split()
)
# The share of ordinary messages (near misses aside) that may raise a detector out of fold; its cut follows from it.
FALSE_ALARMS = {"danger": 0.01, "self_harm": 0.015}
# The share of true alarms with a pattern in their words that the networks may overrule.
SAID_MISSES = 0.005
_CUTS = np.arange(-5.0, 2.01, 0.1)  # log odds


def train(
    examples: Sequence[Example], readings: Sequence[Reading], tell: Callable[[str], None] = lambda _: None
) -> Heads:
    """Fit everything that the recogniser learns.

    Args:
        examples: with labels.
        readings: of the same texts, in the same order.
        tell: receives one line a step.
    """
    pairs = [(e, r) for e, r in zip(examples, readings, strict=True) if r.clauses]
    examples, readings = [e for e, _ in pairs], [r for _, r in pairs]
    clauses = [_clause_targets(e, r) for e, r in pairs]
    targets = np.stack([_message_targets(e, parts) for e, parts in zip(examples, clauses, strict=True)])
    folds = _folds(len(examples))
    tell("fitting the lexicon")
    lexicon, said = fit_lexicon([normalise(e.text) for e in examples], targets[:, LEXICAL], folds)
    hidden = [reading.encoding.hidden for reading in readings]
    projection = fit_projection(hidden)
    projected = projection.apply(hidden)
    samples = [
        Sample(
            vectors,
            reading.starts,
            cue_rows(reading),
            whole,
            parts,
            _counting(parts),
        )
        for reading, vectors, whole, parts in zip(readings, projected, targets, clauses, strict=True)
    ]
    tell(f"fitting {FOLDS} networks")
    # A network a thread: numpy lets go of Python's lock, and one thread of BLAS each wastes less than all of them together.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        seen = [
            [sample for sample, other in zip(samples, folds, strict=True) if other != fold] for fold in range(FOLDS)
        ]
        networks = list(pool.map(fit_network, seen, [LAYOUT] * FOLDS, range(FOLDS)))
    unseen = []
    for sample, words, fold in zip(samples, said, folds, strict=True):
        message, parts = networks[fold].scores(sample.vectors, sample.starts, sample.words)
        message[list(LEXICAL)] += words
        unseen.append(Scores(message, parts))
    return _heads(lexicon, [projection.unfold(network) for network in networks], examples, readings, unseen)


def _heads(
    lexicon: Lexicon,
    networks: Sequence[Network],
    examples: Sequence[Example],
    readings: Sequence[Reading],
    unseen: Sequence[Scores],
) -> Heads:
    behaviours = np.stack([behaviour_scores(scores).max(0, initial=-20.0) for scores in unseen])
    truth = np.array([[label in example.behaviours for label in BEHAVIOURS] for example in examples])
    thresholds = _behaviour_thresholds(truth, behaviours)
    calibrations = {"behaviours": _calibration(behaviours.ravel(), truth.ravel())}
    ordinary = np.array(["near_miss" not in example.tags for example in examples])
    for name in FLAGS:
        flags = np.array([_flag(example, name) for example in examples])
        scores = np.array([each.message[flag_place(name)] for each in unseen])
        thresholds[name] = _detector_cut(scores, flags, ordinary, FALSE_ALARMS[name])
        said = np.array([says(name, reading.cues[0]) for reading in readings])
        thresholds[f"{name} said"] = float(np.quantile(scores[flags & said], SAID_MISSES, method="lower"))
        calibrations[name] = _calibration(scores, flags)
    return Heads(lexicon, tuple(networks), thresholds, calibrations)


def _clause_targets(example: Example, reading: Reading) -> Matrix:
    """Behaviours (said to happen or denied) of each clause, and whether it denies them; shape (clauses, C)."""
    targets = np.zeros((len(reading.clauses), CLAUSE_OUTPUTS), np.float32)
    for span in example.spans:
        for row, (start, end) in enumerate(reading.clauses):
            if _carries(span, start, end):
                for label in (*span.behaviours, *span.denied):
                    targets[row, BEHAVIOURS.index(label)] = 1
                targets[row, DENIES] = max(targets[row, DENIES], float(bool(span.denied)))
    return targets


def _carries(span: LabelledSpan, start: int, end: int) -> bool:
    """The clause holds more than half of the span, or the span more than half of the clause."""
    shared = min(end, span.end) - max(start, span.start)
    return shared > 0.5 * (end - start) or shared > 0.5 * (span.end - span.start)


def _counting(targets: Matrix) -> Matrix:
    """Whether a clause's target counts: one that is about no behaviour neither denies nor confirms."""
    counts = np.ones_like(targets)
    counts[:, DENIES] = targets[:, :DENIES].any(1)
    return counts


def _message_targets(example: Example, clauses: Matrix) -> Matrix:
    targets = np.zeros(OUTPUTS, np.float32)
    targets[: len(BEHAVIOURS)] = [label in example.behaviours for label in BEHAVIOURS]
    targets[DENIES] = clauses[:, DENIES].max(initial=0)
    for name in FLAGS:
        targets[flag_place(name)] = _flag(example, name)
    for name, classes in CLASSES.items():
        targets[PLACES[name][0] + classes.index(getattr(example, name) or "none")] = 1
    return targets


def _flag(example: Example, name: str) -> bool:
    return example.immediate_danger if name == "danger" else example.self_harm


def _folds(count: int) -> NDArray[np.intp]:
    groups = np.arange(count) // GROUP
    # As many groups a fold as can be, so that no network sees much less than the others.
    dealt = np.random.RandomState(11).permutation(np.arange(groups[-1] + 1) % FOLDS)
    folds: NDArray[np.intp] = dealt[groups]
    return folds


def _behaviour_thresholds(truth: NDArray[np.bool_], scores: Matrix) -> dict[str, float]:
    """For each behaviour the cut with the best F score out of fold; recall counts double where risk is high."""
    overall = _CUTS[int(np.argmax([_f_score(truth, scores >= cut, 1.0) for cut in _CUTS]))]
    thresholds = {}
    for column, label in enumerate(BEHAVIOURS):
        beta = 2.0 if label in HIGH_RISK else 1.0
        own = _CUTS[int(np.argmax([_f_score(truth[:, column], scores[:, column] >= cut, beta) for cut in _CUTS]))]
        # Drawn to the common cut, as some behaviours have few rows; not where a miss could cost a life.
        thresholds[label] = float(own if label in HIGH_RISK else (own + overall) / 2)
    return thresholds


def _f_score(truth: NDArray[np.bool_], claimed: NDArray[np.bool_], beta: float) -> float:
    hits = float((claimed & truth).sum())
    return (1 + beta**2) * hits / (beta**2 * float(truth.sum()) + float(claimed.sum()) + 1e-9)


def _detector_cut(scores: Matrix, flags: NDArray[np.bool_], ordinary: NDArray[np.bool_], false_alarms: float) -> float:
    """The log odds above which so many ordinary messages raise a false alarm."""
    quiet = scores[ordinary & ~flags]
    return float(np.quantile(quiet, 1 - false_alarms)) if len(quiet) else 0.0


def _calibration(scores: Matrix, truth: NDArray[np.bool_]) -> Calibration:
    """A straight line from log odds to calibrated log odds (Platt 1999)."""
    if truth.all() or not truth.any():
        return Calibration(1.0, 0.0)
    fitted = LogisticRegression(C=1e6).fit(scores[:, None], truth)
    return Calibration(float(fitted.coef_[0, 0]), float(fitted.intercept_[0]))
