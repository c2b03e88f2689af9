"""What was measured, as a table and as JSON."""

import dataclasses
import json
import math
import os
import platform
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

GOALS: Mapping[str, tuple[str, str, str]] = {
    # key: what it is, the goal of design.md section 9, the unit
    "train_cold": ("train, cold", "<= 60", "s"),
    "train_changed": ("train, five sentences changed", "<= 30", "s"),
    "start": ("start to first answer", "<= 8", "s"),
    "memory_idle_rss": ("resident memory, idle (RSS)", "<= 700", "MB"),
    "memory_idle_pss": ("resident memory, idle (PSS)", "", "MB"),
    "memory_used_rss": ("resident memory, after 500 turns (RSS)", "<= 700", "MB"),
    "memory_used_pss": ("resident memory, after 500 turns (PSS)", "", "MB"),
    "turn_p50": ("a turn, one user, p50", "<= 12", "ms"),
    "turn_p95": ("a turn, one user, p95", "<= 30", "ms"),
    "turn_first": ("slowest turn of the first conversation", "", "ms"),
    "throughput": ("turns a second, 10 users", ">= 100", "/s"),
    "throughput_p95": ("a turn, 10 users, p95", "", "ms"),
    "late_turn": ("turn 200 of a conversation against turn 5", "<= 1.5", "x"),
    "recognise_15": ("recognition, 15 words, one core, p50", "<= 12", "ms"),
    "recognise_80": ("recognition, 80 words, one core, p50", "<= 40", "ms"),
    "parse_15": ("Rasa's whole pipeline, 15 words, one core, p50", "", "ms"),
    "parse_80": ("Rasa's whole pipeline, 80 words, one core, p50", "", "ms"),
}
MORE_IS_BETTER = frozenset({"throughput"})


@dataclass(frozen=True, slots=True)
class Measured:
    """One bot's figures.

    Attributes:
        name: which bot.
        values: figures by key of `GOALS`.
        notes: how they came about: counts, failed turns, the machine's load at the time.
    """

    name: str
    values: Mapping[str, float]
    notes: Mapping[str, Any]


def percentile(values: Iterable[float], share: float) -> float:
    """The value below which a share of the values lies, nearest rank.

    >>> percentile([4, 1, 3, 2], 0.5)
    2
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * share) - 1)]


def table(bot: Measured) -> str:
    """Row, goal and figure of one bot.

    Args:
        bot: what was measured.
    """
    lines = [(_title(key), GOALS[key][1], shown(key, value)) for key, value in bot.values.items()]
    return _markdown([("row", "goal", "measured"), *lines])


def comparison(bot: Measured, other: Measured) -> str:
    """Both bots' figures, and how many times better the first one is (below 1: worse).

    Args:
        bot: the one that the ratio speaks for.
        other: the one it is held against; a row that it does not have is left out.
    """
    lines = [
        (
            _title(key),
            GOALS[key][1],
            shown(key, value),
            shown(key, other.values[key]),
            f"{advantage(key, value, other.values[key]):.1f}x",
        )
        for key, value in bot.values.items()
        if key in other.values
    ]
    return _markdown([("row", "goal", bot.name, other.name, f"{bot.name} is better by"), *lines])


def advantage(key: str, own: float, other: float) -> float:
    """How many times better `own` is.

    >>> advantage("turn_p50", 10.0, 20.0), advantage("throughput", 100.0, 50.0)
    (2.0, 2.0)
    """
    return own / other if key in MORE_IS_BETTER else other / own


def shown(key: str, value: float) -> str:
    """A figure with its unit.

    >>> shown("turn_p50", 9.871)
    '9.9 ms'
    """
    unit = GOALS[key][2]
    digits = 0 if unit == "MB" else 2 if unit == "x" else 1
    return f"{value:.{digits}f} {unit}"


def save(path: Path, bots: Sequence[Measured]) -> None:
    """Write the figures as JSON.

    Args:
        path: its folder is made when it is not there.
        bots: in the order they were measured.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    found = {"machine": machine(), "bots": [dataclasses.asdict(bot) for bot in bots]}
    path.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    names = [line.split(":", 1)[1].strip() for line in _cpuinfo() if line.startswith("model name")]
    return {
        "processor": names[0] if names else platform.processor(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "at": time.strftime("%Y-%m-%d %H:%M"),
        "load": load(),
    }


def load() -> list[float]:
    """The machine's load averages over 1, 5 and 15 minutes."""
    return [round(each, 2) for each in os.getloadavg()]


def _cpuinfo() -> list[str]:
    try:
        return Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []


def _title(key: str) -> str:
    return GOALS[key][0]


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    rows = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([rows[0], rule, *rows[1:]])
