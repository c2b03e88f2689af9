"""Reading on one core: `one_core.py MODELS REPEATS READER...` prints milliseconds (p50) as JSON.

The reader `recognise` is Signpost's recogniser by itself; `parse` is all of Rasa's language components, of whichever bot the
model is.
"""

import asyncio
import json
import logging
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from conversations import WORDS_15, WORDS_80

WARM_UP = 3


def main() -> None:
    """Measure both lengths."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    models, repeats = Path(sys.argv[1]), int(sys.argv[2])
    found: dict[str, float] = {}
    for name in sys.argv[3:]:
        read = READERS[name](models)
        found |= {f"{name}_15": _p50(read, WORDS_15, repeats), f"{name}_80": _p50(read, WORDS_80, repeats)}
    print(json.dumps(found))


def _p50(read: Callable[[str], object], texts: Sequence[str], repeats: int) -> float:
    took = []
    for place in range(WARM_UP + repeats):
        begun = time.perf_counter()
        read(texts[place % len(texts)])
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took[WARM_UP:])


def _recogniser(models: Path) -> Callable[[str], object]:
    from bot.serving.model import load_recogniser

    return load_recogniser(models).recognise


def _pipeline(models: Path) -> Callable[[str], object]:
    import rasa.utils.log_utils
    from rasa.core.agent import load_agent

    rasa.utils.log_utils.configure_structlog(logging.ERROR)
    loop = asyncio.new_event_loop()
    model = max(models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    agent = loop.run_until_complete(load_agent(model_path=str(model)))
    return lambda text: loop.run_until_complete(agent.parse_message(text))


READERS = {"recognise": _recogniser, "parse": _pipeline}

if __name__ == "__main__":
    main()
