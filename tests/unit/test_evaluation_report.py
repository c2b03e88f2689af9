"""The page of `signpost evaluate --report`, on rows small enough to count by hand."""

import hashlib
import json
import math
import re
from datetime import date
from html import unescape
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli import main
from bot.errors import ModelError
from bot.evaluation import paired, score, wilson
from bot.recognition.recognition import BehaviourSpan, Recognition
from bot.recognition.vocabulary import BEHAVIOURS, CONCERNS
from bot.reporting.bootstrap import f1_figures, f1_ranges
from bot.reporting.calibration import behaviour_points, concern_points, flag_points, reliability
from bot.reporting.charts import heat_map, reliability_diagram
from bot.reporting.findings import Confusion, Figure, Findings, behaviour_lines, confusion, examine, measure
from bot.reporting.markup import element
from bot.reporting.page import About, page
from bot.reporting.wording import name_of

S, H, N, INFO, C = "stalking", "harassment_or_other_abuse", "not_stalking", "information_request", "chitchat"
ABOUT = About("labels.jsonl", "signpost.tar.gz of 20 November 2026", date(2026, 11, 20))
HOSTILE = '</blockquote><script>alert("x")</script><img src=x onerror=alert(1)> & \u202egnp.\x00 \ud800'


def row(name: str, text: str = "he waits outside", **given: Any) -> dict[str, Any]:
    defaults = {"concern": C, "behaviours": [], "relationship": "unknown", "stalker_type": None, "perspective": "self"}
    defaults |= {"immediate_danger": False, "self_harm": False, "repeated": "unknown", "ask": "none"}
    return {"id": name, "text": text, **defaults, **given}


def said(label: dict[str, Any], danger: float = 0.05, **change: Any) -> dict[str, Any]:
    """A prediction that agrees with the label but for the change."""
    keys = ("id", "concern", "behaviours", "relationship", "stalker_type", "perspective", "repeated", "ask")
    agreed = {key: label[key] for key in (*keys, "immediate_danger", "self_harm")}
    return agreed | {"confidences": {"danger": danger, "self_harm": 0.02, "concern": 0.75}} | change


def spans(*given: tuple[str, float]) -> dict[str, Any]:
    claims = [{"label": label, "start": 0, "end": 2, "confidence": confidence} for label, confidence in given]
    return {"behaviours": sorted({label for label, _ in given}), "spans": claims}


LABELS = [
    row("d1", "he is at the door", immediate_danger=True, concern=S, behaviours=["turning_up", "weapon"]),
    row("d2", "footsteps in the loft", immediate_danger=True, concern=S, behaviours=["break_in"]),
    row("d3", "stood in my garden", immediate_danger=True, concern=H, disputed=["immediate_danger"]),
    row("q1", "he was at the door last year", concern=H, concern_alt=[S], tags=["contrast"], perspective="other"),
    row("q2", "i would sooner not be here", self_harm=True, perspective="other", behaviours_optional=["weapon"]),
    row("q3", "no he never followed me", concern=N, denied=["following"], provenance="written"),
    row("q4", "what does the law say", concern=INFO, perspective="professional", ask="law"),
    row("q5", "hello", provenance="written"),
]
SAID = {
    "d1": said(LABELS[0], 0.9, **spans(("turning_up", 0.9), ("turning_up", 0.4), ("following", 0.6))),
    "d2": said(LABELS[1], 0.3, immediate_danger=False, concern=H, **spans(("break_in", 0.8))),
    "d3": said(LABELS[2], 0.6),
    "q1": said(LABELS[3], 0.9, immediate_danger=True, concern=S),
    "q2": said(LABELS[4], self_harm=False, **spans(("weapon", 0.7))),
    "q3": said(LABELS[5], **spans(("following", 0.65))),
    "q4": said(LABELS[6], concern=None),
}  # q5 has no answer


@pytest.fixture(scope="module")
def findings() -> Findings:
    return examine(LABELS, SAID)


def same(figure: Figure, hits: int, of: int) -> bool:
    return figure == Figure(hits / of, wilson(hits, of), of, hits)


def test_shares_are_counted_with_wilsons_interval(findings):
    figures = findings.figures
    assert same(figures["immediate_danger_recall"], 1, 2)  # d1 found, d2 missed, d3 disputed
    assert same(figures["immediate_danger_false_alarms"], 1, 5)
    assert same(figures["self_harm_recall"], 0, 1)
    assert same(figures["self_harm_false_alarms"], 0, 7)
    assert same(figures["high_risk_behaviour_recall"], 1, 2)  # break_in found, weapon missed; in q2 it is optional
    assert same(figures["concern_accuracy_clear"], 4, 7)  # q1 has an alternative; d2, q4, q5 are wrong
    assert same(figures["denied_but_claimed"], 1, 1)
    assert same(figures["denied_recognised"], 0, 1)
    assert same(figures["ask_accuracy"], 1, 1)
    assert same(figures["perspective_accuracy"], 7, 8)
    assert figures["relationship_accuracy_known"] == figures["stalker_type_accuracy_known"] == Figure(None, None, 0, 0)


