"""Talks to the real agent through the real web channel, from any state of the conversation."""

import copy
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from rasa.shared.core.events import SlotSet

from bot.channels.sessions import Limits, Session
from bot.channels.static import StaticContent, load_static
from bot.channels.web import OPENING, WebChannel, WebSettings
from bot.knowledge.questions import Question, load_questions
from bot.risk.facts import UNKNOWN, Facts

ROOT = Path(__file__).resolve().parents[2]
PATIENT = 60.0  # seconds: a slow machine must not turn an answer into "something went wrong"
STORY = "my ex keeps ringing me"  # a behaviour that answers none of the questions
Messages = list[dict[str, Any]]


@dataclass(repr=False)
class Bot:
    """The agent, the loop it runs on, and everything it has said in this session.

    Attributes:
        said: (what the person sent, the reply), in order.
        typed: free texts; a reply may quote them.
    """

    agent: Any
    loop: Any
    said: list[tuple[str, Messages]] = field(default_factory=list)
    states: dict[str, "Conversation"] = field(default_factory=dict)
    content: StaticContent = field(default_factory=load_static)

    def conversation(self, give_up_seconds: float = PATIENT) -> "Conversation":
        """A new one, in which nothing has been said."""
        limits = Limits(conversations_per_minute=10**9)
        channel = WebChannel(WebSettings(give_up_seconds=give_up_seconds, limits=limits), self.content)
        channel._say = self.agent.handle_message
        return Conversation(self, channel, channel.sessions.open("127.0.0.1")[1])

    def at(self, state: str, give_up_seconds: float = PATIENT) -> "Conversation":
        """A conversation in that state; the state is reached once, and every caller gets a copy."""
        if state not in self.states:
            self.states[state] = reach(state, self)
        return self.states[state].fork(give_up_seconds)


@dataclass(repr=False)
class Conversation:
    """One person talking to the bot."""

    bot: Bot
    channel: WebChannel
    session: Session

    def open(self) -> Messages:
        """What the page does first."""
        turn = self.bot.loop.run(self.channel._turn(self.session, OPENING))
        self.session.offer(turn.messages)
        return self._noted(OPENING, turn.messages)

    def say(self, text: str) -> Messages:
        """Type something."""
        return self._send(text, {"text": text})

    def press(self, payload: str) -> Messages:
        """Press a button; it must be one that the last reply offered."""
        assert payload in self.session.offered, f"{payload} was not offered, but {sorted(self.session.offered)}"
        return self._send(payload, {"payload": payload})

    def facts(self) -> Facts:
        """What the bot has understood so far."""
        return Facts.from_dict(self.slot("facts"))

    def slot(self, name: str) -> Any:
        tracker = self.bot.loop.run(self._store.retrieve(self.session.sender_id))
        return tracker.get_slot(name) if tracker else None

    def know(self, **changes: Any) -> None:
        """Change what has been told, with the event that an action would send."""
        tracker = self.bot.loop.run(self._store.retrieve(self.session.sender_id))
        tracker.update(SlotSet("facts", self.facts().with_(**changes).as_dict()))
        self.bot.loop.run(self._store.save(tracker))

    def fork(self, give_up_seconds: float = PATIENT) -> "Conversation":
        """The same conversation under another name; what follows in one is not seen in the other."""
        twin = self.bot.conversation(give_up_seconds)
        twin.session.offer(copy.deepcopy(self.session.reply))
        tracker = self.bot.loop.run(self._store.retrieve(self.session.sender_id))
        if tracker is not None:
            tracker.sender_id = twin.session.sender_id
            self.bot.loop.run(self._store.save(tracker))
        return twin

    @property
    def buttons(self) -> list[dict[str, str]]:
        """What the last reply offers."""
        return [button for message in self.session.reply for button in message["buttons"]]

    @property
    def _store(self) -> Any:
        return self.bot.agent.tracker_store

    def _send(self, shown: str, body: dict[str, str]) -> Messages:
        answer = self.channel._answer(self.session, {"n": self.session.n + 1, **body})
        return self._noted(shown, self.bot.loop.run(answer))

    def _noted(self, sent: str, reply: Messages) -> Messages:
        self.bot.said.append((sent, reply))
        return reply


def words(reply: Messages) -> str:
    """All bubbles of a reply as one text."""
    return "\n\n".join(message["text"] for message in reply)


def sentences(text: str) -> list[str]:
    """Split at full stops, question and exclamation marks."""
    return [part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part]


