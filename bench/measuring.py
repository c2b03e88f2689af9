"""Turns, users and long conversations, measured at the client."""

import itertools
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial

from conversations import Script
from talking import Refused, Reply, Visitor

EARLY, LATE = 5, 200
AROUND = 2  # turns each side, so that every kind of turn of the cycle counts once

Arrive = Callable[[], Visitor]
Failed = Callable[[Reply], bool]


@dataclass(slots=True)
class Turns:
    """The turns of one measurement.

    Attributes:
        milliseconds: of every turn that was answered; openings are not turns.
        failed: turns refused, empty, or answered with the bot's own failure text.
    """

    milliseconds: list[float] = field(default_factory=list)
    failed: int = 0

    def take(self, turn: Callable[[], Reply], failed: Failed) -> None:
        """Hold one turn and note it."""
        try:
            reply = turn()
        except Refused:
            self.failed += 1
            return
        self.milliseconds.append(reply.milliseconds)
        self.failed += not reply.texts or failed(reply)


def one_user(arrive: Arrive, scripts: Sequence[Script], count: int, failed: Failed) -> Turns:
    """Conversation after conversation, one turn at a time, nothing between.

    Args:
        arrive: gives a visitor.
        scripts: taken in turn; each is a new conversation.
        count: turns after which it ends.
        failed: whether a reply is the bot's failure text.
    """
    turns = Turns()
    visitor = arrive()
    for script in itertools.cycle(scripts):
        visitor.open()
        for step in script:
            turns.take(partial(visitor.say, step), failed)
        if len(turns.milliseconds) + turns.failed >= count:
            break
    visitor.close()
    return turns


def many_users(
    arrive: Arrive, scripts: Sequence[Script], users: int, seconds: float, failed: Failed
) -> tuple[Turns, float]:
    """Users at once, each sending as soon as it has its answer.

    Args:
        arrive: gives a visitor.
        scripts: each user begins with another one.
        users: how many at once.
        seconds: after which no new turn is begun.
        failed: whether a reply is the bot's failure text.

    Returns:
        the turns, and the seconds that they took. Openings take the bot's time too but are not counted.
    """
    begun = time.perf_counter()
    found = [Turns() for _ in range(users)]

    def hold(place: int) -> None:
        visitor = arrive()
        for script in itertools.islice(itertools.cycle(scripts), place, None):
            visitor.open()
            for step in script:
                if time.perf_counter() - begun >= seconds:
                    visitor.close()
                    return
                found[place].take(partial(visitor.say, step), failed)

    threads = [threading.Thread(target=hold, args=(place,), daemon=True) for place in range(users)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(seconds + 60)
    took = time.perf_counter() - begun
    together = Turns([each for turns in found for each in turns.milliseconds], sum(turns.failed for turns in found))
    return together, took


def late_against_early(
    arrive: Arrive, cycle: Script, conversations: int, last: int, failed: Failed
) -> tuple[float, Turns]:
    """How much longer late turns of one conversation take than early ones of the same kinds.

    Args:
        arrive: gives a visitor.
        cycle: the turns said again and again.
        conversations: how many are held; the median counts.
        last: the late turn.
        failed: whether a reply is the bot's failure text.
    """
    every, ratios = Turns(), []
    for _ in range(conversations):
        turns, visitor = Turns(), arrive()
        visitor.open()
        for step in itertools.islice(itertools.cycle(cycle), last + AROUND):
            turns.take(partial(visitor.say, step), failed)
        visitor.close()
        early, late = (turns.milliseconds[turn - 1 - AROUND : turn + AROUND] for turn in (EARLY, last))
        ratios.append(statistics.mean(late) / statistics.mean(early))
        every.milliseconds += turns.milliseconds
        every.failed += turns.failed
    return statistics.median(ratios), every
