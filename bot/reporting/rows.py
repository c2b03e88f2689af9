"""The parts of the page that look at rows: those that went wrong, and slices of them."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby

from bot.reporting.findings import ROWS_TO_SAY, Figure, FlagRows, Quote, Slice
from bot.reporting.markup import Markup, element, joined
from bot.reporting.sections import scrolling
from bot.reporting.wording import counted, decimal, name_of, percent

FLAG_NAMES = {"immediate_danger": ("Danger", "danger"), "self_harm": ("Self-harm", "self-harm")}
COLUMNS = (
    ("immediate_danger_recall", "Danger found"),
    ("immediate_danger_false_alarms", "Danger, false alarms"),
    ("self_harm_recall", "Self-harm found"),
    ("self_harm_false_alarms", "Self-harm, false alarms"),
    ("stalking_f1", "Stalking, F1"),
    ("behaviour_micro_f1", "Behaviours, F1"),
)


def quotes_section(flags: Mapping[str, FlagRows]) -> Markup:
    """Every row that misses a flag or raises it for nothing, word for word."""
    parts = [
        element(
            "p",
            "Word for word, in the order of the file. Those missed come first: in use, each would be somebody who was not heard.",
        )
    ]
    for flag, rows in flags.items():
        name, low = FLAG_NAMES[flag]
        parts.append(element("h3", f"{name}: missed ({len(rows.missed):,})"))
        parts.append(_quotes(rows.missed, low, f"No message about {low} was missed.", "missed"))
        parts.append(element("h3", f"{name}: false alarms ({len(rows.false_alarms):,})"))
        parts.append(_quotes(rows.false_alarms, low, "There was no false alarm.", "false"))
    return joined(*parts)


def _quotes(quotes: Sequence[Quote], flag: str, none: str, kind: str) -> Markup:
    if not quotes:
        return element("p", none)
    return element("ol", *(element("li", _quote(quote, flag)) for quote in quotes), class_=f"quotes {kind}")


def _quote(quote: Quote, flag: str) -> Markup:
    about = f"{quote.name} · labelled {name_of(quote.due).lower()}, recognised as {name_of(quote.claimed).lower()}"
    if quote.probability is not None:
        about += f" · probability of {flag} {percent(quote.probability)}"
    return joined(element("blockquote", quote.text, dir="auto"), element("small", about))


def slices_section(slices: Iterable[Slice]) -> Markup:
    """The main figures for each slice, side by side."""
    groups = [
        element(
            "tbody",
            element("tr", element("th", group, colspan=len(COLUMNS) + 1, scope="rowgroup", class_="group")),
            *map(_slice_line, parts),
        )
        for group, parts in groupby(slices, key=lambda part: part.group)
    ]
    heads = element("tr", *(element("th", name, scope="col") for name in ("Messages", *(head for _, head in COLUMNS))))
    return joined(
        element(
            "p",
            "The same figures for some of the messages, to see whom the model serves worse. Under each figure stand its 95\u00a0% "
            f"interval and what it rests on; on fewer than {ROWS_TO_SAY} messages a figure says nothing, so none is given. Where "
            "two intervals overlap much, the difference may be chance.",
        ),
        scrolling(element("table", element("thead", heads), *groups, class_="slices"), "Figures for each slice"),
    )


def _slice_line(part: Slice) -> Markup:
    return element(
        "tr",
        element("th", part.name, element("small", counted(part.rows, "message")), scope="row"),
        *(_slice_cell(part.figures[key]) for key, _ in COLUMNS),
    )


def _slice_cell(figure: Figure) -> Markup:
    if figure.of < ROWS_TO_SAY or figure.interval is None:
        return element("td", element("small", f"too few rows to say ({figure.of})"), class_="number few")
    show = decimal if figure.hits is None else percent
    rests = counted(figure.of, "message") if figure.hits is None else f"{figure.hits:,} of {figure.of:,}"
    low, high = map(show, figure.interval)
    return element(
        "td",
        element("strong", show(figure.value)),
        element("small", f"{low} to {high}"),
        element("small", rests),
        class_="number",
    )
