"""How well recognitions fit labels: the figures of `signpost evaluate`.

Two people labelled each row. What only one of them saw (`behaviours_optional`, `*_alt`) is neither asked for nor held against a
prediction, and a danger flag named in `disputed` is left out of that flag's figures. A behaviour that the text denies counts
as false when it is claimed. A row without a prediction is wrong throughout. The vocabulary is that of `bot.recognition`.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot.errors import ContentError, SettingsError

Row = Mapping[str, Any]
Pair = tuple[Row, Row]  # a label row and its prediction, which is empty when there is none
Figures = dict[str, Any]

REQUIRED = (
    "id",
    "text",
    "concern",
    "behaviours",
    "relationship",
    "stalker_type",
    "perspective",
    "immediate_danger",
    "self_harm",
    "repeated",
    "ask",
)
# To miss one of these could cost a life, so their recall is given on its own.
HIGH_RISK = (
    "breach_of_order",
    "break_in",
    "physical_assault",
    "sexual_violence",
    "strangulation",
    "threats_suicide",
    "threats_violence",
    "weapon",
)
ROWS_FOR_MACRO = 3  # an average over behaviours leaves out those seen less often
# Figures that are the share of rows rightly named: of which key, and over which rows.
ACCURACIES: Mapping[str, tuple[str, Callable[[Row], bool]]] = {
    "relationship_accuracy_known": ("relationship", lambda row: row["relationship"] != "unknown"),
    "stalker_type_accuracy_known": ("stalker_type", lambda row: bool(row["stalker_type"])),
    "perspective_accuracy": ("perspective", lambda row: True),
    "repeated_accuracy": ("repeated", lambda row: True),
    "ask_accuracy": ("ask", lambda row: row["ask"] != "none"),
}
_NO_ANSWER = object()


@dataclass(slots=True)
class Tally:
    """How often each label was due, was claimed, and was both."""

    due: Counter[Any] = field(default_factory=Counter)
    claimed: Counter[Any] = field(default_factory=Counter)
    both: Counter[Any] = field(default_factory=Counter)

    def add(self, due: Iterable[Any], claimed: Iterable[Any]) -> None:
        """Count one row."""
        due, claimed = set(due), set(claimed)
        self.due.update(due)
        self.claimed.update(claimed)
        self.both.update(due & claimed)

    def f1(self, labels: Iterable[Any]) -> float:
        """F1 of labels counted together; 1 where nothing was due and nothing claimed.

        >>> tally = Tally()
        >>> tally.add({"weapon", "following"}, {"weapon"})
        >>> round(tally.f1(["weapon", "following"]), 3)
        0.667
        """
        chosen = set(labels)
        total = sum(self.due[label] + self.claimed[label] for label in chosen)
        return 2 * sum(self.both[label] for label in chosen) / total if total else 1.0

    def macro(self, labels: Iterable[Any]) -> float | None:
        """Mean of the labels' own F1; None without labels."""
        chosen = sorted(labels)
        return _share(math.fsum(self.f1([label]) for label in chosen), len(chosen))

    @property
    def labels(self) -> set[Any]:
        """Every label that was due or claimed."""
        return set(self.due) | set(self.claimed)


def wilson(hits: int, of: int, z: float = 1.96) -> tuple[float, float] | None:
    """Wilson's interval of a share at 95 %, rounded to three places; None of nothing.

    >>> wilson(22, 23)
    (0.79, 0.992)
    """
    if of == 0:
        return None
    centre = hits + z * z / 2
    reach = z * math.sqrt(hits * (of - hits) / of + z * z / 4)
    low, high = ((centre + side * reach) / (of + z * z) for side in (-1, 1))
    return round(max(0.0, low), 3), round(min(1.0, high), 3)


