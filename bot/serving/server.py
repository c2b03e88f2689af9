"""The one process of `signpost serve`: web channel, Rasa agent and actions."""

import asyncio
import contextlib
import logging
import socket
import uuid
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.errors import StartError
from bot.settings import Settings

# Known words and what must be recognised in them before the server says that it is ready.
PROBES = (
    ("he is trying to get in through the back door", "immediate_danger", True),
    ("i dont want to be alive any more", "self_harm", True),
    ("my ex follows me home from work every night", "concern", "stalking"),
)


def quiet() -> None:
    """Rasa, Sanic and TensorFlow log warnings and worse; nothing they log may hold a person's words."""
    warnings.filterwarnings("ignore")
    import rasa.utils.log_utils

    rasa.utils.log_utils.configure_structlog(logging.ERROR)
    for name in ("rasa", "rasa_sdk", "sanic", "sanic.root", "sanic.error", "sanic.access", "apscheduler", "matplotlib"):
        logging.getLogger(name).setLevel(logging.ERROR)


def require_port(host: str, port: int) -> None:
    """Check that the port is free.

    Raises:
        StartError: it is taken, or the address is not this machine's.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with contextlib.closing(socket.socket(family, socket.SOCK_STREAM)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise StartError(f"port {port} on {host} cannot be used ({error.strerror}): try `--port {port + 1}`") from error


async def load(model: Path) -> Any:
    """The Rasa agent with its actions in process.

    Args:
        model: a trained model's file.
    """
    from rasa.core.agent import load_agent
    from rasa.core.utils import AvailableEndpoints
    from rasa.utils.endpoints import EndpointConfig

    from bot.serving import validation
    from bot.serving.in_process import InProcessActions

    validation.install()
    endpoints = AvailableEndpoints(
        action=InProcessActions(),
        nlg=EndpointConfig(type="bot.serving.nlg.ReviewedResponses"),
        tracker_store=EndpointConfig(type="bot.stores.forgetting.ForgettingTrackerStore"),
    )
    return await load_agent(model_path=str(model), endpoints=endpoints)


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


def serve(settings: Settings, model: Path, ready: Callable[[str], None]) -> None:
    """Serve until interrupted.

    Args:
        settings: where to listen, and whom to answer.
        model: a trained model's file.
        ready: called with the address once three known phrases are recognised.

    Raises:
        StartError: the port is taken or the model does not understand.
    """
    require_port(settings.host, settings.port)
    quiet()
    from rasa.core.run import configure_app

    from bot.channels.web import WebChannel, WebSettings

    channel = WebChannel(WebSettings(allowed_origins=settings.allowed_origins))
    app = configure_app([channel], enable_api=False, route="/", port=settings.port)
    failure: list[BaseException] = []

    async def start(running: Any, _: asyncio.AbstractEventLoop) -> None:
        try:
            running.ctx.agent = await load(model)
            await check_ready(running.ctx.agent)
        except StartError as error:
            failure.append(error)
            running.stop()
            return
        ready(f"http://{'localhost' if settings.host == '127.0.0.1' else settings.host}:{settings.port}")

    app.register_listener(start, "before_server_start")
    app.run(host=settings.host, port=settings.port, workers=1, access_log=False, motd=False)
    if failure:
        raise failure[0]
