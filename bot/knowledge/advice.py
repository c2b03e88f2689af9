"""The reviewed advice, typed and checked: behaviours, evidence, safety, law and information (`bot/content/*.yml`).

Texts hold the keys of services (`{police_101.phone}`) in place of numbers; `Responses.fill` puts the numbers in.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from bot.knowledge.loading import Item, load_items
from bot.paths import CONTENT

NATIONS = ("england", "wales", "scotland", "northern_ireland")
PLACES = ("device", "home", "travel", "work", "school", "phone", "money", "tonight", "followed", "telling")
PENDING = "pending"

V = TypeVar("V")


@dataclass(frozen=True, slots=True)
class Passage:
    """One piece of advice or one answer.

    Attributes:
        key: where it stands, such as `evidence.items.diary`.
        text: the words; a blank line starts a new bubble.
        source: ids of `sources.yml`.
        review: "pending" until a person has signed it.
        title: what it is about, for lists; empty where nobody sees one.
    """

    key: str
    text: str
    source: tuple[str, ...]
    review: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What there is to say about one behaviour.

    Attributes:
        key: its label in the vocabulary of recognition.
        name: what people call it.
        heard: ends the sentence "You have told me about ...".
        high_risk: asks for the police today, whatever else is known.
        why: why it matters, in one sentence.
        keep: what may help to show it, most telling first.
        safety: options for staying safer, most pressing first.
        services: ids of services beside those that everybody gets.
        source: ids of `sources.yml`.
        review: "pending" until a person has signed it.
    """

    key: str
    name: str
    heard: str
    high_risk: bool
    why: str
    keep: tuple[str, ...]
    safety: tuple[str, ...]
    services: tuple[str, ...]
    source: tuple[str, ...]
    review: str


@dataclass(frozen=True, slots=True)
class Law:
    """What the law of a nation says: information, never legal advice.

    Attributes:
        key: the nation, or "common" for what holds all over the UK.
        paragraphs: a bubble each.
        orders: what courts can order.
        sections: acts and section numbers, for those who want them.
        offer: asks where the person is ("common" alone has one).
        source: ids of `sources.yml`.
        review: "pending" until a person has signed it.
    """

    key: str
    paragraphs: tuple[str, ...]
    orders: str
    sections: tuple[str, ...]
    offer: str
    source: tuple[str, ...]
    review: str


@dataclass(frozen=True, slots=True)
class Myth:
    """Something people are told about stalking, and what is so."""

    key: str
    myth: str
    truth: str
    source: tuple[str, ...]
    review: str


@dataclass(frozen=True, slots=True)
class Statistic:
    """A number to show with its year, never more than one at a time."""

    key: str
    text: str
    year: str
    source: tuple[str, ...]
    review: str


Entry = Passage | Behaviour | Law | Myth | Statistic


