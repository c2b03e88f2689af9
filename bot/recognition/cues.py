"""Cue words (`bot/content/cues.yml`): features for the classifiers, patterns of present danger, words of time.

Everything matches on text without capitals, apostrophes and drawn-out letters, so that "He's HERE", "hes here" and
"heeees here" are one.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from numpy.typing import NDArray
from spacy.matcher import Matcher, PhraseMatcher
from spacy.tokens import Doc

from bot.paths import CONTENT
from bot.recognition.clauses import pipeline

_APOSTROPHES = re.compile("['\u2019\u2018\u02bc`\u00b4]")
_DRAWN_OUT = re.compile(r"(\w)\1{2,}")
_SPACES = re.compile(r"[^\w]+")
_NUMBERS = (
    "one two three four five six seven eight nine ten twelve fifteen twenty thirty forty fifty sixty eighty hundred "
    "hundreds dozens"
).split()
_PERIODS = ["day", "days", "night", "nights", "week", "weeks", "month", "months", "year", "years", "hour", "hours"]
_PATTERNS = ("danger", "not_danger", "overdose", "self_harm", "not_self_harm")
_UNITS = ["times", "texts", "calls", "messages", "emails", "letters", "visits", "voicemails", "time", "missed"]


def normalise(text: str) -> str:
    """Lower case, apostrophes out, letters drawn out to three or more cut to two, other marks to single spaces."""
    text = _APOSTROPHES.sub("", text.lower())
    return _SPACES.sub(" ", _DRAWN_OUT.sub(r"\1\1", text)).strip()


@dataclass(frozen=True, slots=True)
class Cues:
    """What the cue words of one message say.

    Attributes:
        features: 1.0 for each group of `cues.yml` that occurs, in the order of `Cuer.groups`: phrases, then behaviours.
        present_danger: a pattern of present danger matched and none that speaks of another time or thing.
        self_harm: a pattern of self-harm matched and none that denies it or speaks of somebody else.
        overdose: something was taken or done already, by the writer or the one they worry about.
        frequency: the words that say how often, or None.
        duration: the words that say since when or how long, or None.
    """

    features: NDArray[np.float32]
    present_danger: bool
    self_harm: bool
    overdose: bool
    frequency: str | None
    duration: str | None


class Cuer:
    """Finds cues with spaCy's matchers."""

    def __init__(self, path: Path = CONTENT / "cues.yml") -> None:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        self.groups: tuple[str, ...] = (
            *content["phrases"],
            *(f"says {label}" for label in content["behaviours"]),
            *_PATTERNS,
        )
        nlp = pipeline()
        self.welsh = frozenset(content["welsh"])
        self._phrases = PhraseMatcher(nlp.vocab, attr="LOWER")
        for group, phrases in content["phrases"].items():
            self._phrases.add(group, [nlp.make_doc(str(phrase)) for phrase in phrases])
        self._times = _time_matcher()
        self._labels = tuple(content["behaviours"])
        self._behaviours = [_compiled(patterns) for patterns in content["behaviours"].values()]
        self._short = {
            normalise(words): intent for intent, all_words in content["short"].items() for words in all_words
        }
        self._now = _compiled(["|".join(content["now"])])[0]
        self._over = _compiled(content["over"])
        self._just_left = _compiled(content["just_left"])
        self._done_to_me = _compiled(content["done_to_me"])
        self._patterns = {name: _compiled(content[name]) for name in _PATTERNS}

    def short_intent(self, text: str) -> str | None:
        """The intent that a message of a few words means by itself, or None."""
        return self._short.get(normalise(text))

    def says_just_left(self, text: str) -> bool:
        """Whether the other person went a moment ago, which is still an emergency."""
        plain = normalise(text)
        past = any(
            pattern.search(plain) for pattern in self._patterns["not_danger"] if "gone now" not in pattern.pattern
        )
        return not past and any(pattern.search(plain) for pattern in self._just_left)

    def done_to_writer(self, text: str) -> bool:
        """Whether the words show the writer as the one it is done to."""
        plain = normalise(text)
        return any(pattern.search(plain) for pattern in self._done_to_me)

    def says_over(self, text: str) -> bool:
        """Whether somebody who was in danger says that it is over, or that it was never now."""
        plain = normalise(text)
        return any(pattern.search(plain) for pattern in self._over)

    def find(self, text: str) -> Cues:
        """Read one message or clause."""
        plain = normalise(text)
        doc = pipeline().make_doc(plain)
        features = np.zeros(len(self.groups), np.float32)
        vocabulary = doc.vocab.strings
        for match, _, _ in self._phrases(doc):
            features[self.groups.index(vocabulary[match])] = 1.0
        for place, patterns in enumerate(self._behaviours, self.groups.index(f"says {next(iter(self._labels))}")):
            features[place] = sum(bool(pattern.search(plain)) for pattern in patterns)
        said = {name: any(pattern.search(plain) for pattern in patterns) for name, patterns in self._patterns.items()}
        features[-len(_PATTERNS) :] = [2.0 * said[name] for name in _PATTERNS]
        times = self._first_times(doc)
        return Cues(
            features,
            said["danger"] and (not said["not_danger"] or bool(self._now.search(plain))),
            said["self_harm"] and not said["not_self_harm"],
            said["overdose"] and not said["not_danger"],
            times.get("frequency"),
            times.get("duration"),
        )

    def _first_times(self, doc: Doc) -> dict[str, str]:
        found: dict[str, str] = {}
        for match, start, end in sorted(self._times(doc), key=lambda m: (m[1], m[1] - m[2])):
            found.setdefault(doc.vocab.strings[match], doc[start:end].text)
        return found


