"""Replies of the conversation: what was heard, the way to help, the next question, the assessment, the advice."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from bot.advice import evidence, most_telling_first, safety
from bot.conversation.knowledge import Knowledge
from bot.interview.answers import answers_open_question, is_correction
from bot.interview.hearing import Heard, Message, hear
from bot.knowledge.questions import Question, load_controls, load_questions, load_reasons
from bot.risk.assessment import Assessment, Level, assess
from bot.risk.facts import SKIPPED, YES, Facts
from bot.signposting.offer import describe, make_offer
from bot.signposting.selection import choose

_ROUTES = {Level.LISTEN: "listen", Level.SERIOUS: "serious", Level.URGENT: "urgent", Level.EMERGENCY: "urgent"}
_POLICE = {"scotland": "police_scotland_101", "northern_ireland": "psni_101"}
_MOST_REASONS = 4


@dataclass(frozen=True, slots=True)
class Say:
    """One response to give: its key, what goes into it, and buttons beside its own."""

    key: str
    values: Mapping[str, str] = field(default_factory=dict)
    buttons: tuple[tuple[str, str], ...] = ()


def to_message(knowledge: Knowledge, heard: Heard) -> tuple[tuple[Say, ...], Facts]:
    """Answer what somebody has just told: that it was heard, one useful step, and the way to help when concern has risen.

    Returns:
        At most two responses, and the facts with the level that the person has now been shown.
    """
    facts = heard.facts
    if facts.unclear >= 3:
        return (Say("utter_person_instead"),), facts.with_(unclear=0)
    says = [_acknowledge(knowledge, heard)]
    level = assess(facts).level
    if heard.understood and level > facts.level_told:
        police = police_line(knowledge, facts)
        says.append(Say(f"utter_route_{_ROUTES[level]}", {"police": police}))
        facts = facts.with_(level_told=int(level))
    return tuple(says), facts


def to_answer(knowledge: Knowledge, facts: Facts, message: Message) -> tuple[tuple[Say, ...], Facts]:
    """Answer what somebody said while a question was open: an answer, a story, "why", "go back" or "that is enough"."""
    if message.intent == "enough" and not answers_open_question(facts, message.text, message.recognition):
        return (), facts.with_(enough=True, pending=None)
    if message.intent == "ask_why":
        return (why(facts),), facts.with_(turns=facts.turns + 1)
    if message.intent == "go_back":
        return _go_back(facts)
    heard = hear(facts, message)
    if not heard.answered and heard.facts.pending and heard.understood:
        heard = replace(
            heard, facts=heard.facts.with_(pending=None)
        )  # they told something else: another question is fairer
    says, facts = to_message(knowledge, heard)
    if message.intent == "correct_answer" and not heard.answered and not heard.new and is_correction(message.text):
        says = (Say("utter_correct_me"),)
    return says, facts


def _go_back(facts: Facts) -> tuple[tuple[Say, ...], Facts]:
    """Open the last answered question again; its answer no longer counts until it is given anew."""
    answered = [key for key in facts.asked if key in facts.answers]
    if not answered:
        return (Say("utter_nothing_to_go_back_to"),), facts
    last = answered[-1]
    answers = {key: value for key, value in facts.answers.items() if key != last}
    asked = tuple(key for key in facts.asked if key not in (last, facts.pending))
    return (Say("utter_went_back"),), facts.with_(answers=answers, asked=asked, pending=last, turns=facts.turns + 1)


def carry_on(knowledge: Knowledge, heard: Heard, intent: str) -> tuple[tuple[Say, ...], Facts]:
    """Answer a word that stands alone, with a way forward."""
    facts = heard.facts
    if heard.new:
        return to_message(knowledge, heard)
    if intent == "inform_nation" and facts.nation:
        return (Say("utter_nation", {"police": _police_sentence(knowledge, facts)}), _way_forward(facts)), facts
    if intent == "thank":
        return (Say("utter_thanks"),), facts
    if intent == "nlu_fallback":
        key = "utter_person_instead" if facts.unclear >= 3 else "utter_not_understood"
        return (Say(key),), facts.with_(unclear=0 if facts.unclear >= 3 else facts.unclear)
    return (_way_forward(facts),), facts


def _way_forward(facts: Facts) -> Say:
    if facts.assessed:
        return Say("utter_way_on")
    return Say("utter_carry_on" if facts.behaviours else "utter_invite")


def _police_sentence(knowledge: Knowledge, facts: Facts) -> str:
    return describe(
        make_offer(
            knowledge.directory,
            knowledge.directory[_POLICE.get(facts.nation or "", "police_101")],
            datetime.now(UTC),
            nation=facts.nation,
        )
    )


def own_conduct(facts: Facts, intent: str) -> tuple[tuple[Say, ...], Facts]:
    """The boundary for somebody who pursues another person."""
    key = "utter_seek_to_find" if intent == "seek_to_find" else "utter_own_conduct"
    return (Say(key),), facts.with_(perspective="perpetrator", pending=None, turns=facts.turns + 1)


def _acknowledge(knowledge: Knowledge, heard: Heard) -> Say:
    facts = heard.facts
    if heard.new:
        tip = _tip(knowledge, heard.new)
        if len(heard.new) >= 3:
            return Say("utter_heard_many", {"heard": _listed(knowledge, heard.new), "tip": tip})
        first = most_telling(knowledge, heard.new)
        return Say("utter_heard", {"quote": facts.behaviours[first], "tip": tip})
    if heard.answered:
        question, answer = list(facts.answers.items())[-1]
        if (question, answer) == ("fear", YES):
            return Say("utter_heard_fear")
        return Say("utter_skipped" if answer == SKIPPED else "utter_heard_answer")
    if not heard.understood:
        return Say("utter_not_understood")
    return Say("utter_heard_feeling" if heard.feeling else "utter_heard_more")


def most_telling(knowledge: Knowledge, behaviours: tuple[str, ...]) -> str:
    """The behaviour that advice puts first."""
    return most_telling_first(knowledge.advice, behaviours)[0].key


def _tip(knowledge: Knowledge, new: tuple[str, ...]) -> str:
    """One step that fits: staying safer where risk is high, what to keep elsewhere."""
    behaviour = most_telling_first(knowledge.advice, new)[0]
    return knowledge.fill(behaviour.safety[0] if behaviour.high_risk else behaviour.keep[0])


def _listed(knowledge: Knowledge, behaviours: tuple[str, ...]) -> str:
    phrases = [b.heard for b in most_telling_first(knowledge.advice, behaviours)][:_MOST_REASONS]
    return phrases[0] if len(phrases) == 1 else "; ".join(phrases[:-1]) + "; and " + phrases[-1]


def police_line(knowledge: Knowledge, facts: Facts) -> str:
    """How to reach the police where the person is, such as "101" or "101 (Police Scotland)"."""
    service = knowledge.directory[_POLICE.get(facts.nation or "", "police_101")]
    number = knowledge.fill("{" + service.id + ".phone}")
    return number if service.id == "police_101" else f"{number} ({service.name})"


def question(facts: Facts, asked: Question) -> Say:
    """The next question, with its answers as buttons."""
    text = asked.text_other if facts.perspective in ("other", "professional") else asked.text
    buttons = [(option.title, f'/choose{{"option": "{option.answer}"}}') for option in asked.options]
    return Say("utter_question", {"question": text}, (*buttons, *load_controls()))


def why(facts: Facts) -> Say:
    """Why the open question is asked."""
    asked = load_questions().get(facts.pending or "")
    return Say("utter_why", {"why": asked.why}) if asked else Say("utter_why_any")


def assessment(knowledge: Knowledge, facts: Facts, now: datetime) -> tuple[Say, ...]:
    """The level in words with its reasons, who can help, and the way on."""
    result = assess(facts)
    about_other = facts.perspective in ("other", "professional")
    name = _ROUTES[result.level]
    key = "utter_level_other_urgent" if name == "urgent" and about_other else f"utter_level_{name}"
    says = [Say(key, {"reasons": reasons(knowledge, result)})]
    if result.possible_stalking:
        says.append(Say("utter_possible_stalking"))
    return (*says, services(knowledge, facts, now), Say("utter_way_on"))


def reasons(knowledge: Knowledge, result: Assessment) -> str:
    """What the person told, most serious first, as one phrase."""
    phrases: list[str] = []
    for reason in result.reasons:
        behaviour = knowledge.advice.behaviours.get(reason.key)
        asked = load_questions().get(reason.key.removeprefix("answer:"))
        if behaviour:
            phrases.append(behaviour.heard)
        elif asked:
            phrases.append(asked.heard)
        elif reason.key in load_reasons():
            phrases.append(load_reasons()[reason.key])
    phrases = list(dict.fromkeys(phrases))[:_MOST_REASONS] or [load_reasons()["nothing"]]
    return phrases[0] if len(phrases) == 1 else "; ".join(phrases[:-1]) + "; and " + phrases[-1]


def services(knowledge: Knowledge, facts: Facts, now: datetime) -> Say:
    """Who can help: the police, the stalking helpline and what fits, open now first."""
    lines: list[str] = []
    shown = {"police_101", "police_999", "police_scotland_101", "psni_101", "national_stalking_helpline"}
    for offer in choose(knowledge.directory, facts.nation, needs(facts), now=now, limit=5):
        if offer.service.id not in shown and len(lines) < 2:
            lines.append(describe(offer))
    return Say("utter_services", {"police": police_line(knowledge, facts), "services": "\n".join(lines)})


def needs(facts: Facts) -> tuple[str, ...]:
    """The needs that what was told points to."""
    found = []
    if facts.self_harm:
        found.append("crisis")
    if facts.relationship in ("current_partner", "family", "ex_partner") and facts.behaviours:
        found.append("domestic_abuse")
    if {"image_abuse"} & facts.behaviours.keys():
        found.append("images")
    if {"sexual_violence"} & facts.behaviours.keys():
        found.append("sexual_violence")
    if {"account_hacking", "tracking_device_spyware", "impersonation_fake_profiles"} & facts.behaviours.keys():
        found.append("technology")
    return (*found, "stalking")


def evidence_advice(knowledge: Knowledge, facts: Facts) -> Say:
    """What to keep, for what was told; nothing of it for somebody who pursues another person."""
    if facts.perspective == "perpetrator":
        return Say("utter_own_conduct")
    return Say(
        "utter_evidence",
        {"items": "\n\n".join(map(knowledge.fill, evidence.for_behaviours(knowledge.advice, facts.behaviours)))},
    )


def safety_advice(knowledge: Knowledge, facts: Facts) -> Say:
    """Options for staying safer, for what was told; nothing of it for somebody who pursues another person."""
    if facts.perspective == "perpetrator":
        return Say("utter_own_conduct")
    return Say(
        "utter_safety",
        {"items": "\n\n".join(map(knowledge.fill, safety.for_behaviours(knowledge.advice, facts.behaviours, 3)))},
    )


def law_key(facts: Facts) -> str:
    """The response on the law where the person is."""
    names = {
        "england": "england_wales",
        "wales": "england_wales",
        "scotland": "scotland",
        "northern_ireland": "northern_ireland",
    }
    return f"utter_law_{names.get(facts.nation or '', 'unknown')}"
