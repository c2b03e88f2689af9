"""What a report has to say: figures with their intervals, tables, and the rows that went wrong."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.evaluation import (
    ACCURACIES,
    HIGH_RISK,
    Figures,
    Pair,
    Row,
    Tally,
    fair_behaviours,
    fair_concern,
    paired,
    raises,
    score,
    undisputed,
    wilson,
)
from bot.reporting.bootstrap import Range, f1_ranges
from bot.reporting.calibration import (
    Reliability,
    behaviour_points,
    concern_points,
    flag_points,
    probability_of,
    reliability,
)

FLAGS = {"immediate_danger": "danger", "self_harm": "self_harm"}  # a row's key, and the name of its probability
ROWS_TO_SAY = 10  # a slice's figure that rests on fewer says nothing
SHORT, MIDDLING = 12, 60  # words
SLICES: Mapping[str, tuple[tuple[str, Callable[[Row], bool]], ...]] = {
    "Who writes": (
        ("The person it happens to", lambda row: row["perspective"] == "self"),
        ("Somebody else", lambda row: row["perspective"] == "other"),
        ("A professional", lambda row: row["perspective"] == "professional"),
    ),
    "Length": (
        (f"Up to {SHORT} words", lambda row: _words(row) <= SHORT),
        (f"{SHORT + 1} to {MIDDLING} words", lambda row: SHORT < _words(row) <= MIDDLING),
        (f"More than {MIDDLING} words", lambda row: _words(row) > MIDDLING),
    ),
    "Spelling": (("Typing errors or text speak", lambda row: _tagged(row, "typo", "text_speak")),),
    "Look-alikes": (("Contrast rows: sound like danger, are not", lambda row: _tagged(row, "contrast")),),
}


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure and how sure it is.

    Attributes:
        value: from 0 to 1; None where nothing bears on it.
        interval: lowest and highest at 95 %; None with the value.
        of: how many rows (behaviours, for theirs) it rests on.
        hits: of a share, how many of them; None for an F1.
    """

    value: float | None
    interval: tuple[float, float] | None
    of: int
    hits: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """A row that went wrong; `probability` is what the model gave the flag, if it said."""

    name: str
    text: str
    due: str
    claimed: str | None
    probability: float | None


@dataclass(frozen=True, slots=True)
class FlagRows:
    """The rows where a flag was missed or raised for nothing, and how many were left out because two people differed."""

    missed: tuple[Quote, ...]
    false_alarms: tuple[Quote, ...]
    disputed: int


@dataclass(frozen=True, slots=True)
class BehaviourLine:
    """One behaviour's line in the table; a share is None where nothing bears on it."""

    label: str
    high_risk: bool
    due: int
    found: int
    false: int
    precision: float | None
    recall: float | None
    f1: float


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often each concern (a line) was taken for which (a column); None as a column is no answer."""

    lines: tuple[str, ...]
    columns: tuple[str | None, ...]
    counts: Mapping[tuple[str, str | None], int]


@dataclass(frozen=True, slots=True)
class Slice:
    """Some of the rows; figures by name as in :func:`measure`."""

    group: str
    name: str
    rows: int
    figures: Mapping[str, Figure]


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that a report shows."""

    rows: int
    missing: int
    provenances: Mapping[str, int]
    figures: Mapping[str, Figure]
    behaviours: tuple[BehaviourLine, ...]
    confusion: Confusion
    reliability: Mapping[str, Reliability]
    flags: Mapping[str, FlagRows]
    slices: tuple[Slice, ...]


def examine(labels: Sequence[Row], predictions: Mapping[str, Row]) -> Findings:
    """Gather all that a report shows.

    Args:
        labels: rows as `bot.evaluation.read_labels` gives them.
        predictions: rows as `signpost recognise` writes them, by id.
    """
    pairs = paired(labels, predictions)
    return Findings(
        rows=len(pairs),
        missing=sum(not prediction for _, prediction in pairs),
        provenances=dict(sorted(Counter(str(row["provenance"]) for row in labels if row.get("provenance")).items())),
        figures=measure(labels, predictions),
        behaviours=behaviour_lines(pairs),
        confusion=confusion(pairs),
        reliability={
            **{name: reliability(flag_points(flag, name, pairs)) for flag, name in FLAGS.items()},
            "behaviours": reliability(behaviour_points(pairs)),
            "concern": reliability(concern_points(pairs)),
        },
        flags={flag: flag_rows(flag, pairs) for flag in FLAGS},
        slices=tuple(
            Slice(group, name, len(chosen), measure(chosen, predictions))
            for group, parts in SLICES.items()
            for name, belongs in parts
            for chosen in [[label for label in labels if belongs(label)]]
        ),
    )


