"""Options for staying safer. Each text that names a step the other person could notice says so itself."""

from collections.abc import Iterable

from bot.advice import in_turn, most_telling_first
from bot.knowledge.advice import Advice

_GENERAL = ("telling", "travel", "home")


def for_behaviours(content: Advice, behaviours: Iterable[str], limit: int = 2) -> tuple[str, ...]:
    """Safety options for what has been told.

    Args:
        content: the reviewed advice.
        behaviours: labels of recognition; those that the advice does not know are left out.
        limit: how many texts; at least one comes back.

    Returns:
        One text a behaviour, most telling first, then their further texts, then general options. No text stands twice.
    """
    specific = in_turn(behaviour.safety for behaviour in most_telling_first(content, behaviours))
    general = in_turn(tuple(passage.text for passage in content.places[place]) for place in _GENERAL)
    return tuple(dict.fromkeys((*specific, *general)))[: max(limit, 1)]


def for_place(content: Advice, place: str, limit: int = 3) -> tuple[str, ...]:
    """Safety options for a place or a moment.

    Args:
        content: the reviewed advice.
        place: one of `bot.knowledge.advice.PLACES`; any other gets general options.
        limit: how many texts; at least one comes back.
    """
    if place not in content.places:
        return for_behaviours(content, (), limit)
    return tuple(passage.text for passage in content.places[place])[: max(limit, 1)]
