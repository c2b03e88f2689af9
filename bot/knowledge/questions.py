"""The follow-up questions of `bot/content/questions.yml`, typed and checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from bot.knowledge.loading import Item, load_items
from bot.paths import CONTENT


@dataclass(frozen=True, slots=True)
class Option:
    """One way to answer: what its button shows, what it sets, and further words that mean it."""

    title: str
    answer: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Question:
    """One thing worth asking.

    Attributes:
        key: its name.
        text: as asked of the person themselves.
        text_other: as asked of somebody who writes about another person.
        heard: ends "You told me ..." when the answer is a reason.
        why: why it is asked, in plain words.
        options: the answers offered, in order; their numbers work too.
        about: behaviours that answer it without asking.
        matters: larger is asked sooner.
        source: ids of `sources.yml`.
    """

    key: str
    text: str
    text_other: str
    heard: str
    why: str
    options: tuple[Option, ...]
    about: tuple[str, ...]
    matters: int
    source: tuple[str, ...]
    review: str


_REQUIRED = ("text", "text_other", "heard", "why", "options", "about", "matters", "source", "review")


def _option(item: Item) -> Option:
    values = item.mapping(("title", "answer"), ("words",))
    words = values["words"].texts() if "words" in values else ()
    return Option(values["title"].text(), values["answer"].text(), tuple(words))


def _question(key: str, item: Item) -> Question:
    values = item.mapping(_REQUIRED, ())
    return Question(
        key=key,
        text=values["text"].text(),
        text_other=values["text_other"].text(),
        heard=values["heard"].text(),
        why=values["why"].text(),
        options=tuple(_option(option) for option in values["options"].items()),
        about=tuple(values["about"].texts()),
        matters=values["matters"].whole_number(),
        source=tuple(values["source"].texts()),
        review=values["review"].text(),
    )


_CONTENT = CONTENT / "questions.yml"


def _parts(path: Path) -> dict[str, Item]:
    return load_items(path).mapping(("controls", "reasons", "questions"))


@lru_cache(maxsize=4)
def load_controls(path: Path = _CONTENT) -> tuple[tuple[str, str], ...]:
    """Title and payload of the buttons that stand under every question."""
    rows = [item.mapping(("title", "payload")) for item in _parts(path)["controls"].items()]
    return tuple((row["title"].text(), row["payload"].text()) for row in rows)


@lru_cache(maxsize=4)
def load_reasons(path: Path = _CONTENT) -> Mapping[str, str]:
    """Names of the reasons that are neither a behaviour nor an answer."""
    return {key: item.text() for key, item in _parts(path)["reasons"].mapping().items()}


@lru_cache(maxsize=4)
def load_questions(path: Path = CONTENT / "questions.yml") -> Mapping[str, Question]:
    """All questions by key, those that matter most first.

    Raises:
        ContentError: names file, line, key and the mend.
    """
    items = _parts(path)["questions"].mapping()
    questions = [_question(key, item) for key, item in items.items()]
    return {question.key: question for question in sorted(questions, key=lambda q: -q.matters)}
