"""`signpost doctor`: what a working installation needs, each with its mend."""

import hashlib
import json
import os
import shutil
import sys
import tarfile
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.errors import ModelError, SignpostError
from bot.paths import root
from bot.private import LOOPBACK
from bot.serving.model import is_current, load_recogniser, model_path, require_model
from bot.serving.server import address, listening
from bot.settings import Settings, load_settings

ACTION_PORT = 5055
ENOUGH_DISK = 1_000_000_000  # a model, its caches and their drafts
_VARIABLES = ("SIGNPOST_HOST", "SIGNPOST_PORT", "SIGNPOST_MODELS", "SIGNPOST_ALLOWED_ORIGINS", "SIGNPOST_ROOT")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at.

    Attributes:
        name: what it is.
        ok: whether it will do.
        detail: what was found.
        mend: what to do, empty where all is well.
    """

    name: str
    ok: bool
    detail: str
    mend: str = ""


class _Wrong(Exception):
    """Carries what was found and the mend out of a check."""

    def __init__(self, detail: str, mend: str) -> None:
        super().__init__(detail)
        self.detail, self.mend = detail, mend


def examine() -> list[Check]:
    """Look at everything; nothing is changed.

    Raises:
        SettingsError: a setting is wrong, so that nothing else can be judged.
    """
    settings = load_settings()
    looks: list[tuple[str, Callable[[], str]]] = [
        ("python", _python),
        ("privacy", _privacy),
        ("address", lambda: _address(settings)),
        ("encoder", _encoder),
        ("content", _content),
        ("model", lambda: _model(settings)),
        (f"port {settings.port}", lambda: _web_port(settings)),
        (f"port {ACTION_PORT}", _action_port),
        ("disk", lambda: _disk(settings)),
    ]
    return [_checked(name, look) for name, look in looks]


def _checked(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except _Wrong as wrong:
        return Check(name, False, wrong.detail, wrong.mend)
    except SignpostError as error:
        return Check(name, False, " ".join(str(error).split()), "do what the message says")


def _python() -> str:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] != (3, 11):
        raise _Wrong(f"Python {found}", "Rasa 3.6 runs on 3.11: run `make install`, then .venv/bin/signpost")
    return f"Python {found} in {sys.prefix}"


def _privacy() -> str:
    import rasa.core.constants

    if os.environ.get("RASA_TELEMETRY_ENABLED") != "false":
        raise _Wrong("Rasa's telemetry is on", "run `make install`: it puts signpost_private.pth into .venv")
    if rasa.core.constants.DEFAULT_SERVER_INTERFACE != LOOPBACK or "bot.private" not in sys.modules:
        raise _Wrong(
            "plain `rasa run` listens on every address", "run `make install`: it puts signpost_private.pth into .venv"
        )
    if os.environ.get("SANIC_HOST", LOOPBACK) != LOOPBACK:
        raise _Wrong(
            f"SANIC_HOST is {os.environ['SANIC_HOST']}", "unset it, or keep the action server's port closed to others"
        )
    return "telemetry off, Rasa's servers on loopback"


def _address(settings: Settings) -> str:
    if settings.host in (LOOPBACK, "::1", "localhost"):
        return f"{settings.host}: this machine alone"
    return f"{settings.host}: other machines can reach it, as SIGNPOST_HOST says"


def _encoder() -> str:
    from bot.recognition.encoder import WEIGHTS_SHA256, model_folder

    weights = model_folder() / "model.safetensors"
    if not weights.is_file():
        raise _Wrong(f"{weights} is missing", "run `make install`")
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != WEIGHTS_SHA256:
        raise _Wrong(
            f"{weights} has sha256 {found[:16]}..., not {WEIGHTS_SHA256[:16]}...", "delete .venv and run `make install`"
        )
    return f"all-MiniLM-L6-v2, sha256 {found[:16]}..."


def _content() -> str:
    from bot.conversation.knowledge import shared_knowledge
    from bot.knowledge.places import load_places
    from bot.knowledge.questions import load_questions
    from bot.recognition.cues import shared_cuer

    for load in (shared_knowledge, load_places, shared_cuer):
        load()
    return f"services, advice, responses and {len(load_questions())} questions load"


def _model(settings: Settings) -> str:
    try:
        require_model(settings.models)
        load_recogniser(settings.models)
    except ModelError as error:
        raise _Wrong(str(error).split(":")[0], "run `signpost train`") from error
    except (OSError, EOFError, tarfile.TarError) as error:
        raise _Wrong(f"{model_path(settings.models)} cannot be read", "run `signpost train --force`") from error
    if not is_current(settings.models):
        raise _Wrong(
            "the model is older than the data or the code", "run `signpost train` (`make run` does it by itself)"
        )
    return f"{model_path(settings.models)} is current"


def _web_port(settings: Settings) -> str:
    try:
        listening(settings.host, settings.port).close()
    except SignpostError as error:
        if _is_signpost(settings):
            return f"Signpost answers at {address(settings)}"
        mend = f"stop what uses it, or `signpost serve --port {settings.port % 65535 + 1}`"
        raise _Wrong(str(error).split(":")[0], mend) from error
    return "free"


def _is_signpost(settings: Settings) -> bool:
    straight = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with straight.open(f"{address(settings)}/health", timeout=1) as reply:
            return bool(json.loads(reply.read(1000)) == {"status": "ok"})
    except (OSError, ValueError):
        return False


def _action_port() -> str:
    try:
        listening(LOOPBACK, ACTION_PORT).close()
    except SignpostError as error:
        mend = "fine if it is your action server; else stop it: plain `rasa shell` needs the port (`signpost serve` does not)"
        raise _Wrong(f"port {ACTION_PORT} is taken", mend) from error
    return "free"


def _disk(settings: Settings) -> str:
    place = next(folder for folder in (settings.models, *settings.models.resolve().parents) if folder.exists())
    free = shutil.disk_usage(place).free
    if free < ENOUGH_DISK:
        raise _Wrong(
            f"{free / 1e9:.1f} GB free at {place}", f"make room: a training needs about {ENOUGH_DISK / 1e9:.0f} GB"
        )
    return f"{free / 1e9:.1f} GB free at {place}"


def effective() -> dict[str, Any]:
    """The settings as they are in force, by the name of their variable."""
    settings = load_settings()
    values = (
        settings.host,
        settings.port,
        str(settings.models),
        " ".join(settings.allowed_origins),
        str(root()),
    )
    return dict(zip(_VARIABLES, values, strict=True))


def as_json(checks: Sequence[Check]) -> str:
    """For machines: `{"ok", "checks": [...], "settings": {...}}`."""
    report = {"ok": all(c.ok for c in checks), "checks": [asdict(c) for c in checks], "settings": effective()}
    return json.dumps(report, indent=1)


def as_text(checks: Sequence[Check]) -> str:
    """For people: a line a check, then the settings."""
    lines = [f"{'ok  ' if c.ok else 'FAIL'}  {c.name:12} {c.detail}{f' -> {c.mend}' if c.mend else ''}" for c in checks]
    lines += ["", "settings in force (set the variable to change one)"]
    for name, value in effective().items():
        given = "set" if os.environ.get(name) else "default"
        lines.append(f"      {name:26} {value if value != '' else '-'}  ({given})")
    return "\n".join(lines)
