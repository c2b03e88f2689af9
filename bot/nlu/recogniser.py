"""The recogniser as a Rasa component: trained on the examples' metadata, its reading travels with the message."""

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.errors import ModelError
from bot.nlu.featurizer import READING
from bot.nlu.fingerprint import code_fingerprint
from bot.recognition.cache import encode_all
from bot.recognition.encoder import training_encoder
from bot.recognition.examples import Example, example, labelled_span
from bot.recognition.reading import read
from bot.recognition.recogniser import Recogniser
from bot.recognition.recognition import Recognition
from bot.recognition.training import train

RECOGNITION = "recognition"
ENTITY = "behaviour"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class BehaviourRecogniser(GraphComponent):  # type: ignore[misc]
    """Adds `recognition` to what Rasa knows of a message."""

    def __init__(self, model_storage: ModelStorage, resource: Resource, recogniser: Recogniser | None = None) -> None:
        self._storage, self._resource, self._recogniser = model_storage, resource, recogniser

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """No settings: thresholds are learnt."""
        return {}

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["spacy", "sklearn"]

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str | None:
        """The code and cue words that training and reading use."""
        return code_fingerprint("recognition", "content/cues.yml")

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "BehaviourRecogniser":
        """An untrained component."""
        return cls(model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        """Fit on every example with an intent."""
        examples = [_example(message) for message in training_data.nlu_examples if message.get(INTENT)]
        encodings = encode_all([item.text for item in examples], training_encoder())
        readings = [read(item.text, encoding) for item, encoding in zip(examples, encodings, strict=True)]
        self._recogniser = Recogniser(train(examples, readings))
        with self._storage.write_to(self._resource) as folder:
            self._recogniser.save(folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **_: Any,
    ) -> "BehaviourRecogniser":
        """Load what was trained.

        Raises:
            ModelError: the model holds none; Rasa's own components would go on untrained.
        """
        try:
            with model_storage.read_from(resource) as folder:
                return cls(model_storage, resource, Recogniser.load(folder))
        except ValueError as error:
            raise ModelError("the model holds no recogniser: run `signpost train`") from error

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Training examples keep their own labels."""
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Recognise; spans also become entities, as Rasa's own tools expect."""
        if self._recogniser is None:
            raise ModelError("the recogniser is not trained: run `signpost train`")
        for message in messages:
            text = message.get(TEXT)
            if not text:
                continue
            recognition = self._recogniser.recognise(text, message.get(READING))
            message.set(RECOGNITION, recognition.as_dict(), add_to_output=True)
            message.set(ENTITIES, [*message.get(ENTITIES, []), *_entities(text, recognition)], add_to_output=True)
        return messages


def _entities(text: str, recognition: Recognition) -> list[dict[str, Any]]:
    return [
        {
            "entity": ENTITY,
            "start": span.start,
            "end": span.end,
            "value": span.label,
            "confidence_entity": span.confidence,
            "extractor": "BehaviourRecogniser",
        }
        for span in recognition.spans
        if text[span.start : span.end].strip()
    ]


def _example(message: Message) -> Example:
    metadata = (message.get("metadata") or {}).get("example") or {}
    spans = [
        labelled_span(entity["start"], entity["end"], entity["value"])
        for entity in message.get(ENTITIES, [])
        if entity["entity"] == ENTITY
    ]
    return example(message.get(TEXT), message.get(INTENT), spans, metadata)
