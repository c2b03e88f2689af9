"""The directory of services (`bot/content/services.yml`): who helps with what, where, and which fields may be shown."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Generic, TypeVar

from bot.paths import CONTENT

T = TypeVar("T")

ON_WEBSITE = "on_website"
ROUTES = ("phone", "text", "email", "chat", "web", "bsl")
TEXT_FIELDS = (*ROUTES, "cost")
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


class Status(StrEnum):
    """How sure a field is; only `UNCONFIRMED` is hidden from people."""

    CONFIRMED = "confirmed"
    SEEN = "seen"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Field(Generic[T]):
    """One fact about a service.

    Attributes:
        value: the fact, in the form shown to people.
        status: how sure it is.
        sources: ids of `sources.yml`.
        conflicting: sources disagree, so that only "check on their website" can be said (hours only).
        note: for editors.
    """

    value: T
    status: Status
    sources: tuple[str, ...] = ()
    conflicting: bool = False
    note: str | None = None

    @property
    def shown(self) -> bool:
        """Whether people may see it."""
        return self.status is not Status.UNCONFIRMED


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """When a service answers, by the clock in Britain.

    Attributes:
        always: day and night, bank holidays too; the rest is then empty.
        weekly: for Monday to Sunday, pairs of minutes after midnight: opens at, closes at (1440 is midnight).
        bank_holidays: "closed", "open" (as on other days) or "unknown".
    """

    always: bool
    weekly: tuple[tuple[tuple[int, int], ...], ...] = ((),) * 7
    bank_holidays: str = "unknown"


@dataclass(frozen=True, slots=True)
class Need:
    """One word of the vocabulary of needs.

    Attributes:
        name: the word.
        kind: "topic" (what it is about) or "person" (whom it is for).
        means: in plain words.
        urgent: a line that is open day and night is always offered too.
        wider: the topic to look under when nothing fits closely enough.
        gender: for persons, the gender that it says.
        max_age: for persons, the highest age that makes it true of somebody.
    """

    name: str
    kind: str
    means: str
    urgent: bool = False
    wider: str | None = None
    gender: str | None = None
    max_age: int | None = None


@dataclass(frozen=True)
class Service:
    """A place to turn to.

    Attributes:
        id: stable name, used by templates.
        name: as people know it.
        by: who runs it.
        nations: where it works.
        needs: what and whom it is for, in words of the vocabulary.
        people: those of `needs` that are persons.
        audience: whom it is for, in plain words.
        how: how to use a route that is not a plain call, with fields in braces.
        min_age: the youngest it takes, where the source says so.
        max_age: the oldest.
        gender: the one gender it takes, where the source says so.
        regions: the parts of a nation it is limited to; empty for all of it.
        replaces: ids of the services that it stands in place of in its nations.
        verified_on: when a person of the operator last checked it.
    """

    id: str
    name: str
    by: str
    nations: tuple[str, ...]
    needs: frozenset[str]
    people: frozenset[str]
    audience: str
    phone: Field[str] | None = None
    text: Field[str] | None = None
    email: Field[str] | None = None
    chat: Field[str] | None = None
    web: Field[str] | None = None
    bsl: Field[str] | None = None
    cost: Field[str] | None = None
    how: Field[str] | None = None
    hours: Field[OpeningHours] | None = None
    min_age: int | None = None
    max_age: int | None = None
    gender: str | None = None
    regions: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    verified_on: date | None = None
    note: str | None = None

    @cached_property
    def shown(self) -> Mapping[str, str]:
        """Routes and cost that people may see, by field name; a chat on the website has the website's address."""
        fields = {name: getattr(self, name) for name in TEXT_FIELDS}
        values = {name: field.value for name, field in fields.items() if field and field.shown}
        for name in ("chat", "bsl"):
            if values.get(name) == ON_WEBSITE:
                values[name] = values.get("web", "")
        return MappingProxyType({name: value for name, value in values.items() if value})

    @property
    def reachable(self) -> bool:
        """Whether a person can do something with what is shown."""
        return any(route in self.shown for route in ROUTES)

    @property
    def opening(self) -> OpeningHours | None:
        """The hours that may be told to people; None when they are unknown, unconfirmed or conflict."""
        return self.hours.value if self.hours and self.hours.shown and not self.hours.conflicting else None

    @property
    def always_open(self) -> bool:
        """Whether somebody answers day and night, on a route that is shown and quick."""
        return bool(self.opening and self.opening.always and self.shown.keys() & {"phone", "text", "chat", "bsl"})

    @property
    def tailored(self) -> bool:
        """Whether it is for some people only."""
        return bool(self.people or self.gender) or self.min_age is not None or self.max_age is not None


class Directory:
    """All services, with the vocabulary they use and the words around them."""

    def __init__(
        self,
        services: tuple[Service, ...],
        *,
        needs: Mapping[str, Need],
        nations: Mapping[str, str],
        regions: Mapping[str, str],
        phrases: Mapping[str, str],
    ) -> None:
        self.services = services
        self.needs = MappingProxyType(dict(needs))
        self.nations = MappingProxyType(dict(nations))
        self.regions = MappingProxyType(dict(regions))
        self.phrases = MappingProxyType(dict(phrases))
        self._by_id = {service.id: service for service in services}
        self._positions = {service.id: position for position, service in enumerate(services)}

    def __getitem__(self, service_id: str) -> Service:
        """The service of that id.

        Raises:
            KeyError: there is none.
        """
        return self._by_id[service_id]

    def __contains__(self, service_id: object) -> bool:
        return service_id in self._by_id

    def __len__(self) -> int:
        return len(self.services)

    def position(self, service: Service) -> int:
        """Its place in the file, which decides between services that fit equally."""
        return self._positions[service.id]

    def is_emergency_line(self, service: Service) -> bool:
        """Whether it takes emergencies from everybody in every nation, day and night."""
        everybody = not service.tailored and self.covers_every_nation(service)
        return "emergency" in service.needs and everybody and service.always_open

    def covers_every_nation(self, service: Service) -> bool:
        """Whether it works in the whole of the UK."""
        return not service.regions and set(service.nations) == set(self.nations)


def text_keys(directory: Directory) -> dict[str, str]:
    """What a sentence may name, such as `national_stalking_helpline.phone`; the keys are name and `TEXT_FIELDS`.

    A name is always there; any other key only while its field is shown.
    """
    keys: dict[str, str] = {}
    for service in directory.services:
        keys[f"{service.id}.name"] = service.name
        keys.update({f"{service.id}.{field}": value for field, value in service.shown.items()})
    return keys


def load_services(path: Path | None = None, sources: Path | None = None) -> Directory:
    """Read and check the directory.

    Args:
        path: the file; that of the project by default.
        sources: the register of sources; `sources.yml` of the project by default.

    Raises:
        ContentError: a value is wrong; says file, line, key and what to do.
    """
    from bot.knowledge.services_file import read_directory

    return read_directory(path or CONTENT / "services.yml", sources or CONTENT / "sources.yml")
