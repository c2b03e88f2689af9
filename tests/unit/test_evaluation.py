"""The figures of `signpost evaluate`, on rows small enough to count by hand."""

import math
from typing import Any

import pytest

from bot.evaluation import score, score_by_provenance, wilson

DEFAULTS = {
    "concern": "chitchat",
    "behaviours": [],
    "relationship": "unknown",
    "stalker_type": None,
    "perspective": "self",
    "immediate_danger": False,
    "self_harm": False,
    "repeated": "unknown",
    "ask": "none",
}
S, H, N, INFO, C = "stalking", "harassment_or_other_abuse", "not_stalking", "information_request", "chitchat"


def row(name: str, **given: Any) -> dict[str, Any]:
    return {"id": name, "text": name, **DEFAULTS, "provenance": "written", **given}


# Each label row beside what was predicted for it; None where there is no prediction, ... as in the label.
ROWS: list[tuple[dict[str, Any], Any]] = [
    # stalking: 5 rows: 2 right, 1 named as its alternative, 1 wrong, 1 without prediction
    (row("s1", concern=S, behaviours=["following"], relationship="ex_partner", repeated=True), ...),
    (row("s2", concern=S, behaviours=["following", "weapon"], stalker_type="rejected"), {"behaviours": ["following"]}),
    (
        row("s3", concern=S, concern_alt=[H], relationship="stranger", relationship_alt=["acquaintance"]),
        {"concern": H, "relationship": "acquaintance"},
    ),
    (
        row("s4", concern=S, behaviours=["gifts_letters"], stalker_type="cyber", stalker_type_alt=[None]),
        {"concern": N, "behaviours": None, "stalker_type": None},
    ),
    (row("s5", concern=S, behaviours=["following"], relationship="colleague", ask="law"), None),
    # harassment: 3 rows: 1 right, 1 called stalking, 1 right though it has an alternative
    (row("h1", concern=H, behaviours=["break_in"], repeated=False), {"behaviours": ["break_in", "following"]}),
    (
        row("h2", concern=H, behaviours=["threats_violence"], behaviours_optional=["weapon"]),
        {"concern": S, "behaviours": ["threats_violence", "weapon"]},
    ),
    (row("h3", concern=H, concern_alt=[S], ask="report", ask_alt=["law"]), {"ask": "law"}),
    # not stalking: 2 rows, the denied behaviours in them
    (row("n1", concern=N, denied=["weapon", "break_in"]), {"behaviours": ["weapon"], "denied": ["break_in"]}),
    (
        row("n2", concern=N, denied=["following"], perspective="perpetrator"),
        {"concern": INFO, "denied": None, "perspective": "self"},
    ),
    # information: 2 rows: a label that is a fair alternative to nothing, and one key missing
    (row("i1", concern=INFO, ask="law", perspective="none"), {"ask": "evidence", "perspective": "none"}),
    (
        row("i2", concern=INFO, ask="law", perspective="none", perspective_alt=["self"]),
        {"perspective": "self", "concern": None},
    ),
    # danger: 4 due (1 disputed and so left out), 1 missed; 1 false alarm, 1 disputed alarm left out
    (row("d1", immediate_danger=True), ...),
    (row("d2", immediate_danger=True), {"immediate_danger": "true"}),
    (row("d3", immediate_danger=True), ...),
    (row("d4", immediate_danger=True, disputed=["immediate_danger"]), {"immediate_danger": False}),
    (row("d5"), {"immediate_danger": True}),
    (row("d6", disputed=["immediate_danger", "self_harm"]), {"immediate_danger": True, "self_harm": True}),
    # self-harm: 2 due, both found; a missing flag is no alarm
    (row("m1", self_harm=True), ...),
    (row("m2", self_harm=True), ...),
    (row("m3"), {"self_harm": 1}),
    # chitchat: an optional behaviour that was due too; empty optional keys; a written null
    (row("c1", concern_alt=[], denied=[], disputed=[]), ...),
    (row("c2", provenance="adapted"), ...),
    (
        row("c3", provenance="adapted", behaviours=["weapon"], behaviours_optional=["weapon"]),
        {"behaviours": ["weapon"]},
    ),
    (row("c4", provenance=None, concern=C), {"concern": S}),
]
LABELS = [label for label, _ in ROWS]
SAID = {}
for label, change in ROWS:
    if change is not None:
        same = {key: value for key, value in label.items() if key in DEFAULTS or key == "id"}
        SAID[label["id"]] = same | ({} if change is ... else change)
