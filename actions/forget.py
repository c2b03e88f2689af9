"""Start again, or delete this: everything told is let go."""

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import give
from bot.conversation.replies import Say


class Forget(Action):  # type: ignore[misc]
    """Empties the facts; the channel's `/end` removes the conversation itself."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "action_forget"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Say so, and forget."""
        give(dispatcher, [Say("utter_restarted")])
        return [SlotSet("facts", None), SlotSet("answer", None), ActiveLoop(None), SlotSet("requested_slot", None)]
