"""Danger first (promise 2): what a message, the open question and the last messages mean for safety."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.conversation.knowledge import shared_knowledge
from bot.conversation.safety import SAFETY_INTENTS, after, reply_key, safety_intent
from bot.recognition.recognition import Recognition
from bot.risk.assessment import Level, assess
from bot.risk.facts import Facts

DANGER = Recognition(immediate_danger=True)
HARM = Recognition(self_harm=True)
BOTH = Recognition(immediate_danger=True, self_harm=True)
NOTHING = Recognition()
NOW = Facts(danger="now", emergency="person", turns=4)
ENGAGED = Facts(turns=3)
INTENTS = "describe_situation greet ask_law own_conduct seek_to_find deny nlu_fallback goodbye out_of_scope emergency danger_over"
MOST_WORDS = 60
SAFETY_KEYS = [r.key for r in shared_knowledge().responses if r.urgent]


def intent(text="words", guess="describe_situation", sure=0.9, read=NOTHING, facts=ENGAGED, earlier=()) -> str:
    return safety_intent(text, guess, sure, read, facts, earlier)


@pytest.mark.parametrize("guess", INTENTS.split())
@pytest.mark.parametrize("sure", [0.0, 0.99])
class TestTheWordsDecide:
    def test_danger(self, guess: str, sure: float) -> None:
        assert intent(guess=guess, sure=sure, read=DANGER) == "emergency"

    def test_self_harm(self, guess: str, sure: float) -> None:
        assert intent(guess=guess, sure=sure, read=HARM) == "self_harm"

    def test_both(self, guess: str, sure: float) -> None:
        assert intent(guess=guess, sure=sure, read=BOTH) == "self_harm_emergency"


def test_somebody_in_danger_who_cannot_call() -> None:
    assert intent(guess="cannot_reach_999", read=DANGER) == "cannot_reach_999"
    assert intent(guess="cannot_reach_999", sure=0.2, read=DANGER) == "emergency"


@pytest.mark.parametrize("guess", ["emergency", "self_harm"])
def test_a_guess_that_no_detector_confirms_is_a_story(guess: str) -> None:
    assert intent(guess=guess) == "describe_situation"


@pytest.mark.parametrize("yes", ["yes", "Yeah", "yep!", "yes i am", "aye", "ydw", "help me"])
def test_yes_to_the_opening_question(yes: str) -> None:
    assert intent(yes, "affirm", facts=Facts()) == "emergency"


@pytest.mark.parametrize("facts", [Facts(turns=1), Facts(pending="threats")])
def test_a_later_yes_is_no_danger(facts: Facts) -> None:
    assert intent("yes", "affirm", facts=facts) == "affirm"


@pytest.mark.parametrize("text", ["no", "yes he did it again last week and the week before", "", "not yet"])
def test_other_words_are_no_yes(text: str) -> None:
    assert intent(text, "deny", facts=Facts()) == "deny"


@pytest.mark.parametrize(
    "lines",
    [
        ("theres a noise downstairs", "its my ex", "he is in the house"),
    ],
)
def test_three_messages_are_read_together(lines: tuple[str, ...]) -> None:
    assert intent(lines[-1], "describe_situation", earlier=lines[:-1]) == "emergency"


def test_a_payload_is_taken_as_it_is() -> None:
    assert intent("/safe_to_talk", "safe_to_talk", read=DANGER) == "safe_to_talk"


@pytest.mark.parametrize("guess", [*INTENTS.split(), "thank", "skip", "start_again"])
def test_danger_lasts_until_the_person_ends_it(guess: str) -> None:
    wanted = "danger_over" if guess == "danger_over" else "danger_continues"
    assert intent(guess=guess, facts=NOW) == wanted


def test_an_unsure_end_of_danger_is_no_end() -> None:
    assert intent(guess="danger_over", sure=0.3, facts=NOW) == "danger_continues"


def test_new_danger_while_in_danger() -> None:
    assert intent(read=DANGER, facts=NOW) == "emergency"
    assert intent(read=BOTH, facts=NOW) == "self_harm_emergency"


@given(
    st.sampled_from(INTENTS.split()),
    st.floats(0, 1),
    st.builds(Recognition, immediate_danger=st.booleans(), self_harm=st.booleans()),
    st.sampled_from(("none", "now", "over")),
)
def test_danger_always_gets_a_safety_reply(guess: str, sure: float, read: Recognition, danger: str) -> None:
    decided = intent(guess=guess, sure=sure, read=read, facts=Facts(danger=danger, turns=2))
    if danger == "now" or read.immediate_danger or read.self_harm:
        assert decided in SAFETY_INTENTS
    if decided in SAFETY_INTENTS:
        assert reply_key(decided, Facts(danger=danger), "en") in shared_knowledge().responses


@pytest.mark.parametrize(
    ("decided", "facts", "language", "key"),
    [
        ("emergency", Facts(), "en", "utter_emergency"),
        ("emergency", Facts(), "cy", "utter_emergency_cy"),
        ("emergency", NOW, "en", "utter_emergency_again"),
        ("danger_continues", NOW, "en", "utter_emergency_again"),
        ("danger_continues", Facts(danger="now", emergency="health"), "en", "utter_self_harm_emergency_again"),
        ("emergency", Facts(danger="now", emergency="health"), "en", "utter_emergency"),  # danger from a person is new
        ("self_harm", Facts(), "en", "utter_self_harm"),
        ("self_harm", Facts(), "cy", "utter_self_harm_cy"),
        ("self_harm_emergency", Facts(), "en", "utter_self_harm_emergency"),
        ("cannot_reach_999", NOW, "en", "utter_cannot_reach_999"),
        ("danger_over", NOW, "en", "utter_danger_over"),
    ],
)
def test_replies(decided: str, facts: Facts, language: str, key: str) -> None:
    assert reply_key(decided, facts, language) == key


def test_danger_is_remembered_and_ends_as_over() -> None:
    facts = after("emergency", Facts(pending="fear"))
    assert (facts.danger, facts.pending) == ("now", None)
    facts = after("danger_over", facts)
    assert facts.danger == "over"
    assert assess(facts).level >= Level.URGENT


def test_danger_over_without_danger_changes_nothing() -> None:
    assert after("danger_over", Facts()).danger == "none"


@pytest.mark.parametrize("decided", ["self_harm", "self_harm_emergency"])
def test_self_harm_is_remembered(decided: str) -> None:
    assert after(decided, Facts()).self_harm


@given(st.lists(st.sampled_from(sorted(SAFETY_INTENTS)), max_size=6))
def test_no_safety_reply_lowers_the_level_below_urgent(said: list[str]) -> None:
    facts = Facts()
    for decided in said:
        before = assess(facts).level
        facts = after(decided, facts)
        assert assess(facts).level >= min(before, Level.URGENT)


@pytest.mark.parametrize("key", SAFETY_KEYS)
def test_urgent_words_are_short_and_ask_nothing(key: str) -> None:
    responses = shared_knowledge().responses
    for turn in range(len(responses.get(key).variants)):
        said = responses.render(key, turn)["text"]
        assert len(said.split()) <= MOST_WORDS
        assert "?" not in said
        assert "999" in said


@pytest.mark.parametrize("key", [key for key in SAFETY_KEYS if re.search("emergency|999", key)])
def test_999_stands_in_the_first_two_sentences(key: str) -> None:
    responses = shared_knowledge().responses
    for turn in range(len(responses.get(key).variants)):
        assert "999" in " ".join(re.split(r"(?<=[.!?])\s", responses.render(key, turn)["text"])[:2])


@pytest.mark.parametrize("key", ["utter_emergency", "utter_emergency_cy", "utter_emergency_again"])
def test_every_variant_says_how_to_call_without_a_word(key: str) -> None:
    responses = shared_knowledge().responses
    assert all("55" in responses.render(key, turn)["text"] for turn in range(len(responses.get(key).variants)))
