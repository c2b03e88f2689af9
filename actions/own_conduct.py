"""Somebody who describes their own pursuit, or wants to find or watch another person: a boundary, and help to stop."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import facts_of, give, keep, message_of
from bot.conversation.replies import own_conduct


class OwnConduct(Action):  # type: ignore[misc]
    """No collusion, no shaming."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_own_conduct"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Give the boundary; what follows is read in its light until they tell of being pursued themselves."""
        says, facts = own_conduct(facts_of(tracker), message_of(tracker).intent)
        give(dispatcher, says)
        return [keep(facts)]
