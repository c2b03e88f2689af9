"""Rasa's language generation, replaced: responses are rendered from the reviewed files, so an edit needs no training."""

from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.conversation.knowledge import shared_knowledge
from bot.serving.logs import drop_tracebacks


class ReviewedResponses(NaturalLanguageGenerator):  # type: ignore[misc]
    """Renders a response from `data/responses` with its numbers from `services.yml`; a variant not said lately goes first."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        drop_tracebacks()
        shared_knowledge()  # a broken file must stop the start, not a reply

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The words for one response."""
        responses = shared_knowledge().responses
        if utter_action not in responses:
            return None
        recent = {event.text for event in tracker.events if isinstance(event, BotUttered)}
        drafts = [
            responses.render(utter_action, turn, **kwargs) for turn in range(len(responses.get(utter_action).variants))
        ]
        return next((draft for draft in drafts if draft["text"] not in recent), drafts[0])