def test_f1_figures_are_those_of_score_and_lie_in_their_intervals(findings):
    figures, known = findings.figures, score(LABELS, SAID)
    assert math.isclose(figures["stalking_f1"].value, 2 / 3)  # d1 found, d2 missed; q1 is fair
    assert math.isclose(figures["behaviour_micro_f1"].value, 4 / 7)  # 2 found, 1 missed, 2 false
    assert figures["behaviour_macro_f1"] == Figure(None, None, 0)  # none is due three times
    for name in ("stalking_f1", "behaviour_micro_f1", "concern_macro_f1_lenient"):
        low, high = figures[name].interval
        assert figures[name].value == known[name]
        assert 0 <= low <= figures[name].value <= high <= 1
    assert [figures[name].of for name in ("stalking_f1", "behaviour_micro_f1", "concern_macro_f1_lenient")] == [2, 3, 8]


labelled = st.tuples(
    st.sampled_from(CONCERNS),
    st.sampled_from(CONCERNS),
    *[st.sets(st.sampled_from(BEHAVIOURS[:3])).map(sorted)] * 3,
    *[st.booleans()] * 2,
)


@settings(max_examples=30, deadline=None)
@given(st.lists(labelled, max_size=12))
def test_the_bootstrap_scores_as_score_does_and_intervals_hold_the_figure(rows):
    labels, claims = [], {}
    for number, (due, claimed, shown, optional, told, danger, alarm) in enumerate(rows):
        labels.append(
            row(str(number), concern=due, behaviours=shown, behaviours_optional=optional, immediate_danger=danger)
        )
        claims[str(number)] = {"concern": claimed, "behaviours": told, "immediate_danger": alarm}
    known = score(labels, claims)
    for name, value in f1_figures(paired(labels, claims)).items():
        assert math.isnan(value) if known[name] is None else math.isclose(value, known[name])
    for figure in measure(labels, claims).values():
        assert (figure.value is None) == (figure.interval is None) == (figure.of == 0)
        if figure.interval is not None:
            low, high = figure.interval
            assert 0 <= low <= figure.value <= high <= 1


def test_a_bootstrap_follows_its_seed_and_narrows_with_rows():
    few, many = paired(LABELS, SAID), paired(LABELS * 30, SAID)
    assert f1_ranges(few) == f1_ranges(few)
    assert f1_ranges(many, seed=1) != f1_ranges(many, seed=2)
    (low, high), (lowest, highest) = (f1_ranges(pairs)["stalking_f1"].ends for pairs in (many, few))
    # Of 60 rows of stalking a share p = 1/2 is found, and F1 = 2p / (1 + p): its spread is that of p times 2 / (1 + p)^2.
    assert high - low == pytest.approx(2 * 1.96 * math.sqrt(0.25 / 60) * 2 / 1.5**2, abs=0.02)
    assert (lowest, highest) == (0, 1)


def test_behaviours_are_counted(findings):
    table = {line.label: (line.due, line.found, line.false) for line in findings.behaviours}
    assert table == {"break_in": (1, 1, 0), "weapon": (1, 0, 0), "turning_up": (1, 1, 0), "following": (0, 0, 2)}
    assert [line.label for line in findings.behaviours] == [
        "break_in",
        "weapon",
        "turning_up",
        "following",
    ]  # high risk first
    following, weapon = findings.behaviours[3], findings.behaviours[1]
    assert (following.precision, following.recall, following.f1) == (0.0, None, 0.0)
    assert (weapon.precision, weapon.recall) == (None, 0.0)
    assert behaviour_lines([]) == ()


def test_confusion_takes_fair_alternatives_and_shows_no_answer(findings):
    assert findings.confusion.lines == (C, H, S, INFO, N)
    assert findings.confusion.columns == (C, H, S, INFO, N, None)
    assert findings.confusion.counts == {
        (S, S): 1, (S, H): 1, (H, H): 2, (C, C): 1, (C, None): 1, (N, N): 1, (INFO, None): 1
    }  # fmt: skip
    assert confusion([]) == Confusion((), (), {})


