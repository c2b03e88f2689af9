"""Where the project's files lie."""

import os
from pathlib import Path


def root() -> Path:
    """The folder with `domain.yml`: `SIGNPOST_ROOT` when set, else the checkout that this package stands in."""
    return Path(os.environ.get("SIGNPOST_ROOT") or Path(__file__).resolve().parents[1])


CONTENT = Path(__file__).resolve().parent / "content"
