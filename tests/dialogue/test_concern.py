"""Promise 3 in conversation: what is said never calms without ground, and the level stays where danger left it."""

import re

import pytest
from harness import EVERY_STATE, ROOT, Bot, words

from bot.conversation.knowledge import shared_knowledge
from bot.knowledge.questions import load_questions
from bot.risk.assessment import Level, assess

CALMS = re.compile(
    r"\b(low|no|little|minimal|medium|standard|moderate) (level of |immediate )?(risk|concern)\b|\bin no danger\b"
    r"|\b(risk|danger|concern) (is|level is|seems|looks|appears) (low|small|minimal|slight)\b"
    r"|(?<!when )(?<!if )(?<!until )(?<!once )\byou( are|'re| seem| look| should be| will be)( probably| quite| perfectly| all)? "
    r"(safe|fine|ok|okay|alright|not in (any )?danger)\b"
    r"|(?<!if )\b(this|it|that|everything)( is|'s| seems| looks| sounds| will be)( probably| all| quite| perfectly)? "
    r"(fine(?!,? we can)|safe\b(?! to)|harmless|ok\b|okay|alright|normal|nothing)"
    r"|\bprobably (nothing|fine|safe|harmless|just)\b|\bnothing to worry about\b|\bdo not worry\b|\bdon't worry\b"
    r"|\b(not|isn't|is not|unlikely to be) (stalking|dangerous|serious)\b|\boverreacting\b(?<!not overreacting)"
    r"|\d ?%|\bper ?cent\b|\bpercentage\b|\b(risk )?score\b|\b\d+ (out of|/) ?10\b",
    re.IGNORECASE,
)
HARMLESS = (
    "If it is safe, someone you trust could help.",
    "101 is for when there is no immediate danger.",
    "Safe travel to you all",
    "When you are safe, tell me.",
    "You can do this if it is safe to.",
    "That is fine, we can leave that one.",
)
CALMING = (
    "You are safe.",
    "You are in no danger",
    "This is probably nothing.",
    "It sounds harmless",
    "The risk is low.",
    "Your risk score is 3",
    "That is a 40% chance",
    "You're probably fine.",
    "low risk",
    "There is nothing to worry about",
    "This is not stalking",
)


@pytest.mark.parametrize("text", CALMING)
def test_the_pattern_finds_words_that_calm(text: str) -> None:
    assert CALMS.search(text)


@pytest.mark.parametrize("text", HARMLESS)
def test_the_pattern_leaves_other_words_alone(text: str) -> None:
    assert not CALMS.search(text)


def test_no_reviewed_text_calms() -> None:
    knowledge = shared_knowledge()
    texts = [(key, text) for key, text in knowledge.advice.texts()]
    texts += [(response.key, text) for response in knowledge.responses for text in response.variants]
    texts += [(response.key, button.title) for response in knowledge.responses for button in response.buttons]
    for question in load_questions().values():
        texts += [(question.key, text) for text in (question.text, question.text_other, question.why, question.heard)]
    mine = re.compile(r"^I am safe now$")  # the person's own words on a button
    myths = re.compile(r"\.myths\.")  # a myth is quoted to be put right
    found = [
        (key, text) for key, text in texts if CALMS.search(text) and not mine.match(text) and not myths.search(key)
    ]
    assert not found


@pytest.mark.parametrize(
    "text", ["i want to stop now", "he never threatened me", "its probably nothing", "actually it was only once"]
)
def test_after_danger_the_level_stays_urgent(bot: Bot, text: str) -> None:
    conversation = bot.at("danger over")
    conversation.say(text)
    assert assess(conversation.facts()).level >= Level.URGENT


def test_after_danger_the_assessment_sends_them_to_a_person_today(bot: Bot) -> None:
    conversation = bot.at("danger over")
    said = words(conversation.press("/enough"))
    assert "today" in said
    assert "999" in said
    assert "101" in said


@pytest.mark.parametrize("state", [state for state in EVERY_STATE if state != "started again"])
def test_no_message_lowers_the_level(bot: Bot, state: str) -> None:
    """Denials, doubts and thanks take nothing back."""
    for text in (
        "no",
        "no he has never threatened me",
        "i dont know",
        "skip",
        "it is fine really",
        "thanks bye",
        "im not sure it counts",
    ):
        conversation = bot.at(state)
        before = assess(conversation.facts()).level
        conversation.say(text)
        after = assess(conversation.facts()).level
        assert after >= min(before, Level.URGENT), text  # danger now may end, and is urgent then


@pytest.mark.parametrize("answer", ["terrified", "very frightened", "im really scared of him", "1", "yes, petrified"])
def test_fear_alone_reaches_urgent(bot: Bot, answer: str) -> None:
    conversation = bot.at("question:fear")
    said = words(conversation.say(answer))
    assert assess(conversation.facts()).level >= Level.URGENT
    assert "999" in said


@pytest.mark.parametrize("answer", ["not sure", "skip", "dont know", "rather not say", "maybe"])
@pytest.mark.parametrize("state", [f"question:{key}" for key in load_questions()])
def test_unknown_and_skipped_are_never_no(bot: Bot, state: str, answer: str) -> None:
    conversation = bot.at(state)
    conversation.say(answer)
    assert conversation.facts().answers[state.partition(":")[2]] in ("unknown", "skipped")


def test_nothing_but_a_correction_of_that_answer_lowers_the_level(bot: Bot) -> None:
    conversation = bot.at("question:fear")
    conversation.say("terrified")
    assert assess(conversation.facts()).level == Level.URGENT
    conversation.say("no i got that wrong, i am only a bit worried")
    said = words(conversation.session.reply)
    assert assess(conversation.facts()).level == Level.URGENT or re.search(r"999|101", said)


def test_own_words_are_given_as_reasons(bot: Bot) -> None:
    conversation = bot.at("safe to talk")
    conversation.say("he said he will burn my house down and he put a tracker on my car")
    said = words(conversation.press("/enough"))
    advice = shared_knowledge().advice
    assert advice.behaviours["threats_violence"].heard in said


def test_content_of_this_checkout_is_read() -> None:
    assert (ROOT / "data" / "responses" / "safety.yml").is_file()
