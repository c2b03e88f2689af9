"""The one process of `signpost serve`: web channel, Rasa agent and actions."""

import asyncio
import errno
import logging
import socket
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.errors import ModelError, SignpostError, StartError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.channels.web import WebSettings

# Known words and what must be recognised in them before the server says that it is ready.
PROBES = (
    ("he is trying to get in through the back door", "immediate_danger", True),
    ("i dont want to be alive any more", "self_harm", True),
    ("my ex follows me home from work every night", "concern", "stalking"),
)


LOGGERS = ("rasa", "rasa_sdk", "sanic", "sanic.root", "sanic.access", "apscheduler", "matplotlib")
SHUTDOWN_SECONDS = 1.0  # for turns that are still running when the server is told to stop


def quiet() -> None:
    """Rasa, Sanic and TensorFlow log warnings and worse; nothing they log may hold a person's words."""
    # The libraries set filters of their own while they are imported, so filters alone do not last.
    warnings.showwarning = lambda *_, **__: None
    import rasa.utils.log_utils

    rasa.utils.log_utils.configure_structlog(logging.ERROR)
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.ERROR)
    # Sanic reports here what `serve` raises anyway, with a traceback; refusals and failed turns are answered by the channel.
    logging.getLogger("sanic.error").setLevel(logging.CRITICAL)


def listening(host: str, port: int) -> socket.socket:
    """The server's socket, bound before anything slow begins, so that a taken port is found at once.

    Raises:
        StartError: the port is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        mend = f"try `--port {port % 65535 + 1}`" if error.errno == errno.EADDRINUSE else "see SIGNPOST_HOST and --port"
        raise StartError(f"port {port} on {host} cannot be used ({error.strerror}): {mend}") from error
    return bound


async def load(model: Path) -> Any:
    """The Rasa agent with its actions in process.

    Args:
        model: a trained model's file.

    Raises:
        ContentError: a reviewed file is broken.
        ModelError: the model cannot be loaded; Rasa's own `load_agent` would log it and go on without one.
    """
    from rasa.core.agent import Agent
    from rasa.core.lock_store import LockStore
    from rasa.core.tracker_store import TrackerStore
    from rasa.utils.endpoints import EndpointConfig

    from bot.serving import validation
    from bot.serving.in_process import InProcessActions
    from bot.serving.nlg import ReviewedResponses

    validation.install()
    agent = Agent(
        generator=ReviewedResponses(),
        tracker_store=TrackerStore.create(EndpointConfig(type="bot.stores.forgetting.ForgettingTrackerStore")),
        lock_store=LockStore.create(None),
        action_endpoint=InProcessActions(),
    )
    try:
        agent.load_model(model)
    except SignpostError:
        raise
    except Exception as error:  # an archive can be broken in more ways than Rasa has exceptions for
        raise ModelError(f"{model} cannot be loaded ({type(error).__name__}): run `signpost train --force`") from error
    return agent


async def check_ready(agent: Any) -> None:
    """Recognise three known phrases and hold one whole turn.

    Raises:
        StartError: the model loads but does not understand them (Rasa's own components would go on untrained).
    """
    from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

    for text, key, wanted in PROBES:
        found = (await agent.parse_message(text)).get("recognition", {}).get(key)
        if found != wanted:
            raise StartError(f"the model does not recognise a known phrase ({key}): run `signpost train`")
    channel, sender = CollectingOutputChannel(), f"probe-{uuid.uuid4().hex}"
    await agent.handle_message(UserMessage("my ex follows me home every night", channel, sender))
    if not channel.messages:
        raise StartError("the model gives no reply to a known phrase: run `signpost train`")
    from bot.stores.forgetting import forget

    await forget(agent.tracker_store, sender)


def serve(
    settings: Settings,
    model: Path,
    port: socket.socket,
    ready: Callable[[str], None],
    *,
    channel_settings: "WebSettings | None" = None,
) -> None:
    """Serve until interrupted.

    Args:
        settings: where to listen, and whom to answer.
        model: a trained model's file.
        port: from `listening`.
        ready: called with the address once known phrases are recognised and the server listens.
        channel_settings: other limits than the web channel's own, which the benchmarks lift.

    Raises:
        SignpostError: a file is broken, or the model does not load or understand.
    """
    quiet()
    from rasa.core.run import configure_app

    from bot.channels.web import WebChannel, WebSettings

    channel = WebChannel(channel_settings or WebSettings(allowed_origins=settings.allowed_origins))
    app = configure_app([channel], enable_api=False, route="/", port=settings.port)
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = SHUTDOWN_SECONDS

    async def start(running: Any, _: asyncio.AbstractEventLoop) -> None:
        agent = await load(model)
        await check_ready(agent)
        running.ctx.agent = agent

    async def started(*_: Any) -> None:
        ready(address(settings))

    app.register_listener(start, "before_server_start")
    app.register_listener(started, "after_server_start")
    app.run(sock=port, workers=1, access_log=False, motd=False)


def address(settings: Settings) -> str:
    """What to type into a browser."""
    shown = {"127.0.0.1": "localhost", "0.0.0.0": "localhost"}.get(settings.host, settings.host)
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{settings.port}"
