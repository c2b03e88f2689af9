"""The assessment: what raises concern, who can help, and the way on."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import facts_of, give, keep, now
from bot.conversation.knowledge import shared_knowledge
from bot.conversation.replies import assessment
from bot.risk.assessment import assess


class Assess(Action):  # type: ignore[misc]
    """Closes the interview."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_assess"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Say the level in words, with its reasons."""
        facts = facts_of(tracker)
        give(dispatcher, assessment(shared_knowledge(), facts, now()))
        told = max(facts.level_told, int(assess(facts).level))
        return [keep(facts.with_(assessed=True, pending=None, enough=False, level_told=told))]
