"""Everything reviewed, loaded once: services, advice and responses, with numbers put in by key."""

from dataclasses import dataclass
from functools import lru_cache

from bot.knowledge.advice import Advice, load_advice
from bot.knowledge.responses import Responses, load_responses
from bot.knowledge.services import Directory, load_services, text_keys


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The reviewed content of this process."""

    directory: Directory
    advice: Advice
    responses: Responses

    def fill(self, text: str) -> str:
        """Put numbers into a text of `bot/content`; never called on what a person typed."""
        return self.responses.fill(text, "bot/content", {})


@lru_cache(maxsize=1)
def shared_knowledge() -> Knowledge:
    """Loaded at the first call (about 0.2 s); `shared_knowledge.cache_clear()` reads the files again.

    Raises:
        ContentError: a file is broken; says file, line, key and the mend.
    """
    directory = load_services()
    return Knowledge(directory, load_advice(), load_responses(fields=text_keys(directory)))
