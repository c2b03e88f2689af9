"""Recognition on one core: `one_core.py recogniser|pipeline MODELS REPEATS` prints milliseconds (p50) as JSON.

`recogniser` is Signpost's own, out of Rasa; `pipeline` is all of Rasa's language components, of whichever bot the model is.
"""

import asyncio
import json
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
    kind, models, repeats = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    understand = _recogniser(models) if kind == "recogniser" else _pipeline(models)
    print(json.dumps({"15": _p50(understand, WORDS_15, repeats), "80": _p50(understand, WORDS_80, repeats)}))


def _p50(understand: Callable[[str], object], texts: Sequence[str], repeats: int) -> float:
    took = []
    for place in range(WARM_UP + repeats):
        begun = time.perf_counter()
        understand(texts[place % len(texts)])
        took.append((time.perf_counter() - begun) * 1000)
    return statistics.median(took[WARM_UP:])


def _recogniser(models: Path) -> Callable[[str], object]:
    from bot.serving.model import load_recogniser

    return load_recogniser(models).recognise


def _pipeline(models: Path) -> Callable[[str], object]:
    import rasa.utils.log_utils
    from rasa.core.agent import load_agent

    rasa.utils.log_utils.configure_structlog()
    loop = asyncio.new_event_loop()
    model = max(models.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    agent = loop.run_until_complete(load_agent(model_path=str(model)))
    return lambda text: loop.run_until_complete(agent.parse_message(text))


if __name__ == "__main__":
    main()
