"""Promise 6: no words of a person reach a disk, a log or another machine.

The words are made up for each run, so that no file that holds these tests can hold them too.
"""

import json
import logging
import os
import re
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from failing import WAYS
from harness import ROOT, Bot, words

CANARY = f"{secrets.token_hex(6)} 07700 900{secrets.randbelow(1000):03}"
WORD = CANARY.split()[0]
SAID = [
    f"my ex rings me from {CANARY} every night and waits outside my work",
    f"terrified, he texted {CANARY}",
    f"/restart {CANARY}",
    f"what is the law about {CANARY}",
    f"he is breaking in right now {CANARY}",
    f"im safe now {CANARY}",
    f"\u200b{CANARY}\ud83d",
    f"i want to die {CANARY}",
    f"i keep following her, her number is {CANARY}",
    f"start again {CANARY}",
]
LOOPBACK = re.compile(r"127\.0\.0\.1|::1|localhost|^None$|AF_UNIX|^/")


@dataclass
class Watched:
    """A real `signpost serve` in which somebody has talked, and what is left of it."""

    output: str
    notes: list[list[str]]
    folders: list[Path]
    remote: set[str]
    replies: list[dict[str, Any]]


def post(base: str, path: str, body: bytes, token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(base + path, body, headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return json.loads(error.read())


def talk(base: str) -> list[dict[str, Any]]:
    opened = post(base, "/session", b"{}")
    token = opened["token"]
    replies = [
        post(base, "/message", json.dumps({"n": n, "text": text}).encode(), token) for n, text in enumerate(SAID, 1)
    ]
    wrong = [
        {"n": 0, "text": CANARY},
        {"n": 99, "payload": f"/{CANARY}"},
        {"text": CANARY},
        {"n": len(SAID) + 1, "text": CANARY * 2000},
    ]
    replies += [post(base, "/message", json.dumps(body).encode(), token) for body in wrong]
    replies.append(post(base, "/message", f"{{not json {CANARY}".encode(), token))
    replies.append(post(base, f"/{WORD}", CANARY.encode(), token))
    replies.append(post(base, "/message", json.dumps({"n": 1, "text": CANARY}).encode(), CANARY))
    replies.append(post(base, "/end", b"{}", token))
    return replies


def wait(port: int, process: subprocess.Popen[str]) -> None:
    for _ in range(1200):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)
    raise AssertionError("the server did not start in two minutes")


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory, model: Path) -> Watched:
    folder = tmp_path_factory.mktemp("watched")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {name: folder / name.lower() for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME")}
    for path in own.values():
        path.mkdir()
    environment = {
        **os.environ,
        **{name: str(path) for name, path in own.items()},
        "PYTHONPATH": str(ROOT),
        "SIGNPOST_ROOT": str(ROOT),
    }
    command = [
        sys.executable,
        str(Path(__file__).with_name("watched.py")),
        str(folder / "notes"),
        "serve",
        "--no-train",
        "--port",
        str(port),
    ]
    with (folder / "output").open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait(port, process)
            replies = talk(f"http://127.0.0.1:{port}")
            remote = {
                each.raddr.ip
                for each in psutil.Process(process.pid).net_connections("all")
                if each.raddr and hasattr(each.raddr, "ip")
            }
        finally:
            process.terminate()
            process.wait(30)
    lines = (folder / "notes").read_text(encoding="utf-8", errors="replace").splitlines()
    return Watched(
        (folder / "output").read_text(errors="replace"),
        [line.split("\t", 1) for line in lines],
        list(own.values()),
        remote,
        replies,
    )


def test_the_conversation_was_held(watched: Watched) -> None:
    assert any("999" in words(reply["messages"]) for reply in watched.replies[: len(SAID)])
    assert all(reply.get("messages") is not None for reply in watched.replies)


def test_nothing_is_printed(watched: Watched) -> None:
    assert WORD not in watched.output
    assert "07700 900" not in watched.output


def test_no_file_holds_the_words(watched: Watched) -> None:
    written = {Path(path) for event, path in watched.notes if event == "open"}
    written |= {path for folder in watched.folders for path in folder.rglob("*")}
    held = [
        path
        for path in written
        if path.is_file() and not str(path).startswith(("/dev", "/proc")) and WORD.encode() in path.read_bytes()
    ]
    assert not held


def test_no_file_of_the_project_is_touched(watched: Watched) -> None:
    written = {Path(path) for event, path in watched.notes if event == "open" and not str(path).isdigit()}
    inside = {path.relative_to(ROOT) for path in written if path.is_absolute() and path.is_relative_to(ROOT)}
    assert not {
        path for path in inside if path.parts[0] not in (".venv", ".cache", ".rasa") and "__pycache__" not in path.parts
    }


def test_nothing_beyond_loopback_is_reached_for(watched: Watched) -> None:
    reached = [line for line in watched.notes if line[0].startswith("socket")]
    assert [line for line in reached if not LOOPBACK.search(line[1].strip("'\"")) and "127.0.0.1" not in line[1]] == []
    assert watched.remote <= {"127.0.0.1", "::1", "::ffff:127.0.0.1"}


class Everything(logging.Handler):
    """Keeps every record that any logger lets through."""

    def __init__(self) -> None:
        super().__init__(logging.NOTSET)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        formatted = logging.Formatter("%(name)s %(levelname)s %(message)s").format(record)
        self.texts.append(f"{formatted} {record.args!r}")


@pytest.fixture
def logged() -> Iterator[Everything]:
    """All records, under the settings of `signpost serve`."""
    from bot.serving.server import quiet

    quiet()
    handler, root = Everything(), logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.NOTSET)
    yield handler
    root.removeHandler(handler)
    root.setLevel(level)


