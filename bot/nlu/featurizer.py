"""The sentence encoder as a Rasa featurizer."""

from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.fingerprint import code_fingerprint
from bot.recognition.cache import encode_all
from bot.recognition.encoder import Vector, shared_encoder, training_encoder
from bot.recognition.reading import read

READING = "signpost_reading"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class SentenceEncoderFeaturizer(DenseFeaturizer, GraphComponent):  # type: ignore[misc]
    """Gives each message its vector, and hands the prepared reading on to the recogniser."""

    @classmethod
    def required_components(cls) -> list[type]:
        """Rasa's tokens must be there for its own classifiers."""
        return [Tokenizer]

    @staticmethod
    def required_packages() -> list[str]:
        """Checked by Rasa before training."""
        return ["onnx", "onnxruntime", "safetensors", "tokenizers"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """`scale`: Rasa's LogisticRegressionClassifier has no strength of penalty; longer vectors make it fit."""
        return {**DenseFeaturizer.get_default_config(), "scale": 5.0}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> "SentenceEncoderFeaturizer":
        """Load the encoder; raises EncoderError when its weights are missing or not the published ones."""
        shared_encoder()
        return cls(execution_context.node_name, config)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Any positive scale will do."""

    @staticmethod
    def fingerprint_addon(config: dict[str, Any]) -> str | None:
        """The encoder's code."""
        return code_fingerprint("recognition/encoder.py", "recognition/clauses.py")

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Featurize all examples; encodings come from the cache where the text is unchanged."""
        messages = [message for message in training_data.training_examples if message.get(TEXT)]
        encodings = encode_all([message.get(TEXT) for message in messages], training_encoder())
        for message, encoding in zip(messages, encodings, strict=True):
            self._add(message, encoding.message)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        """Featurize what somebody typed, and keep the reading for the recogniser."""
        for message in messages:
            if message.get(TEXT):
                reading = read(message.get(TEXT))
                message.set(READING, reading)
                self._add(message, reading.encoding.message)
        return messages

    def _add(self, message: Message, vector: Vector) -> None:
        scaled = np.asarray(vector[None] * self._config["scale"], np.float32)
        message.add_features(Features(scaled, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
