"""Which reviewed advice to give: pure functions over `bot.knowledge.advice`, with numbers still written as keys.

This file says in what order advice about several behaviours comes; `evidence`, `safety` and `law` choose it.
"""

from collections.abc import Iterable
from itertools import chain, zip_longest

from bot.knowledge.advice import Advice, Behaviour


def most_telling_first(content: Advice, behaviours: Iterable[str]) -> tuple[Behaviour, ...]:
    """The behaviours that the advice knows, high risk first, then as in `behaviours.yml`; others are left out."""
    wanted = frozenset(behaviours)
    known = [behaviour for key, behaviour in content.behaviours.items() if key in wanted]
    return tuple(sorted(known, key=lambda behaviour: not behaviour.high_risk))


def in_turn(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """The first of each list, then the second of each, without repeats.

    >>> in_turn([("a", "b"), ("c",), ("a", "d")])
    ('a', 'c', 'b', 'd')
    """
    rounds = chain.from_iterable(zip_longest(*lists))
    return tuple(dict.fromkeys(text for text in rounds if text is not None))
