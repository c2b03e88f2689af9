"""Danger and silence outrank every rule and form.

Priority alone loses to an active form: its happy path is a "no user" prediction and wins over any priority (rasa
`core/policies/ensemble.py`). So this policy predicts the same way.
"""

from typing import Any

from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActionExecutionRejected, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot.conversation.safety import SAFETY_INTENTS, after, reply_key
from bot.risk.facts import Facts

PRIORITY = 100
UNAVAILABLE = "utter_unavailable"
_FORM = "interview_form"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class SafetyPolicy(Policy):  # type: ignore[misc]
    """A plain safety response, then listen; and `utter_unavailable` where a custom action said nothing."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Above every other policy."""
        return {"priority": PRIORITY}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> "SafetyPolicy":
        """Nothing to load."""
        return cls(config, model_storage, resource, execution_context)

    @classmethod
    def load(cls, *args: Any, **kwargs: Any) -> "SafetyPolicy":
        """The same as :meth:`create`."""
        return cls.create(*args, **kwargs)

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """Nothing is learnt."""
        return self._resource

    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """Decide whether safety speaks at this step."""
        intent = (tracker.latest_message.intent or {}).get("name") if tracker.latest_message else None
        last = tracker.latest_action_name
        if last == ACTION_LISTEN_NAME and intent in SAFETY_INTENTS:
            return self._safety_reply(str(intent), tracker, domain)
        if last == UNAVAILABLE or (intent in SAFETY_INTENTS and last and last.startswith("utter_")):
            return self._certain(ACTION_LISTEN_NAME, domain)
        if _spoke_nothing(tracker) or _action_rejected(tracker):
            return self._certain(UNAVAILABLE, domain)
        return self._prediction(self._default_predictions(domain))

    def _safety_reply(self, intent: str, tracker: DialogueStateTracker, domain: Domain) -> PolicyPrediction:
        facts = Facts.from_dict(tracker.get_slot("facts"))
        recognition = (tracker.latest_message.parse_data or {}).get("recognition") or {}
        prediction = self._certain(reply_key(intent, facts, recognition.get("language", "en")), domain)
        # Recorded with the reply and not by an action, so that a dead action server cannot lose it.
        prediction.optional_events = [
            SlotSet("facts", after(intent, facts, bool(recognition.get("self_harm"))).as_dict())
        ]
        return prediction

    def _certain(self, action: str, domain: Domain) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities, is_no_user_prediction=True)


def _action_rejected(tracker: DialogueStateTracker) -> bool:
    """A custom action refused, or the form did with an answer in hand: none of ours does that, so the actions are broken."""
    events = _since_user(tracker)
    if any(isinstance(event, BotUttered) for event in events):
        return False
    rejected = [event for event in events if isinstance(event, ActionExecutionRejected)]
    filled = any(isinstance(event, SlotSet) and event.key == "answer" and event.value for event in events)
    return any(event.action_name != _FORM or filled for event in rejected)


def _since_user(tracker: DialogueStateTracker) -> list[Event]:
    events = list(tracker.events)
    last = max((i for i, event in enumerate(events) if isinstance(event, UserUttered)), default=0)
    return events[last:]


def _spoke_nothing(tracker: DialogueStateTracker) -> bool:
    """The last step was a custom action or the form's question, and nothing was said since the person spoke."""
    last = tracker.latest_action_name or ""
    custom = last.startswith("action_") and last not in (ACTION_LISTEN_NAME, "action_session_start", "action_restart")
    if not (custom or (last == _FORM and tracker.active_loop_name == _FORM)):
        return False
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered):
            return False
        if isinstance(event, UserUttered):
            return True
        if isinstance(event, ActionExecuted) and event.action_name == "action_session_start":
            return False
    return False
