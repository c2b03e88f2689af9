"""spaCy in Rasa's pipeline, built in code: no model package and no folder to download, commit or build first."""

from typing import Any

import rasa.nlu.utils.spacy_utils as stock
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.utils.spacy_utils import SpacyModel
from spacy.language import Language

from bot.nlu.fingerprint import code_fingerprint
from bot.recognition.clauses import pipeline


# Rasa finds the model provider by the name of this class, so it must be called as its parent is.
@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.MODEL_LOADER, DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER],
    is_trainable=False,
    model_from="SpacyNLP",
)
class SpacyNLP(stock.SpacyNLP):  # type: ignore[misc]
    """Provides Signpost's own spaCy pipeline to the components after it."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Case is kept: spans are offsets into what was typed."""
        return {"case_sensitive": True, "model": "signpost"}

    @staticmethod
    def load_model(spacy_model_name: str | None) -> SpacyModel:
        """The pipeline of `bot.recognition.clauses`, whatever name is configured."""
        return SpacyModel(model=pipeline(), model_name=code_fingerprint("recognition/clauses.py"))

    @staticmethod
    def ensure_proper_language_model(nlp: Language | None) -> None:
        """Nothing to check: a pipeline built in code has no path on disk, which the stock check asks for."""
