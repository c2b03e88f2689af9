"""Danger first: what a message, the open question and the last messages together mean for safety.

Runs inside the language pipeline, after every classifier, so that no threshold stands between danger and the reply.
"""

from collections.abc import Sequence

from bot.interview.answers import answers_open_question
from bot.recognition.cues import normalise, shared_cuer
from bot.recognition.recognition import Recognition
from bot.risk.facts import Facts

SAFETY_INTENTS = frozenset(
    {"emergency", "self_harm", "self_harm_emergency", "cannot_reach_999", "danger_over", "danger_continues"}
)
# Said when a detector did not confirm what the classifier guessed.
STORY = "describe_situation"
SURE = 0.5  # confidence from which the classifier's own safety intents that put nobody at risk are believed
_YES = frozenset("yes yeah yep yeh yup aye yes. ie ydw ydy oes help".split())
_TALK = frozenset("nlu_fallback out_of_scope greet thank goodbye insult_bot inform_nation bot_challenge".split())
_AFTER_OWN_CONDUCT = frozenset(
    {STORY, "nlu_fallback", "ask_emotional", "ask_law", "insult_bot", "danger_over"}
    | {
        "ask_evidence",
        "ask_safety",
        "ask_technology",
        "ask_record",
        "ask_reporting",
        "ask_support_other",
        "own_conduct",
    }
)
CERTAIN_OVER = 0.9  # the classifier alone ends a danger only when it is as sure as this
CERTAIN = 0.7  # confidence from which a wish to find somebody is believed without the recogniser's agreement
STORY_WORDS = 8  # a question of so many words that also tells what happens is answered as a story first
TOGETHER = 12  # words up to which a message is also read together with the ones before


def safety_intent(
    text: str,
    intent: str,
    confidence: float,
    recognition: Recognition,
    facts: Facts,
    earlier: Sequence[str],
) -> str:
    """The intent to act on.

    Args:
        text: the message, or the payload of a button.
        intent: the classifier's.
        confidence: of that intent, 0 to 1.
        recognition: of this message alone.
        facts: what is known before it.
        earlier: the person's last messages, oldest first, without this one.

    Returns:
        One of `SAFETY_INTENTS` when safety decides, else `intent` (or the story intent where a detector did not confirm).
    """
    if text.startswith("/"):
        return intent
    if facts.danger == "now":
        return _in_danger(text, intent, confidence, recognition)
    if recognition.immediate_danger and (recognition.self_harm or intent == "self_harm"):
        return "self_harm_emergency"
    if (
        recognition.immediate_danger
        or _answers_danger(text, facts)
        or _together(text, earlier)
        or shared_cuer().says_just_left(text)
    ):
        return "cannot_reach_999" if intent == "cannot_reach_999" and confidence >= SURE else "emergency"
    if recognition.self_harm and not _said_otherwise(text, recognition, facts):
        return "self_harm"
    if intent == "danger_over" and confidence >= SURE and (facts.danger != "none" or facts.self_harm):
        return intent
    return _calm_intent(text, intent, confidence, recognition, facts)


def _calm_intent(text: str, intent: str, confidence: float, recognition: Recognition, facts: Facts) -> str:
    """Where safety has nothing to say: a story told with a greeting or in odd words is still a story."""
    if confidence < CERTAIN:
        intent = shared_cuer().short_intent(text) or intent
    if intent in ("emergency", "self_harm", "self_harm_emergency", "danger_over"):
        intent = STORY
    if intent == "ask_support_other" and "self" in (recognition.perspective, facts.perspective):
        intent = STORY
    told = bool(recognition.behaviours) and recognition.concern in ("stalking", "harassment_or_other_abuse")
    if facts.pending and _is_number(text):
        return "choose"
    done_to_writer = shared_cuer().done_to_writer(text)
    own = recognition.perspective == "perpetrator" and not done_to_writer
    pursued = done_to_writer or (
        bool(recognition.behaviours) and recognition.perspective in ("self", "other", "professional")
    )
    if intent == "seek_to_find":
        return intent if own or (confidence >= CERTAIN and not facts.behaviours and not pursued) else STORY
    if intent == "own_conduct" or (own and not facts.behaviours):
        return "own_conduct" if own and not facts.behaviours else STORY
    if facts.perspective == "perpetrator" and not pursued and intent in _AFTER_OWN_CONDUCT:
        return "own_conduct"
    if told and (intent in _TALK or (intent.startswith("ask_") and len(text.split()) >= STORY_WORDS)):
        return STORY
    return intent


