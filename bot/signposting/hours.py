"""Opening hours against the clock in Britain, bank holidays of each nation and changes of the clocks included."""

from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from bot.knowledge.services import OpeningHours

LONDON = ZoneInfo("Europe/London")
_SUBDIVISIONS = {"england": "ENG", "wales": "WLS", "scotland": "SCT", "northern_ireland": "NIR"}
_SEARCH_DAYS = 28
_DAY = timedelta(days=1)


@lru_cache(maxsize=64)
def _bank_holidays(nation: str, year: int) -> frozenset[date]:
    from holidays import country_holidays  # takes a tenth of a second, and many conversations never need it

    return frozenset(country_holidays("GB", subdiv=_SUBDIVISIONS[nation], years=year))


def bank_holiday(day: date, nations: Collection[str]) -> bool | None:
    """Whether that day is a bank holiday.

    Args:
        day: a date in Britain.
        nations: where the service works.

    Returns:
        True if in all of the nations, False if in none, None if in some (nothing says where the phones are).
    """
    held = {day in _bank_holidays(nation, day.year) for nation in nations}
    return held.pop() if len(held) == 1 else None


def is_open(hours: OpeningHours, at: datetime, nations: Collection[str]) -> bool | None:
    """Whether somebody answers at that moment.

    Args:
        hours: when the service answers.
        at: an aware time, in any zone.
        nations: where the service works, for its bank holidays.

    Returns:
        None where it depends on a bank holiday about which nothing is known.
    """
    moment = _aware(at)
    if hours.always:
        return True
    day = moment.astimezone(LONDON).date()
    if not any(start <= moment < end for start, end in _spans(hours, day)):
        return False
    return _works(hours, day, nations)


def closes_at(hours: OpeningHours, at: datetime, nations: Collection[str]) -> datetime | None:
    """When a service that is open now closes, by the clock in Britain; None if that is not sure, or never."""
    moment = _aware(at)
    if hours.always or not is_open(hours, moment, nations):
        return None
    end: datetime | None = None
    for start, stop in _certain_spans(hours, moment.astimezone(LONDON).date(), nations):
        if (end is None and start <= moment < stop) or (end is not None and start == end):
            end = stop
        elif end is not None:
            break
    return end.astimezone(LONDON) if end else None


def next_opening(hours: OpeningHours, at: datetime, nations: Collection[str]) -> datetime | None:
    """When a service that is not open now opens for sure, in British time; None if it is open, or unsure."""
    moment = _aware(at)
    if is_open(hours, moment, nations):
        return None
    for start, _ in _certain_spans(hours, moment.astimezone(LONDON).date(), nations):
        if start > moment:
            return start.astimezone(LONDON)
    return None


def _aware(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError("the time has no zone; give an aware one")
    return at.astimezone(UTC)


def _works(hours: OpeningHours, day: date, nations: Collection[str]) -> bool | None:
    if hours.bank_holidays == "open":
        return True
    held = bank_holiday(day, nations)
    if held is False:
        return True
    return False if held and hours.bank_holidays == "closed" else None


def _certain_spans(hours: OpeningHours, first: date, nations: Collection[str]) -> Iterator[tuple[datetime, datetime]]:
    for offset in range(_SEARCH_DAYS):
        day = first + offset * _DAY
        if hours.weekly[day.weekday()] and _works(hours, day, nations):
            yield from _spans(hours, day)


def _spans(hours: OpeningHours, day: date) -> Iterator[tuple[datetime, datetime]]:
    """The spans of one day in UTC; in the hour that repeats, a span lasts from its first start to its last end."""
    for start, end in hours.weekly[day.weekday()]:
        span = _instant(day, start, fold=0), _instant(day, end, fold=1)
        if span[0] < span[1]:
            yield span


def _instant(day: date, minute: int, *, fold: int) -> datetime:
    if minute == 24 * 60:
        day, minute = day + _DAY, 0
    local = datetime.combine(day, time(minute // 60, minute % 60, fold=fold), LONDON)
    instant = local.astimezone(UTC)
    skipped = instant.astimezone(LONDON).replace(tzinfo=None, fold=0) != local.replace(tzinfo=None, fold=0)
    # A time that the clocks skip in spring is the moment of the change, which in Britain is 01:00 UTC.
    return datetime.combine(day, time(1), UTC) if skipped else instant
