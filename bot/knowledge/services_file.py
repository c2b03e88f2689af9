"""Reads `services.yml` and checks every value of it."""

import re
import string
from collections.abc import Collection, Mapping
from datetime import date
from pathlib import Path
from typing import TypeVar

from bot.knowledge.loading import Item, load_items
from bot.knowledge.services import (
    DAYS,
    ON_WEBSITE,
    ROUTES,
    TEXT_FIELDS,
    Directory,
    Field,
    Need,
    OpeningHours,
    Service,
    Status,
)

T = TypeVar("T")

_REQUIRED = ("id", "name", "by", "nations", "needs", "audience")
_OPTIONAL = (*TEXT_FIELDS, "how", "hours", "min_age", "max_age", "gender", "region", "replaces", "verified_on", "note")
_GENDERS = ("woman", "man", "non_binary")
_ID = re.compile(r"[a-z][a-z0-9_]*")
_GROUPS = re.compile(r"\d+( \d+)*")
_SPAN = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
_EMAIL = re.compile(r"[^\s@]+@[a-z0-9-]+(\.[a-z0-9-]+)+")
_WEB = re.compile(r"https://[a-z0-9-]+(\.[a-z0-9-]+)+(/\S*)?")

PHRASES: Mapping[str, tuple[str, ...]] = {
    "sentence": ("who", "what"),
    "for_people": ("audience",),
    "in_nations": ("nations",),
    "and": (),
    "or": (),
    "call": ("phone",),
    "text": ("text",),
    "email": ("email",),
    "chat": ("chat",),
    "bsl": ("bsl",),
    "web": ("web",),
    "no_route": (),
    "free": (),
    "always": (),
    "open_until": ("time",),
    "open_until_day": ("day", "time"),
    "opens": ("day", "time"),
    "check_hours": (),
    "check_hours_at": ("web",),
    "today": (),
    "midnight": (),
    "midday": (),
    "am": (),
    "pm": (),
    "days": (),
    "months": (),
}


def read_directory(path: Path, sources_path: Path) -> Directory:
    """The directory in that file.

    Raises:
        ContentError: a value is wrong.
    """
    sources = _source_ids(sources_path)
    top = load_items(path).mapping(("nations", "needs", "regions", "phrases", "services"))
    nations = {name: item.text() for name, item in top["nations"].mapping().items()}
    regions = {name: item.text() for name, item in top["regions"].mapping().items()}
    needs = _needs(top["needs"])
    reader = _ServiceReader(nations, regions, needs, sources)
    services = reader.read(top["services"])
    directory = Directory(services, needs=needs, nations=nations, regions=regions, phrases=_phrases(top["phrases"]))
    if not any(directory.is_emergency_line(service) for service in services):
        raise top["services"].error("C022")
    return directory


def _source_ids(path: Path) -> frozenset[str]:
    sources = load_items(path).mapping(("sources",))["sources"].mapping()
    for source in sources.values():
        source.mapping(("what", "url", "shown", "kind"))
    return frozenset(sources)


def _needs(item: Item) -> dict[str, Need]:
    needs: dict[str, Need] = {}
    entries = item.mapping()
    for name, entry in entries.items():
        values = entry.mapping(("kind", "means"), ("urgent", "wider", "gender", "max_age"))
        needs[name] = Need(
            name=name,
            kind=values["kind"].one_of(("topic", "person")),
            means=values["means"].text(),
            urgent=values["urgent"].flag() if "urgent" in values else False,
            wider=values["wider"].one_of(entries) if "wider" in values else None,
            gender=values["gender"].one_of(_GENDERS) if "gender" in values else None,
            max_age=values["max_age"].whole_number() if "max_age" in values else None,
        )
    return needs


def _phrases(item: Item) -> dict[str, str]:
    entries = item.mapping(PHRASES)
    for name, entry in entries.items():
        _check_places(entry, entry.text(), PHRASES[name])
    return {name: entry.text() for name, entry in entries.items()}


def _check_places(item: Item, text: str, allowed: Collection[str]) -> None:
    try:
        places = [place for _, place, _, _ in string.Formatter().parse(text) if place is not None]
    except ValueError as error:
        raise item.error("C014", value=text, wanted="text with closed braces", example="call {phone}") from error
    for place in places:
        if place not in allowed:
            raise item.error("C019", value=place, allowed=", ".join(f"{{{name}}}" for name in allowed) or "no braces")