def leaks(texts: list[str]) -> list[str]:
    return [text[:600] for text in texts if WORD in text or CANARY in text]


def test_no_record_at_any_level_holds_the_words(bot: Bot, logged: Everything, capfd) -> None:
    conversation = bot.at("opened")
    for text in SAID:
        conversation.say(text)
    printed = capfd.readouterr()
    assert leaks(logged.texts) == []
    assert WORD not in printed.out + printed.err


@pytest.mark.parametrize("way", [*WAYS, "hangs"])
def test_no_record_holds_the_words_when_actions_fail(bot: Bot, breaking, logged: Everything, capfd, way: str) -> None:
    """An exception's text often holds the value that broke the code."""
    breaking(way)
    conversation = bot.at("question:fear", give_up_seconds=0.3 if way == "hangs" else 60)
    for text in SAID[:2]:
        conversation.say(text)
    printed = capfd.readouterr()
    assert leaks(logged.texts) == []
    assert WORD not in printed.out + printed.err


def test_the_net_is_fine_enough(logged: Everything) -> None:
    logging.getLogger("bot.somewhere").debug("read %s", CANARY)
    assert leaks(logged.texts)


def test_ended_is_forgotten(bot: Bot) -> None:
    from bot.stores.forgetting import forget

    conversation = bot.at("safe to talk")
    conversation.say(SAID[0])
    bot.loop.run(forget(bot.agent.tracker_store, conversation.session.sender_id))
    assert bot.loop.run(bot.agent.tracker_store.retrieve(conversation.session.sender_id)) is None


def test_old_words_go_while_the_conversation_lives(bot: Bot) -> None:
    conversation = bot.at("safe to talk")
    conversation.say(f"he keeps ringing me. {CANARY}")
    for _ in range(5):
        conversation.say("not sure")
    tracker = bot.loop.run(bot.agent.tracker_store.retrieve(conversation.session.sender_id))
    assert not [
        event for event in tracker.events if type(event).__name__ == "UserUttered" and WORD in str(event.as_dict())
    ]