def test_the_calibration_error_is_the_mean_gap():
    found = reliability([(0.9, True), (0.95, False), (0.2, False), (0.2, False), (0.29, True), (1.0, True)])
    assert [(each.came_true, each.of) for each in found.bins] == [(1, 3), (2, 3)]
    assert [each.said for each in found.bins] == pytest.approx([0.23, 0.95])
    # gaps |0.23 - 1/3| and |0.95 - 2/3|, each weighing one half
    assert found.error == pytest.approx((1 / 3 - 0.23 + 0.95 - 2 / 3) / 2)
    assert reliability([]).error is None


def test_probabilities_are_read_from_confidences_and_spans(findings):
    pairs = paired(LABELS, SAID)
    danger = flag_points("immediate_danger", "danger", pairs)
    assert danger == [(0.9, True), (0.3, True), (0.9, False), *[(0.05, False)] * 3]
    # the surest span of each; q2's weapon is optional
    assert behaviour_points(pairs) == [(0.9, True), (0.6, False), (0.8, True), (0.65, False)]
    assert concern_points(pairs) == [(0.75, due) for due in (True, False, True, True, True, True, False)]
    assert findings.reliability["danger"].of == 6
    assert findings.reliability["danger"].error == pytest.approx((abs(1.8 - 1) + abs(0.3 - 1) + 0.15) / 6)


@pytest.mark.parametrize("value", [None, "0.5", True, -0.1, 1.1, math.nan])
def test_what_is_no_probability_is_left_out(value):
    odd = {
        "q5": {
            "confidences": {"danger": value},
            "behaviours": ["weapon"],
            "spans": [{"label": "weapon", "confidence": value}],
        }
    }
    pairs = paired(LABELS[-1:], odd)
    assert flag_points("immediate_danger", "danger", pairs) == behaviour_points(pairs) == []


def test_every_miss_and_false_alarm_is_quoted(findings):
    danger, harm = findings.flags["immediate_danger"], findings.flags["self_harm"]
    assert [(each.name, each.text, each.probability) for each in danger.missed] == [
        ("d2", "footsteps in the loft", 0.3)
    ]
    assert [each.name for each in danger.false_alarms] == ["q1"]
    assert (danger.disputed, harm.disputed) == (1, 0)
    assert [each.name for each in harm.missed] == ["q2"]
    assert harm.false_alarms == ()
    shown = page(findings, ABOUT)
    assert "footsteps in the loft" in shown
    assert "probability of danger 30\u00a0%" in shown


def test_slices_hold_their_rows(findings):
    rows = {part.name: part.rows for part in findings.slices}
    assert list(rows.values()) == [5, 2, 1, 8, 0, 0, 0, 1]
    by_length = [row(str(n), " ".join(["word"] * n)) for n in (1, 12, 13, 60, 61)]
    lengths = [part.rows for part in examine(by_length, {}).slices if part.group == "Length"]
    assert lengths == [2, 2, 1]
    tagged = [row("1", tags=["typo"]), row("2", tags=["text_speak", "typo"]), row("3", tags=None)]
    assert [part.rows for part in examine(tagged, {}).slices if part.group == "Spelling"] == [2]


def test_a_slice_of_few_rows_says_so(findings):
    slices = page(findings, ABOUT).split('id="slices"')[1]
    assert "too few rows to say (0)" in slices
    assert "<strong>" not in slices  # eight rows in all
    enough = [row(str(n), immediate_danger=n < 10) for n in range(19)]
    slices = page(examine(enough, {each["id"]: said(each) for each in enough}), ABOUT).split('id="slices"')[1]
    assert "<strong>100\u00a0%</strong><small>72\u00a0% to 100\u00a0%</small><small>10 of 10</small>" in slices
    assert "too few rows to say (9)" in slices  # those without danger


