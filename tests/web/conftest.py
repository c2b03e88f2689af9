"""Fixtures of the web tests.

`agent_app` is the one place where these tests stand in for the trained model: an agent at Rasa's `handle_message`, with the real
tracker store. To run them on the model, give it an agent of your own.
"""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from serving import FIELDS, ROOMY, Client, Served, StandInAgent, serve
from visiting import CHROMIUM, FLAGS, Page

from bot.channels.static import load_static
from bot.channels.web import WebChannel, WebSettings


@pytest.fixture(scope="session")
def content() -> Any:
    return load_static(FIELDS)


@pytest.fixture
def agent_app(content: Any) -> Iterator[Callable[..., Served]]:
    """Starts servers for a test; swap `StandInAgent` for the trained agent here."""
    started: list[Served] = []

    def start(settings: WebSettings | None = None, clock: Any = None, **options: Any) -> Served:
        channel = WebChannel(settings or WebSettings(limits=ROOMY), options.pop("content", content), clock)
        started.append(serve(channel, options.pop("agent", None) or StandInAgent(), **options))
        return started[-1]

    yield start
    for each in started:
        each.stop()


@pytest.fixture
def served(agent_app: Callable[..., Served]) -> Served:
    return agent_app()


@pytest.fixture
def client(served: Served) -> Client:
    made = served.client()
    assert made.open().status == 200
    return made


@pytest.fixture(scope="module")  # its event loop must be gone before asynchronous tests
def browser() -> Iterator[Any]:
    if not CHROMIUM.exists():
        pytest.skip("Chromium is not installed")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        yield launched
        launched.close()


@pytest.fixture
def opened(browser: Any, served: Served) -> Iterator[Callable[..., Page]]:
    pages: list[Page] = []

    def make(server: Served = served, **options: Any) -> Page:
        pages.append(Page(browser, server, **options))
        return pages[-1]

    yield make
    for each in pages:
        each.context.close()
