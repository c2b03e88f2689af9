"""Facts in, Assessment out: concern only goes up (promise 3)."""

from dataclasses import fields

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.knowledge.questions import load_questions
from bot.recognition.vocabulary import BEHAVIOURS, RELATIONSHIPS
from bot.risk.assessment import ANSWER_LEVELS, URGENT_BEHAVIOURS, Level, acts, assess
from bot.risk.facts import LONGEST_QUOTE, NO, SKIPPED, UNKNOWN, YES, Facts, quote

QUESTIONS = tuple(load_questions())
CLOSED = [key for key, question in load_questions().items() if any(option.answer == YES for option in question.options)]

answers = st.dictionaries(st.sampled_from(CLOSED), st.sampled_from((YES, NO, UNKNOWN, SKIPPED)))
facts = st.builds(
    Facts,
    behaviours=st.dictionaries(st.sampled_from(BEHAVIOURS), st.text(max_size=20), max_size=6),
    denied=st.lists(st.sampled_from(BEHAVIOURS), max_size=4, unique=True).map(tuple),
    answers=answers,
    relationship=st.sampled_from(RELATIONSHIPS),
    perspective=st.sampled_from(("unknown", "self", "other", "professional")),
    concern=st.sampled_from((None, "stalking", "harassment_or_other_abuse", "support_request")),
    nation=st.sampled_from((None, "wales", "scotland")),
    repeated=st.sampled_from((None, True, False)),
    danger=st.sampled_from(("none", "now", "over")),
    self_harm=st.booleans(),
    turns=st.integers(0, 50),
)
# One more thing told: (what kind, which). Nothing here takes anything back.
told = st.one_of(
    st.tuples(st.just("behaviour"), st.sampled_from(BEHAVIOURS)),
    st.tuples(st.just("yes"), st.sampled_from(CLOSED)),
    st.tuples(st.just("unknown"), st.sampled_from(CLOSED)),
    st.tuples(st.just("skipped"), st.sampled_from(CLOSED)),
    st.tuples(st.just("no"), st.sampled_from(CLOSED)),
    st.tuples(st.just("flag"), st.sampled_from(("self_harm", "repeated", "ex_partner", "stalking", "danger", "over"))),
)


def adding(known: Facts, more: tuple[str, str]) -> Facts:
    """The facts with one thing added; what was answered before stays."""
    kind, name = more
    if kind == "behaviour":
        return known.with_(behaviours={name: "words", **known.behaviours})
    if kind == "flag":
        return flagged(known, name)
    if name in known.answers and kind != "yes":
        return known
    return known.with_(
        answers={**known.answers, name: {"yes": YES, "unknown": UNKNOWN, "skipped": SKIPPED, "no": NO}[kind]}
    )


def flagged(known: Facts, name: str) -> Facts:
    if name == "danger":
        return known.with_(danger="now")
    if name == "over":
        return known.with_(danger="over") if known.danger == "none" else known
    changes = {
        "self_harm": {"self_harm": True},
        "repeated": {"repeated": True},
        "ex_partner": {"relationship": "ex_partner"},
    }
    return known.with_(**changes.get(name, {"concern": "stalking"}))


@settings(max_examples=400, deadline=None)
@given(facts, st.lists(told, max_size=8))
def test_nothing_that_is_added_lowers_the_level(known: Facts, more: list[tuple[str, str]]) -> None:
    level = assess(known).level
    for each in more:
        known = adding(known, each)
        assert assess(known).level >= level, each
        level = assess(known).level


@settings(max_examples=200, deadline=None)
@given(facts, st.lists(told, max_size=6), st.randoms())
def test_the_order_of_telling_does_not_matter(known: Facts, more: list[tuple[str, str]], random) -> None:
    more = [each for each in more if each[0] in ("behaviour", "yes", "flag")]
    known = known.with_(danger="none")
    shuffled = random.sample(more, len(more))
    first, second = known, known
    for each in more:
        first = adding(first, each)
    for each in shuffled:
        second = adding(second, each)
    assert assess(first).level == assess(second).level
    assert {reason.key for reason in assess(first).reasons} == {reason.key for reason in assess(second).reasons}


@settings(max_examples=200, deadline=None)
@given(facts, st.sampled_from(CLOSED))
def test_unknown_and_skipped_count_like_never_asked(known: Facts, key: str) -> None:
    without = {name: value for name, value in known.answers.items() if name != key}
    never = assess(known.with_(answers=without))
    for answer in (UNKNOWN, SKIPPED):
        assert assess(known.with_(answers={**without, key: answer})) == never


@given(facts)
def test_a_no_never_weighs_against_anything(known: Facts) -> None:
    without = {name: value for name, value in known.answers.items() if value != NO}
    assert assess(known).level == assess(known.with_(answers=without)).level