SAID["nobody"] = {"id": "nobody", "concern": S}
del SAID["c1"]["ask"], SAID["c1"]["repeated"]


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    return score(LABELS, SAID)


def f1(hits: int, false: int, missed: int) -> float:
    return 2 * hits / (2 * hits + false + missed)


def test_rows_are_counted(figures):
    assert (figures["rows"], figures["missing"]) == (25, 1)


def test_concern(figures):
    # hits, false, missed over all 25 rows
    strict = {S: f1(2, 2, 3), H: f1(2, 1, 1), N: f1(1, 1, 1), INFO: f1(1, 1, 1), C: f1(12, 0, 1)}
    assert math.isclose(figures["concern_macro_f1_strict"], sum(strict.values()) / 5)
    lenient = strict | {S: f1(3, 2, 2), H: f1(2, 0, 1)}
    assert math.isclose(figures["concern_macro_f1_lenient"], sum(lenient.values()) / 5)
    assert math.isclose(figures["stalking_f1"], lenient[S])
    # s3 and h3 have alternatives
    assert figures["clear_of"] == 23
    assert math.isclose(figures["concern_accuracy_clear"], (2 + 1 + 1 + 1 + 12) / 23)
    assert math.isclose(figures["stalking_f1_clear"], f1(2, 2, 2))


def test_behaviours(figures):
    counts = {  # hits, false, missed
        "following": (2, 1, 1),
        "weapon": (0, 1, 2),  # n1 claims what is denied; in h2 it is optional; in c3 optional, so nobody may claim it
        "gifts_letters": (0, 0, 1),
        "break_in": (1, 0, 0),
        "threats_violence": (1, 0, 0),
    }
    assert figures["behaviour_f1"] == {
        name: [round(f1(*counts[name]), 3), counts[name][0] + counts[name][2]] for name in sorted(counts)
    }
    assert list(figures["behaviour_f1"]) == sorted(counts)
    assert math.isclose(figures["behaviour_micro_f1"], f1(4, 2, 4))
    assert math.isclose(figures["behaviour_macro_f1"], f1(2, 1, 1))  # following alone is due three times
    assert (figures["high_risk_behaviour_recall"], figures["high_risk_of"]) == (0.5, 4)
    assert [figures[f"denied_{key}"] for key in ("but_claimed", "recognised", "of")] == [1, 1, 3]


def test_single_labels(figures):
    assert math.isclose(figures["relationship_accuracy_known"], 2 / 3)
    assert math.isclose(figures["stalker_type_accuracy_known"], 2 / 2)
    assert math.isclose(figures["perspective_accuracy"], (25 - 2) / 25)  # s5 has no prediction, n2 is wrong
    assert math.isclose(figures["repeated_accuracy"], (25 - 2) / 25)  # s5, and c1 does not say
    assert math.isclose(figures["ask_accuracy"], 2 / 4)  # h3 by its alternative and i2; i1 wrong, s5 missing


def test_flags(figures):
    danger, harm = figures["immediate_danger"], figures["self_harm"]
    assert (danger["of"], danger["missed"], danger["false_alarms"]) == (3, ["d2"], ["d5"])
    assert math.isclose(danger["recall"], 2 / 3)
    assert math.isclose(danger["false_alarm_rate"], 1 / 20)  # 25 rows, 3 due, 2 disputed
    assert danger["interval"] == pytest.approx((0.208, 0.939), abs=1e-9)
    assert (harm["of"], harm["recall"], harm["missed"], harm["false_alarms"]) == (2, 1.0, [], [])
    assert harm["false_alarm_rate"] == 0.0


def test_nothing_bears_on_nothing():
    empty = score([], {})
    assert empty["concern_macro_f1_strict"] is None
    assert empty["behaviour_micro_f1"] == 1.0
    assert empty["immediate_danger"]["interval"] is None
    assert empty["self_harm"]["false_alarm_rate"] is None


def test_each_provenance_is_scored_apart():
    apart = score_by_provenance(LABELS, SAID)
    assert {name: figures["rows"] for name, figures in apart.items()} == {"all": 25, "adapted": 2, "written": 22}


def test_the_interval_stays_within_0_and_1():
    assert wilson(0, 5)[0] == 0
    assert wilson(5, 5)[1] == 1
    assert wilson(0, 0) is None


def test_perfect_predictions_are_perfect():
    perfect = score(LABELS, {label["id"]: label for label in LABELS})
    assert perfect["concern_macro_f1_strict"] == perfect["concern_accuracy_clear"] == 1
    assert perfect["immediate_danger"]["recall"] == 1
    assert perfect["ask_accuracy"] == 1