def score(labels: Sequence[Row], predictions: Mapping[str, Row]) -> Figures:
    """All figures over some rows; shares go from 0 to 1, and are None where no row bears on them.

    Args:
        labels: rows with the keys of `REQUIRED`, and any of `behaviours_optional`, `denied`, `disputed`, `<key>_alt`.
        predictions: rows as `signpost recognise` writes them, by id.
    """
    pairs = paired(labels, predictions)
    return {
        "rows": len(pairs),
        "missing": sum(label["id"] not in predictions for label in labels),
        **_concern(pairs),
        **_behaviours(pairs),
        **{
            name: _accuracy(key, [pair for pair in pairs if bears(pair[0])])
            for name, (key, bears) in ACCURACIES.items()
        },
        "immediate_danger": _flag("immediate_danger", pairs),
        "self_harm": _flag("self_harm", pairs),
    }


def paired(labels: Sequence[Row], predictions: Mapping[str, Row]) -> list[Pair]:
    """Each label row beside its prediction."""
    return [(label, predictions.get(label["id"], {})) for label in labels]


def fair_concern(pair: Pair) -> tuple[Any, Any]:
    """The concern due and the one claimed, where a fair alternative counts as the label."""
    label, prediction = pair
    claimed = prediction.get("concern")
    return label["concern"], label["concern"] if claimed in (label.get("concern_alt") or ()) else claimed


def fair_behaviours(pair: Pair) -> tuple[set[Any], set[Any]]:
    """The behaviours due and those claimed, less what only one of two people saw."""
    label, prediction = pair
    optional = set(label.get("behaviours_optional") or ())
    return set(label["behaviours"]), set(prediction.get("behaviours") or ()) - optional


def undisputed(flag: str, pairs: Iterable[Pair]) -> list[Pair]:
    """The rows on whose flag two people agreed."""
    return [pair for pair in pairs if flag not in (pair[0].get("disputed") or ())]


def raises(flag: str, prediction: Row) -> bool:
    """Whether a prediction raises a flag; only a plain true does."""
    return prediction.get(flag) is True


def score_by_provenance(labels: Sequence[Row], predictions: Mapping[str, Row]) -> dict[str, Figures]:
    """Figures over all rows under "all", and over the rows of each `provenance` under its name."""
    origins = sorted({label["provenance"] for label in labels if label.get("provenance") is not None})
    apart = {origin: [label for label in labels if label.get("provenance") == origin] for origin in origins}
    return {name: score(rows, predictions) for name, rows in {"all": labels, **apart}.items()}


def _share(part: float, of: int) -> float | None:
    return part / of if of else None


def _concern(pairs: Sequence[Pair]) -> Figures:
    """Strict: the first label alone. Lenient: a fair alternative counts as the label. Clear: rows without alternative."""
    strict, lenient, clear = Tally(), Tally(), Tally()
    for label, prediction in pairs:
        due, claimed = label["concern"], prediction.get("concern")
        strict.add([due], [claimed])
        lenient.add([due], [fair_concern((label, prediction))[1]])
        if not label.get("concern_alt"):
            clear.add([due], [claimed])
    return {
        "concern_macro_f1_strict": strict.macro(strict.due),
        "concern_macro_f1_lenient": lenient.macro(lenient.due),
        "concern_accuracy_clear": _share(clear.both.total(), clear.due.total()),
        "clear_of": clear.due.total(),
        "stalking_f1": lenient.f1(["stalking"]),
        "stalking_f1_clear": clear.f1(["stalking"]),
    }


def _behaviours(pairs: Sequence[Pair]) -> Figures:
    tally, denials = Tally(), Counter[str]()
    for label, prediction in pairs:
        due, claimed = fair_behaviours((label, prediction))
        denied = set(label.get("denied") or ())
        tally.add(due, claimed)
        denials["of"] += len(denied)
        denials["claimed"] += len(denied & claimed)
        denials["recognised"] += len(denied.intersection(prediction.get("denied") or ()))
    high_risk = sum(tally.due[label] for label in HIGH_RISK)
    return {
        "behaviour_micro_f1": tally.f1(tally.labels),
        "behaviour_macro_f1": tally.macro(label for label in tally.due if tally.due[label] >= ROWS_FOR_MACRO),
        "high_risk_behaviour_recall": _share(sum(tally.both[label] for label in HIGH_RISK), high_risk),
        "high_risk_of": high_risk,
        "denied_but_claimed": denials["claimed"],
        "denied_recognised": denials["recognised"],
        "denied_of": denials["of"],
        "behaviour_f1": {b: [round(tally.f1([b]), 3), tally.due[b]] for b in sorted(tally.labels)},
    }


