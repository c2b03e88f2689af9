"""The parts of the page with figures, tables and pictures."""

from collections.abc import Mapping

from bot.reporting.bootstrap import RESAMPLES
from bot.reporting.calibration import Reliability
from bot.reporting.charts import bar, heat_map, reliability_diagram, span
from bot.reporting.findings import BehaviourLine, Confusion, Figure, Findings
from bot.reporting.markup import Markup, element, joined
from bot.reporting.wording import counted, decimal, name_of, percent

# Groups of main figures: the figure's name, what to call it, what it is the share of or how to read it.
MAIN = (
    (
        "Safety",
        (
            ("immediate_danger_recall", "Danger found", "of messages in which somebody is in danger now"),
            ("immediate_danger_false_alarms", "Danger, false alarms", "of the other messages; lower is better"),
            ("self_harm_recall", "Self-harm found", "of messages that speak of suicide or self-harm"),
            ("self_harm_false_alarms", "Self-harm, false alarms", "of the other messages; lower is better"),
            (
                "high_risk_behaviour_recall",
                "High-risk behaviours found",
                "of mentions of violence, threats, weapons, break-ins and broken orders",
            ),
        ),
    ),
    (
        "Concern",
        (
            ("stalking_f1", "Stalking", "F1: finding it, and not seeing it where it is not"),
            ("concern_macro_f1_lenient", "All kinds of concern", "F1, the mean of the kinds, each weighing the same"),
            ("concern_accuracy_clear", "Concern right", "of messages with one fair reading only"),
        ),
    ),
    (
        "Behaviours",
        (
            ("behaviour_micro_f1", "All mentions together", "F1 over every mention"),
            ("behaviour_macro_f1", "The mean behaviour", "F1, the mean of behaviours seen three times or more"),
            ("denied_recognised", "Denials recognised", "of behaviours that a message says did not happen"),
            ("denied_but_claimed", "Denied, yet claimed", "of the same; lower is better"),
        ),
    ),
    (
        "The rest of the picture",
        (
            ("relationship_accuracy_known", "Who the other person is", "right, of messages that say so"),
            ("stalker_type_accuracy_known", "Motive", "right, of messages that show one"),
            ("perspective_accuracy", "Who is writing", "right, of all messages"),
            ("repeated_accuracy", "Once or again and again", "right, of all messages"),
            ("ask_accuracy", "What they ask for", "right, of messages that ask for something"),
        ),
    ),
)
DIAGRAMS = {
    "danger": "Danger",
    "self_harm": "Self-harm",
    "behaviours": "Behaviours it claims",
    "concern": "The concern it gives",
}
MIX_UPS = 6


def main_section(findings: Findings) -> Markup:
    """The main figures with their intervals."""
    groups = [
        element(
            "tbody",
            element("tr", element("th", group, colspan=5, scope="rowgroup", class_="group")),
            *(_figure_line(name, how, findings.figures[key]) for key, name, how in lines),
        )
        for group, lines in MAIN
    ]
    return joined(
        element(
            "p",
            "Every figure rests on a limited number of messages, so it would come out a little different on others of the same "
            "kind. The interval says how far: the true figure most likely (95\u00a0%) lies within it, and a wide one means too few "
            "messages to be sure. F1 is one number from 0 to 1 for two kinds of error at once, what was missed and what was "
            "seen wrongly; 1 is perfect.",
        ),
        _table(["What", "Figure", "95\u00a0% interval", "Rests on", "From 0 to 1"], *groups),
        element(
            "p",
            f"Intervals: Wilson's for shares; for F1 the middle 95\u00a0% of {RESAMPLES:,} draws of the same rows with "
            "replacement, from a fixed seed. An F1 of exactly 0 or 1 stays what it is in every draw, which does not make it "
            "certain.",
            class_="soft",
        ),
    )


def _figure_line(name: str, how: str, figure: Figure) -> Markup:
    show = decimal if figure.hits is None else percent
    between, rests = "–", "nothing to measure"
    if figure.interval is not None:
        between = f"{show(figure.interval[0])} to {show(figure.interval[1])}"
        rests = counted(figure.of, "message") if figure.hits is None else f"{figure.hits:,} of {figure.of:,}"
    return element(
        "tr",
        element("th", name, element("small", how), scope="row"),
        element("td", element("strong", show(figure.value)), class_="number"),
        element("td", between, class_="number"),
        element("td", rests, class_="number"),
        element("td", span(figure)),
    )


