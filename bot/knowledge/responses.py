"""The sentences Signpost can say (`data/responses/*.yml`), with numbers put in by key.

A sentence names a service's field in braces, `{national_stalking_helpline.phone}`, and never a number; what an action knows
only at run time comes in as a plain name, `{quote}`. Files are Rasa's own response files, so `rasa` reads them too.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ContentError
from bot.paths import root

_PLACE = re.compile(r"\{([a-z0-9_.]+)\}")


@dataclass(frozen=True, slots=True)
class Button:
    """A quick reply: what it shows and what it sends."""

    title: str
    payload: str


@dataclass(frozen=True, slots=True)
class Response:
    """One reviewed answer.

    Attributes:
        key: its name, `utter_...`.
        variants: texts of the same meaning, taken in turn; a blank line separates bubbles.
        buttons: quick replies under the last bubble.
        urgent: stands out in the widget and is announced at once.
        review: "pending" until a person has signed it.
    """

    key: str
    variants: tuple[str, ...]
    buttons: tuple[Button, ...] = ()
    urgent: bool = False
    review: str = "pending"


class Responses:
    """All reviewed answers and the service fields that they may name."""

    def __init__(self, responses: Iterable[Response], fields: Mapping[str, str]) -> None:
        self._by_key = {response.key: response for response in responses}
        self._fields = dict(fields)

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def __iter__(self) -> Iterable[Response]:  # type: ignore[override]
        return iter(self._by_key.values())

    def get(self, key: str) -> Response:
        """The response of that key.

        Raises:
            ContentError: there is none.
        """
        try:
            return self._by_key[key]
        except KeyError:
            raise ContentError(f"data/responses: there is no response {key!r}; add it, or correct the name") from None

    def render(self, key: str, turn: int = 0, **values: object) -> dict[str, Any]:
        """The words to say, with every place filled.

        Args:
            key: a response's name.
            turn: which of several variants, counted round.
            values: what the action puts in.

        Returns:
            `{"text": str, "buttons": [{"title", "payload"}], "urgent": bool}`.

        Raises:
            ContentError: no such response, or a place that nothing fills.
        """
        response = self.get(key)
        text = self.fill(response.variants[turn % len(response.variants)], key, values)
        buttons = [
            {"title": self.fill(button.title, key, values), "payload": button.payload} for button in response.buttons
        ]
        return {"text": text, "buttons": buttons, "urgent": response.urgent}

    def fill(self, text: str, key: str, values: Mapping[str, object]) -> str:
        """Put values and service fields into one text.

        Raises:
            ContentError: a place that nothing fills.
        """

        def value(match: re.Match[str]) -> str:
            name = match.group(1)
            found = values.get(name, self._fields.get(name))
            if found is None:
                raise ContentError(
                    f"data/responses: {key} names {{{name}}}, which no service shows and no action gives"
                )
            return str(found)

        return _PLACE.sub(value, text).strip()


def _read(path: Path) -> Iterable[Response]:
    content = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    for key, entries in (content.get("responses") or {}).items():
        if not entries or not all(isinstance(entry, dict) and entry.get("text") for entry in entries):
            raise ContentError(f"{path}: {key} has no text; give each entry a `text`")
        first = entries[0]
        buttons = tuple(Button(b["title"], b["payload"]) for b in first.get("buttons") or ())
        metadata = first.get("metadata") or {}
        variants = tuple(entry["text"].strip() for entry in entries)
        yield Response(key, variants, buttons, bool(metadata.get("urgent")), metadata.get("review", "pending"))


def load_responses(folder: Path | None = None, fields: Mapping[str, str] | None = None) -> Responses:
    """Read every response file.

    Args:
        folder: holds `*.yml`; the project's `data/responses` by default.
        fields: service fields by key; those of the directory by default.

    Raises:
        ContentError: a file is not valid YAML or an entry has no text; says file and key.
    """
    if fields is None:
        from bot.knowledge.services import load_services, text_keys

        fields = text_keys(load_services())
    responses: list[Response] = []
    for path in sorted((folder or root() / "data" / "responses").glob("*.yml")):
        try:
            responses.extend(_read(path))
        except yaml.YAMLError as error:
            raise ContentError(f"{path} is not valid YAML: {error}") from error
    return Responses(responses, fields)
