"""What may help to show what has been happening."""

from collections.abc import Iterable

from bot.advice import in_turn, most_telling_first
from bot.knowledge.advice import Advice


def for_behaviours(content: Advice, behaviours: Iterable[str], limit: int = 3) -> tuple[str, ...]:
    """Evidence advice for what has been told.

    Args:
        content: the reviewed advice.
        behaviours: labels of recognition; those that the advice does not know are left out.
        limit: how many texts, the first included; at least one comes back.

    Returns:
        First, always, that no evidence is needed to report. Then one text a behaviour, most telling first, then their
        further texts, then general advice. No text stands twice.
    """
    specific = in_turn(behaviour.keep for behaviour in most_telling_first(content, behaviours))
    general = (passage.text for passage in content.evidence)
    texts = dict.fromkeys((content.evidence_first.text, *specific, *general))
    return tuple(texts)[: max(limit, 1)]
