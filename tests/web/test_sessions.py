"""Tokens, limits and expiry, by an injected clock."""

import asyncio
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.sessions import Limits, Sessions, TooManyConversations, sender_id


class Clock:
    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_token_is_long_and_not_kept(clock):
    table = Sessions(clock=clock)
    token, session = table.open("192.0.2.1")
    assert len(token) == 43  # 256 bits
    assert session.sender_id == "w-" + hashlib.sha256(token.encode()).hexdigest()[:32]
    assert token not in repr(vars(table))
    assert table.find(token) is session


@given(st.text(max_size=200))
def test_no_other_token_is_known(token):
    table = Sessions()
    table.open("192.0.2.1")
    assert table.find(token) is None
    assert table.forget(token) is None


def test_tokens_differ(clock):
    table = Sessions(clock=clock)
    assert len({table.open(f"192.0.2.{each}")[0] for each in range(200)}) == 200


def test_burst_then_one_a_second(clock):
    table = Sessions(Limits(burst=20, per_second=1), clock)
    token, _ = table.open("192.0.2.1")

    def sends():
        return table.admit(table.find(token))

    assert [sends() for _ in range(21)] == [True] * 20 + [False]
    clock.now += 1
    assert [sends(), sends()] == [True, False]
    clock.now += 600
    assert [sends() for _ in range(21)] == [True] * 20 + [False]


def test_conversations_an_address(clock):
    table = Sessions(Limits(conversations_per_minute=3), clock)
    for _ in range(3):
        table.open("192.0.2.1")
    with pytest.raises(TooManyConversations):
        table.open("192.0.2.1")
    table.open("192.0.2.2")
    clock.now += 60
    table.open("192.0.2.1")


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("", "unix", True),
    ],
)
def test_what_counts_as_one_address(clock, first, second, same):
    table = Sessions(Limits(conversations_per_minute=1), clock)
    table.open(first)
    if same:
        with pytest.raises(TooManyConversations):
            table.open(second)
    else:
        table.open(second)


def test_idle_conversations_expire_and_use_keeps_them(clock):
    table = Sessions(clock=clock)
    used, _ = table.open("192.0.2.1")
    idle, session = table.open("192.0.2.1")
    session.reply = [{"text": "private", "buttons": [], "urgent": False}]
    clock.now += 29 * 60
    assert table.find(used)
    clock.now += 2 * 60
    assert table.find(idle) is None
    assert table.sweep() == [sender_id(idle)]
    assert session.ended and session.reply == []
    assert len(table) == 1
    assert table.find(used)


def test_forget(clock):
    table = Sessions(clock=clock)
    token, session = table.open("192.0.2.1")
    session.store(1, [{"text": "private", "buttons": [{"title": "Yes", "payload": "/yes"}], "urgent": False}])
    assert session.offered == {"/yes"}
    assert table.forget(token) is session
    assert session.ended and not session.reply and not session.offered
    assert table.find(token) is None
    assert table.forget(token) is None


def test_memory_is_bounded(clock):
    table = Sessions(Limits(most_sessions=10, most_addresses=10), clock)
    first, session = table.open("192.0.2.0")
    for each in range(1, 100):
        table.open(f"192.0.2.{each}")
    assert len(table) == 10
    assert len(table._opened) == 10
    assert table.find(first) is None
    assert session.ended


@pytest.mark.asyncio
async def test_the_longest_idle_goes_first():
    table = Sessions(Limits(most_sessions=2))
    first, _ = table.open("192.0.2.1")
    second, _ = table.open("192.0.2.1")
    table.find(first)
    table.open("192.0.2.1")
    assert table.find(first)
    assert table.find(second) is None
    await asyncio.sleep(0)