def _compiled(patterns: list[str]) -> list[re.Pattern[str]]:
    """Patterns that start and end at words' edges."""
    return [re.compile(rf"\b(?:{pattern})" + ("" if pattern.endswith("$") else r"(?!\w)")) for pattern in patterns]


def _time_matcher() -> Matcher:
    number: dict[str, Any] = {"LOWER": {"IN": _NUMBERS}}
    digits: dict[str, Any] = {"LIKE_NUM": True}
    matcher = Matcher(pipeline().vocab)
    period, every = {"LOWER": {"IN": _PERIODS}}, {"LOWER": {"IN": ["every", "each", "most"]}}
    often: list[list[dict[str, Any]]] = [
        [
            {"OP": "{1}", **count},
            {"LOWER": {"IN": _UNITS}, "OP": "?"},
            {"LOWER": {"IN": ["a", "an", "per", "each", "every"]}},
            period,
        ]
        for count in (number, digits)
    ]
    often += [
        [every, period],
        [every, {"LOWER": {"IN": ["single"]}}, period],
        [{"LOWER": {"IN": ["daily", "nightly", "weekly", "constantly", "nonstop"]}}],
    ]
    often += [[{"LOWER": {"IN": ["all"]}}, {"LOWER": {"IN": ["day", "night", "the"]}}, {"LOWER": "time", "OP": "?"}]]
    often += [[count, {"LOWER": {"IN": _UNITS}}] for count in (number, digits)]
    long: list[list[dict[str, Any]]] = [[count, period] for count in (number, digits)]
    long += [
        [{"LOWER": "since"}, {"IS_ALPHA": True}],
        [
            {"LOWER": {"IN": ["for", "over", "nearly"]}},
            {"LOWER": {"IN": ["a", "about", "over", "nearly"]}, "OP": "?"},
            digits,
            period,
        ],
    ]
    long += [[{"LOWER": "for"}, {"LOWER": {"IN": ["weeks", "months", "years", "ages"]}}]]
    matcher.add("frequency", often)
    matcher.add("duration", long)
    return matcher


@lru_cache(maxsize=1)
def shared_cuer() -> Cuer:
    """The one cuer of this process."""
    return Cuer()
