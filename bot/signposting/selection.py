"""Chooses which services to offer: for this nation, these needs and this hour."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest

from bot.knowledge.services import Directory, Service, text_keys
from bot.signposting.hours import is_open
from bot.signposting.offer import Offer, describe, make_offer

__all__ = ["Offer", "choose", "describe", "text_keys"]

_USUAL_NEED = "stalking"
_OPEN_ORDER = {True: 0, None: 1, False: 2}


@dataclass(frozen=True, slots=True)
class _Request:
    directory: Directory
    nation: str | None
    topics: tuple[str, ...]
    wider: frozenset[str]
    people: frozenset[str]
    age: int | None
    gender: str | None
    regions: frozenset[str]
    now: datetime

    @property
    def urgent(self) -> bool:
        return any(self.directory.needs[topic].urgent for topic in self.topics)


def choose(
    directory: Directory,
    nation: str | None,
    needs: Iterable[str],
    *,
    now: datetime,
    age: int | None = None,
    gender: str | None = None,
    limit: int = 3,
    regions: Collection[str] = (),
) -> tuple[Offer, ...]:
    """The services to offer, open now first, then the most fitting.

    For an urgent need one of them is open day and night. Where one is for some people only, one for everybody is there
    too (unless `limit` leaves room for one alone). Where the nation is unknown, services for the whole UK go first and
    others say where they work.

    Args:
        directory: all services.
        nation: "england", "wales", "scotland", "northern_ireland", or None if unknown.
        needs: words of the directory's vocabulary; none means stalking.
        now: an aware time, in any zone.
        age: in years, if the person said it.
        gender: "woman", "man" or "non_binary", if the person said it.
        limit: how many at most.
        regions: regions in which services limited to them may be offered.

    Returns:
        Between one offer and `limit` offers.

    Raises:
        ValueError: an unknown nation or need, a limit below 1, or a time without a zone.
    """
    request = _request(directory, nation, needs, now=now, age=age, gender=gender, regions=regions)
    if limit < 1:
        raise ValueError("limit must be at least 1")
    ranked = _ranked(request)
    picks = _picks(request, ranked)
    kept = _unique([*_necessary(request, ranked, picks, limit), *picks])[:limit]
    kept.sort(key=lambda service: _rank(request, service))
    return tuple(make_offer(directory, service, now, nation=nation) for service in kept)


def _request(
    directory: Directory,
    nation: str | None,
    needs: Iterable[str],
    *,
    now: datetime,
    age: int | None,
    gender: str | None,
    regions: Collection[str],
) -> _Request:
    asked = {needs} if isinstance(needs, str) else set(needs)
    unknown = sorted(asked - directory.needs.keys())
    if unknown or (nation is not None and nation not in directory.nations):
        raise ValueError(f"not in services.yml: {', '.join(unknown) or nation}")
    if now.tzinfo is None:
        raise ValueError("the time has no zone; give an aware one")
    persons = [need for need in directory.needs.values() if need.kind == "person"]
    said = {need.gender for need in persons if need.name in asked and need.gender}
    if gender is None and len(said) == 1:
        gender = said.pop()
    of_age = {need.name for need in persons if age is not None and need.max_age is not None and age <= need.max_age}
    of_gender = {need.name for need in persons if gender is not None and need.gender == gender}
    topics = tuple(name for name, need in directory.needs.items() if need.kind == "topic" and name in asked)
    topics = topics or (_USUAL_NEED,)
    wider = frozenset(need for topic in topics if (need := directory.needs[topic].wider))
    people = frozenset(need.name for need in persons if need.name in asked) | of_age | of_gender
    return _Request(directory, nation, topics, wider, people, age, gender, frozenset(regions), now)


def _ranked(request: _Request) -> list[Service]:
    fitting = [service for service in request.directory.services if _may_offer(request, service)]
    replaced = frozenset[str]().union(*(service.replaces for service in fitting)) if request.nation else frozenset()
    return sorted((s for s in fitting if s.id not in replaced), key=lambda service: _rank(request, service))


def _may_offer(request: _Request, service: Service) -> bool:
    if not service.reachable or (request.nation is not None and request.nation not in service.nations):
        return False
    if service.regions and not service.regions & request.regions:
        return False
    if request.age is not None and not (service.min_age or 0) <= request.age <= (service.max_age or 200):
        return False
    genders = _genders(request, service)
    if request.gender is not None and genders and request.gender not in genders:
        return False
    return not service.people or bool(service.people & request.people)


def _genders(request: _Request, service: Service) -> set[str]:
    said = {request.directory.needs[person].gender for person in service.people} | {service.gender}
    return {gender for gender in said if gender}


def _rank(request: _Request, service: Service) -> tuple[int, ...]:
    hours = service.opening
    open_now = is_open(hours, request.now, service.nations) if hours else None
    nations = tuple(request.directory.nations)
    far = 0 if _near(request, service) else 1 + min(nations.index(nation) for nation in service.nations)
    web_only = not service.shown.keys() & {"phone", "text", "bsl"}
    breadth = 0 if service.regions else len(service.nations)
    return far, _OPEN_ORDER[open_now], web_only, -_fit(request, service), breadth, request.directory.position(service)


def _fit(request: _Request, service: Service) -> int:
    """How closely it fits: 4 for a topic, 8 for a person, 2 for a wider topic, less where its limits may not be met."""
    topics = len(service.needs.intersection(request.topics))
    wider = 2 if not topics and service.needs & request.wider else 0
    people = 8 * len(service.people & request.people) + 4 * bool(request.gender and _genders(request, service))
    return 4 * topics + wider + people - (not _surely_for(request, service))


def _surely_for(request: _Request, service: Service) -> bool:
    """Whether what the person said makes them one of those whom it is for."""
    aged = service.min_age is None and service.max_age is None
    gendered = bool(_genders(request, service))
    known_age = aged or request.age is not None or bool(service.people & request.people)
    return known_age and (not gendered or request.gender is not None)


def _picks(request: _Request, ranked: Sequence[Service]) -> list[Service]:
    """For each person need and each topic in turn its best service, then its second best, and so on."""
    near = request.wider.union(request.topics)
    persons = [
        [service for service in ranked if person in service.needs and service.needs & near]
        for person in request.directory.needs
        if person in request.people
    ]
    topics = [[service for service in ranked if topic in service.needs] for topic in request.topics]
    rounds = zip_longest(*persons, *topics)
    return _unique([service for turn in rounds for service in turn if service])


def _necessary(request: _Request, ranked: Sequence[Service], picks: Sequence[Service], limit: int) -> list[Service]:
    necessary = [_always_line(request, ranked, picks)] if request.urgent else []
    if not picks or any(service.tailored for service in picks[:limit]):
        necessary.append(_line_for_everybody(request, ranked, picks))
    return necessary


def _always_line(request: _Request, ranked: Sequence[Service], picks: Sequence[Service]) -> Service:
    wider = [service for service in ranked if service.needs & request.wider]
    for service in (*picks, *wider):
        if service.always_open and _near(request, service) and _surely_for(request, service):
            return service
    return _emergency_line(request)


def _line_for_everybody(request: _Request, ranked: Sequence[Service], picks: Sequence[Service]) -> Service:
    wider = [service for service in ranked if service.needs & request.wider]
    for service in (*picks, *wider):
        if not service.tailored and _near(request, service):
            return service
    return _emergency_line(request)


def _near(request: _Request, service: Service) -> bool:
    return request.nation is not None or request.directory.covers_every_nation(service)


def _emergency_line(request: _Request) -> Service:
    return next(service for service in request.directory.services if request.directory.is_emergency_line(service))


def _unique(services: Iterable[Service]) -> list[Service]:
    return list({service.id: service for service in services}.values())
