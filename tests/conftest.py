"""The one trained model that the tests of a session share."""

import asyncio
import sys
import time
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # the checkout that holds these tests, also when another one is installed

MODEL = ROOT / "models" / "signpost.tar.gz"
PATIENCE = 90  # seconds in which somebody else may be replacing the model

T = TypeVar("T")


class Loop:
    """An event loop of the tests' own, so that plain functions can talk to the bot."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return self._loop.run_until_complete(coroutine)

    def close(self) -> None:
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        self._loop.close()


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.close()


@pytest.fixture(scope="session")
def model() -> Path:
    """The trained model's file."""
    for _ in range(PATIENCE):
        if MODEL.is_file() and MODEL.stat().st_size:
            return MODEL
        time.sleep(1)
    pytest.fail(f"there is no model at {MODEL}: run `signpost train`")


@pytest.fixture(scope="session")
def agent(loop: Loop, model: Path) -> Any:
    """The real agent as `signpost serve` loads it."""
    from bot.serving.server import load, quiet

    quiet()
    return loop.run(load(model))
