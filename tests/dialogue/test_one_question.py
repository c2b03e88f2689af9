"""Promise 8: one question at a time, every answer path works, and nothing is asked twice."""

import random
import re

import pytest
from harness import EVERY_STATE, QUESTIONS, Bot, Conversation, Messages, question_marks, words

from bot.knowledge.questions import Option, Question, load_questions

ALL = load_questions()
MOST = 8  # promise 8, whatever the code says
PATHS = [(question, place, option) for question in ALL.values() for place, option in enumerate(question.options)]
FREE = {
    ("fear", "yes"): ["I am terrified of him", "so scared i cant sleep"],
    ("fear", "no"): ["just a bit worried", "not scared, more fed up"],
    ("threats", "yes"): ["yes he said he will hurt me", "yeah, many times"],
    ("threats", "no"): ["no he hasnt", "no, never"],
    ("repeated", "yes"): ["it happens every week", "loads of times"],
    ("repeated", "no"): ["just once"],
    ("worse", "yes"): ["its getting worse", "more often than before"],
    ("worse", "no"): ["about the same as ever", "no, less than it was"],
    ("nation", "england"): ["I'm in England", "Leeds"],
    ("nation", "wales"): ["south Wales", "i live in Cardiff"],
    ("nation", "scotland"): ["Glasgow", "scotland"],
    ("nation", "northern_ireland"): ["Northern Ireland", "Belfast"],
}
YES_NO = {"yes": ["yes", "yeah they do", "yep"], "no": ["no", "nope", "no not that i know of"]}
WHY = ["why do you ask", "why do you need to know that"]


def ids(value: object) -> str:
    return getattr(value, "key", None) or getattr(value, "answer", None) or str(value)


def answered(conversation: Conversation, question: Question) -> str | None:
    facts = conversation.facts()
    return facts.nation if question.key == "nation" and facts.nation else facts.answers.get(question.key)


def asked_in(reply: Messages) -> set[str]:
    """The questions of the interview that stand in a reply."""
    said = words(reply)
    return {key for key, question in ALL.items() if question.text in said or question.text_other in said}


@pytest.mark.parametrize(("question", "place", "option"), PATHS, ids=ids)
class TestEveryAnswerPath:
    def test_button(self, bot: Bot, question: Question, place: int, option: Option) -> None:
        conversation = bot.at(f"question:{question.key}")
        assert conversation.buttons[place]["title"] == option.title
        conversation.press(conversation.buttons[place]["payload"])
        assert answered(conversation, question) == option.answer

    def test_number(self, bot: Bot, question: Question, place: int, option: Option) -> None:
        conversation = bot.at(f"question:{question.key}")
        conversation.say(str(place + 1))
        assert answered(conversation, question) == option.answer

    def test_free_text(self, bot: Bot, question: Question, place: int, option: Option) -> None:
        wrong = []
        for text in (option.title, *FREE.get((question.key, option.answer), YES_NO.get(option.answer, []))):
            conversation = bot.at(f"question:{question.key}")
            conversation.say(text)
            if answered(conversation, question) != option.answer:
                wrong.append((text, conversation.facts().answers.get(question.key)))
        assert not wrong


@pytest.mark.parametrize("state", QUESTIONS)
def test_skip_and_enough_are_buttons(bot: Bot, state: str) -> None:
    key = state.partition(":")[2]
    skipping = bot.at(state)
    skipping.press("/skip")
    assert skipping.facts().answers[key] == "skipped"
    ending = bot.at(state)
    ending.press("/enough")
    assert ending.facts().assessed


@pytest.mark.parametrize("state", QUESTIONS)
@pytest.mark.parametrize("text", WHY)
def test_why_is_answered_and_the_question_stands(bot: Bot, state: str, text: str) -> None:
    conversation, question = bot.at(state), ALL[state.partition(":")[2]]
    reply = conversation.say(text)
    assert question.why in words(reply)
    assert asked_in(reply) == {question.key}
    assert conversation.facts().pending == question.key