def measure(labels: Sequence[Row], predictions: Mapping[str, Row]) -> dict[str, Figure]:
    """The main figures over some rows: Wilson's interval for a share, the bootstrap's for an F1.

    Names are those of `bot.evaluation.score`; a flag gives `<flag>_recall` and `<flag>_false_alarms`.
    """
    pairs, figures = paired(labels, predictions), score(labels, predictions)
    shares: dict[str, tuple[float | None, int]] = {
        "high_risk_behaviour_recall": (figures["high_risk_behaviour_recall"], figures["high_risk_of"]),
        "concern_accuracy_clear": (figures["concern_accuracy_clear"], figures["clear_of"]),
        **{name: (figures[name], sum(bears(label) for label in labels)) for name, (_, bears) in ACCURACIES.items()},
    }
    return {
        **{name: figure for flag in FLAGS for name, figure in _flag_figures(flag, figures[flag], pairs).items()},
        **{name: _share(round((value or 0.0) * of), of) for name, (value, of) in shares.items()},
        "denied_recognised": _share(figures["denied_recognised"], figures["denied_of"]),
        "denied_but_claimed": _share(figures["denied_but_claimed"], figures["denied_of"]),
        **{name: _f1(figures[name], found) for name, found in f1_ranges(pairs).items()},
    }


def behaviour_lines(pairs: Sequence[Pair]) -> tuple[BehaviourLine, ...]:
    """A line for each behaviour due or claimed: those of high risk first, then the commonest first."""
    tally = Tally()
    for pair in pairs:
        tally.add(*fair_behaviours(pair))
    lines = [
        BehaviourLine(
            label=label,
            high_risk=label in HIGH_RISK,
            due=tally.due[label],
            found=tally.both[label],
            false=tally.claimed[label] - tally.both[label],
            precision=tally.both[label] / tally.claimed[label] if tally.claimed[label] else None,
            recall=tally.both[label] / tally.due[label] if tally.due[label] else None,
            f1=tally.f1([label]),
        )
        for label in tally.labels
    ]
    return tuple(sorted(lines, key=lambda line: (not line.high_risk, -line.due, str(line.label))))


def confusion(pairs: Sequence[Pair]) -> Confusion:
    """What each concern was taken for, a fair alternative counting as the label; lines from the commonest."""
    counts = Counter(map(fair_concern, pairs))
    due = Counter(label["concern"] for label, _ in pairs)
    lines = tuple(sorted(due, key=lambda label: (-due[label], str(label))))
    others = {claimed for _, claimed in counts} - set(lines)
    columns = (*lines, *sorted(others - {None}, key=str), *([None] if None in others else []))
    return Confusion(lines, columns, counts)


def flag_rows(flag: str, pairs: Sequence[Pair]) -> FlagRows:
    """Every row that misses a flag or raises it for nothing."""
    agreed = undisputed(flag, pairs)
    return FlagRows(
        missed=tuple(_quote(flag, pair) for pair in agreed if pair[0][flag] and not raises(flag, pair[1])),
        false_alarms=tuple(_quote(flag, pair) for pair in agreed if not pair[0][flag] and raises(flag, pair[1])),
        disputed=len(pairs) - len(agreed),
    )


def _quote(flag: str, pair: Pair) -> Quote:
    label, prediction = pair
    return Quote(
        str(label["id"]),
        str(label["text"]),
        str(label["concern"]),
        prediction.get("concern"),
        probability_of(FLAGS[flag], prediction),
    )


def _flag_figures(flag: str, figures: Figures, pairs: Sequence[Pair]) -> dict[str, Figure]:
    quiet = len(undisputed(flag, pairs)) - figures["of"]
    return {
        f"{flag}_recall": _share(figures["of"] - len(figures["missed"]), figures["of"]),
        f"{flag}_false_alarms": _share(len(figures["false_alarms"]), quiet),
    }


def _share(hits: int, of: int) -> Figure:
    return Figure(hits / of, wilson(hits, of), of, hits) if of else Figure(None, None, 0, 0)


def _f1(value: float | None, found: Range) -> Figure:
    """A mean of a few F1s can lie outside the middle of its draws; the interval then reaches to it."""
    if value is None or found.ends is None:
        return Figure(None, None, 0)
    return Figure(value, (min(value, found.ends[0]), max(value, found.ends[1])), found.rows)


def _words(row: Row) -> int:
    return len(str(row["text"]).split())


def _tagged(row: Row, *tags: Any) -> bool:
    return not set(tags).isdisjoint(row.get("tags") or ())
