"""What Rasa says in one turn, in the shape of the web contract."""

import re
from collections.abc import Mapping
from typing import Any

from rasa.core.channels.channel import OutputChannel

from bot.channels.sessions import Message

_BLANK_LINES = re.compile(r"\n\s*\n")


def bubbles(text: str, buttons: list[dict[str, str]], urgent: bool) -> list[Message]:
    r"""One message a paragraph, the buttons under the last.

    >>> [each["text"] for each in bubbles("Call them.\n\nAre you safe?", [], urgent=False)]
    ['Call them.', 'Are you safe?']
    """
    paragraphs = [part.strip() for part in _BLANK_LINES.split(text or "") if part.strip()]
    if buttons and not paragraphs:
        paragraphs = [""]
    messages: list[Message] = [{"text": part, "buttons": [], "urgent": urgent} for part in paragraphs]
    if messages:
        messages[-1]["buttons"] = buttons
    return messages


class Collector(OutputChannel):
    """Collects the replies of one turn.

    Attributes:
        messages: `{"text", "buttons": [{"title", "payload"}], "urgent"}` in the order they were said.
    """

    def __init__(self) -> None:
        self.messages: list[Message] = []

    @classmethod
    def name(cls) -> str:
        """The name Rasa gives the replies' channel."""
        return "web"

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one reply of Rasa, whatever it is made of."""
        custom = message.get("custom")
        if isinstance(custom, Mapping):
            message = {**custom, **{key: value for key, value in message.items() if value}}
        buttons = _buttons(message.get("buttons") or message.get("quick_replies") or [])
        self.messages += bubbles(str(message.get("text") or ""), buttons, _urgent(message))

    async def send_text_message(self, recipient_id: str, text: str, **kwargs: Any) -> None:
        """Keep a plain text; Rasa's helpers that go round `send_response` end here."""
        await self.send_response(recipient_id, {**kwargs, "text": text})


def _buttons(given: list[Mapping[str, Any]]) -> list[dict[str, str]]:
    return [
        {"title": str(button["title"]), "payload": str(button.get("payload") or button["title"])}
        for button in given
        if button.get("title")
    ]


def _urgent(message: Mapping[str, Any]) -> bool:
    """An NLG may say so at the top; a response file says so in its metadata."""
    metadata = message.get("metadata")
    return bool(message.get("urgent") or (isinstance(metadata, Mapping) and metadata.get("urgent")))
