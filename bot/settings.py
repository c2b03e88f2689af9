"""Settings from `SIGNPOST_*` variables; sensible with none set (the README has the table)."""

import os
from dataclasses import dataclass
from pathlib import Path

from bot.errors import SettingsError
from bot.paths import root


@dataclass(frozen=True, slots=True)
class Settings:
    """The effective values.

    Attributes:
        host: address to listen on; loopback unless told otherwise.
        port: port of the web server.
        models: folder of trained models.
        allowed_origins: origins besides the server's own that may post.
    """

    host: str
    port: int
    models: Path
    allowed_origins: tuple[str, ...]


def load_settings(port: int | None = None) -> Settings:
    """Read the environment.

    Args:
        port: from the command line, before the variable.

    Raises:
        SettingsError: a port that is no number from 1 to 65535.
    """
    given = os.environ.get("SIGNPOST_PORT", "8080")
    if port is None and not given.isdecimal():
        raise SettingsError(f"SIGNPOST_PORT is {given!r}: give a number from 1 to 65535, such as 8080")
    chosen = int(given) if port is None else port
    if not 1 <= chosen <= 65535:
        raise SettingsError(f"{chosen} is no port: give a number from 1 to 65535, such as 8080")
    return Settings(
        host=os.environ.get("SIGNPOST_HOST", "127.0.0.1"),
        port=chosen,
        models=Path(os.environ.get("SIGNPOST_MODELS") or root() / "models"),
        allowed_origins=tuple(os.environ.get("SIGNPOST_ALLOWED_ORIGINS", "").replace(",", " ").split()),
    )
