"""`make bench`: Signpost's speed and memory beside the goals of design.md section 9.

Use: `bench/run.py [--quick] [--json FILE]`.
"""

import argparse
import signal
import sys
import tempfile
from pathlib import Path

from bots import Signpost
from measurement import QUICK, Size, measure
from processes import ROOT, BenchError
from rows import Measured, machine, save, table


def tell(line: str) -> None:
    """Progress, beside the table and not in it."""
    print(line, file=sys.stderr, flush=True)


def footnotes(bot: Measured) -> str:
    """Machine, load and what went wrong."""
    where = machine()
    return (
        f"{where['processor']}, {where['cores']} cores, Python {where['python']}; client on the same machine; "
        f"load {bot.notes['load_before']} before, {bot.notes['load_after']} after\n"
        f"{bot.name}: {bot.notes['turns']} turns, {bot.notes['failed_turns']} failed; "
        f"{bot.notes['processor_ms_a_turn']} ms of processor time a turn"
    )


def measure_signpost(size: Size) -> Measured:
    """Signpost's rows; its temporary folder is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="signpost-bench-") as work:
        bot = Signpost(Path(work))
        bot.prepare()
        return measure(bot, size, tell)


def arguments(name: str, folder: Path = ROOT / "results") -> argparse.Namespace:
    """The command line of both benchmarks."""
    parser = argparse.ArgumentParser(description=sys.modules["__main__"].__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="a smoke run: few turns, no training; its figures mean little"
    )
    parser.add_argument("--json", type=Path, default=folder / name, help="where the figures go as JSON")
    return parser.parse_args()


def heed_termination() -> None:
    """A benchmark that is told to stop still ends its servers and removes its folders."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def main() -> int:
    """Measure and print; 1 when a turn failed or a process did."""
    heed_termination()
    given = arguments("bench.json")
    try:
        bot = measure_signpost(QUICK if given.quick else Size())
    except BenchError as error:
        tell(f"bench: {error}")
        return 1
    save(given.json, [bot])
    print(table(bot), footnotes(bot), sep="\n\n")
    return 1 if bot.notes["failed_turns"] else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
