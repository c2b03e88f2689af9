"""Facts in, replies out."""

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.conversation.knowledge import shared_knowledge
from bot.conversation.replies import (
    Say,
    assessment,
    carry_on,
    evidence_advice,
    law_key,
    needs,
    own_conduct,
    question,
    safety_advice,
    services,
    to_answer,
    to_message,
    why,
)
from bot.interview.hearing import Message, hear
from bot.knowledge.questions import load_questions
from bot.recognition.recognition import BehaviourSpan, Recognition
from bot.recognition.vocabulary import BEHAVIOURS, RELATIONSHIPS
from bot.risk.facts import NO, SKIPPED, YES, Facts

KNOWLEDGE = shared_knowledge()
NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NATIONS = (None, "england", "wales", "scotland", "northern_ireland")
QUESTIONS = load_questions()

facts = st.builds(
    Facts,
    behaviours=st.dictionaries(st.sampled_from(BEHAVIOURS), st.just("he waits outside"), max_size=6),
    answers=st.dictionaries(
        st.sampled_from([key for key in QUESTIONS if key != "nation"]), st.sampled_from((YES, NO, SKIPPED))
    ),
    relationship=st.sampled_from(RELATIONSHIPS),
    perspective=st.sampled_from(("unknown", "self", "other", "professional")),
    nation=st.sampled_from(NATIONS),
    danger=st.sampled_from(("none", "over")),
    self_harm=st.booleans(),
    level_told=st.integers(0, 4),
    assessed=st.booleans(),
)


def rendered(say: Say) -> str:
    return KNOWLEDGE.responses.render(say.key, 0, **say.values)["text"]


def story(text: str, *labels: str) -> Message:
    spans = tuple(BehaviourSpan(label, 0, len(text), 0.9) for label in labels)
    return Message(text, "describe_situation", Recognition(concern="stalking", behaviours=labels, spans=spans))


@settings(max_examples=200, deadline=None)
@given(facts)
def test_every_reply_can_be_rendered(known: Facts) -> None:
    says = [*assessment(KNOWLEDGE, known, NOON), evidence_advice(KNOWLEDGE, known), safety_advice(KNOWLEDGE, known)]
    for say in (*says, services(KNOWLEDGE, known, NOON), Say(law_key(known)), why(known)):
        assert rendered(say)
        assert "{" not in rendered(say)


@settings(max_examples=150, deadline=None)
@given(facts)
def test_every_assessment_gives_the_police_and_the_helpline(known: Facts) -> None:
    said = "\n".join(rendered(say) for say in assessment(KNOWLEDGE, known, NOON))
    assert "999" in said
    assert "101" in said
    assert KNOWLEDGE.fill("{national_stalking_helpline.phone}") in said


@settings(max_examples=150, deadline=None)
@given(facts)
def test_an_assessment_of_urgent_things_asks_for_today(known: Facts) -> None:
    said = rendered(assessment(KNOWLEDGE, known.with_(answers={**known.answers, "fear": YES}), NOON)[0])
    assert "today" in said
    assert QUESTIONS["fear"].heard in said or len(known.behaviours) + len(known.answers) > 3


def test_reasons_are_what_the_person_told() -> None:
    known = Facts(behaviours={"following": "he follows me", "weapon": "a knife"}, answers={"threats": YES})
    said = rendered(assessment(KNOWLEDGE, known, NOON)[0])
    for phrase in (KNOWLEDGE.advice.behaviours["weapon"].heard, QUESTIONS["threats"].heard):
        assert phrase in said


@pytest.mark.parametrize("perspective", ["other", "professional"])
def test_somebody_who_writes_about_another_is_asked_about_them(perspective: str) -> None:
    for asked in QUESTIONS.values():
        assert question(Facts(perspective=perspective), asked).values["question"] == asked.text_other
        assert question(Facts(perspective="self"), asked).values["question"] == asked.text


@pytest.mark.parametrize("asked", QUESTIONS.values(), ids=lambda asked: asked.key)
def test_every_question_offers_its_answers_and_two_ways_out(asked) -> None:
    titles = [title for title, _ in question(Facts(), asked).buttons]
    payloads = [payload for _, payload in question(Facts(), asked).buttons]
    assert titles[: len(asked.options)] == [option.title for option in asked.options]
    assert payloads[-2:] == ["/skip", "/enough"]


@pytest.mark.parametrize("asked", QUESTIONS.values(), ids=lambda asked: asked.key)
def test_why_is_told_for_the_open_question(asked) -> None:
    assert rendered(why(Facts(pending=asked.key))) == asked.why
    assert rendered(why(Facts()))