class Outline(HTMLParser):
    """Checks that elements close, and gathers what a browser would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)
        self.links += [value for name, value in attrs if name in ("href", "src")]
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def outline(text: str) -> Outline:
    seen = Outline()
    seen.feed(text)
    seen.close()
    assert seen.open == []
    return seen


def test_hostile_text_stays_text():
    label = row(HOSTILE, HOSTILE, immediate_danger=True, concern=HOSTILE, behaviours=[HOSTILE], provenance=HOSTILE)
    claims = {HOSTILE: said(label, immediate_danger=False, concern=HOSTILE + "!", behaviours=[HOSTILE + "?"])}
    shown = page(examine([label], claims), About(HOSTILE, HOSTILE, ABOUT.on))
    shown.encode()
    seen = outline(shown)
    assert not {"script", "img"} & seen.tags
    assert not {"onerror", "src"} & seen.attributes
    assert '<script>alert("x")</script>' in seen.text
    assert not re.search("[\x00-\x08\u202e]", unescape(shown))


def test_the_page_needs_nothing_else(findings):
    shown = page(findings, ABOUT)
    seen = outline(shown)
    assert not {"script", "link", "img", "iframe", "object"} & seen.tags
    assert all(link.startswith("#") for link in seen.links)
    assert {link[1:] for link in seen.links} <= set(re.findall('id="([a-z]+)"', shown))
    assert not re.search(r"https?:|url\(|@import", shown)
    assert "default-src 'none'" in unescape(shown)
    assert "prefers-color-scheme: dark" in shown
    assert "@media print" in shown


def test_the_page_says_what_was_measured(findings):
    shown = outline(page(findings, ABOUT)).text.replace("\u00a0", " ")
    assert (
        "On 20 November 2026 the model signpost.tar.gz of 20 November 2026 read 8 messages from labels.jsonl" in shown
    )
    assert (
        "Of 2 messages in which somebody is in danger now, it found 1 (50 %; likely between 9.5 % and 90 %) and missed 1."
        in shown
    )
    assert "It raised a false alarm on 1 of 5 other messages (20 %)." in shown
    assert "danger (1 message) or self-harm (0 messages)" in shown
    assert "1 message got no answer" in shown
    assert "Stalking taken for harassment or other abuse: 1 of 2" in shown
    assert "Information request got no answer: 1 of 1" in shown


def test_the_same_rows_give_the_same_page():
    assert page(examine(LABELS, SAID), ABOUT) == page(examine(LABELS, dict(reversed(SAID.items()))), ABOUT)


def test_nothing_measured_is_still_a_page():
    assert "There are no messages" in outline(page(examine([], {}), ABOUT)).text
    silent = outline(page(examine(LABELS, {}), ABOUT)).text
    assert "8 messages got no answer" in silent
    assert "the predictions give no such probability" in silent


def test_pictures_show_their_numbers(findings):
    heat = heat_map(findings.confusion)
    assert heat.count("<rect") == 5 * 6 + 5  # cells, and a frame round each that is right
    assert "<tspan" in heat
    assert heat.count("h4") == 6  # the whole of a line: harassment, not stalking, information; the cell and its words
    drawn = reliability_diagram(findings.reliability["danger"], "Danger")
    assert drawn.count("<circle") == 3
    assert "said 90" in drawn


def test_markup_escapes_all_but_markup():
    assert element("p", "<i>", element("b", "&"), title='"') == '<p title="&quot;">&lt;i&gt;<b>&amp;</b></p>'


def test_every_label_has_a_readable_name():
    assert not [name for label in (*BEHAVIOURS, *CONCERNS) if "_" in (name := name_of(label))]


class Stub:
    @staticmethod
    def recognise(text: str) -> Recognition:
        span = BehaviourSpan("turning_up", 0, 5, 0.8)
        return Recognition(concern=S, behaviours=("turning_up",), spans=(span,), confidences={"danger": 0.2})


@pytest.fixture
def labels(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(label) + "\n" for label in LABELS))
    return path


def test_evaluate_writes_a_report(labels, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("bot.cli._recogniser", Stub)
    monkeypatch.setenv("SIGNPOST_MODELS", str(tmp_path))
    (tmp_path / "signpost.tar.gz").write_bytes(b"model")
    report = tmp_path / "report.html"
    assert main(["evaluate", str(labels), "--report", str(report)]) == 0
    assert "all: 8 rows" in capsys.readouterr().out
    shown = outline(report.read_text(encoding="utf-8")).text
    assert "8 messages from labels.jsonl" in shown
    assert f"({hashlib.sha256(b'model').hexdigest()[:12]})" in shown


def test_a_report_never_overwrites_what_it_reads(labels, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("bot.cli._recogniser", Stub)
    before, other = labels.read_text(), tmp_path / "out"
    assert main(["evaluate", str(labels), "--report", str(labels)]) == 2
    assert main(["evaluate", str(labels), "--report", str(other), "--predictions", str(other)]) == 2
    assert main(["evaluate", str(labels), "--report", str(tmp_path / "no" / "where")]) == 2
    assert labels.read_text() == before
    complaints = capsys.readouterr().err.splitlines()
    assert [("named twice" in line, "cannot be opened" in line) for line in complaints] == [(True, False)] * 2 + [
        (False, True)
    ]


def test_a_failed_evaluation_leaves_the_old_report(labels, tmp_path, monkeypatch):
    def missing() -> None:
        raise ModelError("no model")

    monkeypatch.setattr("bot.cli._recogniser", missing)
    (tmp_path / "report.html").write_text("old")
    assert main(["evaluate", str(labels), "--report", str(tmp_path / "report.html")]) == 2
    assert (tmp_path / "report.html").read_text() == "old"
