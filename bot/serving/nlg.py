"""Rasa's language generation, replaced: responses are rendered from the reviewed files, so an edit needs no training."""

from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.conversation.knowledge import shared_knowledge
from bot.risk.facts import Facts


class ReviewedResponses(NaturalLanguageGenerator):  # type: ignore[misc]
    """Renders a response from `data/responses` with its numbers from `services.yml`."""

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        shared_knowledge()  # a broken file must stop the start, not a reply

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The words for one response; variants are taken in turn through a conversation."""
        responses = shared_knowledge().responses
        if utter_action not in responses:
            return None
        turn = Facts.from_dict(tracker.get_slot("facts")).turns
        return responses.render(utter_action, turn, **kwargs)
