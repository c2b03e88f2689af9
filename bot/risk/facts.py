"""What one person has told so far; lives in a slot of the conversation and nowhere else."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

YES, NO, UNKNOWN, SKIPPED = "yes", "no", "unknown", "skipped"
LONGEST_QUOTE = 90  # characters; a quote is there to be recognised by the person, not to keep their words


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the conversation rests on. Missing means unknown, never "no".

    Attributes:
        behaviours: label -> the person's own words for it, the first that showed it.
        denied: behaviours said not to happen.
        answers: question -> "yes", "no", "unknown" or "skipped".
        words: question -> the words it was answered with.
        asked: questions put so far, in order; one that was put twice stands twice.
        pending: the question now open, or None.
        relationship, perspective, stalker_type, concern: the clearest that recognition has read so far.
        nation: "england", "wales", "scotland", "northern_ireland" or None.
        repeated: more than one act, as far as is known.
        frequency, duration: words of time.
        danger: "none", "now" or "over"; beside the level, not part of it.
        emergency: what the danger is: "", "person" or "health".
        self_harm: the person, or the one they worry about, may be suicidal.
        level_told: the highest level the person has been shown, as a number of `Level`.
        assessed: the assessment has been given.
        enough: the person wants no more questions.
        turns: messages read.
        unclear: messages in a row that said nothing that could be used.
    """

    behaviours: Mapping[str, str] = field(default_factory=dict)
    denied: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    asked: tuple[str, ...] = ()
    pending: str | None = None
    relationship: str = "unknown"
    perspective: str = "unknown"
    stalker_type: str | None = None
    concern: str | None = None
    nation: str | None = None
    repeated: bool | None = None
    frequency: str | None = None
    duration: str | None = None
    danger: str = "none"
    emergency: str = ""
    self_harm: bool = False
    level_told: int = 0
    assessed: bool = False
    enough: bool = False
    turns: int = 0
    unclear: int = 0

    def with_(self, **changes: Any) -> "Facts":
        """A copy with some fields changed."""
        return replace(self, **changes)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types, for the slot."""
        return asdict(self)

    @classmethod
    def from_dict(cls, row: Mapping[str, Any] | None) -> "Facts":
        """The inverse of :meth:`as_dict`; None or an empty mapping is a new conversation, unknown keys are ignored."""
        known = {key: value for key, value in (row or {}).items() if key in cls.__dataclass_fields__}
        for key in ("denied", "asked"):
            known[key] = tuple(known.get(key) or ())
        return cls(**known)


def quote(words: str) -> str:
    """A short piece of the person's words, cut at a word's edge."""
    words = " ".join(words.split()).strip(" .,;:!?\"'")
    if len(words) <= LONGEST_QUOTE:
        return words
    return words[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"
