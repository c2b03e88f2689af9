"""The web channel: a few JSON routes and the chat page, on the root of Rasa's own server.

Contract: design.md section 4. In `credentials.yml`: `bot.channels.web.WebChannel:` with the settings of `WebSettings` under it, or
nothing; `signpost serve` builds the same object. Every reply, failures included, holds messages that help; nothing a person
typed is logged.
"""

import asyncio
import json as jsonlib
import logging
import unicodedata
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, NamedTuple

from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic
from sanic.request import Request
from sanic.response import HTTPResponse, json, raw

from bot.channels import guard, static
from bot.channels.guard import Refusal
from bot.channels.output import Collector
from bot.channels.sessions import Clock, Limits, Message, Session, Sessions, TooManyConversations
from bot.channels.static import StaticContent, load_static
from bot.errors import SignpostError
from bot.stores.forgetting import forget

OPENING = "/greet_opening"
SWEEP_SECONDS = 60.0

_log = logging.getLogger(__name__)

OnMessage = Callable[[UserMessage], Awaitable[Any]]
Handler = Callable[[Request], Coroutine[Any, Any, HTTPResponse]]


class SettingsError(SignpostError):
    """The channel's block in `credentials.yml` is wrong."""


@dataclass(frozen=True, slots=True)
class WebSettings:
    """Settings of the channel.

    Attributes:
        allowed_origins: origins that may post besides the server's own, `https://www.example.org`.
        max_text: characters of one message.
        max_body: bytes of one request.
        give_up_seconds: a turn that takes longer is answered with help.
        limits: what one token and one address may do.
    """

    allowed_origins: tuple[str, ...] = ()
    max_text: int = 20_000
    max_body: int = 256 * 1024
    give_up_seconds: float = 2.5
    limits: Limits = field(default_factory=Limits)

    @classmethod
    def from_mapping(cls, given: Mapping[str, Any] | None) -> "WebSettings":
        """Settings from a YAML block; the limits stand in it beside the others.

        Raises:
            SettingsError: a key that is none.
        """
        given = dict(given or {})
        limits = {each.name for each in fields(Limits)}
        own = {each.name for each in fields(cls)} - {"limits"}
        unknown = sorted(set(given) - limits - own)
        if unknown:
            known = ", ".join(sorted(own | limits))
            raise SettingsError(
                f"credentials.yml, bot.channels.web.WebChannel: {unknown[0]} is no setting; use one of: {known}"
            )
        if "allowed_origins" in given:
            given["allowed_origins"] = tuple(given["allowed_origins"] or ())
        settings = cls(**{key: value for key, value in given.items() if key in own})
        return replace(settings, limits=Limits(**{key: value for key, value in given.items() if key in limits}))


class _Turn(NamedTuple):
    messages: list[Message]
    abandoned: bool