class _ServiceReader:
    """Reads the entries of `services`; knows the vocabulary they must keep to."""

    def __init__(
        self, nations: Collection[str], regions: Collection[str], needs: Mapping[str, Need], sources: Collection[str]
    ) -> None:
        self._nations, self._regions, self._needs, self._sources = nations, regions, needs, sources

    def read(self, item: Item) -> tuple[Service, ...]:
        entries = [entry.mapping(_REQUIRED, _OPTIONAL) for entry in item.items()]
        lines: dict[str, int] = {}
        for values in entries:
            service_id = _matching(values["id"], _ID, "an id", "national_stalking_helpline")
            if service_id in lines:
                raise values["id"].error("C011", value=service_id, other=lines[service_id])
            lines[service_id] = values["id"].line
        return tuple(self._service(values, lines) for values in entries)

    def _service(self, values: dict[str, Item], ids: Collection[str]) -> Service:
        needs = self._words(values, "needs", self._needs)
        texts = {name: self._text_field(name, values[name]) for name in TEXT_FIELDS if name in values}
        hours = self._hours_field(values["hours"]) if "hours" in values else None
        how = self._how(values["how"], values) if "how" in values else None
        youngest, oldest = _age(values, "min_age"), _age(values, "max_age")
        if youngest is not None and oldest is not None and youngest > oldest:
            raise values["min_age"].error("C018")
        checked = _date(values.get("verified_on"))
        for name, field in {**texts, "hours": hours, "how": how}.items():
            if field and field.status is Status.CONFIRMED and checked is None:
                raise values[name].error("C017")
        return Service(
            id=values["id"].text(),
            name=values["name"].text(),
            by=values["by"].text(),
            nations=self._words(values, "nations", self._nations),
            needs=frozenset(needs),
            people=frozenset(need for need in needs if self._needs[need].kind == "person"),
            audience=values["audience"].text(),
            hours=hours,
            how=how,
            min_age=youngest,
            max_age=oldest,
            gender=values["gender"].one_of(_GENDERS) if "gender" in values else None,
            regions=frozenset(self._words(values, "region", self._regions)),
            replaces=frozenset(self._words(values, "replaces", ids)),
            verified_on=checked,
            note=values["note"].text() if "note" in values else None,
            **texts,
        )

    def _words(self, values: dict[str, Item], key: str, allowed: Collection[str]) -> tuple[str, ...]:
        if key not in values:
            return ()
        words = tuple(item.one_of(allowed) for item in values[key].items())
        if not words:
            raise values[key].error("C005")
        return words

    def _text_field(self, name: str, item: Item) -> Field[str]:
        values = self._parts(item)
        return self._field(item, values, _checked_text(name, values["value"]))

    def _how(self, item: Item, service: Collection[str]) -> Field[str]:
        values = self._parts(item)
        text = values["value"].text()
        _check_places(values["value"], text, [name for name in ROUTES if name in service])
        return self._field(item, values, text)

    def _hours_field(self, item: Item) -> Field[OpeningHours]:
        values = self._parts(item, "conflicting")
        return self._field(item, values, _opening_hours(values["value"]))

    def _parts(self, item: Item, *optional: str) -> dict[str, Item]:
        return item.mapping(("value", "status", "source"), ("note", *optional))

    def _field(self, item: Item, values: dict[str, Item], value: T) -> Field[T]:
        status = Status(values["status"].one_of(Status))
        sources = tuple(self._source(source) for source in values["source"].items())
        if not sources and status is not Status.UNCONFIRMED:
            raise item.error("C013")
        conflicting = values["conflicting"].flag() if "conflicting" in values else False
        return Field(value, status, sources, conflicting, values["note"].text() if "note" in values else None)

    def _source(self, item: Item) -> str:
        source = item.text()
        if source not in self._sources:
            raise item.error("C012", value=source)
        return source


def _matching(item: Item, pattern: re.Pattern[str], wanted: str, example: str) -> str:
    text = item.text()
    if not pattern.fullmatch(text):
        raise item.error("C014", value=text, wanted=wanted, example=example)
    return text


def _checked_text(name: str, item: Item) -> str:
    if name == "cost":
        return item.one_of(("free",))
    if name == "email":
        return _matching(item, _EMAIL, "an email address", "help@example.org")
    if name in ("web", "chat", "bsl"):
        if name != "web" and item.value == ON_WEBSITE:
            return ON_WEBSITE
        return _matching(item, _WEB, "a web address", "https://www.example.org")
    return _number(item, name)


def _number(item: Item, name: str) -> str:
    text = item.text()
    number = text.partition(" to ")[2] if name == "text" and " to " in text else text
    digits = number.replace(" ", "")
    long = digits.startswith("0")
    fits = 8 <= len(digits) <= 11 and " " in number if long else 3 <= len(digits) <= 8
    if not (_GROUPS.fullmatch(number) and fits):
        raise item.error("C014", value=text, wanted="a phone number", example="a nought, then digits in groups")
    return text


def _opening_hours(item: Item) -> OpeningHours:
    values = item.mapping((), ("always", "weekly", "bank_holidays"))
    if "always" in values:
        item.mapping(("always",))
        if not values["always"].flag():
            raise values["always"].error("C004", wanted="true", found="false", hint=", or give weekly instead")
        return OpeningHours(always=True)
    values = item.mapping(("weekly", "bank_holidays"))
    days = values["weekly"].mapping((), DAYS)
    weekly = tuple(_day(days[day]) if day in days else () for day in DAYS)
    if not any(weekly):
        raise values["weekly"].error("C005")
    return OpeningHours(False, weekly, values["bank_holidays"].one_of(("closed", "open", "unknown")))


def _day(item: Item) -> tuple[tuple[int, int], ...]:
    spans: list[tuple[int, int]] = []
    for entry in item.items():
        start, end = _span(entry)
        if spans and start <= spans[-1][1]:
            raise entry.error("C016", value=entry.text())
        spans.append((start, end))
    return tuple(spans)


def _span(item: Item) -> tuple[int, int]:
    match = _SPAN.fullmatch(item.text())
    if not match:
        raise item.error("C014", value=item.text(), wanted="a span of time", example="09:30-16:00")
    hour, minute, end_hour, end_minute = (int(part) for part in match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if end <= start:
        raise item.error("C015", value=item.text())
    if end > 24 * 60:
        raise item.error("C014", value=item.text(), wanted="a span within one day", example="20:00-24:00")
    return start, end


def _age(values: dict[str, Item], key: str) -> int | None:
    return values[key].whole_number() if key in values else None


def _date(item: Item | None) -> date | None:
    if item is None or item.empty:
        return None
    if type(item.value) is not date:
        raise item.error("C014", value=str(item.value), wanted="a date", example="2026-11-20")
    return item.value
