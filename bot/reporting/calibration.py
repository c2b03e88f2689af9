"""Whether a probability comes true as often as it says: reliability and the expected calibration error."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.evaluation import Pair, fair_behaviours, fair_concern, undisputed

BINS = 10

Point = tuple[float, bool]  # a probability, and whether it came true


@dataclass(frozen=True, slots=True)
class Bin:
    """Probabilities of about the same size.

    Attributes:
        said: their mean.
        came_true: how many of them came true.
        of: how many there are.
    """

    said: float
    came_true: int
    of: int


@dataclass(frozen=True, slots=True)
class Reliability:
    """What was said against what came true.

    Attributes:
        bins: those of the ten steps from 0 to 1 that hold anything, lowest first.
        error: the expected calibration error, from 0 (as good as its word) to 1; None of nothing.
        of: how many probabilities there are.
    """

    bins: tuple[Bin, ...]
    error: float | None
    of: int


def reliability(points: Iterable[Point]) -> Reliability:
    """Sort probabilities into ten equal steps and compare.

    >>> reliability([(0.9, True), (0.9, False), (0.1, False)]).error
    0.3
    """
    steps: list[list[Point]] = [[] for _ in range(BINS)]
    for probability, came_true in points:
        steps[min(int(probability * BINS), BINS - 1)].append((probability, came_true))
    bins = tuple(
        Bin(math.fsum(p for p, _ in step) / len(step), sum(true for _, true in step), len(step))
        for step in steps
        if step
    )
    of = sum(each.of for each in bins)
    gap = math.fsum(abs(each.said * each.of - each.came_true) for each in bins)
    return Reliability(bins, gap / of if of else None, of)


def probability_of(name: str, prediction: Any) -> float | None:
    """A prediction's probability of "danger", "self_harm" or its "concern"; None where it gives none."""
    confidences = prediction.get("confidences")
    return _probability(confidences.get(name)) if isinstance(confidences, dict) else None


def flag_points(flag: str, name: str, pairs: Iterable[Pair]) -> list[Point]:
    """Each agreed row's probability of a flag, and whether the row has the flag."""
    said = [(probability_of(name, prediction), bool(label[flag])) for label, prediction in undisputed(flag, pairs)]
    return [(probability, due) for probability, due in said if probability is not None]


def concern_points(pairs: Iterable[Pair]) -> list[Point]:
    """Each row's probability of the concern it was given, and whether that is a fair one."""
    points = []
    for pair in pairs:
        probability = probability_of("concern", pair[1])
        if probability is not None:
            due, claimed = fair_concern(pair)
            points.append((probability, due == claimed))
    return points


def behaviour_points(pairs: Sequence[Pair]) -> list[Point]:
    """For each behaviour claimed in a row its surest span, and whether it was due; leaves out what one person alone saw."""
    points = []
    for pair in pairs:
        due, claimed = fair_behaviours(pair)
        surest: dict[Any, float] = {}
        for span in pair[1].get("spans") or ():
            probability = _probability(span.get("confidence"))
            if probability is not None and span.get("label") in claimed:
                surest[span["label"]] = max(probability, surest.get(span["label"], 0.0))
        points += [(probability, label in due) for label, probability in surest.items()]
    return points


def _probability(value: Any) -> float | None:
    given = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if given and 0 <= value <= 1 else None
