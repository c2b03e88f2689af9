"""Labelled training examples, read from Rasa's own NLU files."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ContentError

_ANNOTATION = re.compile(r"\[([^\]]+)\]\(behaviour:([^)]+)\)")


@dataclass(frozen=True, slots=True)
class LabelledSpan:
    """Words of an example and the behaviours they carry; `denied` ones are said not to happen."""

    start: int
    end: int
    behaviours: tuple[str, ...]
    denied: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Example:
    """One utterance with its labels (docs/recognition.md)."""

    text: str
    intent: str
    spans: tuple[LabelledSpan, ...] = ()
    concern: str = "chitchat"
    relationship: str = "unknown"
    stalker_type: str | None = None
    perspective: str = "self"
    repeated: str = "unknown"
    ask: str = "none"
    immediate_danger: bool = False
    self_harm: bool = False
    tags: tuple[str, ...] = ()

    @property
    def behaviours(self) -> frozenset[str]:
        """Every behaviour that the text shows."""
        return frozenset(label for span in self.spans for label in span.behaviours)


def labelled_span(start: int, end: int, value: str) -> LabelledSpan:
    """Read the value of an annotation: labels with spaces between, a minus before a denied one."""
    labels = value.split()
    return LabelledSpan(
        start,
        end,
        tuple(label for label in labels if not label.startswith("-")),
        tuple(label[1:] for label in labels if label.startswith("-")),
    )


def example(text: str, intent: str, spans: Iterable[LabelledSpan], metadata: Mapping[str, Any]) -> Example:
    """Put an example together from Rasa's pieces."""
    stalker_type = metadata.get("stalker_type")
    return Example(
        text=text,
        intent=intent,
        spans=tuple(spans),
        concern=metadata.get("concern", "chitchat"),
        relationship=metadata.get("relationship", "unknown"),
        stalker_type=None if stalker_type in (None, "null") else stalker_type,
        perspective=metadata.get("perspective", "self"),
        repeated=str(metadata.get("repeated", "unknown")).lower(),
        ask=metadata.get("ask", "none"),
        immediate_danger=bool(metadata.get("immediate_danger")),
        self_harm=bool(metadata.get("self_harm")),
        tags=tuple(metadata.get("tags", ())),
    )


def _from_annotated(annotated: str, intent: str, metadata: Mapping[str, Any]) -> Example:
    text, spans, position = "", [], 0
    for match in _ANNOTATION.finditer(annotated):
        text += annotated[position : match.start()]
        spans.append(labelled_span(len(text), len(text) + len(match.group(1)), match.group(2)))
        text += match.group(1)
        position = match.end()
    return example(text + annotated[position:], intent, spans, metadata)


def read_examples(folder: Path) -> list[Example]:
    """Read every `*.yml` of a folder, in order of file name.

    Raises:
        ContentError: a file is not valid YAML.
    """
    examples: list[Example] = []
    for path in sorted(folder.glob("*.yml")):
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
        except yaml.YAMLError as error:
            raise ContentError(f"{path} is not valid YAML: {error}") from error
        for block in content["nlu"]:
            examples += (
                _from_annotated(row["text"].strip(), block["intent"], row.get("metadata") or {})
                for row in block["examples"]
            )
    return examples
