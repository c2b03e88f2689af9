"""A conversation in the terminal, with the actions in process: `signpost shell`."""

import asyncio
import sys
import textwrap
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

LEAVE = "/stop"
OPENING = "/greet_opening"
_WIDTH = 88


def chosen(typed: str, buttons: Sequence[dict[str, str]]) -> str:
    """What is sent for a typed line: the payload of a button named by number or title, else the words.

    >>> chosen("2", [{"title": "Yes", "payload": "/affirm"}, {"title": "No", "payload": "/deny"}])
    '/deny'
    >>> chosen("yes", [{"title": "Yes", "payload": "/affirm"}])
    '/affirm'
    """
    typed = typed.strip()
    if typed.isdecimal() and 1 <= int(typed) <= len(buttons):
        return buttons[int(typed) - 1]["payload"]
    for button in buttons:
        if button["title"].casefold() == typed.casefold():
            return button["payload"]
    return typed


def written(messages: Sequence[dict[str, Any]]) -> str:
    """Replies as they stand in the terminal: paragraphs, then the buttons by number."""
    lines: list[str] = []
    for message in messages:
        for line in message["text"].splitlines():
            lines += textwrap.wrap(line, _WIDTH, break_on_hyphens=False, break_long_words=False) or [""]
        if message["text"]:
            lines.append("")
    buttons = _buttons(messages)
    lines += [f"  {number}. {button['title']}" for number, button in enumerate(buttons, start=1)]
    return "\n".join([*lines, ""] if buttons else lines)


def talk(model: Path, said: IO[str], heard: IO[str]) -> None:
    """Hold a conversation until `/stop` or the end of input.

    Args:
        model: a trained model's file.
        said: what is typed, line by line.
        heard: where replies are written.

    Raises:
        SignpostError: a file is broken, or the model does not load.
    """
    from bot.serving.server import load, quiet

    quiet()
    loop = asyncio.new_event_loop()
    try:
        agent, sender = loop.run_until_complete(load(model)), uuid.uuid4().hex
        print(f"Signpost in the terminal: type a message, or the number of an answer. {LEAVE} leaves.\n", file=heard)
        typed: str | None = OPENING
        while typed is not None:
            messages = loop.run_until_complete(_turn(agent, sender, typed))
            print(written(messages), file=heard, flush=True)
            typed = _next(said, heard, _buttons(messages))
    finally:
        loop.close()


async def _turn(agent: Any, sender: str, typed: str) -> list[dict[str, Any]]:
    from rasa.core.channels.channel import UserMessage

    from bot.channels.output import Collector
    from bot.channels.static import UNAVAILABLE, load_static

    replies = Collector()
    await agent.handle_message(UserMessage(typed, replies, sender, input_channel=replies.name()))
    return [dict(message) for message in replies.messages or load_static().help(UNAVAILABLE)]


def _next(said: IO[str], heard: IO[str], buttons: Sequence[dict[str, str]]) -> str | None:
    """The next line that says something; None when the person leaves."""
    while True:
        line = _line(said, heard)
        if line is None or line.strip() == LEAVE:
            return None
        if line.strip():
            return chosen(line, buttons)


def _line(said: IO[str], heard: IO[str]) -> str | None:
    if said is sys.stdin and said.isatty():
        try:
            return input("> ")
        except EOFError:
            return None
    line = said.readline()
    if line:
        print(f"> {line.rstrip()}", file=heard, flush=True)
    return line or None


def _buttons(messages: Sequence[dict[str, Any]]) -> list[dict[str, str]]:
    return [button for message in messages for button in message["buttons"]]