@given(facts)
def test_own_fear_outranks_every_other_answer(known: Facts) -> None:
    assert assess(known.with_(answers={**known.answers, "fear": YES})).level >= Level.URGENT


def test_fear_alone_is_urgent() -> None:
    assert assess(Facts(answers={"fear": YES})).level == Level.URGENT


@given(facts)
def test_after_danger_it_stays_urgent(known: Facts) -> None:
    assert assess(known.with_(danger="now")).level == Level.EMERGENCY
    assert assess(known.with_(danger="over")).level >= Level.URGENT


@given(facts)
def test_every_level_above_listen_has_its_reason(known: Facts) -> None:
    result = assess(known)
    assert result.level >= Level.LISTEN
    assert result.level == Level.LISTEN or result.reasons[0].level == result.level
    assert [reason.level for reason in result.reasons] == sorted((r.level for r in result.reasons), reverse=True)


@pytest.mark.parametrize("label", sorted(URGENT_BEHAVIOURS))
def test_an_urgent_behaviour_alone_is_urgent(label: str) -> None:
    assert assess(Facts(behaviours={label: "words"})).level == Level.URGENT


@pytest.mark.parametrize(("key", "level"), ANSWER_LEVELS.items())
def test_a_yes_alone_reaches_its_level(key: str, level: Level) -> None:
    assert assess(Facts(answers={key: YES})).level >= level


@pytest.mark.parametrize(
    ("known", "level"),
    [
        (Facts(), Level.LISTEN),
        (Facts(behaviours={"gifts_letters": "a letter"}), Level.LISTEN),
        (Facts(behaviours={"gifts_letters": "letters"}, repeated=True), Level.SERIOUS),
        (Facts(behaviours={"gifts_letters": "a letter", "following": "followed"}), Level.SERIOUS),
        (Facts(behaviours={"following": "follows"}, answers={"worse": YES}), Level.URGENT),
        (Facts(answers={"visits": YES, "worse": YES}), Level.URGENT),
        (Facts(behaviours={"children_used": "the kids"}, answers={"threats": YES}), Level.URGENT),
        (Facts(self_harm=True), Level.URGENT),
        (Facts(danger="over"), Level.URGENT),
        (Facts(danger="now"), Level.EMERGENCY),
        (Facts(answers=dict.fromkeys(CLOSED, NO)), Level.LISTEN),
        (Facts(answers=dict.fromkeys(CLOSED, UNKNOWN)), Level.LISTEN),
    ],
)
def test_levels(known: Facts, level: Level) -> None:
    assert assess(known).level == level


@pytest.mark.parametrize(
    ("known", "possible"),
    [
        (Facts(behaviours={"following": "", "gifts_letters": ""}, relationship="ex_partner"), True),
        (Facts(behaviours={"following": ""}, repeated=True, concern="stalking"), True),
        (Facts(behaviours={"following": "", "gifts_letters": "", "turning_up": ""}), True),
        (Facts(behaviours={"following": ""}, relationship="ex_partner"), False),
        (Facts(behaviours={"following": "", "gifts_letters": ""}), False),
        (
            Facts(
                behaviours={"following": "", "gifts_letters": ""}, relationship="ex_partner", perspective="perpetrator"
            ),
            False,
        ),
    ],
)
def test_possible_stalking(known: Facts, possible: bool) -> None:
    assert assess(known).possible_stalking is possible


@given(facts)
def test_a_repeated_kind_counts_as_two_acts(known: Facts) -> None:
    assert acts(known.with_(repeated=True)) >= acts(known.with_(repeated=None))
    if known.behaviours:
        assert acts(known.with_(repeated=True)) >= 2


@given(facts)
def test_facts_survive_the_slot(known: Facts) -> None:
    import json

    assert Facts.from_dict(json.loads(json.dumps(known.as_dict()))) == known


def test_facts_of_nothing_and_of_another_version() -> None:
    assert Facts.from_dict(None) == Facts()
    assert Facts.from_dict({"turns": 3, "no_such_field": 1}) == Facts(turns=3)
    assert all(
        getattr(Facts(), each.name) is not None for each in fields(Facts) if each.name in ("behaviours", "answers")
    )


@given(st.text(max_size=300))
def test_a_quote_is_short(text: str) -> None:
    assert len(quote(text)) <= LONGEST_QUOTE + 2


@pytest.mark.parametrize(("said", "kept"), [('  "he waits" . ', "he waits"), ("a\n\n b", "a b"), ("", "")])
def test_a_quote_is_tidy(said: str, kept: str) -> None:
    assert quote(said) == kept
