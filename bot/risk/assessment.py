"""The level of concern and its reasons.

The rules are those of `docs/risk.md`, which names a source for each. No rule takes anything away: a level is the highest that
any single reason asks for, so adding a fact can never lower it, and what is not known counts for nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import IntEnum

from bot.risk.facts import YES, Facts


class Level(IntEnum):
    """How seriously to take it; there is no low."""

    LISTEN = 1
    SERIOUS = 2
    URGENT = 3
    EMERGENCY = 4


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that was told and what it asks for.

    Attributes:
        key: a behaviour's label, "answer:<question>", or one of "acts", "ex_partner", "danger_over", "self_harm", "danger".
        level: the level that this reason alone asks for.
        words: the person's own words, or "" where none were kept.
    """

    key: str
    level: Level
    words: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """The outcome.

    Attributes:
        level: the highest of the reasons' levels.
        reasons: most serious first.
        possible_stalking: the pattern is what police look for when they think of stalking (facts DEF-01, DEF-09).
    """

    level: Level
    reasons: tuple[Reason, ...]
    possible_stalking: bool


URGENT_BEHAVIOURS = frozenset(
    "threats_violence strangulation weapon break_in breach_of_order physical_assault sexual_violence threats_suicide".split()
)
# Questions whose "yes" alone asks for that level; the others add an act (see `questions.yml`).
ANSWER_LEVELS: Mapping[str, Level] = {
    "fear": Level.URGENT,
    "threats": Level.URGENT,
    "visits": Level.SERIOUS,
    "loiter": Level.SERIOUS,
    "damage": Level.SERIOUS,
    "previous": Level.SERIOUS,
    "repeated": Level.SERIOUS,
    "worse": Level.SERIOUS,
}


def assess(facts: Facts) -> Assessment:
    """Assess what has been told so far; never raises, and an empty conversation is `LISTEN`."""
    reasons = sorted(_reasons(facts), key=lambda reason: -reason.level)
    level = max((reason.level for reason in reasons), default=Level.LISTEN)
    return Assessment(level, tuple(reasons), _possible_stalking(facts))


def acts(facts: Facts) -> int:
    """How many acts are certain: kinds of behaviour, at least two when it is repeated."""
    kinds = len(facts.behaviours) + sum(
        facts.answers.get(key) == YES for key in ("visits", "loiter", "damage", "threats")
    )
    return max(kinds, 2 if kinds and _repeated(facts) else 0)


def _repeated(facts: Facts) -> bool:
    return facts.repeated is True or YES in (facts.answers.get("repeated"), facts.answers.get("worse"))


def _reasons(facts: Facts) -> Iterator[Reason]:
    if facts.danger == "now":
        yield Reason("danger", Level.EMERGENCY)
    if facts.danger != "none":
        yield Reason("danger_over", Level.URGENT)
    if facts.self_harm:
        yield Reason("self_harm", Level.URGENT)
    told = [question for question in ANSWER_LEVELS if facts.answers.get(question) == YES]
    # Among equals the person's own fear comes first: it tells more than any single act (facts.md, K1 and K2).
    if "fear" in told:
        yield _answer("fear", facts)
    for label, words in facts.behaviours.items():
        yield Reason(label, Level.URGENT if label in URGENT_BEHAVIOURS else Level.LISTEN, words)
    yield from (_answer(question, facts) for question in told if question != "fear")
    if "worse" in facts.answers and facts.answers["worse"] == YES and _comes_close(facts):
        yield Reason("closer", Level.URGENT)
    if "children_used" in facts.behaviours and facts.answers.get("threats") == YES:
        yield Reason("children_used", Level.URGENT, facts.behaviours["children_used"])
    if acts(facts) >= 2:
        yield Reason("acts", Level.SERIOUS)


def _answer(question: str, facts: Facts) -> Reason:
    return Reason(f"answer:{question}", ANSWER_LEVELS[question], facts.words.get(question, ""))


def _comes_close(facts: Facts) -> bool:
    """Visits, together with escalation, ask for the police today (facts.md, `bot_concern_model`)."""
    return YES in (facts.answers.get("visits"), facts.answers.get("loiter")) or bool(
        {"turning_up", "watching_loitering", "following"} & facts.behaviours.keys()
    )


def _possible_stalking(facts: Facts) -> bool:
    """Two acts or more; an ex-partner makes it possible stalking by the police's own counting rules."""
    if facts.perspective == "perpetrator" or acts(facts) < 2:
        return False
    return (
        facts.relationship == "ex_partner"
        or facts.concern == "stalking"
        or facts.answers.get("fixated") == YES
        or len(facts.behaviours) >= 3
    )
