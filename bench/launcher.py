"""Serve Signpost with the visitors' limits lifted, through the channel's own settings: `launcher.py PORT`."""

import sys

from bot.channels.sessions import Limits
from bot.channels.web import WebSettings
from bot.serving.model import require_model
from bot.serving.server import listening, serve
from bot.settings import load_settings

NO_LIMIT = 1_000_000_000


def main() -> None:
    """Serve until ended."""
    limits = Limits(burst=NO_LIMIT, per_second=float(NO_LIMIT), conversations_per_minute=NO_LIMIT)
    settings = load_settings(int(sys.argv[1]))
    with listening(settings.host, settings.port) as port:
        serve(settings, require_model(settings.models), port, print, channel_settings=WebSettings(limits=limits))


if __name__ == "__main__":
    main()
