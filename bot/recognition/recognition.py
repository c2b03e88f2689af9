"""What one message says, as the rest of Signpost sees it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class BehaviourSpan:
    """A behaviour and the words that carry it.

    Attributes:
        label: one of `vocabulary.BEHAVIOURS`.
        start: character offset of the first word.
        end: character offset after the last word.
        confidence: calibrated probability, 0 to 1.
    """

    label: str
    start: int
    end: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Recognition:
    """The reading of one message; the keys are the contract of `signpost recognise`.

    Attributes:
        concern: one of `vocabulary.CONCERNS`.
        behaviours: what the words show to happen, to have happened or to be threatened.
        denied: behaviours that the words say did not happen.
        spans: the words that carry each behaviour; no span, no claim.
        relationship: of the other person to the one they pursue.
        stalker_type: motive after Mullen and others, or None. For choosing examples, never for the level of concern.
        perspective: who is writing.
        immediate_danger: it is happening now, or an ambulance is needed now.
        self_harm: the writer, or the person they worry about, may be suicidal or hurting themselves.
        repeated: True, False (one incident) or "unknown".
        ask: the one main thing wanted, "none" if they only tell.
        frequency: the words that say how often, or None.
        duration: the words that say since when or for how long, or None.
        language: "en", "cy" or "unknown".
        confidences: calibrated probabilities of "danger" and "self_harm", and the chance of the concern, 0 to 1.
    """

    concern: str = "chitchat"
    behaviours: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    spans: tuple[BehaviourSpan, ...] = ()
    relationship: str = "unknown"
    stalker_type: str | None = None
    perspective: str = "none"
    immediate_danger: bool = False
    self_harm: bool = False
    repeated: bool | str = "unknown"
    ask: str = "none"
    frequency: str | None = None
    duration: str | None = None
    language: str = "en"
    confidences: Mapping[str, float] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON types."""
        row = asdict(self)
        row["behaviours"], row["denied"] = list(self.behaviours), list(self.denied)
        row["spans"] = [asdict(span) for span in self.spans]
        return row

    @classmethod
    def from_dict(cls, row: dict[str, Any]) -> "Recognition":
        """The inverse of :meth:`as_dict`; unknown keys are ignored."""
        known = {key: row[key] for key in cls.__dataclass_fields__ if key in row}
        known["behaviours"] = tuple(known.get("behaviours", ()))
        known["denied"] = tuple(known.get("denied", ()))
        known["spans"] = tuple(BehaviourSpan(**span) for span in known.get("spans", ()))
        return cls(**known)
