"""What a message means as the answer to the question that is open."""

import re
from collections.abc import Mapping

from bot.knowledge.questions import Question, load_questions
from bot.recognition.cues import normalise
from bot.recognition.recognition import Recognition
from bot.risk.facts import NO, SKIPPED, UNKNOWN, YES, Facts

_CHOICE = re.compile(r'^/choose\s*\{\s*"option"\s*:\s*"([a-z_]+)"\s*\}$')
_FIRST_WORDS: Mapping[str, frozenset[str]] = {
    YES: frozenset("yes yeah yep yeh ye yup aye yea ya definitely absolutely oui ie ydy oes ydw do always".split()),
    NO: frozenset("no nope nah naw na never none nowt not na nac".split()),
}
_PHRASES: Mapping[str, tuple[str, ...]] = {
    SKIPPED: ("skip", "pass", "next", "rather not", "dont want to say", "dont want to answer", "prefer not", "move on"),
    UNKNOWN: (
        "dont know",
        "dunno",
        "not sure",
        "no idea",
        "cant tell",
        "hard to say",
        "couldnt say",
        "who knows",
        "maybe",
    ),
}
_INTENTS = {"affirm": YES, "deny": NO, "dont_know": UNKNOWN, "skip": SKIPPED}
_NUMBER_WORDS = {"one": 1, "two": 2, "three": 3, "four": 4}
_SHORT = 6  # words up to which the intent classifier may say yes or no by itself


_CORRECTION = re.compile(
    r"\b(meant|mean|wrong|mistake|should (be|say|have)|correct|correction|scratch that|not what i)\b"
)


def is_correction(text: str) -> bool:
    """Whether the words themselves say that something earlier was not right."""
    return bool(_CORRECTION.search(normalise(text)))


def read_answer(question: Question, text: str, intent: str, recognition: Recognition) -> str | None:
    """Read a message as an answer.

    Args:
        question: the one that is open.
        text: as typed, or the payload of a button.
        intent: what the classifier made of it.
        recognition: what the words show.

    Returns:
        "yes", "no", "unknown", "skipped", an option's own value (a nation), or None when it answers something else.
    """
    choice = _CHOICE.match(text.strip())
    if choice:
        return choice.group(1)
    plain = normalise(text)
    words = plain.split()
    return (
        _phrase(plain, words)
        or _number(question, words)
        or _own_words(question, plain, words)
        or _offered(question, _yes_or_no(words, intent))
        or _shown(question, recognition)
    )


def answers_open_question(facts: Facts, text: str, recognition: Recognition) -> bool:
    """Whether the words themselves, whatever the classifier made of them, answer the question that is open."""
    asked = load_questions().get(facts.pending or "")
    return asked is not None and read_answer(asked, text, "", recognition) is not None


def _offered(question: Question, answer: str | None) -> str | None:
    """A bare yes or no to a question that has other answers ("which part of the UK?") leaves it open: not told."""
    offered = {option.answer for option in question.options}
    return SKIPPED if answer in (YES, NO) and answer not in offered else answer


def _phrase(plain: str, words: list[str]) -> str | None:
    if len(words) > 8:
        return None
    return next(
        (answer for answer, phrases in _PHRASES.items() if any(f" {p} " in f" {plain} " for p in phrases)), None
    )


def _number(question: Question, words: list[str]) -> str | None:
    if len(words) != 1:
        return None
    place = _NUMBER_WORDS.get(words[0]) or (int(words[0]) if words[0].isdecimal() and len(words[0]) < 3 else 0)
    return question.options[place - 1].answer if 1 <= place <= len(question.options) else None


def _own_words(question: Question, plain: str, words: list[str]) -> str | None:
    """Words that mean one option; the longest that occurs wins, so that "not scared" is not read as "scared"."""
    found = [
        (len(phrase), option.answer)
        for option in question.options
        for phrase in (normalise(option.title), *option.words)
        if phrase not in ("yes", "no") and f" {phrase} " in f" {plain} "
    ]
    return max(found)[1] if found and len(words) <= 25 else None


def _yes_or_no(words: list[str], intent: str) -> str | None:
    if not words:
        return None
    for answer, firsts in _FIRST_WORDS.items():
        if words[0] in firsts:
            return answer
    return _INTENTS.get(intent) if len(words) <= _SHORT else None


def _shown(question: Question, recognition: Recognition) -> str | None:
    if set(question.about) & set(recognition.behaviours):
        return YES
    return NO if question.about and set(question.about) <= set(recognition.denied) else None
