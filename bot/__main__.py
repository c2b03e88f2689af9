"""`python -m bot`: the same as `signpost`."""

import sys

from bot.cli import main

sys.exit(main())
