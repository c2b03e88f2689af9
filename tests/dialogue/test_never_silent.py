"""Promise 1: every message gets a useful reply, from every state, whatever fails."""

import re
import time

import pytest
from failing import WAYS
from harness import EVERY_STATE, OUT_OF_DANGER, QUESTIONS, ROOT, Bot, Messages, examples_of, offers_way_on, words
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.knowledge.services import load_services, text_keys

HELPLINE = text_keys(load_services())["national_stalking_helpline.phone"]
UTTERANCES = [
    (path.stem, text) for path in sorted((ROOT / "data" / "nlu").glob("*.yml")) for text in examples_of(path, 3)
]
ODD = [
    "",
    " ",
    "\n\t ",
    "\u200b",
    "\u2060\ufeff",
    ".",
    "?",
    "…",
    "///",
    "/restart",
    '/choose{"option": "yes"}',
    "\x00\x07\x1b[31m",
    "🙂",
    "🚪🔪😱",
    "👩🏽‍🦽",
    "مرحبا كيف حالك",
    "他每天跟着我",
    "ktoś mnie śledzi",
    "\ud83d",
    "a",
    "7",
    "999",
    "²",
    "[x](behaviour:following)",
    "{quote} {police_999.phone}",
    "${7*7} %s %d {0}",
    "Ã©Ã¨â‚¬",
    "he\u0336l\u0336p\u0336",
    "؁‮reversed",
]
CALLS_AN_ACTION = "my ex keeps turning up at my work and he sends me letters"

told = st.one_of(
    st.text(max_size=60),
    st.text(alphabet=st.characters(categories=("So", "Sk", "Cc", "Cf", "Zs", "Mn")), max_size=12),
    st.text(alphabet=" \n\t./?!'\"0129\u200b", max_size=8),
    st.lists(st.sampled_from("he she my ex door no yes not why stop help 999 outside knife".split()), max_size=9).map(
        " ".join
    ),
)


def helps(reply: Messages) -> bool:
    """999, 101 and the helpline."""
    said = words(reply)
    return bool(re.search(r"\b999\b", said) and re.search(r"\b101\b", said) and HELPLINE in said)


def answers(reply: Messages) -> bool:
    """Words, and a way on."""
    return bool(words(reply).strip()) and all(message["text"].strip() for message in reply) and offers_way_on(reply)


@pytest.mark.parametrize("state", EVERY_STATE)
def test_every_intent_is_answered_in_every_state(bot: Bot, state: str) -> None:
    unanswered = []
    for intent, text in UTTERANCES:
        reply = bot.at(state).say(text)
        if not answers(reply):
            unanswered.append((intent, text, words(reply)))
    assert not unanswered


@pytest.mark.parametrize("state", EVERY_STATE)
def test_odd_messages_are_answered(bot: Bot, state: str) -> None:
    unanswered = [(text, words(reply)) for text in ODD if not answers(reply := bot.at(state).say(text))]
    assert not unanswered


@pytest.mark.parametrize("state", EVERY_STATE)
def test_any_text_is_answered(bot: Bot, state: str) -> None:
    @settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(told)
    def check(text: str) -> None:
        assert answers(bot.at(state).say(text))

    check()


@settings(max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(st.lists(told, min_size=3, max_size=8))
def test_a_whole_conversation_of_anything_is_answered(bot: Bot, texts: list[str]) -> None:
    conversation = bot.at("safe to talk")
    assert all(answers(conversation.say(text)) for text in texts)


@pytest.mark.parametrize("state", EVERY_STATE)
def test_every_button_is_answered(bot: Bot, state: str) -> None:
    offered = [button["payload"] for button in bot.at(state).buttons]
    unanswered = [payload for payload in offered if not answers(bot.at(state).press(payload))]
    assert not unanswered


@pytest.mark.parametrize("state", ["fresh", "question:fear", "assessed"])
def test_a_very_long_message_is_read_to_its_end(bot: Bot, state: str) -> None:
    story = "nothing much happened on that day and then we had some tea. "
    long = (story * 400)[: 20_000 - 60] + "\nhelp he is breaking in through the window right now"
    assert len(long) <= 20_000
    reply = bot.at(state).say(long)
    assert reply[0]["urgent"]
    assert "999" in words(reply)


def test_more_than_a_very_long_message_is_refused_with_help(bot: Bot) -> None:
    from bot.channels.guard import Refusal

    with pytest.raises(Refusal) as refused:
        bot.at("fresh").say("x" * 20_001)
    conversation = bot.at("fresh")
    assert helps(conversation.channel.content.help("utter_error_too_long"))
    assert refused.value.status == 413


# Every way in two states, and the two that differ most (a failure, a silence) in all of them.
FAILURES = [
    (way, state)
    for way in WAYS
    for state in OUT_OF_DANGER
    if way in ("raises", "silent") or state in ("fresh", "question:fear")
]


@pytest.mark.parametrize(("way", "state"), FAILURES)
def test_with_actions_dead_the_reply_gives_the_numbers(bot: Bot, breaking, way: str, state: str) -> None:
    endpoint = breaking(way)
    for text in (CALLS_AN_ACTION, "what evidence should i keep"):
        before = endpoint.calls
        reply = bot.at(state).say(text)
        assert answers(reply), (text, words(reply))
        if endpoint.calls > before:
            assert helps(reply), (text, words(reply))
    assert endpoint.calls


@pytest.mark.parametrize("state", ["fresh", "assessed", *QUESTIONS[:2]])
def test_with_actions_hanging_the_reply_gives_the_numbers(bot: Bot, breaking, state: str) -> None:
    breaking("hangs")
    reply = bot.at(state, give_up_seconds=0.4).say(CALLS_AN_ACTION)
    assert helps(reply)
    assert len(reply) <= 3  # the apology alone, not half of a turn and the apology


def test_the_channel_gives_up_after_two_and_a_half_seconds(bot: Bot, breaking) -> None:
    from bot.channels.web import WebSettings

    breaking("hangs")
    started = time.monotonic()
    reply = bot.at("question:fear", WebSettings().give_up_seconds).say("terrified")
    assert helps(reply)
    assert 2.0 < time.monotonic() - started < 4.5


def test_after_the_actions_come_back_the_conversation_goes_on(bot: Bot, breaking) -> None:
    real = bot.agent.processor.action_endpoint
    breaking("raises")
    conversation = bot.at("question:fear")
    conversation.say("terrified")
    bot.agent.processor.action_endpoint = real
    conversation.say("terrified")
    assert conversation.facts().answers["fear"] == "yes"
