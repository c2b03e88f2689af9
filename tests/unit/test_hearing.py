"""One message into the facts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.interview.hearing import Message, hear
from bot.knowledge.questions import load_questions
from bot.recognition.recognition import BehaviourSpan, Recognition
from bot.recognition.vocabulary import BEHAVIOURS, CONCERNS, PERSPECTIVES, RELATIONSHIPS
from bot.risk.assessment import assess
from bot.risk.facts import NO, SKIPPED, UNKNOWN, YES, Facts

STORY = "He follows me home, and he sends letters."


def told(text: str = STORY, *labels: str, intent: str = "describe_situation", **read: object) -> Message:
    """A message in which each label is carried by the whole text."""
    spans = tuple(BehaviourSpan(label, 0, len(text), 0.9) for label in labels)
    return Message(text, intent, Recognition(**{"concern": "stalking", "behaviours": labels, "spans": spans, **read}))


recognitions = st.builds(
    Recognition,
    concern=st.sampled_from(CONCERNS),
    spans=st.lists(st.sampled_from(BEHAVIOURS), max_size=3, unique=True).map(
        lambda labels: tuple(BehaviourSpan(label, 0, 4, 0.9) for label in labels)
    ),
    denied=st.lists(st.sampled_from(BEHAVIOURS), max_size=2, unique=True).map(tuple),
    relationship=st.sampled_from(RELATIONSHIPS),
    perspective=st.sampled_from(PERSPECTIVES),
    repeated=st.sampled_from((True, False, "unknown")),
)
messages = st.builds(
    Message,
    st.sampled_from(["yes", "no", "skip", "not sure", "he follows me", "I live in Wales", "", "🙂", "only once"]),
    st.sampled_from(["describe_situation", "affirm", "deny", "nlu_fallback", "ask_emotional", "thank"]),
    recognitions,
)


def test_a_story_is_kept_in_the_persons_words() -> None:
    heard = hear(Facts(), told(STORY, "following", "gifts_letters", relationship="ex_partner"))
    assert heard.new == ("following", "gifts_letters")
    assert heard.facts.behaviours["following"] == "He follows me home, and he sends letters"
    assert heard.facts.relationship == "ex_partner"
    assert heard.understood
    assert heard.facts.turns == 1


def test_only_the_first_words_for_a_behaviour_are_kept() -> None:
    first = hear(Facts(), told("he follows me", "following")).facts
    again = hear(first, told("he followed me again", "following"))
    assert again.new == ()
    assert again.facts.behaviours["following"] == "he follows me"


@pytest.mark.parametrize("concern", ["chitchat", "information_request", "not_stalking"])
def test_a_film_or_a_question_is_no_story(concern: str) -> None:
    assert hear(Facts(), told("in the film he follows her", "following", concern=concern)).facts.behaviours == {}


def test_more_of_a_known_story_is_taken_in_whatever_it_looks_like() -> None:
    known = Facts(behaviours={"following": "he follows me"})
    assert "weapon" in hear(known, told("had a knife", "weapon", concern="chitchat")).facts.behaviours


def test_what_happens_outweighs_what_was_denied() -> None:
    denied = hear(Facts(), told("he never hit me", denied=("physical_assault",))).facts
    assert denied.denied == ("physical_assault",)
    now = hear(denied, told("then he hit me", "physical_assault")).facts
    assert "physical_assault" in now.behaviours
    assert now.denied == ()


def test_a_denial_takes_nothing_back() -> None:
    known = Facts(behaviours={"threats_violence": "said he would kill me"})
    later = hear(known, told("he never threatened me", denied=("threats_violence",))).facts
    assert "threats_violence" in later.behaviours
    assert later.denied == ()


@pytest.mark.parametrize("word", ["not sure", "skip"])
def test_unknown_and_skipped_are_kept_as_they_are(word: str) -> None:
    facts = hear(Facts(pending="threats", asked=("threats",)), Message(word, "dont_know", Recognition())).facts
    assert facts.answers["threats"] == {"not sure": UNKNOWN, "skip": SKIPPED}[word]
    assert facts.pending is None


def test_an_answer_closes_the_question_and_keeps_the_words() -> None:
    heard = hear(Facts(pending="threats", asked=("threats",)), told("yes, he said he would hurt my dog"))
    assert heard.answered
    assert heard.facts.answers == {"threats": YES}
    assert heard.facts.words["threats"] == "yes, he said he would hurt my dog"


def test_a_button_leaves_no_words() -> None:
    pressed = Message('/choose{"option": "no"}', "choose", Recognition())
    facts = hear(Facts(pending="threats", asked=("threats",)), pressed).facts
    assert facts.answers == {"threats": NO}
    assert facts.words["threats"] == ""


def test_a_word_without_a_question_answers_nothing() -> None:
    heard = hear(Facts(), Message("yes", "affirm", Recognition()))
    assert not heard.answered
    assert heard.facts.answers == {}


@pytest.mark.parametrize(
    ("said", "nation"), [("I live in Cardiff", "wales"), ("in Northern Ireland", "northern_ireland")]
)
def test_where_they_are_is_heard_anywhere(said: str, nation: str) -> None:
    assert hear(Facts(), Message(said, "inform_nation", Recognition())).facts.nation == nation


def test_the_nation_question_sets_the_nation() -> None:
    pressed = Message('/choose{"option": "scotland"}', "choose", Recognition())
    facts = hear(Facts(pending="nation", asked=("nation",)), pressed).facts
    assert facts.nation == "scotland"


def test_repeated_is_never_taken_back() -> None:
    facts = hear(Facts(), told("again and again", "following", repeated=True)).facts
    assert hear(facts, told("just once", "following", repeated=False)).facts.repeated is True


@pytest.mark.parametrize("perspective", ["self", "other", "professional"])
def test_the_first_story_says_who_is_writing(perspective: str) -> None:
    first = hear(Facts(), told(STORY, "following", perspective=perspective)).facts
    assert first.perspective == perspective
    assert hear(first, told(STORY, "weapon", perspective="perpetrator")).facts.perspective == perspective


def test_nobody_is_made_the_one_doing_it_by_recognition_alone() -> None:
    assert hear(Facts(), told(STORY, "following", perspective="perpetrator")).facts.perspective != "perpetrator"


def test_three_unclear_messages_in_a_row_are_counted() -> None:
    facts = Facts()
    for count in (1, 2, 3):
        facts = hear(facts, Message("blorp", "nlu_fallback", Recognition())).facts
        assert facts.unclear == count
    assert hear(facts, told(STORY, "following")).facts.unclear == 0


@settings(max_examples=300, deadline=None)
@given(st.lists(messages, max_size=6), st.sampled_from((None, *load_questions())))
def test_hearing_forgets_nothing_and_never_lowers_the_level(said: list[Message], pending: str | None) -> None:
    facts = Facts(pending=pending, asked=(pending,) if pending else ())
    for message in said:
        later = hear(facts, message).facts
        assert facts.behaviours.items() <= later.behaviours.items()
        assert facts.answers.items() <= later.answers.items()
        assert not set(later.denied) & set(later.behaviours)
        assert assess(later).level >= assess(facts).level
        assert later.turns == facts.turns + 1
        facts = later
