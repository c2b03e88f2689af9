"""The last word of the language pipeline: danger decides the intent, whatever the classifier made of it."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.events import UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.conversation.safety import safety_intent
from bot.nlu.recogniser import RECOGNITION
from bot.recognition.recognition import Recognition
from bot.risk.facts import Facts

LATEST = 2  # earlier messages that are read together with this one


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class SafetyGate(GraphComponent):  # type: ignore[misc]
    """Sets the intent from the words, the open question and the last messages."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """No settings."""
        return {}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SafetyGate":
        """Nothing to load."""
        return cls()

    def process(self, messages: list[Message], tracker: DialogueStateTracker) -> list[Message]:
        """Judge each message; the conversation so far comes from Rasa."""
        facts = Facts.from_dict(tracker.get_slot("facts"))
        earlier = _earlier(tracker)
        for message in messages:
            guess = message.get(INTENT) or {}
            recognition = Recognition.from_dict(message.get(RECOGNITION) or {})
            name = guess.get(INTENT_NAME_KEY) or ""
            confidence = float(guess.get(PREDICTED_CONFIDENCE_KEY) or 0.0)
            decided = safety_intent(message.get(TEXT) or "", name, confidence, recognition, facts, earlier)
            if decided != name:
                message.set(INTENT, {INTENT_NAME_KEY: decided, PREDICTED_CONFIDENCE_KEY: 1.0}, add_to_output=True)
        return messages


def _earlier(tracker: DialogueStateTracker) -> list[str]:
    texts = [event.text for event in reversed(tracker.events) if isinstance(event, UserUttered) and event.text]
    return list(reversed(texts[:LATEST]))
