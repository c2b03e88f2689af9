"""One service as it is offered to a person, and the sentence that says so."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.knowledge.services import Directory, Service
from bot.signposting.hours import LONDON, closes_at, is_open, next_opening


@dataclass(frozen=True, slots=True)
class Offer:
    """A service for a person at a moment.

    Attributes:
        service: the whole entry, hidden fields too; say only what `shown` holds.
        open_now: True, False, or None where nothing is sure.
        opens_next: when it opens, by the clock in Britain, if it is closed and that is sure.
        closes: when it closes, if it is open now and does close.
        at: the moment, by the clock in Britain.
        shown: the fields that people may see, by name.
        elsewhere: names of the nations it covers, to be said because the person's nation is not known.
    """

    service: Service
    open_now: bool | None
    opens_next: datetime | None
    closes: datetime | None
    at: datetime
    shown: Mapping[str, str] = field(hash=False)
    elsewhere: tuple[str, ...] = ()
    phrases: Mapping[str, str] = field(default_factory=dict, hash=False, compare=False, repr=False)


def make_offer(directory: Directory, service: Service, now: datetime, *, nation: str | None) -> Offer:
    """The offer of one service at that moment.

    Args:
        directory: holds the words.
        service: what is offered.
        now: an aware time, in any zone.
        nation: where the person is; None if unknown.
    """
    hours = service.opening
    open_now = is_open(hours, now, service.nations) if hours else None
    say_where = nation is None and not directory.covers_every_nation(service)
    return Offer(
        service=service,
        open_now=open_now,
        opens_next=next_opening(hours, now, service.nations) if hours and open_now is False else None,
        closes=closes_at(hours, now, service.nations) if hours and open_now else None,
        at=now.astimezone(LONDON),
        shown=service.shown,
        elsewhere=tuple(directory.nations[name] for name in service.nations) if say_where else (),
        phrases=directory.phrases,
    )


def describe(offer: Offer) -> str:
    """One plain sentence: who they are, how to reach them, and whether they are open.

    Returns:
        At most 35 words, such as "Samaritans: call their number (free), any time, day or night."
    """
    what = _instruction(offer)
    state = _state(offer) if what is None or offer.open_now is not None else ""
    if what is None:
        free = offer.phrases["free"] if "cost" in offer.shown and offer.shown.keys() & {"phone", "text"} else ""
        what = _routes(offer) + free
    return offer.phrases["sentence"].format(who=_who(offer), what=what + state)


def _who(offer: Offer) -> str:
    who = offer.service.name
    if offer.service.tailored:
        who += offer.phrases["for_people"].format(audience=offer.service.audience)
    if offer.elsewhere:
        who += offer.phrases["in_nations"].format(nations=_joined(offer.elsewhere, offer.phrases["and"]))
    return who


def _joined(words: tuple[str, ...], last: str) -> str:
    return f" {last} ".join((", ".join(words[:-1]), words[-1])) if len(words) > 1 else words[0]


def _instruction(offer: Offer) -> str | None:
    how = offer.service.how
    if how is None or not how.shown:
        return None
    try:
        return how.value.format_map(offer.shown)
    except KeyError:  # it names a field that is not shown
        return None


def _routes(offer: Offer) -> str:
    for group in (("phone", "text"), ("bsl",), ("chat",), ("web",), ("email",)):
        routes = [name for name in group if name in offer.shown]
        if routes:
            words = tuple(_route(offer, name) for name in routes)
            return _joined(words, offer.phrases["or"])
    return offer.phrases["no_route"]


def _route(offer: Offer, name: str) -> str:
    return offer.phrases["call" if name == "phone" else name].format_map({name: offer.shown[name]})


def _state(offer: Offer) -> str:
    phrases, hours = offer.phrases, offer.service.opening
    if hours and hours.always:
        return phrases["always"]
    if offer.open_now and offer.closes:
        if (offer.closes - offer.at).days:
            return phrases["open_until_day"].format(day=_day(offer, offer.closes), time=_clock(offer, offer.closes))
        return phrases["open_until"].format(time=_clock(offer, offer.closes))
    if offer.opens_next:
        return phrases["opens"].format(day=_day(offer, offer.opens_next), time=_clock(offer, offer.opens_next))
    if not offer.shown.keys() & {"phone", "text", "bsl"}:
        return ""
    return phrases["check_hours_at"].format(web=offer.shown["web"]) if "web" in offer.shown else phrases["check_hours"]


def _clock(offer: Offer, moment: datetime) -> str:
    if moment.minute == 0 and moment.hour in (0, 12):
        return offer.phrases["midday" if moment.hour else "midnight"]
    minutes = f":{moment.minute:02}" if moment.minute else ""
    return f"{moment.hour % 12 or 12}{minutes}{offer.phrases['pm' if moment.hour >= 12 else 'am']}"


def _day(offer: Offer, moment: datetime) -> str:
    days = (moment.date() - offer.at.date()).days
    if days == 0:
        return offer.phrases["today"]
    weekday = offer.phrases["days"].split()[moment.weekday()]
    return weekday if days < 7 else f"{weekday} {moment.day} {offer.phrases['months'].split()[moment.month - 1]}"
