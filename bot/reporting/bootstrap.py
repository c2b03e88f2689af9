"""How far F1 figures would move with other rows of the same kind: the bootstrap.

Rows are drawn again with replacement, and each draw is scored as `bot.evaluation.score` scores the whole.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.evaluation import ROWS_FOR_MACRO, Pair, fair_behaviours, fair_concern

RESAMPLES = 1000
SEED = 1
ENDS = (2.5, 97.5)  # percentiles
STALKING = "stalking"

Counts = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Range:
    """Where a figure lay in the middle 95 % of the draws.

    Attributes:
        ends: lowest and highest; None where no row bears on the figure.
        rows: how many rows bear on it.
    """

    ends: tuple[float, float] | None
    rows: int


@dataclass(frozen=True, slots=True)
class _Marks:
    """Which labels each row has due, claimed and both: 0 and 1, of shape (3, rows, labels)."""

    labels: tuple[Any, ...]
    cells: Counts

    @classmethod
    def of(cls, rows: Sequence[tuple[set[Any], set[Any]]]) -> "_Marks":
        labels = tuple(sorted(set().union(*(due | claimed for due, claimed in rows)), key=str))
        cells = np.zeros((3, len(rows), len(labels)))
        for number, (due, claimed) in enumerate(rows):
            for part, chosen in enumerate((due, claimed, due & claimed)):
                cells[part, number] = [label in chosen for label in labels]
        return cls(labels, cells)

    def totals(self, times: Counts) -> Counts:
        """Due, claimed and both for each label, of shape (3, labels), each row counted as often as `times` says."""
        return np.einsum("prl,r->pl", self.cells, times, optimize=True)  # type: ignore[no-any-return]

    def only(self, label: Any) -> "_Marks":
        """That label's marks alone."""
        chosen = [column for column, name in enumerate(self.labels) if name == label]
        return _Marks(tuple(self.labels[column] for column in chosen), self.cells[:, :, chosen])

    def rows(self) -> int:
        """How many rows have anything due or claimed."""
        return int(self.cells.any(axis=(0, 2)).sum())


@dataclass(frozen=True, slots=True)
class _Sample:
    concerns: _Marks
    stalking: _Marks
    behaviours: _Marks

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> "_Sample":
        concerns = _Marks.of([({due}, {claimed}) for due, claimed in map(fair_concern, pairs)])
        return cls(concerns, concerns.only(STALKING), _Marks.of([fair_behaviours(pair) for pair in pairs]))

    def figures(self, times: Counts) -> dict[str, float]:
        """Each row counted as often as `times` says; not a number where there is nothing to average."""
        concern, behaviour = self.concerns.totals(times), self.behaviours.totals(times)
        return {
            "concern_macro_f1_lenient": _mean(_f1(concern)[concern[0] > 0]),
            "stalking_f1": float(_f1(self.stalking.totals(times).sum(axis=1))),
            "behaviour_micro_f1": float(_f1(behaviour.sum(axis=1))),
            "behaviour_macro_f1": _mean(_f1(behaviour)[behaviour[0] >= ROWS_FOR_MACRO]),
        }

    def rows(self) -> dict[str, int]:
        """How many rows bear on each figure."""
        return {
            "concern_macro_f1_lenient": self.concerns.rows(),
            "stalking_f1": self.stalking.rows(),
            "behaviour_micro_f1": self.behaviours.rows(),
            "behaviour_macro_f1": self.behaviours.rows(),
        }


def f1_ranges(pairs: Sequence[Pair], resamples: int = RESAMPLES, seed: int = SEED) -> dict[str, Range]:
    """The F1 figures of `bot.evaluation.score` over rows drawn again, by their names there.

    Args:
        pairs: label rows and their predictions.
        resamples: how many draws.
        seed: the same seed gives the same ranges.
    """
    sample, size = _Sample.of(pairs), len(pairs)
    rows, draw = sample.rows(), np.random.default_rng(seed)
    drawn = [draw.integers(size, size=size) for _ in range(resamples if size else 0)]
    figures = [sample.figures(np.bincount(chosen, minlength=size).astype(np.float64)) for chosen in drawn]
    return {name: Range(_ends([each[name] for each in figures], of), of) for name, of in rows.items()}


def f1_figures(pairs: Sequence[Pair]) -> dict[str, float]:
    """The same figures over the rows as they are; not a number where there is nothing to average."""
    return _Sample.of(pairs).figures(np.ones(len(pairs)))


def _f1(totals: Counts) -> Counts:
    """F1 out of due, claimed and both (the first axis); 1 where nothing was due and nothing claimed."""
    due, claimed, both = totals
    of = due + claimed
    return np.where(of > 0, 2 * both / np.maximum(of, 1), 1.0)


def _mean(values: Counts) -> float:
    return float(values.mean()) if values.size else float("nan")


def _ends(draws: Sequence[float], rows: int) -> tuple[float, float] | None:
    """The middle 95 % of the draws that gave a figure."""
    given = [figure for figure in draws if not np.isnan(figure)]
    if not rows or not given:
        return None
    low, high = np.percentile(given, ENDS)
    return float(low), float(high)
