"""Fixtures of the dialogue tests: the bot, and an action endpoint that fails."""

import sys
from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from failing import FailingActions
from harness import EVERY_STATE, Bot

LAST = "test_words_said"  # reads what all the others made the bot say


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem == LAST)


@pytest.fixture(scope="session")
def bot(agent: Any, loop: Any) -> Iterator[Bot]:
    """The real agent. An encoding is a pure function of its text: sentences said in every state are encoded once."""
    from bot.nlu import featurizer

    real = featurizer.read
    featurizer.read = lru_cache(maxsize=4096)(real)
    made = Bot(agent, loop)
    for state in EVERY_STATE:
        made.at(state)
    yield made
    featurizer.read = real


@pytest.fixture
def breaking(bot: Bot) -> Iterator[Callable[[str], FailingActions]]:
    """Puts an action endpoint in place that fails in the way named."""
    real = bot.agent.processor.action_endpoint

    def put(way: str) -> FailingActions:
        bot.agent.processor.action_endpoint = FailingActions(way)
        return bot.agent.processor.action_endpoint

    yield put
    bot.agent.processor.action_endpoint = real
