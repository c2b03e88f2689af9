"""Pictures of figures as inline SVG; colours are classes of `page.css`, and every picture says in words what it shows."""

from collections.abc import Iterable

from bot.evaluation import wilson
from bot.reporting.calibration import BINS, Reliability
from bot.reporting.findings import Confusion, Figure
from bot.reporting.markup import Markup, element, joined
from bot.reporting.wording import name_of, percent

SHADES = 5  # of a heat map's cells; the style sheet has one pair of colours for each
CELL, LINE = 96, 46  # width and height of a cell
GUTTER, TOP = 190, 74  # room for the names beside the lines and over the columns
PLOT, LEFT, ABOVE = 300, 70, 14  # side of a reliability diagram, and where it starts
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


def bar(share: float | None) -> Markup:
    """A bar from nothing to all; empty of None."""
    filled = [] if share is None else [_rect("fill", 0, 0, 100 * share, 6)]
    return element(
        "svg",
        _rect("track", 0, 0, 100, 6),
        *filled,
        class_="bar",
        viewBox="0 0 100 6",
        preserveAspectRatio="none",
        aria_hidden="true",
    )


def span(figure: Figure) -> Markup:
    """A figure as a mark on a line from 0 to 1, with its interval as a band."""
    parts = [_rect("track", 0, 5, 200, 2)]
    if figure.value is not None and figure.interval is not None:
        low, high = figure.interval
        parts.append(_rect("band", 200 * low, 2, max(2.0, 200 * (high - low)), 8))
        parts.append(_rect("mark", min(197.0, max(0.0, 200 * figure.value - 1.5)), 0, 3, 12))
    return element("svg", *parts, class_="span", viewBox="0 0 200 12", aria_hidden="true")


def heat_map(confusion: Confusion) -> Markup:
    """Concerns as labelled (lines) against concerns as recognised (columns); the darker, the larger the share of its line."""
    width = GUTTER + CELL * len(confusion.columns) + 4
    height = TOP + LINE * len(confusion.lines) + 4
    parts = [
        _words("axis", GUTTER + CELL * len(confusion.columns) / 2, 14, ["Recognised as"]),
        _words("axis", GUTTER - 12, TOP - 8, ["Labelled as"], anchor="end"),
    ]
    for column, name in enumerate(confusion.columns):
        lines = _wrapped(name_of(name), 13)
        middle = GUTTER + CELL * (column + 0.5)
        parts.append(_words("name", middle, TOP - 8 - 15 * (len(lines) - 1), lines))
    for number, line in enumerate(confusion.lines):
        parts += _heat_line(confusion, number, line)
    return element(
        "svg",
        *parts,
        class_="heat",
        viewBox=f"0 0 {width} {height}",
        role="img",
        aria_label="Concern as labelled against concern as recognised; the same numbers stand below in words.",
    )


def _heat_line(confusion: Confusion, number: int, line: str) -> list[Markup]:
    counts = [confusion.counts.get((line, column), 0) for column in confusion.columns]
    total, top = sum(counts), TOP + LINE * number
    names = _wrapped(name_of(line), 22)
    parts = [_words("name", GUTTER - 12, top + 21 - 8 * (len(names) - 1), [*names, f"{total} in all"], anchor="end")]
    for place, count in enumerate(counts):
        left, right = GUTTER + CELL * place, confusion.columns[place] == line
        shade = min(SHADES - 1, int(SHADES * count / total)) if count else "none"
        parts.append(_rect(f"cell h{shade}", left + 1, top + 1, CELL - 2, LINE - 2))
        if count:
            said = [str(count), percent(count / total)]
            parts.append(_words(f"on h{shade}", left + CELL / 2, top + 20, said))
        if right:
            parts.append(_rect("agreed", left + 2, top + 2, CELL - 4, LINE - 4))
    return parts


def reliability_diagram(found: Reliability, what: str) -> Markup:
    """What was said against what came true, with Wilson's interval and the count of each step."""
    parts = [element("line", class_="ideal", x1=_x(0), y1=_y(0), x2=_x(1), y2=_y(1))]
    for tick in _TICKS:
        parts.append(element("line", class_="grid", x1=_x(0), x2=_x(1), y1=_y(tick), y2=_y(tick)))
        parts.append(_words("tick", LEFT - 6, _y(tick) + 4, [percent(tick)], anchor="end"))
        parts.append(_words("tick", _x(tick), _y(0) + 18, [percent(tick)]))
    points = [(_x(each.said), _y(each.came_true / each.of)) for each in found.bins]
    for each, (x, _) in zip(found.bins, points, strict=True):
        low, high = wilson(each.came_true, each.of) or (0.0, 1.0)
        parts.append(element("line", class_="whisker", x1=x, x2=x, y1=_y(low), y2=_y(high)))
    parts.append(element("polyline", class_="curve", points=" ".join(f"{x},{y}" for x, y in points)))
    for each, (x, y) in zip(found.bins, points, strict=True):
        parts.append(element("circle", class_="point", cx=x, cy=y, r=5))
        middle = _x((min(int(BINS * each.said), BINS - 1) + 0.5) / BINS)
        parts.append(_words("count", middle, _y(0) + 38, [str(each.of)]))
    parts.append(_words("tick", LEFT - 2, _y(0) + 38, ["how many"], anchor="end"))
    said = "; ".join(f"said {percent(b.said)}, came true {b.came_true} of {b.of}" for b in found.bins)
    return element(
        "svg",
        *parts,
        class_="reliability",
        viewBox=f"0 0 {LEFT + PLOT + 20} {ABOVE + PLOT + 44}",
        role="img",
        aria_label=f"{what}: {said}",
    )


def _x(share: float) -> float:
    return round(LEFT + PLOT * share, 1)


def _y(share: float) -> float:
    return round(ABOVE + PLOT * (1 - share), 1)


def _rect(kind: str, x: float, y: float, width: float, height: float) -> Markup:
    return element("rect", class_=kind, x=round(x, 2), y=round(y, 2), width=round(width, 2), height=round(height, 2))


def _words(kind: str, x: float, y: float, lines: Iterable[str], anchor: str = "middle") -> Markup:
    """Text, one line under the other."""
    spans = [element("tspan", line, x=round(x, 1), dy=15 if number else None) for number, line in enumerate(lines)]
    return element("text", joined(*spans), class_=kind, x=round(x, 1), y=round(y, 1), text_anchor=anchor)


def _wrapped(words: str, width: int) -> list[str]:
    lines = [""]
    for word in words.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines
