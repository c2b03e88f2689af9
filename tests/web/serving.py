"""A real Sanic server with the real channel on a free port of loopback, and a client that is no browser."""

import asyncio
import json
import logging
import re
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from typing import Any

from rasa.core.channels.channel import UserMessage
from rasa.core.run import configure_app
from rasa.core.tracker_store import FailSafeTrackerStore
from rasa.utils.log_utils import configure_structlog
from sanic import Sanic
from sanic.touchup.service import TouchUp

from bot.channels.sessions import Limits
from bot.channels.web import WebChannel
from bot.stores.forgetting import ForgettingTrackerStore

FIELDS = {
    "police_999.phone": "999",
    "police_101.phone": "101",
    "national_stalking_helpline.phone": "0808 802 0300",
    "national_stalking_helpline.name": "National Stalking Helpline",
    "emergency_sms.text": "999",
}
CANARY = "zq-canary-07700-900123"
ROOMY = Limits(burst=1000, per_second=1000)

configure_structlog(logging.WARNING)
_touch_up = TouchUp.run


def _touch_up_once(app: Sanic) -> None:
    """Sanic rewrites methods of its classes at each start, and fails when it finds them rewritten by an earlier application."""
    TouchUp.run = staticmethod(lambda app: None)  # type: ignore[method-assign, assignment]
    _touch_up(app)


TouchUp.run = staticmethod(_touch_up_once)  # type: ignore[method-assign, assignment]


class StandInAgent:
    """Answers like an agent; certain words make it fail in the ways an agent can fail."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self.tracker_store = FailSafeTrackerStore(ForgettingTrackerStore(None))
        self.ready = True
        self.opening_fails = False

    def is_ready(self) -> bool:
        return self.ready

    async def handle_message(self, message: UserMessage) -> None:
        text = message.text or ""
        self.heard.append(text)
        tracker = await self.tracker_store.get_or_create_tracker(message.sender_id)
        for reply in await self._replies(text):
            await message.output_channel.send_response(message.sender_id, reply)
        await self.tracker_store.save(tracker)

    async def _replies(self, text: str) -> list[dict[str, Any]]:
        if text == "/greet_opening" and self.opening_fails:
            raise RuntimeError(text)
        if text == "/greet_opening":
            return [{"text": "Hello.\n\nYou can tell me what has been happening.", "buttons": BUTTONS}]
        if text.startswith("slow"):
            await asyncio.sleep(30)
        if text.startswith("stubborn"):
            await _heedless()
        if text.startswith("boom"):
            raise ValueError(f"could not understand {text}")
        if text.startswith("silent"):
            return []
        if text.startswith("danger"):
            return [{"text": "Call 999 now.", "metadata": {"urgent": True}}]
        if text.startswith("pause"):
            await asyncio.sleep(0.2)
        if text.startswith("numbers"):
            return [{"text": NUMBERS}]
        if text.startswith("buttons"):
            return [{"text": "One.\n\nAre you safe?", "buttons": BUTTONS}]
        return [{"text": f"I heard you. Message {len(self.heard)}."}]


BUTTONS = [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}]
NUMBERS = (
    "Call 999 or 101. Call 0808 802 0300, 0800 1111 or 116 123. Text 85258. He rang 105 times at 10:15. "
    "See https://www.suzylamplugh.org/help. <b>not bold</b>"
)


async def _heedless() -> None:
    for _ in range(8):
        try:
            await asyncio.sleep(0.5)
        except asyncio.CancelledError:
            continue


@dataclass
class Reply:
    """One HTTP answer."""

    status: int
    headers: Message
    raw: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.raw)

    @property
    def text(self) -> str:
        return " ".join(message["text"] for message in self.json["messages"])


@dataclass
class Client:
    """A client that is no browser."""

    base: str
    token: str = ""
    n: int = 0

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None
    ) -> Reply:
        request = urllib.request.Request(self.base + path, data=body, headers=headers or {}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20) as response:
                return Reply(response.status, response.headers, response.read())
        except urllib.error.HTTPError as error:
            return Reply(error.code, error.headers, error.read())

    def post(self, path: str, body: Any = None, **headers: str) -> Reply:
        sent = {"Content-Type": "application/json"} | {key.replace("_", "-"): value for key, value in headers.items()}
        if self.token:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        raw = body if isinstance(body, bytes) else json.dumps({} if body is None else body).encode()
        return self.request("POST", path, raw, sent)

    def open(self) -> Reply:
        reply = self.post("/session")
        if reply.status == 200:
            self.token, self.n = reply.json["token"], 0
        return reply

    def say(self, text: str, **headers: str) -> Reply:
        self.n += 1
        return self.post("/message", {"n": self.n, "text": text}, **headers)


@dataclass
class Served:
    """A running server and what stands behind it."""

    base: str
    agent: Any
    channel: WebChannel
    app: Sanic
    stop: Callable[[], None] = field(repr=False)

    def client(self) -> Client:
        return Client(self.base)


def serve(channel: WebChannel, agent: Any, **options: Any) -> Served:
    """Start Rasa's own application with the channel, in a thread.

    Args:
        channel: the channel under test.
        agent: what Rasa would have loaded.
        **options: for `configure_app`, such as `cors`.
    """
    Sanic._app_registry.clear()
    app = configure_app([channel], enable_api=False, **options)
    app.ctx.agent = agent
    listening = socket.socket()
    listening.bind(("127.0.0.1", 0))
    loop = asyncio.new_event_loop()
    started, stopping = threading.Event(), asyncio.Event()

    async def run() -> None:
        server = await app.create_server(sock=listening, return_asyncio_server=True)
        await server.startup()
        await server.before_start()
        await server.start_serving()
        started.set()
        await stopping.wait()
        server.close()
        await server.before_stop()

    def thread() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(run())
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.05))

    running = threading.Thread(target=thread, daemon=True)
    running.start()
    assert started.wait(20)

    def stop() -> None:
        loop.call_soon_threadsafe(stopping.set)
        running.join(10)

    return Served(f"http://127.0.0.1:{listening.getsockname()[1]}", agent, channel, app, stop)


def helps(reply):
    """An error in the contract's shape, whose messages give 999 and 101."""
    assert reply.headers["Content-Type"].startswith("application/json")
    assert reply.json["error"]
    assert all(set(message) == {"text", "buttons", "urgent"} for message in reply.json["messages"])
    assert re.search(r"\b999\b", reply.text)
    assert re.search(r"\b101\b", reply.text)
    assert "National Stalking Helpline" in reply.text
    return True