@pytest.mark.parametrize("state", QUESTIONS)
@pytest.mark.parametrize("text", ["is this private?", "what is stalking", "are you a real person"])
def test_a_question_of_theirs_is_answered_and_ours_stands(bot: Bot, state: str, text: str) -> None:
    conversation, question = bot.at(state), ALL[state.partition(":")[2]]
    reply = conversation.say(text)
    assert asked_in(reply) == {question.key}
    assert conversation.facts().answers.get(question.key) is None


@pytest.mark.parametrize("state", QUESTIONS)
def test_no_answer_slips_into_the_slot_for_long(bot: Bot, state: str) -> None:
    conversation = bot.at(state)
    conversation.say("i would rather tell you that he follows me")
    assert conversation.slot("answer") is None


@pytest.mark.parametrize("state", EVERY_STATE)
def test_at_most_one_question_a_reply(bot: Bot, state: str) -> None:
    for text in ("my ex follows me and reads my messages", "yes", "skip", "why", "ok", "he used to hit me", "thanks"):
        reply = bot.at(state).say(text)
        assert question_marks(reply) <= 1, words(reply)
        assert len(asked_in(reply)) <= 1


ANSWERS = [
    "yes",
    "no",
    "not sure",
    "skip",
    "1",
    "2",
    "he also sends letters to my work",
    "why",
    "what is stalking",
    "blorp",
    "terrified",
    "wales",
]


@pytest.mark.parametrize("seed", range(8))
def test_an_interview_never_asks_twice_and_ends(bot: Bot, seed: int) -> None:
    """Whatever is answered: at most eight questions, none again once it is answered or skipped, none already told."""
    chance, conversation = random.Random(seed), bot.at("safe to talk")
    reply = conversation.say(
        chance.choice(["my ex turns up at my house", "he keeps following me home", "she rings me all night"])
    )
    put: list[str] = []
    for _ in range(40):
        facts = conversation.facts()
        if facts.assessed:
            break
        (key,) = asked_in(reply)
        assert not set(ALL[key].about) & set(facts.behaviours)
        if facts.pending == key and (not put or put[-1] != key):
            put.append(key)
        before = dict(facts.answers)
        reply = conversation.say(chance.choice(ANSWERS))
        assert question_marks(reply) <= 1
        assert not asked_in(reply) & before.keys()
    assert conversation.facts().assessed
    assert len(put) <= MOST


@pytest.mark.parametrize(
    ("story", "unasked"),
    [
        ("he threatened to kill me and he follows me home", {"threats", "loiter"}),
        ("my ex turns up at my door every day and he smashed my car", {"visits", "damage", "repeated"}),
        ("I live in Scotland and a man keeps waiting outside my work", {"nation", "loiter"}),
        ("he has never threatened me but he keeps ringing me all night", {"threats"}),
    ],
)
def test_what_the_words_already_say_is_not_asked(bot: Bot, story: str, unasked: set[str]) -> None:
    conversation = bot.at("safe to talk")
    reply, asked = conversation.say(story), set()
    while not conversation.facts().assessed:
        asked |= asked_in(reply)
        reply = conversation.say("not sure")
    assert asked
    assert not asked & unasked


def test_going_back_asks_the_last_question_again(bot: Bot) -> None:
    conversation = bot.at("safe to talk")
    conversation.say("my ex keeps ringing me")
    first = conversation.facts().pending
    conversation.say("not sure")
    reply = conversation.say("go back")
    assert asked_in(reply) == {first}
    conversation.press(conversation.buttons[0]["payload"])
    assert conversation.facts().answers[first] == "yes"


@pytest.mark.parametrize("state", EVERY_STATE)
def test_nothing_asks_for_a_name_an_address_or_a_photo(bot: Bot, state: str) -> None:
    asks = re.compile(
        r"(what is|tell me|give me|may i have|send)( us| me)? (your|their|his|her) (full )?(name|address|postcode|phone|photo)",
        re.I,
    )
    for text in ("my ex follows me home", "what should i do", "can i make a record of it"):
        assert not asks.search(words(bot.at(state).say(text)))
