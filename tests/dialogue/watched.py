"""Runs `signpost` with every file it writes and every address it reaches for noted: `python watched.py NOTES serve --port 9000`."""

import os
import sys
from typing import Any

WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND
REACHING = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.sendmsg", "sqlite3.connect")
notes = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)


def note(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
        os.write(notes, f"open\t{arguments[0]!s}\n".encode("utf-8", "replace"))
    elif event in REACHING:
        os.write(
            notes,
            f"{event}\t{arguments[-1] if event != 'socket.getaddrinfo' else arguments[0]!r}\n".encode(
                "utf-8", "replace"
            ),
        )


sys.addaudithook(note)
sys.argv = ["signpost", *sys.argv[2:]]

from bot.cli import main  # noqa: E402

sys.exit(main())