def behaviour_section(findings: Findings) -> Markup:
    """The table of behaviours."""
    heads = ["Behaviour", "Due", "Found", "False", "Precision", "Recall", "F1"]
    return joined(
        element(
            "p",
            "Due: messages that tell of it. Found: those among them where it was recognised. False: messages where it was claimed "
            "and is not there, or is denied. Precision: of the claims, the share that is right. Recall: of what was due, the "
            "share found. What only one of two people saw counts neither way. Behaviours of high risk come first.",
        ),
        _table(heads, element("tbody", *map(_behaviour_line, findings.behaviours)), kind="bars"),
    )


def _behaviour_line(line: BehaviourLine) -> Markup:
    mark = [element("small", "high risk", class_="risk")] if line.high_risk else []
    shares = ((line.precision, percent), (line.recall, percent), (line.f1, decimal))
    return element(
        "tr",
        element("th", name_of(line.label), *mark, scope="row"),
        *(element("td", f"{count:,}", class_="number") for count in (line.due, line.found, line.false)),
        *(element("td", show(share), bar(share), class_="number") for share, show in shares),
    )


def confusion_section(confusion: Confusion) -> Markup:
    """The heat map, and the commonest mix-ups in words."""
    if not confusion.lines:
        return element("p", "There are no messages.")
    wrong = [(count, due, claimed) for (due, claimed), count in confusion.counts.items() if due != claimed]
    totals = {line: sum(confusion.counts.get((line, c), 0) for c in confusion.columns) for line in confusion.lines}
    mixed = [
        element("li", f"{name_of(due)} {_taken(claimed)}: {count} of {totals[due]}")
        for count, due, claimed in sorted(wrong, key=lambda each: (-each[0], str(each[1:])))[:MIX_UPS]
    ]
    return joined(
        element(
            "p",
            "Each line holds the messages that people labelled so; each column, what the model made of them. The framed cells are "
            "right. The stronger its colour, the larger a cell's share of its line. A fair alternative counts as the label.",
        ),
        scrolling(heat_map(confusion), "Heat map of concern"),
        element("h3", "The commonest mix-ups"),
        element("ul", *mixed) if mixed else element("p", "There are none."),
    )


def _taken(claimed: str | None) -> str:
    return "got no answer" if claimed is None else f"taken for {name_of(claimed).lower()}"


def calibration_section(found: Mapping[str, Reliability]) -> Markup:
    """A reliability diagram for each kind of probability."""
    return joined(
        element(
            "p",
            "When the model says 80\u00a0%, it should be right eight times in ten. Points on the dashed line are as good as "
            "their word; below it the model is too sure of itself, above it not sure enough. Upright lines are 95\u00a0% "
            "intervals, and the numbers underneath say how many messages (or claims) a point rests on. The expected calibration "
            "error is the mean distance from the dashed line: 0 is perfect.",
        ),
        element("div", *(_diagram(name, found[key]) for key, name in DIAGRAMS.items()), class_="diagrams"),
        element(
            "p",
            "Across: what the model said. Up: how often that came true. Some alarms come from fixed patterns of words, whatever "
            "the probability says.",
            class_="soft",
        ),
    )


def _diagram(name: str, found: Reliability) -> Markup:
    if found.error is None:
        return element(
            "figure", element("figcaption", element("strong", name), ": the predictions give no such probability.")
        )
    told = f": {counted(found.of, 'probability', 'probabilities')}, expected calibration error {found.error:.3f}"
    return element("figure", element("figcaption", element("strong", name), told), reliability_diagram(found, name))


def _table(heads: list[str], *bodies: Markup, kind: str | None = None) -> Markup:
    head = element("tr", *(element("th", name, scope="col") for name in heads))
    return scrolling(element("table", element("thead", head), *bodies, class_=kind), heads[0])


def scrolling(content: Markup, name: str) -> Markup:
    """Wider than a telephone: it scrolls by itself, also from the keyboard."""
    return element("div", content, class_="wide", role="region", aria_label=name, tabindex=0)
