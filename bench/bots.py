"""The two bots that are measured: how each is trained, started and talked to."""

import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from conversations import SIGNPOST, SIGNPOST_CYCLE, STOCK, STOCK_CYCLE, Script
from processes import LOOPBACK, ROOT, environment, run
from talking import Reply, RestVisitor, SignpostVisitor, Visitor

BENCH = ROOT / "bench"
TRAINING_SECONDS = 900.0
CHANGED_FILES = 5
_EXAMPLE = re.compile(r"^( +- text: \|\n +)(\S.*)$", re.MULTILINE)
_STOCK_EXAMPLE = re.compile(r"^( {4}- )(\S.*)$", re.MULTILINE)


class Bot(Protocol):
    """What a measurement needs of a bot.

    Attributes:
        name: in the table.
        scripts: its visitors' conversations.
        cycle: the turns of one long conversation.
        models: folder of the model that is served.
        readers: what of it is measured on one core (`one_core.py`).
    """

    name: str
    scripts: Sequence[Script]
    cycle: Script
    models: Path
    readers: Sequence[str]

    def train(self) -> None:
        """Train in a fresh process from what the last training left."""

    def change_sentences(self) -> None:
        """Change a few training sentences."""

    def server(self, port: int) -> tuple[list[str], Path, dict[str, str]]:
        """Command, folder and environment of the server that turns are measured on."""

    def plain_server(self, port: int) -> tuple[list[str], Path, dict[str, str]]:
        """The same as somebody would start it, for the start's time."""

    def visitor(self, port: int) -> Visitor:
        """Somebody who talks to the server."""

    def failed(self, reply: Reply) -> bool:
        """Whether a reply says that the bot could not answer."""


@dataclass(slots=True)
class Signpost:
    """This project; trained in a copy of its data, served from `models/` as it stands.

    Attributes:
        work: an empty folder for the copy, its caches and its model.
    """

    work: Path
    name: str = "Signpost"
    scripts: Sequence[Script] = SIGNPOST
    cycle: Script = SIGNPOST_CYCLE
    models: Path = ROOT / "models"
    readers: Sequence[str] = ("recognise", "parse")
    helpless: frozenset[str] = frozenset()

    def prepare(self) -> None:
        """Copy what training reads; nothing of the project's own caches is used or changed."""
        for name in ("config.yml", "domain.yml"):
            shutil.copy(ROOT / name, self.work / name)
        shutil.copytree(ROOT / "data", self.work / "data")

    def train(self) -> None:
        """`signpost train`, in the copy: its caches lie there too."""
        env = environment(
            SIGNPOST_ROOT=str(self.work),
            SIGNPOST_MODELS=str(self.work / "models"),
            RASA_CACHE_DIRECTORY=str(self.work / ".rasa" / "cache"),
            TMPDIR=str(self.work),
        )
        run([sys.executable, "-m", "bot", "train"], ROOT, env, TRAINING_SECONDS)

    def change_sentences(self) -> None:
        """One word more in the first sentence of a few files of the copy."""
        _change(sorted((self.work / "data" / "nlu").glob("situation_*.yml"))[:CHANGED_FILES], _EXAMPLE)

    def server(self, port: int) -> tuple[list[str], Path, dict[str, str]]:
        """With the limits of a visitor lifted."""
        return [sys.executable, str(BENCH / "launcher.py"), str(port)], ROOT, environment()

    def plain_server(self, port: int) -> tuple[list[str], Path, dict[str, str]]:
        """`signpost serve`."""
        return [sys.executable, "-m", "bot", "serve", "--no-train", "--port", str(port)], ROOT, environment()

    def visitor(self, port: int) -> Visitor:
        """Somebody on the web page."""
        return SignpostVisitor(port)

    def failed(self, reply: Reply) -> bool:
        """Whether the channel's own help stands where an answer should."""
        if not self.helpless:
            from bot.channels.static import UNAVAILABLE, load_static

            self.helpless = frozenset(message["text"] for message in load_static().help(UNAVAILABLE))
        return bool(self.helpless.intersection(reply.texts))


@dataclass(slots=True)
class Stock:
    """What `rasa init` makes, with its default configuration, on Rasa's own `rest` channel.

    Attributes:
        work: an empty folder for it.
    """

    work: Path
    name: str = "rasa init"
    scripts: Sequence[Script] = STOCK
    cycle: Script = STOCK_CYCLE
    readers: Sequence[str] = ("parse",)

    @property
    def models(self) -> Path:
        """Where `rasa train` puts its models."""
        return self.work / "models"

    def prepare(self) -> None:
        """The files of `rasa init --no-prompt`, by the function it calls; its training is measured as `rasa train`."""
        from rasa.cli.scaffold import create_initial_project

        create_initial_project(str(self.work))

    def train(self) -> None:
        """`rasa train`."""
        run([*self._rasa(), "train"], self.work, self._environment(), TRAINING_SECONDS)

    def change_sentences(self) -> None:
        """One word more in the first sentences of its training data."""
        _change([self.work / "data" / "nlu.yml"], _STOCK_EXAMPLE)

    def server(self, port: int) -> tuple[list[str], Path, dict[str, str]]:
        """`rasa run`."""
        command = [*self._rasa(), "run", "-i", LOOPBACK, "-p", str(port), "--credentials", "credentials.yml"]
        return command, self.work, self._environment()

    def plain_server(self, port: int) -> tuple[list[str], Path, dict[str, str]]:
        """The same."""
        return self.server(port)

    def visitor(self, port: int) -> Visitor:
        """Somebody on the `rest` channel."""
        return RestVisitor(port)

    def failed(self, reply: Reply) -> bool:
        """It has no such reply; an empty one counts by itself."""
        return False

    @staticmethod
    def _rasa() -> list[str]:
        return [sys.executable, "-m", "rasa"]

    def _environment(self) -> dict[str, str]:
        # Nothing of this project on its path: it is Rasa as installed.
        cache = str(self.work / ".rasa" / "cache")
        return {**environment(TMPDIR=str(self.work), RASA_CACHE_DIRECTORY=cache), "PYTHONPATH": ""}


def _change(files: Sequence[Path], example: "re.Pattern[str]") -> None:
    for file in files:
        text, count = example.subn(
            r"\1\2 honestly", file.read_text(encoding="utf-8"), count=CHANGED_FILES // len(files)
        )
        if not count:
            raise ValueError(f"{file}: no example found to change")
        file.write_text(text, encoding="utf-8")
