"""Reads one message into the facts, and says what was new in it."""

from dataclasses import dataclass

from bot.interview.answers import read_answer
from bot.knowledge.places import nation_of
from bot.knowledge.questions import load_questions
from bot.recognition.recognition import Recognition
from bot.risk.facts import YES, Facts, quote

NATIONS = frozenset({"england", "wales", "scotland", "northern_ireland"})
# Concerns in which recognised behaviours are part of a person's own story and not of a film or a question about the law.
TOLD = frozenset({"stalking", "harassment_or_other_abuse", "support_request"})


@dataclass(frozen=True, slots=True)
class Message:
    """One message as the core sees it: the words (or a button's payload), its intent, what recognition read."""

    text: str
    intent: str
    recognition: Recognition


@dataclass(frozen=True, slots=True)
class Heard:
    """What a message added.

    Attributes:
        facts: with everything in it.
        new: behaviours not told before, in the order of the message.
        answered: the open question got its answer (a skip and "don't know" count).
        understood: something in it could be used.
        feeling: it was about how it feels rather than what happened.
    """

    facts: Facts
    new: tuple[str, ...]
    answered: bool
    understood: bool
    feeling: bool = False


def hear(facts: Facts, message: Message) -> Heard:
    """Merge a message into the facts."""
    facts = facts.with_(turns=facts.turns + 1)
    facts, answered = _answer(facts, message)
    told = _from_recognition(facts, message)
    new = tuple(label for label in told.behaviours if label not in facts.behaviours)
    nation_found = told.nation is not None and told.nation != facts.nation
    understood = bool(answered or new or nation_found or _says_something(message))
    told = told.with_(unclear=0 if understood else told.unclear + 1)
    return Heard(told, new, answered, understood, message.intent == "ask_emotional")


def _answer(facts: Facts, message: Message) -> tuple[Facts, bool]:
    question = load_questions().get(facts.pending or "")
    if question is None:
        return facts, False
    answer = read_answer(question, message.text, message.intent, message.recognition)
    if answer is None:
        return facts, False
    words = "" if message.text.startswith("/") else quote(message.text)
    changes = {"answers": {**facts.answers, question.key: answer}, "words": {**facts.words, question.key: words}}
    facts = facts.with_(**changes, pending=None)
    if answer in NATIONS:
        facts = facts.with_(nation=answer)
    return facts, True


def _from_recognition(facts: Facts, message: Message) -> Facts:
    recognition, text = message.recognition, message.text
    behaviours = dict(facts.behaviours)
    if recognition.concern in TOLD or facts.behaviours:
        for span in recognition.spans:
            behaviours.setdefault(span.label, quote(text[span.start : span.end]))
    denied = tuple(dict.fromkeys((*facts.denied, *(d for d in recognition.denied if d not in behaviours))))
    return facts.with_(
        behaviours=behaviours,
        denied=tuple(label for label in denied if label not in behaviours),
        relationship=_clearer(facts.relationship, recognition.relationship),
        perspective=_perspective(facts, recognition),
        stalker_type=facts.stalker_type or recognition.stalker_type,
        concern=_concern(facts.concern, recognition.concern),
        nation=nation_of(text) or facts.nation,
        repeated=_repeated(facts, recognition),
        frequency=facts.frequency or recognition.frequency,
        duration=facts.duration or recognition.duration,
    )


def _clearer(known: str, read: str) -> str:
    return known if known != "unknown" else read


def _perspective(facts: Facts, recognition: Recognition) -> str:
    """The first message that tells a story settles who is writing; nobody is made the one doing it by recognition alone."""
    if (
        facts.perspective in ("unknown", "none", "perpetrator")
        and recognition.behaviours
        and recognition.perspective != "perpetrator"
    ):
        return recognition.perspective
    return facts.perspective


def _concern(known: str | None, read: str) -> str | None:
    order = ("stalking", "harassment_or_other_abuse", "support_request")
    seen = [concern for concern in order if concern in (known, read)]
    return seen[0] if seen else known


def _repeated(facts: Facts, recognition: Recognition) -> bool | None:
    """A later "once" never takes back an earlier "again"."""
    if facts.repeated or recognition.repeated is True or facts.answers.get("repeated") == YES:
        return True
    return False if recognition.repeated is False and recognition.behaviours else facts.repeated


def _says_something(message: Message) -> bool:
    if message.intent in ("describe_situation", "ask_emotional", "correct_answer", "inform_nation"):
        return True
    return message.intent in ("affirm", "deny") and len(message.text.split()) >= 3
