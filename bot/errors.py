"""Every error Signpost raises on purpose; a message names what is wrong, where, and what to do."""

from pathlib import Path
from typing import Self

CONTENT_MESSAGES = {
    "C001": "is not valid YAML ({detail}). Mend the line and load it again.",
    "C002": "cannot be read ({detail}). Put the file back, or correct the path.",
    "C003": "stands twice in one mapping. Keep one of the two.",
    "C004": "should be {wanted}, but it is {found}. Write it as {wanted}{hint}.",
    "C005": "is missing. Add it.",
    "C006": "is not a key that belongs here. Remove it, or use one of: {allowed}.",
    "C010": "{value!r} is not known. Use one of: {allowed}.",
    "C011": "{value!r} is used by another entry (line {other}). Give one of them another name.",
    "C012": "{value!r} is no source in sources.yml. Add the source there, or correct the id.",
    "C013": "has no source. Name at least one id of sources.yml.",
    "C014": "{value!r} is not {wanted}. Write it like {example}.",
    "C015": "{value!r} ends before it starts. Put the earlier time first; split hours across midnight at 24:00.",
    "C016": "{value!r} overlaps another time of the same day. Join the two.",
    "C017": "is confirmed, but verified_on is empty. Give the date of the check, or write status: seen.",
    "C018": "has the lowest age above the highest. Swap the two.",
    "C019": "names {{{value}}}, which it may not. Use only: {allowed}.",
    "C020": "{value!r} stands elsewhere too (line {other}). Keep one of the two, or move it to ambiguous.",
    "C021": "{value!r} is not in lower case. Write {wanted!r}.",
    "C022": "shows no emergency line for every nation, day and night. Put back police_999 with phone and hours.",
}


class SignpostError(Exception):
    """Something a person can mend; its text is one line that says how."""


class ContentError(SignpostError):
    """A reviewed file is broken: the text names file, line, key and the mend."""

    @classmethod
    def at(cls, code: str, path: Path | str, line: int, key: str, **details: object) -> Self:
        """The error of that code, with the place where it was found.

        Args:
            code: a key of `CONTENT_MESSAGES`.
            path: the file.
            line: counted from 1.
            key: the key as the file's reader would look for it, such as `services[3].phone.status`.
            **details: what the message names.
        """
        return cls(f"{code} {path}, line {line}, {key}: {CONTENT_MESSAGES[code].format(**details)}")


class EncoderError(SignpostError):
    """The sentence encoder's weights are missing or not the published ones."""


class ModelError(SignpostError):
    """There is no trained model, or it was made by other code."""


class SettingsError(SignpostError):
    """A setting in a file, a variable or on the command line is wrong."""


class StartError(SignpostError):
    """Signpost cannot start: the text says what stands in the way."""
