"""The counts in `docs/data-card.md`, written from the data.

Use: `python bench/data_card.py`. It rewrites what stands between `<!-- counts NAME -->` and `<!-- end counts -->`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import yaml

from bot.errors import ContentError
from bot.recognition.examples import Example, read_examples
from bot.recognition.vocabulary import (
    ASKS,
    BEHAVIOURS,
    CONCERNS,
    PERSPECTIVES,
    RELATIONSHIPS,
    REPEATED,
    STALKER_TYPES,
)

ROOT = Path(__file__).resolve().parents[1]
CARD = ROOT / "docs" / "data-card.md"
TAGS: Mapping[str, Mapping[str, str]] = yaml.safe_load(
    (Path(__file__).resolve().parent / "tags.yml").read_text(encoding="utf-8")
)
LENGTHS = ((1, 5), (6, 15), (16, 30), (31, 60), (61, 100), (101, 1000))  # words
COUNTS = re.compile(r"(<!-- counts (\w+) -->\n).*?(<!-- end counts -->)", re.DOTALL)


def near_miss(row: Example) -> bool:
    """The row looks like a label that it does not carry."""
    return "near_miss" in row.tags


def share(part: int, whole: int) -> str:
    """A percentage.

    >>> share(1, 8)
    '12.5 %'
    """
    return f"{100 * part / whole:.1f} %" if whole else ""


def table(head: Sequence[str], lines: Iterable[Sequence[str]]) -> str:
    """A Markdown table; every column but the first is set to the right when it holds only figures."""
    lines = list(lines)
    figures = [all(re.fullmatch(r"[\d,. %]*", line[i]) for line in lines) for i in range(len(head))]
    rule = ["---:" if figure else "---" for figure in figures]
    return "\n".join("| " + " | ".join(line) + " |" for line in (head, rule, *lines)) + "\n"


def _of_label(title: str, labels: Sequence[str], read: Callable[[Example], str | None]) -> Callable[..., str]:
    """A table of one label: rows, their share, and the near misses among them."""

    def written(rows: Sequence[Example]) -> str:
        found = {label: [row for row in rows if (read(row) or "none") == label] for label in labels}
        return table(
            (title, "rows", "share", "near misses"),
            (
                (label, f"{len(mine):,}", share(len(mine), len(rows)), f"{sum(map(near_miss, mine)):,}")
                for label, mine in found.items()
            ),
        )

    return written


def _rows(rows: Sequence[Example]) -> str:
    near = sum(map(near_miss, rows))
    denied = sum(any(span.denied for span in row.spans) for row in rows)
    lines = (
        ("rows", len(rows), ""),
        ("near misses (tag `near_miss`)", near, share(near, len(rows))),
        ("rows with a behaviour", sum(bool(row.behaviours) for row in rows), ""),
        ("rows with a behaviour that is denied", denied, ""),
        ("spans (words that carry behaviours)", sum(len(row.spans) for row in rows), ""),
        ("intents", len({row.intent for row in rows}), ""),
    )
    return table(("what", "count", "share"), ((what, f"{count:,}", part) for what, count, part in lines))


def _flags(rows: Sequence[Example]) -> str:
    danger = [row for row in rows if row.immediate_danger]
    harm = [row for row in rows if row.self_harm]
    both = [row for row in danger if row.self_harm]
    lines = (("immediate danger", danger), ("self-harm", harm), ("both", both))
    return table(
        ("flag", "rows", "share", "about somebody else"),
        (
            (name, f"{len(mine):,}", share(len(mine), len(rows)), f"{sum(row.perspective != 'self' for row in mine):,}")
            for name, mine in lines
        ),
    )


def _behaviours(rows: Sequence[Example]) -> str:
    shown = Counter(label for row in rows for label in row.behaviours)
    denied = Counter(label for row in rows for label in {each for span in row.spans for each in span.denied})
    return table(
        ("behaviour", "rows", "rows that deny it"),
        ((label, f"{shown[label]:,}", f"{denied[label]:,}") for label in BEHAVIOURS),
    )


def _relationships(rows: Sequence[Example]) -> str:
    every = Counter(row.relationship for row in rows)
    stalking = Counter(row.relationship for row in rows if row.concern == "stalking")
    return table(
        ("relationship", "rows", "share", "stalking rows", "share of stalking rows"),
        (
            (
                label,
                f"{every[label]:,}",
                share(every[label], len(rows)),
                f"{stalking[label]:,}",
                share(stalking[label], stalking.total()),
            )
            for label in RELATIONSHIPS
        ),
    )


def _lengths(rows: Sequence[Example]) -> str:
    lengths = sorted(len(row.text.split()) for row in rows)
    marks = ", ".join(f"{q} % up to {lengths[len(lengths) * q // 100]}" for q in (25, 50, 75, 90))
    lines = []
    for low, high in LENGTHS:
        count = sum(low <= length <= high for length in lengths)
        name = f"{low} to {high}" if high < LENGTHS[-1][1] else f"{low} and more"
        lines.append((name, f"{count:,}", share(count, len(rows))))
    return table(("words", "rows", "share"), lines) + f"\nWords in a row: {marks}; the longest has {lengths[-1]}.\n"


def _tags(rows: Sequence[Example]) -> str:
    found = Counter(tag for row in rows for tag in row.tags)
    return "\n".join(
        f"*{group[0].upper()}{group[1:]}*\n\n"
        + table(("tag", "meaning", "rows"), ((f"`{tag}`", text, f"{found[tag]:,}") for tag, text in tags.items()))
        for group, tags in TAGS.items()
    )


TABLES: Mapping[str, Callable[[Sequence[Example]], str]] = {
    "rows": _rows,
    "concern": _of_label("concern", CONCERNS, lambda row: row.concern),
    "flags": _flags,
    "behaviours": _behaviours,
    "relationship": _relationships,
    "stalker_type": _of_label("stalker type", (*STALKER_TYPES, "none"), lambda row: row.stalker_type),
    "perspective": _of_label("perspective", PERSPECTIVES, lambda row: row.perspective),
    "ask": _of_label("ask", ASKS, lambda row: row.ask),
    "repeated": _of_label("repeated", REPEATED, lambda row: row.repeated),
    "lengths": _lengths,
    "tags": _tags,
}


def filled(card: str, rows: Sequence[Example]) -> str:
    """The card with its tables written anew.

    Raises:
        ContentError: the card asks for a table that there is not, or leaves one out.
    """
    asked = [name for _, name, _ in COUNTS.findall(card)]
    if sorted(asked) != sorted(TABLES):
        raise ContentError(f"{CARD} must hold each of these tables once: {', '.join(TABLES)}; it holds {asked}")
    return COUNTS.sub(lambda found: f"{found[1]}{TABLES[found[2]](rows)}{found[3]}", card)


def main() -> None:
    """Rewrite the card."""
    CARD.write_text(filled(CARD.read_text(encoding="utf-8"), read_examples(ROOT / "data" / "nlu")), encoding="utf-8")


if __name__ == "__main__":
    main()
