"""The page itself: one HTML file that needs nothing else, to read on a screen or on paper."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from bot.reporting.findings import Findings
from bot.reporting.markup import Markup, element, joined
from bot.reporting.rows import quotes_section, slices_section
from bot.reporting.sections import behaviour_section, calibration_section, confusion_section, main_section
from bot.reporting.wording import counted, percent

TITLE = "How well Signpost recognises danger and stalking"
SECTIONS = (
    ("measured", "What was measured"),
    ("figures", "The main figures"),
    ("behaviours", "Behaviour by behaviour"),
    ("concern", "Which concern was taken for which"),
    ("sure", "Whether its probabilities come true"),
    ("wrong", "Every miss and every false alarm on danger and self-harm"),
    ("slices", "Who writes, and how"),
)
IN_SHORT = (
    ("immediate_danger", "in which somebody is in danger now"),
    ("self_harm", "that speak of suicide or self-harm"),
)
# No script, no request: a page that quotes people must not be able to tell anybody.
POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


@dataclass(frozen=True, slots=True)
class About:
    """What was measured.

    Attributes:
        labels: name of the labels file.
        model: which model read it, in words.
        on: the day.
    """

    labels: str
    model: str
    on: date


def page(findings: Findings, about: About) -> str:
    """The whole page; the same findings give the same page."""
    bodies = (
        _measured(findings, about),
        main_section(findings),
        behaviour_section(findings),
        confusion_section(findings.confusion),
        calibration_section(findings.reliability),
        quotes_section(findings.flags),
        slices_section(findings.slices),
    )
    sections = [
        element("section", element("h2", f"{number}. {title}", id=name), body, aria_labelledby=name)
        for number, ((name, title), body) in enumerate(zip(SECTIONS, bodies, strict=True), start=1)
    ]
    contents = [element("li", element("a", title, href=f"#{name}")) for name, title in SECTIONS]
    body = element(
        "main",
        element("h1", TITLE),
        element("p", f"{_day(about.on)} · {about.labels} · {about.model}", class_="soft"),
        _warning(),
        element("nav", element("ol", *contents), aria_label="Contents"),
        *sections,
    )
    return f"<!DOCTYPE html>\n{element('html', _head(), element('body', body), lang='en-GB')}\n"


def _head() -> Markup:
    return element(
        "head",
        Markup(
            '<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            '<meta name="robots" content="noindex"><meta name="color-scheme" content="light dark">'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        ),
        element("title", TITLE),
        Markup(f"<style>\n{_style()}</style>"),
    )


@cache
def _style() -> str:
    return Path(__file__).with_name("page.css").read_text(encoding="utf-8")


def _warning() -> Markup:
    return element(
        "p",
        "Part 6 quotes messages about violence and suicide. Keep this page as carefully as the messages themselves.",
        class_="note",
    )


def _measured(findings: Findings, about: About) -> Markup:
    danger, harm = findings.flags["immediate_danger"].disputed, findings.flags["self_harm"].disputed
    remarks = [
        "Where a message has more than one fair reading, either counts as right. Where people disagreed about danger "
        f"({counted(danger, 'message')}) or self-harm ({counted(harm, 'message')}), the message is left out of that figure.",
        f"{counted(findings.missing, 'message')} got no answer, which counts as wrong throughout."
        if findings.missing
        else "Every message got an answer.",
        "The figures hold for messages like these. Messages that other people write in another service may be easier or "
        "harder, so measure on some of those too before you rely on it.",
    ]
    if findings.provenances:
        origins = ", ".join(f"{many:,} {name}" for name, many in findings.provenances.items())
        remarks.insert(0, f"Where the messages come from: {origins}.")
    return joined(
        element(
            "p",
            f"On {_day(about.on)} the model {about.model} read {counted(findings.rows, 'message')} from {about.labels}. "
            "People had already labelled every one: what kind of concern it raises, which behaviours it tells of, whether "
            "somebody is in danger now or may harm themselves. This page compares what the model recognised with what those "
            "people saw.",
        ),
        element("h3", "In short"),
        element("ul", *(element("li", *_short(findings, *named)) for named in IN_SHORT), class_="short"),
        element("h3", "How to take it"),
        element("ul", *(element("li", remark) for remark in remarks)),
    )


def _short(findings: Findings, flag: str, which: str) -> list[str]:
    found, false = findings.figures[f"{flag}_recall"], findings.figures[f"{flag}_false_alarms"]
    if found.interval is None:
        told = [f"There are no messages {which}, so nothing can be said about finding them."]
    else:
        low, high = map(percent, found.interval)
        told = [
            f"Of {counted(found.of, 'message')} {which}, it found ",
            element("strong", f"{found.hits:,}"),
            f" ({percent(found.value)}; likely between {low} and {high}) and missed ",
            element("strong", f"{len(findings.flags[flag].missed):,}"),
            ".",
        ]
    return [
        *told,
        f" It raised a false alarm on {false.hits:,} of {counted(false.of, 'other message')} ({percent(false.value)}).",
    ]


def _day(on: date) -> str:
    return f"{on.day} {on:%B %Y}"
