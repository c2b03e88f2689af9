"""What the web channel can say and show without Rasa: help for every failure, and the chat page.

Everything is read once, when the server starts, so that no failure later can take it away.
"""

import html
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bot.channels.output import bubbles
from bot.channels.sessions import Message
from bot.knowledge.responses import Responses, load_responses

WEB = Path(__file__).resolve().parents[1] / "web"

UNAVAILABLE = "utter_unavailable"
SESSION = "utter_error_session"
BUSY = "utter_error_busy"
TOO_LONG = "utter_error_too_long"
REQUEST = "utter_error_request"
KEYS = (UNAVAILABLE, SESSION, BUSY, TOO_LONG, REQUEST)

# Said only when the content itself could not be loaded; the helpline's number has one source, which is then missing.
LAST_RESORT = (
    "Sorry, something went wrong here. If you are in danger now, call 999. If it is not an emergency, you can call the "
    "police on 101. You can also talk to the National Stalking Helpline."
)

_CONTENT_TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8"}
_CONTENT_TYPES[".js"] = "text/javascript; charset=utf-8"
_TELEPHONE = re.compile(r"tel:\{([a-z0-9_.]+)\}")
_NOT_DIALLED = re.compile(r"[^0-9+]")

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file as it is served."""

    body: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class StaticContent:
    """All that can be said and shown without Rasa.

    Attributes:
        messages: by response key, ready to send.
        files: by path, such as `/chat`.
    """

    messages: Mapping[str, list[Message]] = field(default_factory=dict)
    files: Mapping[str, StaticFile] = field(default_factory=dict)

    def help(self, key: str) -> list[Message]:
        """Fresh messages of that key, or the last resort."""
        known = self.messages.get(key) or bubbles(LAST_RESORT, [], urgent=False)
        return [{**message, "buttons": list(message["buttons"])} for message in known]


def load_static(fields: Mapping[str, str] | None = None) -> StaticContent:
    """Read help texts and page; a part that cannot be read is left out, named in the log and covered by the last resort.

    Args:
        fields: service fields by key; those of the directory by default.
    """
    messages: dict[str, list[Message]] = {}
    files: dict[str, StaticFile] = {}
    try:
        fields = _directory_fields() if fields is None else fields
        responses = load_responses(fields=fields)
        messages = {key: _messages(responses, key) for key in KEYS}
        files = _files(fields)
    except Exception as error:
        _log.error("Static help is incomplete: %s: %s", type(error).__name__, error)
    return StaticContent(messages, files)


def _directory_fields() -> Mapping[str, str]:
    from bot.knowledge.services import load_services, text_keys

    return text_keys(load_services())


def _messages(responses: Responses, key: str) -> list[Message]:
    said = responses.render(key)
    return bubbles(said["text"], said["buttons"], said["urgent"])


def _files(fields: Mapping[str, str]) -> dict[str, StaticFile]:
    page = render_page((WEB / "chat.html").read_text(encoding="utf-8"), fields)
    served = {"/chat": StaticFile(page.encode(), _CONTENT_TYPES[".html"])}
    for name in ("chat.js", "chat.css"):
        path = WEB / name
        served[f"/{name}"] = StaticFile(path.read_bytes(), _CONTENT_TYPES[path.suffix])
    return served


def render_page(template: str, fields: Mapping[str, str]) -> str:
    """Put service fields into a page, escaped; a number after `tel:` loses its spaces.

    Raises:
        ContentError: the page names a field that no service shows.

    >>> render_page('<a href="tel:{x.phone}">{x.phone}</a>', {"x.phone": "0808 802"})
    '<a href="tel:0808802">0808 802</a>'
    """
    escaped = {key: html.escape(value) for key, value in fields.items()}
    dialled = {f"dial.{key}": _NOT_DIALLED.sub("", value) for key, value in fields.items()}
    renderer = Responses((), {**escaped, **dialled})
    return renderer.fill(_TELEPHONE.sub(r"tel:{dial.\1}", template), "chat.html", {})