def _in_danger(text: str, intent: str, confidence: float, recognition: Recognition) -> str:
    """While danger lasts, only the person's own word ends it."""
    over = (intent == "danger_over" and confidence >= CERTAIN_OVER) or shared_cuer().says_over(text)
    if recognition.immediate_danger and not (over and intent == "danger_over"):
        return "self_harm_emergency" if recognition.self_harm else "emergency"
    if over:
        return "danger_over"
    return "cannot_reach_999" if intent == "cannot_reach_999" and confidence >= SURE else "danger_continues"


def _answers_danger(text: str, facts: Facts) -> bool:
    """Whether it is a bare yes to the question that opens the conversation ("are you in danger right now?")."""
    words = normalise(text).split()
    return facts.turns == 0 and facts.pending is None and 0 < len(words) <= 5 and words[0] in _YES


def _said_otherwise(text: str, recognition: Recognition, facts: Facts) -> bool:
    """Where the detector alone suspects self-harm and no pattern does: an answer in the open question's own words, or own conduct.

    The boundary for own conduct names Samaritans and 999 itself.
    """
    if shared_cuer().find(text).self_harm:
        return False
    return recognition.perspective == "perpetrator" or answers_open_question(facts, text, recognition)


def _is_number(text: str) -> bool:
    """The number of an option, in figures."""
    return text.strip().isdecimal() and len(text.strip()) <= 2


def _together(text: str, earlier: Sequence[str]) -> bool:
    """Danger that shows only when short messages are read as one: "someones at the door" "its him" "hes kicking it"."""
    recent = [line for line in earlier if not line.startswith("/")][-2:]
    if not recent or len(text.split()) > TOGETHER or any(len(line.split()) > TOGETHER for line in recent[-1:]):
        return False
    cuer = shared_cuer()
    whole = " ".join([*recent, text])
    return cuer.find(whole).present_danger and not any(cuer.find(line).present_danger for line in recent)


def after(intent: str, facts: Facts, self_harm: bool = False) -> Facts:
    """The facts once a safety reply has been given.

    Args:
        intent: the safety intent that was answered.
        facts: what was known before it.
        self_harm: the message also spoke of self-harm; not lost while danger goes first.
    """
    facts = facts.with_(self_harm=facts.self_harm or self_harm)
    if intent in ("emergency", "self_harm_emergency"):
        kind = "health" if intent == "self_harm_emergency" else "person"
        harm = facts.self_harm or kind == "health"
        return facts.with_(danger="now", emergency=kind, self_harm=harm, pending=None, turns=facts.turns + 1)
    if intent == "danger_over":
        return facts.with_(danger="over" if facts.danger == "now" else facts.danger, turns=facts.turns + 1)
    if intent == "self_harm":
        return facts.with_(self_harm=True, pending=None, turns=facts.turns + 1)
    return facts.with_(turns=facts.turns + 1)


def reply_key(intent: str, facts: Facts, language: str) -> str:
    """The response for a safety intent, given what was known before it."""
    welsh = language == "cy"
    known = facts.danger == "now" and facts.emergency != "health"
    if intent == "danger_continues" or (intent == "emergency" and known):
        return "utter_self_harm_emergency_again" if facts.emergency == "health" else "utter_emergency_again"
    if intent == "self_harm_emergency":
        return "utter_self_harm_emergency_again" if facts.danger == "now" else "utter_self_harm_emergency"
    if intent == "emergency":
        return "utter_emergency_cy" if welsh else "utter_emergency"
    if intent == "self_harm":
        return "utter_self_harm_cy" if welsh else "utter_self_harm"
    return f"utter_{intent}"