def test_concern_that_rises_is_answered_with_the_way_to_help() -> None:
    says, known = to_message(
        KNOWLEDGE, hear(Facts(), story("he follows me and sends me letters", "following", "gifts_letters"))
    )
    assert [say.key for say in says][-1] == "utter_route_serious"
    says, known = to_message(KNOWLEDGE, hear(known, story("he said he will kill me", "threats_violence")))
    assert [say.key for say in says][-1] == "utter_route_urgent"
    says, _ = to_message(KNOWLEDGE, hear(known, story("and he rings me", "unwanted_contact_phone")))
    assert len(says) == 1


def test_their_own_words_come_back() -> None:
    says, _ = to_message(KNOWLEDGE, hear(Facts(), story("he follows me", "following")))
    assert "“he follows me”" in rendered(says[0])


def test_braces_in_their_words_name_no_field() -> None:
    says, _ = to_message(KNOWLEDGE, hear(Facts(), story("{police_999.phone} {tip}", "following")))
    assert "“{police_999.phone} {tip}”" in rendered(says[0])


@pytest.mark.parametrize("intent", ["own_conduct", "seek_to_find"])
def test_the_boundary_names_the_respect_phoneline(intent: str) -> None:
    says, known = own_conduct(Facts(pending="fear"), intent)
    response = KNOWLEDGE.responses.get(says[0].key)
    assert all("{respect_phoneline.phone}" in variant for variant in response.variants)
    assert known.perspective == "perpetrator"
    assert known.pending is None


def test_going_back_opens_the_last_answer_again() -> None:
    known = Facts(asked=("fear", "threats", "worse"), answers={"fear": YES, "threats": NO}, pending="worse")
    says, later = to_answer(KNOWLEDGE, known, Message("go back", "go_back", Recognition()))
    assert says[0].key == "utter_went_back"
    assert later.pending == "threats"
    assert "threats" not in later.answers
    assert later.answers["fear"] == YES


def test_going_back_from_the_first_question() -> None:
    says, _ = to_answer(KNOWLEDGE, Facts(asked=("fear",), pending="fear"), Message("back", "go_back", Recognition()))
    assert says[0].key == "utter_nothing_to_go_back_to"


@pytest.mark.parametrize("word", ["thank", "greet", "affirm", "deny", "nlu_fallback", "carry_on", "inform_nation"])
@pytest.mark.parametrize(
    "known", [Facts(), Facts(behaviours={"following": "x"}), Facts(assessed=True), Facts(nation="wales")]
)
def test_a_lone_word_gets_a_way_on(word: str, known: Facts) -> None:
    says, _ = carry_on(KNOWLEDGE, hear(known, Message("well", word, Recognition())), word)
    assert says
    assert all(rendered(say) for say in says)


def test_after_three_unclear_messages_a_person_is_offered() -> None:
    known = Facts(unclear=2)
    says, later = carry_on(KNOWLEDGE, hear(known, Message("blorp", "nlu_fallback", Recognition())), "nlu_fallback")
    assert says[0].key == "utter_person_instead"
    assert later.unclear == 0


@pytest.mark.parametrize(
    ("known", "wanted"),
    [
        (Facts(self_harm=True), "crisis"),
        (Facts(behaviours={"image_abuse": "x"}), "images"),
        (Facts(behaviours={"account_hacking": "x"}), "technology"),
        (Facts(behaviours={"following": "x"}, relationship="ex_partner"), "domestic_abuse"),
        (Facts(), "stalking"),
    ],
)
def test_needs(known: Facts, wanted: str) -> None:
    assert wanted in needs(known)


@pytest.mark.parametrize(("nation", "key"), [(None, "unknown"), ("england", "england_wales"), ("scotland", "scotland")])
def test_law_by_nation(nation: str | None, key: str) -> None:
    assert law_key(Facts(nation=nation)) == f"utter_law_{key}"


@pytest.mark.parametrize("perspective", ["perpetrator"])
def test_no_tips_for_the_one_doing_it(perspective: str) -> None:
    """Promise 9: what helps somebody who is pursued would help the one who pursues to hide it."""
    known = Facts(perspective=perspective, behaviours={"tracking_device_spyware": "x"})
    tips = [
        KNOWLEDGE.fill(text)
        for behaviour in KNOWLEDGE.advice.behaviours.values()
        for text in (*behaviour.keep, *behaviour.safety)
    ]
    for say in (evidence_advice(KNOWLEDGE, known), safety_advice(KNOWLEDGE, known)):
        assert not any(tip in rendered(say) for tip in tips)
