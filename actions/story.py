"""Somebody tells what happens: it is read into the facts, and answered."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import facts_of, give, keep, message_of
from bot.conversation.knowledge import shared_knowledge
from bot.conversation.replies import carry_on, to_message
from bot.interview.hearing import hear


class TakeIn(Action):  # type: ignore[misc]
    """A story, or how it feels."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_take_in"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Merge the message into the facts, and answer it."""
        says, facts = to_message(shared_knowledge(), hear(facts_of(tracker), message_of(tracker)))
        give(dispatcher, says)
        return [keep(facts)]


class CarryOn(Action):  # type: ignore[misc]
    """A word that answers nothing: yes, no, thanks or hello while no question is open."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_carry_on"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Take in what it says all the same, and give the way on."""
        message = message_of(tracker)
        says, facts = carry_on(shared_knowledge(), hear(facts_of(tracker), message), message.intent)
        give(dispatcher, says)
        return [keep(facts)]
