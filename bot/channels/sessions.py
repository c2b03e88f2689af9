"""Who is talking: tokens, turns, limits and expiry of web conversations, all in memory.

A token is minted here, handed out once and never kept: the table is keyed by its hash, which is also Rasa's sender id, so neither
a tracker nor a memory dump of this table lets anybody speak in somebody's name. Nothing a person typed is kept here; the last
reply is, so that a repeated `n` gets it again.
"""

import asyncio
import hashlib
import ipaddress
import itertools
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bot.errors import SignpostError

Clock = Callable[[], float]
Message = dict[str, Any]

_TOKEN_BYTES = 32
_LONGEST_TOKEN = 128
_MINUTE = 60.0


class TooManyConversations(SignpostError):
    """This address has opened as many conversations as a minute allows."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one token and one address may do.

    Attributes:
        burst: messages at once from one token.
        per_second: messages a second after that.
        conversations_per_minute: new conversations from one address.
        idle_seconds: a conversation without a message this long is forgotten.
        most_sessions: conversations held at once; the longest idle goes first.
        most_addresses: addresses counted at once; the oldest count goes first.
    """

    burst: int = 20
    per_second: float = 1.0
    conversations_per_minute: int = 300
    idle_seconds: float = 30 * _MINUTE
    most_sessions: int = 20_000
    most_addresses: int = 20_000


@dataclass(slots=True)
class Session:
    """One live conversation.

    Attributes:
        sender_id: Rasa's name for it, made from the token's hash.
        seen: when it was last used, by the table's clock.
        allowance: messages it may still send at once.
        n: the last message answered; 0 before the first.
        reply: the answer to that message.
        offered: payloads of the buttons in that answer.
        lock: messages of one token are answered one at a time.
        turn: the turn that runs now, so that `/end` can stop it.
        ended: forgotten; a message that still waits for the lock must not be answered.
    """

    sender_id: str
    seen: float
    allowance: float
    n: int = 0
    reply: list[Message] = field(default_factory=list)
    offered: frozenset[str] = frozenset()
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    turn: "asyncio.Task[Any] | None" = None
    ended: bool = False

    def store(self, n: int, reply: list[Message]) -> None:
        """Keep the answer to message `n` and what it offered."""
        self.n = n
        self.offer(reply)

    def offer(self, reply: list[Message]) -> None:
        """Keep what was said last; only its buttons may be pressed next."""
        self.reply = reply
        self.offered = frozenset(button["payload"] for message in reply for button in message["buttons"])


def sender_id(token: str) -> str:
    """Rasa's name for the holder of a token.

    >>> sender_id("t")
    'w-e3b98a4da31a127d4bde6e43033f66ba'
    """
    return "w-" + hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _counted_as(address: str) -> str:
    """An IPv6 customer holds a whole /64, so that is what is counted."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


class Sessions:
    """The table of live conversations of this process.

    Args:
        limits: what a token and an address may do.
        clock: seconds, never going back; a test gives its own.
    """

    def __init__(self, limits: Limits = Limits(), clock: Clock = time.monotonic) -> None:
        self._limits = limits
        self._clock = clock
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._opened: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._sessions)

    def open(self, address: str) -> tuple[str, Session]:
        """Start a conversation.

        Args:
            address: where the request came from.

        Returns:
            the token, to be handed out and forgotten, and its session.

        Raises:
            TooManyConversations: the address has had its share of this minute.
        """
        self._count(_counted_as(address))
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        session = Session(sender_id(token), seen=self._clock(), allowance=float(self._limits.burst))
        self._sessions[session.sender_id] = session
        if len(self._sessions) > self._limits.most_sessions:
            _end(self._sessions.popitem(last=False)[1])
        return token, session

    def find(self, token: str) -> Session | None:
        """The live conversation of a token, marked as used now; None when it is unknown, ended or expired."""
        if not token or len(token) > _LONGEST_TOKEN:
            return None
        session = self._sessions.get(sender_id(token))
        if session is None or self._expired(session):
            return None
        self._refill(session)
        self._sessions.move_to_end(session.sender_id)
        return session

    def admit(self, session: Session) -> bool:
        """Count one message against the token's allowance; False when it has to wait."""
        if session.allowance < 1:
            return False
        session.allowance -= 1
        return True

    def forget(self, token: str) -> Session | None:
        """End a conversation; the token is worth nothing from here on.

        Returns:
            the session that ended, or None when there was none.
        """
        session = self._sessions.pop(sender_id(token), None) if len(token) <= _LONGEST_TOKEN else None
        if session is None:
            return None
        _end(session)
        return None if self._expired(session) else session

    def sweep(self) -> list[str]:
        """Forget what has been idle too long.

        Returns:
            the sender ids forgotten, for the tracker store.
        """
        gone = list(itertools.takewhile(lambda each: self._expired(self._sessions[each]), self._sessions))
        for each in gone:  # kept in the order of use, so the first one that lives ends the search
            _end(self._sessions.pop(each))
        return gone

    def _expired(self, session: Session) -> bool:
        return self._clock() - session.seen > self._limits.idle_seconds

    def _refill(self, session: Session) -> None:
        now = self._clock()
        earned = (now - session.seen) * self._limits.per_second
        session.allowance = min(float(self._limits.burst), session.allowance + earned)
        session.seen = now

    def _count(self, address: str) -> None:
        now = self._clock()
        since, opened = self._opened.get(address, (now, 0))
        if now - since >= _MINUTE:
            since, opened = now, 0
        if opened >= self._limits.conversations_per_minute:
            raise TooManyConversations(f"more than {self._limits.conversations_per_minute} conversations in a minute")
        self._opened[address] = (since, opened + 1)
        self._opened.move_to_end(address)
        if len(self._opened) > self._limits.most_addresses:
            self._opened.popitem(last=False)


def _end(session: Session) -> None:
    session.ended = True
    session.reply = []
    session.offered = frozenset()
