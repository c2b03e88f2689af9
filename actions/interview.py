"""The interview form: one slot takes the answer, `bot.interview` chooses the question."""

from typing import Any

from rasa_sdk import Action, FormValidationAction, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.conversation import facts_of, give, keep, message_of
from bot.conversation.knowledge import shared_knowledge
from bot.conversation.replies import question, to_answer
from bot.interview.choosing import next_question


class ValidateInterview(FormValidationAction):  # type: ignore[misc]
    """Reads each answer; the form goes on while there is a question worth asking."""

    def name(self) -> str:
        """The name in domain.yml."""
        return "validate_interview_form"

    async def required_slots(
        self, domain_slots: list[str], dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[str]:
        """One answer is wanted as long as `interview` has a question."""
        return ["answer"] if next_question(facts_of(tracker)) else []

    def validate_answer(
        self, value: Any, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> dict[str, Any]:
        """Read the answer into the facts; the slot is emptied for the next one."""
        says, facts = to_answer(shared_knowledge(), facts_of(tracker), message_of(tracker))
        give(dispatcher, says)
        return {"facts": facts.as_dict(), "answer": None}


class AskNext(Action):  # type: ignore[misc]
    """Puts the question."""

    def name(self) -> str:
        """The name that Rasa gives the question of a form's slot."""
        return "action_ask_interview_form_answer"

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Ask the open question again after a digression, else the next one."""
        facts = facts_of(tracker)
        asked = next_question(facts)
        if asked is None:
            return []
        give(dispatcher, [question(facts, asked)])
        repeated = facts.pending == asked.key
        return [keep(facts.with_(pending=asked.key, asked=facts.asked if repeated else (*facts.asked, asked.key)))]
