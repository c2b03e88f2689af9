"""A hash of the code and content that a component rests on.

Rasa's training cache keys a component by the source of its own class, not of the modules it calls (`fingerprint_addon` is its
hook for the rest): without this, `rasa train` after a change in `bot/recognition` silently reuses the old model.
"""

import hashlib
from functools import lru_cache
from pathlib import Path

_BOT = Path(__file__).resolve().parents[1]


@lru_cache(maxsize=8)
def code_fingerprint(*parts: str) -> str:
    """sha256 over files.

    Args:
        parts: files or folders under `bot/`, such as "recognition" or "content/cues.yml".
    """
    digest = hashlib.sha256()
    for part in parts:
        path = _BOT / part
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            digest.update(file.relative_to(_BOT).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()