def offers_way_on(reply: Messages) -> bool:
    """Something to do next: a question, a button, a number to call or words that ask for more."""
    said = words(reply)
    asks = re.search(r"\?|\b(you|they) (can|could|may)\b|\btell me\b|\bgo back to that question\b", said, re.IGNORECASE)
    return bool(asks or any(message["buttons"] for message in reply) or re.search(r"\b(999|101)\b|\d{3} \d{3}", said))


def question_marks(reply: Messages) -> int:
    """How many questions a reply asks; the person's own words, in quotation marks, do not count."""
    return re.sub(r"“[^”]*”", "", words(reply)).count("?")


def examples_of(path: Path, most: int) -> list[str]:
    """The first, the middle and the last sentence of a file of examples, without their annotations."""
    blocks = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["nlu"]
    rows = [row["text"].strip() for block in blocks for row in block["examples"]]
    chosen = [rows[place * (len(rows) - 1) // max(most - 1, 1)] for place in range(min(most, len(rows)))]
    return [re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", row) for row in chosen]


def reach(state: str, bot: Bot) -> Conversation:
    """Bring a new conversation into a state."""
    conversation = bot.conversation()
    kind, _, key = state.partition(":")
    if kind == "question":
        _ask(conversation, load_questions()[key])
    else:
        STATES[state](conversation)
    return conversation


def _ask(conversation: Conversation, question: Question) -> None:
    """The bot itself puts this question, because every other one is settled."""
    conversation.open()
    conversation.press("/safe_to_talk")
    conversation.say(STORY)
    before = next(key for key in load_questions() if key != question.key)
    settled = {key: UNKNOWN for key in load_questions() if key not in (question.key, before)}
    told = {"repeated": None, "nation": None, "asked": (before,), "pending": before, "answers": settled}
    conversation.know(**told)
    reply = conversation.say("skip")
    assert conversation.facts().pending == question.key, words(reply)
    assert question.text in words(reply)


def _opened(conversation: Conversation) -> None:
    conversation.open()


def _safe(conversation: Conversation) -> None:
    conversation.open()
    conversation.press("/safe_to_talk")


def _assessed(conversation: Conversation) -> None:
    _safe(conversation)
    conversation.say(STORY)
    conversation.press("/enough")
    assert conversation.facts().assessed


def _danger_now(conversation: Conversation) -> None:
    conversation.open()
    conversation.press("/emergency")
    assert conversation.facts().danger == "now"


def _danger_in_the_interview(conversation: Conversation) -> None:
    _safe(conversation)
    conversation.say(STORY)
    conversation.say("he is breaking the front door down right now")
    assert conversation.facts().danger == "now"


def _danger_over(conversation: Conversation) -> None:
    _danger_now(conversation)
    conversation.press("/danger_over")
    assert conversation.facts().danger == "over"


def _cannot_call(conversation: Conversation) -> None:
    _danger_now(conversation)
    conversation.press("/cannot_reach_999")


def _self_harm(conversation: Conversation) -> None:
    _safe(conversation)
    conversation.say("i want to end my life")
    assert conversation.facts().self_harm


def _self_harm_emergency(conversation: Conversation) -> None:
    _self_harm(conversation)
    conversation.press("/self_harm_emergency")
    assert conversation.facts().emergency == "health"


def _own_conduct(conversation: Conversation) -> None:
    _safe(conversation)
    conversation.say("i keep following my ex girlfriend home and i cant stop")
    assert conversation.facts().perspective == "perpetrator"


def _seeking(conversation: Conversation) -> None:
    _safe(conversation)
    conversation.say("how can i find out where my ex lives now")


def _unclear(conversation: Conversation) -> None:
    _safe(conversation)
    conversation.say("blorp")
    conversation.say("zzgl")


def _forgotten(conversation: Conversation) -> None:
    _assessed(conversation)
    conversation.say("start again")


STATES: dict[str, Callable[[Conversation], None]] = {
    "fresh": lambda conversation: None,
    "opened": _opened,
    "safe to talk": _safe,
    "unclear twice": _unclear,
    "assessed": _assessed,
    "danger now": _danger_now,
    "danger in the interview": _danger_in_the_interview,
    "cannot call": _cannot_call,
    "danger over": _danger_over,
    "self-harm": _self_harm,
    "self-harm emergency": _self_harm_emergency,
    "own conduct": _own_conduct,
    "seeking": _seeking,
    "started again": _forgotten,
}
QUESTIONS = [f"question:{key}" for key in load_questions()]
EVERY_STATE = [*STATES, *QUESTIONS]
IN_DANGER = ("danger now", "danger in the interview", "cannot call", "self-harm emergency")
OUT_OF_DANGER = [state for state in EVERY_STATE if state not in IN_DANGER]
