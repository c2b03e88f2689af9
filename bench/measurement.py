"""All rows of one bot."""

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bots import BENCH, Bot
from measuring import Turns, late_against_early, many_users, one_user
from processes import BenchError, environment, free_port, last_words, memory, processor_seconds, run, started
from rows import Measured, load, percentile
from talking import Refused, Visitor

START_SECONDS = 240.0
ASK_AGAIN_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured.

    Attributes:
        trainings: whether training is measured too.
        starts: fresh processes started, the median counts; 0 takes the start of the server that turns are measured on.
        turns: of one user, after the first conversations.
        used: turns held in all before the memory is read again, at least.
        users: at once.
        seconds: that they write.
        conversations: long ones.
        late: the late turn of a long one.
        repeats: recognitions of each length.
    """

    trainings: bool = True
    starts: int = 3
    turns: int = 400
    used: int = 500
    users: int = 10
    seconds: float = 30.0
    conversations: int = 5
    late: int = 200
    repeats: int = 100


QUICK = Size(trainings=False, starts=0, turns=15, used=20, seconds=2.0, conversations=1, late=10, repeats=5)


def measure(bot: Bot, size: Size, tell: Callable[[str], None]) -> Measured:
    """Everything that design.md section 9 asks of speed and memory.

    Args:
        bot: prepared; trained here when `size` says so.
        size: how much.
        tell: gets a line a step.

    Raises:
        BenchError: a process of the bot did not do what it should.
    """
    values: dict[str, float] = {}
    notes: dict[str, Any] = {"load_before": load()}
    if size.trainings:
        _trainings(bot, values, notes, tell)
    if size.starts:
        tell(f"{bot.name}: starting {size.starts}x")
        values["start"] = statistics.median(_start(bot) for _ in range(size.starts))
    _turns(bot, size, values, notes, tell)
    tell(f"{bot.name}: recognition on one core")
    values |= _one_core(bot, size.repeats)
    notes["load_after"] = load()
    return Measured(bot.name, values, notes)


def _trainings(bot: Bot, values: dict[str, float], notes: dict[str, Any], tell: Callable[[str], None]) -> None:
    for key, before in (("train_cold", None), ("train_changed", bot.change_sentences)):
        tell(f"{bot.name}: {key.replace('_', ', ')}")
        if before:
            before()
        begun, worked = time.perf_counter(), _processor_seconds_of_children()
        bot.train()
        values[key] = time.perf_counter() - begun
        notes[f"{key}_processor_s"] = round(_processor_seconds_of_children() - worked, 1)


def _processor_seconds_of_children() -> float:
    times = os.times()
    return times.children_user + times.children_system


def _start(bot: Bot) -> float:
    """Seconds from a fresh process to the answer to a first message."""
    port = free_port()
    command, folder, env = bot.plain_server(port)
    begun = time.perf_counter()
    with started(command, folder, env) as (process, log):
        _first_answer(bot, port, process, log)
        return time.perf_counter() - begun


def _first_answer(bot: Bot, port: int, process: Any, log: Path) -> None:
    visitor = _first_visitor(bot, port, process, log)
    visitor.say(next(step for step in bot.scripts[0] if isinstance(step, str)))
    visitor.close()


def _first_visitor(bot: Bot, port: int, process: Any, log: Path) -> Visitor:
    """A visitor whose conversation is open; asks until the server answers."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        visitor = bot.visitor(port)
        try:
            visitor.open()
            return visitor
        except Refused as error:
            visitor.close()
            if process.poll() is not None or time.monotonic() > deadline:
                raise BenchError(f"{bot.name} did not start ({error}): {last_words(log)}") from None
            time.sleep(ASK_AGAIN_SECONDS)


def _turns(bot: Bot, size: Size, values: dict[str, float], notes: dict[str, Any], tell: Callable[[str], None]) -> None:
    port = free_port()
    command, folder, env = bot.server(port)
    held = Turns()
    begun = time.perf_counter()
    with started(command, folder, env) as (process, log):

        def arrive() -> Visitor:
            return bot.visitor(port)

        def note(turns: Turns) -> Turns:
            held.milliseconds += turns.milliseconds
            held.failed += turns.failed
            return turns

        _first_answer(bot, port, process, log)
        values.setdefault("start", time.perf_counter() - begun)
        values["memory_idle_rss"], values["memory_idle_pss"] = memory(process.pid)
        tell(f"{bot.name}: one user, {size.turns} turns")
        first = note(one_user(arrive, bot.scripts[:1], 1, bot.failed))
        note(one_user(arrive, bot.scripts, 1 if size is QUICK else sum(map(len, bot.scripts)), bot.failed))  # warm-up
        worked = processor_seconds(process.pid)
        alone = note(one_user(arrive, bot.scripts, size.turns, bot.failed))
        worked = processor_seconds(process.pid) - worked
        if len(held.milliseconds) < size.used:
            note(one_user(arrive, bot.scripts, size.used - len(held.milliseconds), bot.failed))
        values["memory_used_rss"], values["memory_used_pss"] = memory(process.pid)
        values["turn_p50"], values["turn_p95"] = (
            percentile(alone.milliseconds, 0.5),
            percentile(alone.milliseconds, 0.95),
        )
        values["turn_first"] = max(first.milliseconds)
        tell(f"{bot.name}: {size.users} users, {size.seconds:.0f} s")
        together, took = many_users(arrive, bot.scripts, size.users, size.seconds, bot.failed)
        note(together)
        values["throughput"] = len(together.milliseconds) / took
        values["throughput_p95"] = percentile(together.milliseconds, 0.95)
        tell(f"{bot.name}: {size.conversations} conversations of {size.late} turns")
        values["late_turn"], long = late_against_early(arrive, bot.cycle, size.conversations, size.late, bot.failed)
        note(long)
        notes |= {
            "turns": len(held.milliseconds),
            "failed_turns": held.failed,
            "turns_of_one_user": len(alone.milliseconds),
            "processor_ms_a_turn": round(worked * 1000 / len(alone.milliseconds), 1),
            "slowest_turn_ms": round(max(alone.milliseconds), 1),
            "memory_at_the_end_rss_mb": round(memory(process.pid)[0]),
        }


def _one_core(bot: Bot, repeats: int) -> dict[str, float]:
    one = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    command = [sys.executable, str(BENCH / "one_core.py"), str(bot.models), str(repeats), *bot.readers]
    found = run(command, bot.models.parent, environment(**one), START_SECONDS)
    return {key: float(value) for key, value in json.loads(found.splitlines()[-1]).items()}