class WebChannel(InputChannel):
    """The channel itself.

    Args:
        settings: limits and origins.
        content: help texts and page; read from the project by default.
        clock: the sessions' clock, a test's own if given.
    """

    def __init__(
        self, settings: WebSettings | None = None, content: StaticContent | None = None, clock: Clock | None = None
    ) -> None:
        self.settings = settings or WebSettings()
        self.content = content or load_static()
        limits = self.settings.limits
        self.sessions = Sessions(limits, clock) if clock else Sessions(limits)
        self._say: OnMessage = _nobody
        self._running: set[asyncio.Task[Any]] = set()

    @classmethod
    def name(cls) -> str:
        """The channel's name in Rasa."""
        return "web"

    @classmethod
    def from_credentials(cls, credentials: dict[str, Any] | None) -> "WebChannel":
        """The channel of a block in `credentials.yml`.

        Raises:
            SettingsError: a key that is none.
        """
        return cls(WebSettings.from_mapping(credentials))

    def url_prefix(self) -> str:
        """Its routes stand at the root of the server."""
        return "/"

    def blueprint(self, on_new_message: OnMessage) -> Blueprint:
        """The routes, and the guard over the whole application that goes with them."""
        self._say = on_new_message
        routes = [
            ("POST", "/session", self._open),
            ("POST", "/message", self._message),
            ("POST", "/end", self._end),
            ("GET", "/health", self._health),
            *(("GET", path, self._file) for path in ("/chat", "/chat.js", "/chat.css")),
        ]
        blueprint = Blueprint("signpost_web")
        for method, path, handler in routes:
            blueprint.add_route(_function(handler), path, methods=[method], name=path.strip("/").replace(".", "_"))
        allowed = {path: frozenset({method}) for method, path, _ in routes}

        async def start(app: Sanic, *_: Any) -> None:
            guard.install(app, self.content, allowed, self.settings.max_body)
            self._keep(asyncio.create_task(self._sweep_for_ever(app)))

        async def stop(*_: Any) -> None:
            for task in list(self._running):
                task.cancel()

        blueprint.listener("before_server_start")(start)
        blueprint.listener("before_server_stop")(stop)
        return blueprint

    async def _open(self, request: Request) -> HTTPResponse:
        guard.check_origin(request, self.settings.allowed_origins)
        if request.body:
            _json_object(request)
        if not _ready(request.app):
            raise Refusal(503)
        try:
            token, session = self.sessions.open(request.remote_addr or request.ip)
        except TooManyConversations:
            raise Refusal(429, headers={"Retry-After": "60"}) from None
        async with session.lock:
            turn = await self._turn(session, OPENING)
            session.offer(turn.messages)
        return json({"token": token, "messages": turn.messages})

    async def _message(self, request: Request) -> HTTPResponse:
        guard.check_origin(request, self.settings.allowed_origins)
        _check_content_type(request)
        session = self.sessions.find(_bearer(request))
        if session is None:
            raise Refusal(401)
        if not self.sessions.admit(session):
            raise Refusal(429, headers={"Retry-After": "1"})
        body = _json_object(request)
        # A task of its own: when the connection breaks the turn still ends and is stored, so a retry of `n` cannot double it.
        task = asyncio.create_task(self._answer(session, body))
        self._keep(task)
        return json({"messages": await asyncio.shield(task)})

    async def _answer(self, session: Session, body: dict[str, Any]) -> list[Message]:
        n = body.get("n")
        if not isinstance(n, int) or isinstance(n, bool) or n < 1:
            raise Refusal(400, "bad_n")
        async with session.lock:
            if session.ended:
                raise Refusal(401)
            if n == session.n:
                return session.reply
            if n != session.n + 1:
                raise Refusal(400, "bad_n")
            reply = await self._reply(session, self._words(body, session))
            if session.ended:
                raise Refusal(401)
            session.store(n, reply)
            return reply

    def _words(self, body: dict[str, Any], session: Session) -> str:
        """What is handed to Rasa: an offered payload as it is, or text that can start no intent."""
        text, payload = body.get("text"), body.get("payload")
        if (text is None) == (payload is None):
            raise Refusal(400, "text_or_payload")
        if payload is not None:
            if not isinstance(payload, str) or payload not in session.offered:
                raise Refusal(400, "not_offered")
            return payload
        if not isinstance(text, str):
            raise Refusal(400, "text_or_payload")
        if len(text) > self.settings.max_text:
            raise Refusal(413, "text_too_long")
        return plain(text)

    async def _reply(self, session: Session, words: str) -> list[Message]:
        if not words:
            return _with_buttons(self.content.help(static.REQUEST), session.reply)
        turn = await self._turn(session, words)
        # The conversation did not move, so what was offered before can still be pressed.
        return _with_buttons(turn.messages, session.reply) if turn.abandoned else turn.messages

    async def _turn(self, session: Session, words: str) -> _Turn:
        """One turn of Rasa, given up after a while; never empty and never an exception."""
        said = Collector()
        message = UserMessage(words, said, session.sender_id, input_channel=self.name())
        session.turn = task = asyncio.create_task(_spoken(self._say, message))
        self._keep(task)
        # Not wait_for: that would wait for a turn which does not heed its cancellation.
        await asyncio.wait({task}, timeout=self.settings.give_up_seconds)
        session.turn = None
        outcome = _outcome(task)
        if outcome == "done" and said.messages:
            return _Turn(said.messages, abandoned=False)
        _log.error("A turn gave no reply: %s", outcome)
        task.cancel()
        urgent = [each for each in said.messages if each["urgent"]]  # 999 may have been said before the failure
        return _Turn(urgent or self.content.help(static.UNAVAILABLE), abandoned=outcome != "done")

    async def _end(self, request: Request) -> HTTPResponse:
        guard.check_origin(request, self.settings.allowed_origins)
        token = _bearer(request) or request.body[:1024].decode("utf-8", "replace").strip()
        session = self.sessions.forget(token)
        if session is None:
            raise Refusal(401)
        if session.turn is not None:
            session.turn.cancel()
        await _forget(request.app, session.sender_id)
        return json({"ended": True, "messages": []})

    async def _health(self, request: Request) -> HTTPResponse:
        if not _ready(request.app):
            raise Refusal(503)
        return json({"status": "ok"})

    async def _file(self, request: Request) -> HTTPResponse:
        found = self.content.files.get(request.path)
        if found is None:
            raise Refusal(503)
        return raw(found.body, content_type=found.content_type, headers={"Content-Security-Policy": guard.PAGE_POLICY})

    async def _sweep_for_ever(self, app: Sanic) -> None:
        """Idle conversations go even when nobody writes any more."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            for gone in self.sessions.sweep():
                await _forget(app, gone)

    def _keep(self, task: "asyncio.Task[Any]") -> None:
        """Hold a task until it ends, and take its exception, which asyncio would otherwise print with its words."""

        def ended(task: "asyncio.Task[Any]") -> None:
            self._running.discard(task)
            if not task.cancelled():
                task.exception()

        self._running.add(task)
        task.add_done_callback(ended)


def plain(text: str) -> str:
    r"""Free text as Rasa may see it: it can start no intent, and every character can be encoded.

    >>> plain(" / \u200b/restart")
    'restart'
    """
    text = text.encode("utf-8", "replace").decode("utf-8").replace("\x00", " ")
    start = 0
    while start < len(text) and _says_nothing(text[start]):
        start += 1
    return text[start:].rstrip()


def _says_nothing(character: str) -> bool:
    return character == "/" or character.isspace() or unicodedata.category(character) in ("Cc", "Cf")


def _function(method: Handler) -> Handler:
    """Sanic writes an attribute on a handler, which a bound method does not take."""

    async def handler(request: Request) -> HTTPResponse:
        return await method(request)

    return handler


async def _nobody(message: UserMessage) -> None:
    """Stands in until Sanic has asked for the blueprint."""


async def _spoken(say: OnMessage, message: UserMessage) -> None:
    await say(message)


def _outcome(task: "asyncio.Task[Any]") -> str:
    """Either `done`, or why there is no answer: by type only, because an exception's text may hold a person's words."""
    if not task.done():
        return "given up"
    if task.cancelled():
        return "cancelled"
    error = task.exception()
    return "done" if error is None else type(error).__name__


def _with_buttons(messages: list[Message], before: list[Message]) -> list[Message]:
    """The same words with the buttons of the reply before, for a turn that did not move the conversation."""
    buttons = [button for message in before for button in message["buttons"]]
    if not buttons or messages[-1]["buttons"]:
        return messages
    return [*messages[:-1], {**messages[-1], "buttons": buttons}]


def _check_content_type(request: Request) -> None:
    if (request.headers.get("content-type") or "").split(";")[0].strip().lower() != "application/json":
        raise Refusal(415)


def _json_object(request: Request) -> dict[str, Any]:
    _check_content_type(request)
    try:
        body = jsonlib.loads(request.body)
    except (ValueError, RecursionError):
        raise Refusal(400, "not_json") from None
    if not isinstance(body, dict):
        raise Refusal(400, "not_an_object")
    return body


def _bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def _ready(app: Sanic) -> bool:
    agent = getattr(app.ctx, "agent", None)
    return agent is not None and bool(agent.is_ready())


async def _forget(app: Sanic, sender: str) -> None:
    agent = getattr(app.ctx, "agent", None)
    try:
        await forget(getattr(agent, "tracker_store", None), sender)
    except Exception as error:
        _log.error("A conversation could not be forgotten at once: %s", type(error).__name__)
