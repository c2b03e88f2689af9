"""What every action needs: the facts and the message out of the tracker, replies into the dispatcher."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.conversation.replies import Say
from bot.interview.hearing import Message
from bot.recognition.recognition import Recognition
from bot.risk.facts import Facts


def facts_of(tracker: Tracker) -> Facts:
    """What has been told so far."""
    return Facts.from_dict(tracker.get_slot("facts"))


def message_of(tracker: Tracker) -> Message:
    """The last message as the core sees it."""
    latest: dict[str, Any] = tracker.latest_message or {}
    intent = (latest.get("intent") or {}).get("name") or ""
    return Message(latest.get("text") or "", intent, Recognition.from_dict(latest.get("recognition") or {}))


def keep(facts: Facts) -> EventType:
    """The event that stores the facts."""
    return SlotSet("facts", facts.as_dict())


def give(dispatcher: CollectingDispatcher, says: Iterable[Say]) -> None:
    """Hand replies to Rasa, which renders them from the reviewed files."""
    for say in says:
        buttons = [{"title": title, "payload": payload} for title, payload in say.buttons]
        dispatcher.utter_message(response=say.key, buttons=buttons, **say.values)


def now() -> datetime:
    """The time, for opening hours."""
    return datetime.now(UTC)
