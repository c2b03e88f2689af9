"""Advice that fits what was told: evidence, safety, law, services."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import facts_of, give, now
from bot.conversation.knowledge import shared_knowledge
from bot.conversation.replies import Say, evidence_advice, law_key, safety_advice, services


class Evidence(Action):  # type: ignore[misc]
    """What to keep."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_evidence"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Evidence matched to the behaviours, or in general."""
        give(dispatcher, [evidence_advice(shared_knowledge(), facts_of(tracker))])
        return []


class Safety(Action):  # type: ignore[misc]
    """How to stay safer."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_safety"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Options matched to the behaviours, or in general."""
        give(dispatcher, [safety_advice(shared_knowledge(), facts_of(tracker))])
        return []


class Law(Action):  # type: ignore[misc]
    """The law where they are."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_law"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """The law of the nation, as far as it is known."""
        give(dispatcher, [Say(law_key(facts_of(tracker)))])
        return []


class Services(Action):  # type: ignore[misc]
    """Who can help."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_services"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Services that fit, open now first."""
        give(dispatcher, [services(shared_knowledge(), facts_of(tracker), now())])
        return []