def _accuracy(key: str, pairs: Sequence[Pair]) -> float | None:
    """The share of rows whose prediction is the label or one of its alternatives."""
    hits = 0
    for label, prediction in pairs:
        fair = [label[key], *(label.get(f"{key}_alt") or ())]
        hits += prediction.get(key, _NO_ANSWER) in fair
    return _share(hits, len(pairs))


def _flag(key: str, pairs: Sequence[Pair]) -> Figures:
    agreed = [(label, raises(key, prediction)) for label, prediction in undisputed(key, pairs)]
    due = [raised for label, raised in agreed if label[key]]
    quiet = [raised for label, raised in agreed if not label[key]]
    return {
        "recall": _share(sum(due), len(due)),
        "interval": wilson(sum(due), len(due)),
        "of": len(due),
        "missed": [label["id"] for label, raised in agreed if label[key] and not raised],
        "false_alarm_rate": _share(sum(quiet), len(quiet)),
        "false_alarms": [label["id"] for label, raised in agreed if raised and not label[key]],
    }


def read_labels(path: Path) -> list[Row]:
    """Read a labels file (JSON Lines); a later row of the same id takes the place of the earlier.

    Raises:
        SettingsError: the file cannot be read.
        ContentError: a line is no JSON object or lacks a key; names file, line and key.
    """
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
    except (OSError, ValueError) as error:
        raise SettingsError(f"{path} cannot be read ({getattr(error, 'strerror', None) or 'not UTF-8'})") from error
    rows: dict[Any, Row] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            row = _label(path, number, line)
            rows[row["id"]] = row
    if not rows:
        raise ContentError(f"{path} holds no rows: give a labels file, one JSON object a line")
    return list(rows.values())


def _label(path: Path, number: int, line: str) -> Row:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ContentError(f"{path}, line {number}: not JSON ({error}). Mend the line.") from error
    missing = [key for key in REQUIRED if key not in row] if isinstance(row, dict) else ["id"]
    if missing:
        raise ContentError(
            f"{path}, line {number}: has no {missing[0]!r}. A row of labels needs {', '.join(REQUIRED)}."
        )
    return row  # type: ignore[no-any-return]


def report(figures: Mapping[str, Figures]) -> str:
    """The figures for reading: one block a provenance."""
    return "\n\n".join("\n".join(_block(name, rows)) for name, rows in figures.items())


def _block(name: str, figures: Figures) -> list[str]:
    lines = [f"{name}: {figures['rows']} rows, {figures['missing']} without a prediction"]
    for key, value in figures.items():
        if key in ("immediate_danger", "self_harm"):
            lines += _flag_lines(key, value)
        elif key == "behaviour_f1":
            lines += [f"    {label:28} {f1:.3f}  of {of}" for label, (f1, of) in value.items()]
        elif key not in ("rows", "missing"):
            lines.append(f"  {key:30} {_number(value)}")
    return lines


def _flag_lines(key: str, value: Figures) -> list[str]:
    low, high = value["interval"] or (0.0, 1.0)
    lines = [
        f"  {key + ' recall':30} {_number(value['recall'])}  of {value['of']}, 95 % from {low:.3f} to {high:.3f}",
        f"  {key + ' false alarms':30} {_number(value['false_alarm_rate'])}  {len(value['false_alarms'])} rows",
    ]
    return lines + [
        f"    {what}: {' '.join(map(str, value[what]))}" for what in ("missed", "false_alarms") if value[what]
    ]


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    return f"{value:.3f}" if isinstance(value, float) else str(value)
