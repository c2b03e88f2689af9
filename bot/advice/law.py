"""What the law says where the person is: information, never legal advice."""

from bot.knowledge.advice import Advice


def for_nation(content: Advice, nation: str | None) -> tuple[str, ...]:
    """The law in plain words, a bubble a text.

    Args:
        content: the reviewed advice.
        nation: one of `bot.knowledge.advice.NATIONS`, or None or any other word where it is not known.

    Returns:
        The nation's paragraphs and its orders; where the nation is not known, what holds all over the UK and, last, an
        offer to say where they are.
    """
    law = content.laws.get(nation or "")
    if law is None:
        common = content.law_common
        return (*common.paragraphs, common.orders, common.offer)
    return (*law.paragraphs, law.orders)


def sections(content: Advice, nation: str | None) -> tuple[str, ...]:
    """Acts and section numbers, for those who want them; none where the nation is not known."""
    law = content.laws.get(nation or "")
    return law.sections if law else ()
