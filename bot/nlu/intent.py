"""Rasa's logistic regression over intents, fed with dense vectors.

The stock component turns each message into a sparse matrix of its own and stacks them: with dense features that makes training
four times as long, and a message without features (a blank line in `rasa shell`) ends it with a traceback.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.recognition.encoder import DIMENSION


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class DenseLogisticRegressionClassifier(LogisticRegressionClassifier):  # type: ignore[misc]
    """Tells intents apart by the sentence vectors of the featurizer before it."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The stock settings."""
        return {**LogisticRegressionClassifier.get_default_config()}

    def _create_X(self, messages: list[Message]) -> NDArray[np.float32]:  # noqa: N802 (the parent's name)
        return np.concatenate([_vector(message) for message in messages])


def _vector(message: Message) -> NDArray[np.float32]:
    """Sentence vector of shape (1, 384); zeros for a message without words."""
    _, sentence = message.get_dense_features(attribute=TEXT)
    return sentence.features if sentence else np.zeros((1, DIMENSION), np.float32)
