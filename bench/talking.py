"""The client of the benchmarks: one visitor, one kept-alive connection, no library between."""

import http.client
import json
import time
import uuid
from dataclasses import dataclass
from typing import Any, Protocol

from processes import LOOPBACK

SECONDS = 20.0


class Refused(Exception):
    """The server answered with an error, or not at all."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What a turn brought.

    Attributes:
        milliseconds: from the first byte sent to the last byte read.
        texts: one a message.
        payloads: of the offered buttons.
    """

    milliseconds: float
    texts: tuple[str, ...]
    payloads: tuple[str, ...]


class Visitor(Protocol):
    """Somebody who talks to a bot."""

    def open(self) -> Reply:
        """Begin a new conversation."""

    def say(self, step: "str | int") -> Reply:
        """One turn: a text, or the number of a button of the last reply (a text when it had none)."""

    def close(self) -> None:
        """Leave."""


class _Connection:
    """A kept-alive connection that posts JSON."""

    def __init__(self, port: int) -> None:
        self._http = http.client.HTTPConnection(LOOPBACK, port, timeout=SECONDS)

    def post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> tuple[Any, float]:
        """The answer and how many milliseconds it took.

        Raises:
            Refused: no answer, or one that is not 200.
        """
        sent = json.dumps(body).encode()
        begun = time.perf_counter()
        try:
            self._http.request("POST", path, sent, {"Content-Type": "application/json", **headers})
            answer = self._http.getresponse()
            content = answer.read()
        except (OSError, http.client.HTTPException) as error:
            self._http.close()
            raise Refused(f"{path}: {type(error).__name__}") from error
        took = (time.perf_counter() - begun) * 1000
        if answer.status != 200:
            raise Refused(f"{path}: {answer.status}")
        return json.loads(content), took

    def close(self) -> None:
        self._http.close()


class SignpostVisitor:
    """Talks to Signpost's web channel."""

    def __init__(self, port: int) -> None:
        self._connection = _Connection(port)
        self._token, self._n = "", 0
        self._offered: tuple[str, ...] = ()

    def open(self) -> Reply:
        """Begin a new conversation."""
        answer, took = self._connection.post("/session", {}, {})
        self._token, self._n = answer["token"], 0
        return self._read(answer["messages"], took)

    def say(self, step: str | int) -> Reply:
        """One turn."""
        self._n += 1
        body: dict[str, Any] = {"n": self._n}
        if isinstance(step, int) and self._offered:
            body["payload"] = self._offered[step % len(self._offered)]
        else:
            body["text"] = "i am not sure" if isinstance(step, int) else step
        answer, took = self._connection.post("/message", body, {"Authorization": f"Bearer {self._token}"})
        return self._read(answer["messages"], took)

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def _read(self, messages: list[dict[str, Any]], took: float) -> Reply:
        reply = Reply(
            took,
            tuple(message["text"] for message in messages),
            tuple(button["payload"] for message in messages for button in message["buttons"]),
        )
        self._offered = reply.payloads
        return reply


class RestVisitor:
    """Talks to Rasa's own `rest` channel."""

    def __init__(self, port: int) -> None:
        self._connection = _Connection(port)
        self._sender = ""

    def open(self) -> Reply:
        """Begin a new conversation; this channel has no call for it, so it is a greeting."""
        self._sender = uuid.uuid4().hex
        return self.say("hello")

    def say(self, step: str | int) -> Reply:
        """One turn."""
        body = {"sender": self._sender, "message": "yes" if isinstance(step, int) else step}
        messages, took = self._connection.post("/webhooks/rest/webhook", body, {})
        return Reply(took, tuple(message.get("text", "") for message in messages), ())

    def close(self) -> None:
        """Leave."""
        self._connection.close()
