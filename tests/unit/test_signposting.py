"""Which services are offered when, and the sentence that names them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.knowledge.services import Directory, Field, OpeningHours, Service, Status, load_services, text_keys
from bot.signposting import Offer, choose, describe
from bot.signposting.hours import LONDON, bank_holiday, closes_at, is_open, next_opening
from bot.signposting.offer import make_offer

DIRECTORY = load_services()
UK = tuple(DIRECTORY.nations)
NATIONS = (None, *UK)
TOPICS = [need.name for need in DIRECTORY.needs.values() if need.kind == "topic"]
URGENT = [need.name for need in DIRECTORY.needs.values() if need.urgent]
TUESDAY = datetime(2026, 11, 24, 15, 0, tzinfo=LONDON)
SUNDAY_NIGHT = datetime(2026, 11, 22, 3, 0, tzinfo=LONDON)
SENTINEL = "0999 000 0001"
WORKDAYS = OpeningHours(False, (((540, 1020),),) * 5 + ((), ()), "closed")

nations = st.sampled_from(NATIONS)
needs = st.sets(st.sampled_from(sorted(DIRECTORY.needs)), max_size=4)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
people = st.fixed_dictionaries(
    {"age": st.none() | st.integers(8, 95), "gender": st.sampled_from((None, "woman", "man", "non_binary"))}
)


def ids(offers: tuple[Offer, ...]) -> list[str]:
    return [offer.service.id for offer in offers]


def offer_of(service_id: str, now: datetime = TUESDAY, **changes: object) -> Offer:
    return make_offer(DIRECTORY, replace(DIRECTORY[service_id], **changes), now, nation="england")


# Promise 5: what is unconfirmed is never shown.


def with_hidden(fields: set[tuple[str, str]]) -> Directory:
    hidden = {
        name: Field(SENTINEL, Status.UNCONFIRMED)
        for name in ("phone", "text", "email", "web", "chat", "bsl", "cost", "how")
    }
    always = Field(OpeningHours(always=True), Status.UNCONFIRMED)
    services = []
    for service in DIRECTORY.services:
        names = [name for service_id, name in fields if service_id == service.id]
        services.append(replace(service, **{name: always if name == "hours" else hidden[name] for name in names}))
    d = DIRECTORY
    return Directory(tuple(services), needs=d.needs, nations=d.nations, regions=d.regions, phrases=d.phrases)


any_field = st.tuples(
    st.sampled_from([service.id for service in DIRECTORY.services if service.id != "police_999"]),
    st.sampled_from(("phone", "text", "email", "web", "chat", "bsl", "cost", "how", "hours")),
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sets(any_field, max_size=60), nations, needs, moments, people)
def test_an_unconfirmed_value_is_never_shown(fields, nation, need, now, person) -> None:
    directory = with_hidden(fields)
    offers = choose(directory, nation, need, now=now, limit=8, regions=directory.regions, **person)
    assert offers
    for said in (
        *map(describe, offers),
        *text_keys(directory).values(),
        *(v for o in offers for v in o.shown.values()),
    ):
        assert SENTINEL not in said
    for offer in offers:
        if offer.service.opening is None:
            assert offer.open_now is None and offer.opens_next is None
            assert (
                "any time" not in describe(offer) and "open" not in describe(offer).replace("Open", "").split(":", 1)[1]
            )


@settings(max_examples=150, deadline=None)
@given(nations, needs, moments, people, st.integers(1, 8))
def test_a_hidden_number_of_the_real_directory_is_never_said(nation, need, now, person, limit) -> None:
    hidden = {f.value for s in DIRECTORY.services for f in (s.phone, s.text, s.web, s.chat) if f and not f.shown}
    offers = choose(DIRECTORY, nation, need, now=now, limit=limit, regions=DIRECTORY.regions, **person)
    for offer in offers:
        assert not any(re.search(rf"(?<![\d ]){re.escape(value)}(?! ?\d)", describe(offer)) for value in hidden)


# Promise 1 and the routing hints.


@settings(max_examples=300, deadline=None)
@given(nations, needs, moments, people, st.integers(1, 6))
def test_an_urgent_need_always_gets_a_line_open_day_and_night(nation, need, now, person, limit) -> None:
    offers = choose(DIRECTORY, nation, need, now=now, limit=limit, **person)
    assert 1 <= len(offers) <= limit
    assert len(set(ids(offers))) == len(offers)
    topics = need & set(TOPICS)
    if not topics or topics & set(URGENT):
        always = [offer for offer in offers if offer.service.always_open]
        assert always and all(offer.open_now for offer in always)
        if nation is None:
            assert any(DIRECTORY.covers_every_nation(offer.service) for offer in always)


@settings(max_examples=300, deadline=None)
@given(nations, needs, moments, people, st.integers(2, 6))
def test_a_tailored_service_never_stands_without_one_for_everybody(nation, need, now, person, limit) -> None:
    offers = choose(DIRECTORY, nation, need, now=now, limit=limit, **person)
    assert any(not offer.service.tailored for offer in offers)


@settings(max_examples=300, deadline=None)
@given(nations, needs, moments, people)
def test_offers_fit_the_person(nation, need, now, person) -> None:
    for offer in choose(DIRECTORY, nation, need, now=now, limit=8, **person):
        service = offer.service
        assert nation is None or nation in service.nations
        assert not service.regions
        if person["age"] is not None:
            assert (service.min_age or 0) <= person["age"] <= (service.max_age or 200)
        if person["gender"] and service.gender:
            assert service.gender == person["gender"]
        assert service.people <= need | {"children", "men", "women"}


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(UK), needs, moments)
def test_open_services_come_first(nation, need, now) -> None:
    order = [
        {True: 0, None: 1, False: 2}[offer.open_now] for offer in choose(DIRECTORY, nation, need, now=now, limit=8)
    ]
    assert order == sorted(order)


@settings(max_examples=200, deadline=None)
@given(needs, moments)
def test_without_a_nation_the_whole_uk_comes_first_and_others_say_where(need, now) -> None:
    offers = choose(DIRECTORY, None, need, now=now, limit=8)
    near = [DIRECTORY.covers_every_nation(offer.service) for offer in offers]
    assert near == sorted(near, reverse=True)
    for offer in offers:
        assert bool(offer.elsewhere) != DIRECTORY.covers_every_nation(offer.service)
        assert all(name in describe(offer) for name in offer.elsewhere)


@pytest.mark.parametrize("nation", NATIONS)
@pytest.mark.parametrize("now", [TUESDAY, SUNDAY_NIGHT])
def test_stalking_gets_the_national_helpline(nation, now) -> None:
    assert "national_stalking_helpline" in ids(choose(DIRECTORY, nation, {"stalking"}, now=now))
    assert "police_999" in ids(choose(DIRECTORY, nation, {"emergency"}, now=now, limit=1))


CASES = [
    ("scotland", {"police"}, {}, ["police_scotland_101"], ["police_101", "psni_101"]),
    ("northern_ireland", {"police"}, {}, ["psni_101"], ["police_101"]),
    (None, {"police"}, {}, ["police_101"], []),
    ("wales", {"domestic_abuse"}, {}, ["live_fear_free"], ["mens_advice_line"]),
    (
        "england",
        {"domestic_abuse"},
        {"gender": "man"},
        ["mens_advice_line", "victim_support"],
        ["national_domestic_abuse_helpline"],
    ),
    ("england", {"domestic_abuse"}, {}, ["national_domestic_abuse_helpline", "victim_support"], []),
    ("england", {"domestic_abuse", "deaf"}, {}, ["signhealth", "victim_support"], []),
    ("wales", {"stalking", "lgbt"}, {}, ["galop", "national_stalking_helpline"], []),
    (
        "england",
        {"stalking"},
        {"age": 14},
        ["childline", "national_stalking_helpline"],
        ["rape_sexual_abuse_support_line"],
    ),
    ("england", {"crisis"}, {"age": 50}, ["samaritans", "shout"], ["papyrus", "childline"]),
    ("scotland", {"fraud"}, {}, ["police_scotland_101"], ["report_fraud"]),
    ("england", {"own_conduct"}, {}, ["respect_phoneline"], ["national_stalking_helpline", "police_999"]),
    ("england", set(), {}, ["national_stalking_helpline"], []),
    ("england", {"older"}, {}, ["national_stalking_helpline"], ["hourglass"]),
]


@pytest.mark.parametrize(("nation", "need", "person", "there", "absent"), CASES)
def test_cases(nation, need, person, there, absent) -> None:
    found = ids(choose(DIRECTORY, nation, need, now=SUNDAY_NIGHT, **person))
    assert set(there) <= set(found)
    assert not set(absent) & set(found)


def test_a_regional_service_needs_its_region() -> None:
    region = {"york_and_north_yorkshire"}
    found = ids(choose(DIRECTORY, "england", {"police"}, now=TUESDAY, regions=region))
    assert "north_yorkshire_police" in found and "police_101" not in found


@pytest.mark.parametrize(
    ("nation", "need", "options"),
    [
        ("france", {"stalking"}, {}),
        ("wales", {"magic"}, {}),
        ("wales", {"stalking"}, {"limit": 0}),
        ("wales", set(), {"now": datetime(2026, 1, 1)}),
    ],
)
def test_wrong_arguments_are_refused(nation, need, options) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 (four different arguments, four texts)
        choose(DIRECTORY, nation, need, **{"now": TUESDAY, **options})


# Sentences.

SENTENCES = [
    ("samaritans", TUESDAY, "Samaritans: call 116 123 (free), any time, day or night."),
    ("galop", TUESDAY, "Galop, for LGBT+ people: call 0800 999 5428, open now until 8:30pm."),
    ("galop", TUESDAY.replace(hour=9), "Galop, for LGBT+ people: call 0800 999 5428, closed now, opens today at 10am."),
    ("report_fraud", SUNDAY_NIGHT, "Report Fraud: call 0300 123 2040, closed now, opens Monday at 8am."),
    ("report_fraud", datetime(2026, 12, 25, 12, tzinfo=LONDON), "Report Fraud: call 0300 123 2040, check the hours on their website, https://reportfraud.police.uk."),
    ("paladin", TUESDAY, "Paladin: go to https://www.paladinservice.co.uk."),
    ("police_999", TUESDAY, "Emergency services: call 999 if you are in danger now, any time, day or night."),
    ("police_101", TUESDAY, "Police: call 101 when it is not an emergency."),
    ("national_stalking_helpline", TUESDAY, "National Stalking Helpline: call 0808 802 0300 (free), check the hours on their website, https://www.suzylamplugh.org."),
    ("hourglass", TUESDAY, "Hourglass, for older people: look for them by name."),
]  # fmt: skip


@pytest.mark.parametrize(("service_id", "now", "sentence"), SENTENCES)
def test_sentences(service_id: str, now: datetime, sentence: str) -> None:
    assert describe(offer_of(service_id, now)) == sentence


def test_the_helpline_says_its_hours_once_they_are_confirmed() -> None:
    hours = DIRECTORY["national_stalking_helpline"].hours
    assert hours
    confirmed = replace(hours, status=Status.CONFIRMED, conflicting=False)
    wednesday = TUESDAY + timedelta(days=1)
    assert describe(offer_of("national_stalking_helpline", wednesday, hours=confirmed)).endswith(
        "(free), open now until 8pm."
    )
    assert describe(offer_of("national_stalking_helpline", SUNDAY_NIGHT, hours=confirmed)).endswith(
        "opens Monday at 9:30am."
    )


@pytest.mark.parametrize("service", DIRECTORY.services, ids=lambda service: service.id)
@pytest.mark.parametrize("nation", [None, "england"])
@pytest.mark.parametrize("now", [TUESDAY, SUNDAY_NIGHT, datetime(2026, 12, 25, 12, tzinfo=LONDON)])
def test_every_sentence_is_short_and_whole(service: Service, nation: str | None, now: datetime) -> None:
    sentence = describe(make_offer(DIRECTORY, service, now, nation=nation))
    assert len(sentence.split()) <= 35, sentence
    assert sentence.endswith(".") and "{" not in sentence and "!" not in sentence


# Hours.

spans = st.lists(st.integers(0, 48).map(lambda n: n * 30), max_size=6, unique=True).map(sorted)
days = spans.map(lambda points: tuple((a, b) for a, b in pairwise(points) if points.index(a) % 2 == 0))
weeks = st.tuples(*[days] * 7).filter(any)
holidays_kept = st.sampled_from(("closed", "open", "unknown"))


def minutes(start: date, number: int = 7 * 24 * 60) -> Iterator[datetime]:
    first = datetime(start.year, start.month, start.day, tzinfo=LONDON).astimezone(UTC)
    return (first + timedelta(minutes=minute) for minute in range(number))


def brute_force(hours: OpeningHours, at: datetime) -> bool | None:
    """By the clock on the wall, England alone; the holidays of the weeks used below written out."""
    local = at.astimezone(LONDON)
    inside = any(a <= local.hour * 60 + local.minute < b for a, b in hours.weekly[local.weekday()])
    holiday = local.date() in {
        date(2026, 12, 25),
        date(2026, 12, 26),
        date(2026, 12, 28),
        date(2026, 4, 3),
        date(2026, 4, 6),
    }
    holiday = holiday or local.date() == date(2027, 1, 1)
    if not inside or not holiday or hours.bank_holidays == "open":
        return inside
    return False if hours.bank_holidays == "closed" else None


@settings(max_examples=12, deadline=None)
@given(
    weeks, holidays_kept, st.sampled_from([date(2026, 11, 23), date(2026, 12, 21), date(2026, 3, 30), date(2026, 6, 1)])
)
def test_open_now_agrees_with_a_scan_of_every_minute(weekly, kept, start) -> None:
    hours = OpeningHours(False, weekly, kept)
    for at in minutes(start):
        assert is_open(hours, at, ("england",)) is brute_force(hours, at)


@settings(max_examples=12, deadline=None)
@given(weeks, st.integers(0, 3 * 24 * 60))
def test_next_opening_and_closing_agree_with_the_scan(weekly, offset) -> None:
    hours = OpeningHours(False, weekly, "closed")
    scan = list(minutes(date(2026, 12, 21), 14 * 24 * 60))[offset:]
    now, states = scan[0], [brute_force(hours, at) for at in scan]
    opens, closes = next_opening(hours, now, ("england",)), closes_at(hours, now, ("england",))
    if states[0]:
        assert opens is None
        if False in states:
            assert closes == scan[states.index(False)]
    else:
        assert closes is None
        if True in states:
            assert opens == scan[states.index(True)]


@pytest.mark.parametrize(
    ("day", "where", "held"),
    [
        (date(2026, 12, 25), UK, True),
        (date(2026, 4, 6), ("england",), True),
        (date(2026, 4, 6), ("scotland",), False),
        (date(2026, 4, 6), UK, None),
        (date(2026, 11, 30), ("scotland",), True),
        (date(2026, 11, 30), ("england", "wales"), False),
        (date(2026, 7, 13), ("northern_ireland",), True),
        (date(2026, 8, 3), ("scotland",), True),
        (date(2026, 8, 31), ("wales",), True),
        (date(2026, 11, 24), UK, False),
    ],
)
def test_bank_holidays_by_nation(day: date, where: tuple[str, ...], held: bool | None) -> None:
    assert bank_holiday(day, where) is held
    at = datetime(day.year, day.month, day.day, 11, tzinfo=LONDON)
    assert is_open(WORKDAYS, at, where) is {True: False, False: True, None: None}[held]
    assert is_open(OpeningHours(always=True), at, where) is True


def test_after_christmas_the_next_opening_skips_every_holiday() -> None:
    opens = next_opening(WORKDAYS, datetime(2026, 12, 24, 18, tzinfo=LONDON), ("england",))
    assert opens == datetime(2026, 12, 29, 9, tzinfo=LONDON)


@pytest.mark.parametrize(
    ("at", "opened"),
    [
        (datetime(2026, 3, 27, 9, 0, tzinfo=UTC), True),  # Friday before the change: 09:00 GMT
        (datetime(2026, 3, 27, 8, 0, tzinfo=UTC), False),
        (datetime(2026, 3, 30, 8, 0, tzinfo=UTC), True),  # Monday after it: 09:00 BST
        (datetime(2026, 3, 30, 16, 0, tzinfo=UTC), False),
        (datetime(2026, 10, 23, 8, 0, tzinfo=UTC), True),
        (datetime(2026, 10, 26, 8, 0, tzinfo=UTC), False),
    ],
)
def test_hours_follow_the_change_of_the_clocks(at: datetime, opened: bool) -> None:
    assert is_open(WORKDAYS, at, UK) is opened


def test_the_hour_that_is_skipped_and_the_hour_that_is_repeated() -> None:
    night = OpeningHours(False, ((),) * 6 + (((90, 180),),), "open")  # Sundays 01:30 to 03:00
    spring = next_opening(night, datetime(2026, 3, 29, 0, 0, tzinfo=UTC), UK)
    assert spring == datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    assert closes_at(night, spring, UK) == datetime(2026, 3, 29, 2, 0, tzinfo=UTC)
    autumn = next_opening(night, datetime(2026, 10, 25, 0, 0, tzinfo=UTC), UK)
    assert autumn and autumn.astimezone(UTC) == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert closes_at(night, autumn, UK) == datetime(2026, 10, 25, 3, 0, tzinfo=UTC)


def test_hours_across_midnight_close_once() -> None:
    late = OpeningHours(False, (((1200, 1440),), ((0, 120),), (), (), (), (), ()), "open")
    assert closes_at(late, datetime(2026, 11, 23, 21, tzinfo=LONDON), UK) == datetime(2026, 11, 24, 2, tzinfo=LONDON)


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        is_open(WORKDAYS, datetime(2026, 1, 1), UK)
