"""Promises 4 and 5: every sentence that the bot said in this session stands in a reviewed file. Runs after all the others."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache

import pytest
from harness import ROOT, Bot, words
from test_concern import CALMS

from bot.conversation.knowledge import shared_knowledge
from bot.knowledge.questions import load_controls, load_questions, load_reasons
from bot.signposting.offer import describe, make_offer

KNOWLEDGE = shared_knowledge()
ADVICE = KNOWLEDGE.advice
QUOTE = r"[^“”]{0,95}"
PLACE = re.compile(r"\{([a-z0-9_.]+)\}")


def either(texts: list[str]) -> str:
    return "(?:" + "|".join(sorted({re.escape(KNOWLEDGE.fill(text)) for text in texts}, key=len, reverse=True)) + ")"


def listed(phrases: list[str]) -> str:
    one = either(phrases)
    return rf"{one}(?:; {one})*(?:; and {one})?"


@cache
def fillings() -> dict[str, str]:
    """What may stand in the place of each name that an action fills."""
    behaviours, questions = ADVICE.behaviours.values(), load_questions().values()
    heard = [behaviour.heard for behaviour in behaviours] + [question.heard for question in questions]
    heard += load_reasons().values()
    tips = [text for behaviour in behaviours for text in (*behaviour.keep, *behaviour.safety)]
    advice = [*tips, ADVICE.evidence_first.text, *(each.text for each in ADVICE.evidence)]
    advice += [passage.text for passages in ADVICE.places.values() for passage in passages]
    item = either([part for text in advice for part in text.split("\n\n")])
    return {
        "quote": QUOTE,
        "heard": listed(heard),
        "reasons": listed(heard),
        "tip": either(tips),
        "question": either([text for question in questions for text in (question.text, question.text_other)]),
        "why": either([question.why for question in questions]),
        "items": item,
        "police": police(),
        "services": rf"{line()}(?:\n{line()})*",
    }


def police() -> str:
    names = ("police_101", "police_scotland_101", "psni_101")
    numbers = [KNOWLEDGE.fill("{" + name + ".phone}") for name in names]
    named = [f"{number} ({KNOWLEDGE.directory[name].name})" for name, number in zip(names, numbers, strict=True)]
    return f"(?:{either([*numbers, *named])}|{line()})"


@cache
def line() -> str:
    """Any service as its entry describes it, at any hour around now."""
    now = datetime.now(UTC)
    moments = [now + timedelta(minutes=minutes) for minutes in range(-30, 15, 5)]
    nations = (None, *KNOWLEDGE.directory.nations)
    return either(
        [
            describe(make_offer(KNOWLEDGE.directory, service, at, nation=nation))
            for service in KNOWLEDGE.directory.services
            for at in moments
            for nation in nations
        ]
    )


def pattern(bubble: str) -> str:
    """A bubble of a response as a pattern of what it may become."""
    parts = PLACE.split(bubble)
    known = fillings()
    made = [
        re.escape(text) if place % 2 == 0 else known.get(text) or re.escape(KNOWLEDGE.fill("{" + text + "}"))
        for place, text in enumerate(parts)
    ]
    return "".join(made)


@cache
def reviewed() -> re.Pattern[str]:
    bubbles = {
        part.strip()
        for response in KNOWLEDGE.responses
        for text in response.variants
        for part in re.split(r"\n\s*\n", text)
    }
    return re.compile("|".join(f"(?:{pattern(bubble)})" for bubble in sorted(bubbles)))


@cache
def titles() -> frozenset[str]:
    """Every button that a reviewed file names."""
    own = {KNOWLEDGE.fill(button.title) for response in KNOWLEDGE.responses for button in response.buttons}
    own |= {title for title, _ in load_controls()}
    return frozenset(own | {option.title for question in load_questions().values() for option in question.options})


@pytest.fixture(scope="module")
def said(bot: Bot) -> list[tuple[str, dict]]:
    """Every bubble with what the person had typed; a tour of our own, so that this file is worth something alone."""
    tour = bot.at("safe to talk")
    for text in (
        "my ex follows me, reads my email and said he will kill me",
        "terrified",
        "yes",
        "no",
        "why",
        "skip",
        "in Wales",
    ):
        tour.say(text)
    for state in ("assessed", "question:nation", "danger over"):
        for text in (
            "what evidence should i keep",
            "how do i stay safe",
            "who can help me",
            "what is the law",
            "i live in scotland",
        ):
            bot.at(state).say(text)
    return [(sent, message) for sent, reply in bot.said for message in reply]


def test_the_session_said_enough(said) -> None:
    assert len({message["text"] for _, message in said}) >= 60


def test_every_bubble_is_a_rendering_of_a_reviewed_text(said) -> None:
    texts = {message["text"] for _, message in said}
    assert sorted(text for text in texts if not reviewed().fullmatch(text)) == []


def test_every_button_is_named_in_a_reviewed_file(said) -> None:
    shown = {button["title"] for _, message in said for button in message["buttons"]}
    assert shown <= titles()


def test_a_quote_is_the_persons_own_words(bot: Bot) -> None:
    for text in ("my ex FOLLOWS me home, every day!", "he put a tracker on my car"):
        quoted = re.findall(r"“([^”]*)”", words(bot.at("safe to talk").say(text)))
        assert all(quote in text for quote in quoted)


def test_nothing_that_was_said_calms(said) -> None:
    found = {message["text"] for _, message in said if CALMS.search(re.sub(r"“[^”]*”", "", message["text"]))}
    assert not found


def test_no_place_was_left_open(said) -> None:
    found = [message["text"] for sent, message in said if PLACE.search(re.sub(r"“[^”]*”", "", message["text"]))]
    assert not found


def test_the_matcher_refuses_other_words() -> None:
    refused = (
        "Call 998 now if you can.",
        "You are safe.",
        "Thank you for telling me. You said: x",
        "Here is who can help:\nMy aunt: 01632 960000.",
    )
    assert not [text for text in refused if reviewed().fullmatch(text)]
    assert (ROOT / "data" / "responses").is_dir()
