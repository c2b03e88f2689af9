"""`make bench-stock`: Signpost's rows beside those of the bot that `rasa init` makes, in one run with one client.

Use: `bench/stock.py [--quick] [--json FILE]`.

The stock bot has no custom action and seven intents; Signpost runs its own actions in nearly every turn.
"""

import sys
import tempfile
from pathlib import Path

from bots import Stock
from measurement import QUICK, Size, measure
from processes import ROOT, BenchError
from rows import Measured, comparison, save
from run import arguments, footnotes, heed_termination, measure_signpost, tell


def measure_stock(size: Size) -> Measured:
    """The rows of `rasa init`; its temporary folder is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="signpost-bench-stock-") as work:
        bot = Stock(Path(work))
        bot.prepare()
        if not size.trainings:
            bot.train()
        return measure(bot, size, tell)


def main() -> int:
    """Measure both and print; 1 when a turn failed or a process did."""
    heed_termination()
    given = arguments("bench-stock.json")
    size = QUICK if given.quick else Size()
    try:
        stock = measure_stock(size)
        signpost = measure_signpost(size)
    except BenchError as error:
        tell(f"bench: {error}")
        return 1
    save(given.json, [signpost, stock])
    print(comparison(signpost, stock), footnotes(signpost), footnotes(stock).splitlines()[-1], sep="\n\n")
    return 1 if signpost.notes["failed_turns"] or stock.notes["failed_turns"] else 0


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    sys.exit(main())
