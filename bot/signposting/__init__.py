"""Which services to name, and in what words: open now first, never a field that nobody checked."""

from bot.knowledge.services import text_keys
from bot.signposting.offer import Offer, describe
from bot.signposting.selection import choose

__all__ = ["Offer", "choose", "describe", "text_keys"]