@dataclass(frozen=True, slots=True)
class Advice:
    """All reviewed advice.

    Attributes:
        behaviours: by label, most telling first.
        evidence_first: said before any other word about evidence: none is needed to report.
        evidence: general evidence advice, most useful first.
        conflicts: questions on which good sources disagree, with what to weigh.
        safety_first: said before anything is changed on a device.
        places: safety options by place (`PLACES`).
        laws: by nation (`NATIONS`).
        law_common: what holds all over the UK.
        topics: answers to questions of fact.
        myths: by key.
        statistics: by key.
    """

    behaviours: Mapping[str, Behaviour]
    evidence_first: Passage
    evidence: tuple[Passage, ...]
    conflicts: Mapping[str, Passage]
    safety_first: Passage
    places: Mapping[str, tuple[Passage, ...]]
    laws: Mapping[str, Law]
    law_common: Law
    topics: Mapping[str, Passage]
    myths: Mapping[str, Myth]
    statistics: Mapping[str, Statistic]

    def entries(self) -> Iterator[Entry]:
        """Every entry, in the order of the files."""
        yield from self.behaviours.values()
        yield self.evidence_first
        yield from self.evidence
        yield from self.conflicts.values()
        yield self.safety_first
        for passages in self.places.values():
            yield from passages
        yield self.law_common
        yield from self.laws.values()
        yield from self.topics.values()
        yield from self.myths.values()
        yield from self.statistics.values()

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every text a person may read, with its key (for the content book and the tests of tone)."""
        for entry in self.entries():
            for text in _texts(entry):
                yield entry.key, text

    def pending(self) -> tuple[str, ...]:
        """The keys of entries that nobody has signed yet."""
        return tuple(entry.key for entry in self.entries() if entry.review == PENDING)


def load_advice(folder: Path | None = None) -> Advice:
    """Read and check the advice.

    Args:
        folder: holds the five files and `sources.yml`; the project's `bot/content` by default.

    Raises:
        ContentError: a file is broken; says file, line, key and the mend.
    """
    folder = folder or CONTENT
    reader = _Reader(load_items(folder / "sources.yml").mapping(("sources",))["sources"].mapping())
    behaviours = _top(folder, "behaviours", "behaviours")["behaviours"].mapping()
    evidence = _top(folder, "evidence", "first", "items", "conflicts")
    safety = _top(folder, "safety", "first", "places")
    law = _top(folder, "law", "common", "nations")
    information = _top(folder, "information", "topics", "myths", "statistics")
    return Advice(
        behaviours=_frozen({key: reader.behaviour(key, item) for key, item in behaviours.items()}),
        evidence_first=reader.passage("evidence.first", evidence["first"]),
        evidence=tuple(reader.passages("evidence.items", evidence["items"], "title").values()),
        conflicts=_frozen(reader.passages("evidence.conflicts", evidence["conflicts"], "topic")),
        safety_first=reader.passage("safety.first", safety["first"]),
        places=_frozen({key: reader.place(key, item) for key, item in safety["places"].mapping(PLACES).items()}),
        laws=_frozen({key: reader.nation(key, item) for key, item in law["nations"].mapping(NATIONS).items()}),
        law_common=reader.common_law(law["common"]),
        topics=_frozen(reader.passages("information.topics", information["topics"], "title")),
        myths=_frozen({key: reader.myth(key, item) for key, item in information["myths"].mapping().items()}),
        statistics=_frozen(
            {key: reader.statistic(key, item) for key, item in information["statistics"].mapping().items()}
        ),
    )


class _Reader:
    def __init__(self, sources: Collection[str]) -> None:
        self._sources = frozenset(sources)

    def behaviour(self, key: str, item: Item) -> Behaviour:
        words = ("name", "heard", "high_risk", "why", "keep", "safety", "services", "source", "review")
        values = item.mapping(words)
        return Behaviour(
            key=key,
            name=values["name"].text(),
            heard=values["heard"].text(),
            high_risk=values["high_risk"].flag(),
            why=values["why"].text(),
            keep=_some(values["keep"]),
            safety=_some(values["safety"]),
            services=values["services"].texts(),
            source=self._source(values["source"]),
            review=values["review"].text(),
        )

    def passage(self, key: str, item: Item, title: str | None = None) -> Passage:
        values = item.mapping((*([title] if title else []), "text", "source", "review"))
        return Passage(
            key=key,
            text=values["text"].text(),
            source=self._source(values["source"]),
            review=values["review"].text(),
            title=values[title].text() if title else "",
        )

    def passages(self, above: str, item: Item, title: str) -> dict[str, Passage]:
        return {key: self.passage(f"{above}.{key}", entry, title) for key, entry in item.mapping().items()}

    def place(self, key: str, item: Item) -> tuple[Passage, ...]:
        entries = enumerate(item.items())
        passages = tuple(self.passage(f"safety.places.{key}[{number}]", entry) for number, entry in entries)
        if not passages:
            raise item.error("C005")
        return passages

    def nation(self, key: str, item: Item) -> Law:
        values = item.mapping(("paragraphs", "orders", "sections", "source", "review"))
        return self._law(key, values, sections=values["sections"].texts(), offer="")

    def common_law(self, item: Item) -> Law:
        values = item.mapping(("paragraphs", "orders", "offer", "source", "review"))
        return self._law("common", values, sections=(), offer=values["offer"].text())

    def myth(self, key: str, item: Item) -> Myth:
        values = item.mapping(("myth", "truth", "source", "review"))
        myth, truth = values["myth"].text(), values["truth"].text()
        return Myth(f"information.myths.{key}", myth, truth, self._source(values["source"]), values["review"].text())

    def statistic(self, key: str, item: Item) -> Statistic:
        values = item.mapping(("text", "year", "source", "review"))
        text, year = values["text"].text(), values["year"].text()
        source = self._source(values["source"])
        return Statistic(f"information.statistics.{key}", text, year, source, values["review"].text())

    def _law(self, key: str, values: Mapping[str, Item], *, sections: tuple[str, ...], offer: str) -> Law:
        return Law(
            key=f"law.{key}",
            paragraphs=_some(values["paragraphs"]),
            orders=values["orders"].text(),
            sections=sections,
            offer=offer,
            source=self._source(values["source"]),
            review=values["review"].text(),
        )

    def _source(self, item: Item) -> tuple[str, ...]:
        entries = tuple(item.items())
        if not entries:
            raise item.error("C013")
        for entry in entries:
            if entry.text() not in self._sources:
                raise entry.error("C012", value=entry.text())
        return tuple(entry.text() for entry in entries)


def _top(folder: Path, name: str, *keys: str) -> dict[str, Item]:
    return load_items(folder / f"{name}.yml").mapping(keys)


def _frozen(values: dict[str, V]) -> Mapping[str, V]:
    return MappingProxyType(values)


def _some(item: Item) -> tuple[str, ...]:
    texts = item.texts()
    if not texts:
        raise item.error("C005")
    return texts


def _texts(entry: Entry) -> tuple[str, ...]:
    match entry:
        case Passage():
            return (*((entry.title,) if entry.title else ()), entry.text)
        case Behaviour():
            return (entry.name, entry.heard, entry.why, *entry.keep, *entry.safety)
        case Law():
            return (*entry.paragraphs, entry.orders, *((entry.offer,) if entry.offer else ()), *entry.sections)
        case Myth():
            return (entry.myth, entry.truth)
        case Statistic():
            return (entry.text, entry.year)
