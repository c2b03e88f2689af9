"""The directory's files: what they say, what is refused, and where an error points."""

import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import CONTENT_MESSAGES, ContentError
from bot.knowledge.loading import load_items
from bot.knowledge.places import NATIONS, load_places, nation_of
from bot.knowledge.services import ON_WEBSITE, ROUTES, Directory, Status, load_services, text_keys
from bot.paths import CONTENT

SHOWN_PHONES = {
    "police_999": "999",
    "police_101": "101",
    "national_stalking_helpline": "0808 802 0300",
    "live_fear_free": "0808 80 10 800",
    "samaritans": "116 123",
    "childline": "0800 1111",
    "respect_phoneline": "0808 802 4040",
}
HIDDEN = [
    "paladin.phone",
    "hourglass.phone",
    "nhs_mental_health.phone",
    "relay_uk_101.phone",
    "papyrus.text",
    "signhealth.text",
]
OTHER_NATION = {"scotland": "england", "england": "wales", "wales": "northern_ireland", "northern_ireland": "scotland"}


@pytest.fixture(scope="module")
def directory() -> Directory:
    return load_services()


@pytest.fixture
def broken(tmp_path: Path):
    """Loads the project's directory with one piece of text replaced; gives the error and the changed line's number."""

    def load(old: str, new: str) -> tuple[str, int]:
        text = (CONTENT / "services.yml").read_text(encoding="utf-8")
        assert old in text
        path = tmp_path / "services.yml"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(ContentError) as caught:
            load_services(path)
        assert str(path) in str(caught.value)
        return str(caught.value), text[: text.index(old)].count("\n") + 1

    return load


@pytest.mark.parametrize(("service", "number"), SHOWN_PHONES.items())
def test_numbers_that_were_seen_are_shown(directory: Directory, service: str, number: str) -> None:
    assert text_keys(directory)[f"{service}.phone"] == number


@pytest.mark.parametrize("key", HIDDEN)
def test_numbers_from_memory_or_in_conflict_are_hidden(directory: Directory, key: str) -> None:
    service, field = key.split(".")
    assert getattr(directory[service], field).status is Status.UNCONFIRMED
    assert key not in text_keys(directory)
    assert f"{service}.name" in text_keys(directory)


def test_nothing_is_confirmed_before_an_operator_checked_it(directory: Directory) -> None:
    fields = [getattr(s, name) for s in directory.services for name in (*ROUTES, "cost", "how", "hours")]
    assert {field.status for field in fields if field} == {Status.SEEN, Status.UNCONFIRMED}
    assert not any(service.verified_on for service in directory.services)


def test_conflicting_hours_are_not_told(directory: Directory) -> None:
    helpline = directory["national_stalking_helpline"]
    assert helpline.hours and helpline.hours.conflicting
    assert helpline.opening is None


def test_keys_never_say_on_website(directory: Directory) -> None:
    assert ON_WEBSITE not in text_keys(directory).values()


def test_a_number_stands_under_its_service_alone(directory: Directory) -> None:
    """Only the emergency and police numbers are shared."""
    phones = [s.phone.value for s in directory.services if s.phone and s.phone.shown]
    assert {phone for phone in phones if phones.count(phone) > 1} == {"999", "101"}


def test_names_hold_no_number_that_is_hidden(directory: Directory) -> None:
    hidden = {f.value for s in directory.services for f in (s.phone, s.text) if f and not f.shown}
    for service in directory.services:
        assert not hidden & set(re.findall(r"\d[\d ]*\d", f"{service.name} {service.audience}"))


BROKEN = [
    ("nations: [wales]", "nations: [whales]", "nations[0]", "C010", "england, wales, scotland, northern_ireland"),
    ("needs: [own_conduct]", "needs: [own_behaviour]", "needs[0]", "C010", "own_conduct"),
    ('phone: {value: "116 123", status: seen, source: [D39, D40]}', 'phone: {value: "116 123", status: seen, source: [ZZ9]}', "phone.source[0]", "C012", "sources.yml"),
    ('phone: {value: "116 123", status: seen, source: [D39, D40]}', 'phone: {value: "116 123", status: seen, source: []}', "phone", "C013", "sources.yml"),
    ('phone: {value: "116 123", status: seen', 'phone: {value: "116 123", status: sure', "phone.status", "C010", "confirmed, seen, unconfirmed"),
    ('phone: {value: "116 123", status: seen', 'phone: {value: "116 123", status: confirmed', "phone", "C017", "verified_on"),
    ('phone: {value: "116 123", status: seen', 'phone: {value: 116123, status: seen', "phone.value", "C004", "with quotes around it"),
    ('value: "0808 802 4040"', 'value: "08088024040"', "phone.value", "C014", "a nought, then digits in groups"),
    ('value: "0808 802 4040"', 'value: "0808-802-4040"', "phone.value", "C014", "a nought, then digits in groups"),
    ('value: "https://galop.org.uk"', 'value: "http://galop.org.uk"', "web.value", "C014", "https://"),
    ('value: "help@galop.org.uk"', 'value: "galop.org.uk"', "email.value", "C014", "help@example.org"),
    ('mon: ["10:00-20:30"]', 'mon: ["20:30-10:00"]', "hours.value.weekly.mon[0]", "C015", "earlier time first"),
    ('mon: ["10:00-20:30"]', 'mon: ["10:00-12:00", "11:00-20:30"]', "hours.value.weekly.mon[1]", "C016", "Join"),
    ('mon: ["10:00-20:30"]', 'mon: ["10-20:30"]', "hours.value.weekly.mon[0]", "C014", "09:30-16:00"),
    ('mon: ["10:00-20:30"]', 'mon: ["10:00-24:30"]', "hours.value.weekly.mon[0]", "C014", "20:00-24:00"),
    ("  - id: shout\n", "  - id: samaritans\n", "id", "C011", "another name"),
    ("    max_age: 34\n", "    max_age: old\n", "max_age", "C004", "a whole number"),
    ("    gender: woman\n", "    gender: female\n", "gender", "C010", "woman, man, non_binary"),
    ("    region: [london]\n", "    region: [londn]\n", "region[0]", "C010", "london"),
    ('value: "call {phone} if you are in danger now"', 'value: "call {telephone} now"', "how.value", "C019", "{phone}"),
    ('  open_until: ", open now until {time}"', '  open_until: ", open now until {hour}"', "phrases.open_until", "C019", "{time}"),
    ('  today: "today"\n', "  today: \n", "phrases.today", "C004", "text"),
    ("    verified_on: null\n", "    verified_on: soon\n", "verified_on", "C014", "2026-11-20"),
    ("    verified_on: null\n", "    checked: null\n", "checked", "C006", "verified_on"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "key", "code", "mend"), BROKEN)
def test_an_error_names_file_line_key_and_mend(broken, old: str, new: str, key: str, code: str, mend: str) -> None:
    message, line = broken(old, new)
    assert message.startswith(f"{code} ")
    assert f", line {line}, " in message
    assert re.search(rf"(^|[ .]){re.escape(key)}: ", message)
    assert mend in message


def test_a_missing_key_is_named_at_its_service(broken) -> None:
    message, line = broken('    by: "Shout"\n', "")
    assert message.startswith("C005") and "].by: is missing" in message
    assert abs(int(re.search(r"line (\d+)", message)[1]) - line) <= 3


def test_a_key_given_twice_is_refused(broken) -> None:
    message, line = broken("    max_age: 34\n", "    max_age: 34\n    max_age: 30\n")
    assert message.startswith("C003") and f"line {line + 1}," in message


def test_a_directory_without_999_is_refused(broken) -> None:
    message, _ = broken('    phone: {value: "999", status: seen', '    phone: {value: "999", status: unconfirmed')
    assert message.startswith("C022") and "police_999" in message


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    path = tmp_path / "services.yml"
    path.write_text("nations:\n  england: [\n", encoding="utf-8")
    with pytest.raises(ContentError, match=r"^C001 .*line 3"):
        load_services(path)


def test_a_missing_and_an_empty_file_are_named(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"^C002 .*nothing\.yml"):
        load_items(tmp_path / "nothing.yml")
    (tmp_path / "empty.yml").write_text("", encoding="utf-8")
    with pytest.raises(ContentError, match=r"^C005 .*empty\.yml"):
        load_items(tmp_path / "empty.yml")


def test_every_message_says_what_to_do() -> None:
    for message in CONTENT_MESSAGES.values():
        assert message.count(". ") >= 1, message


def test_sources_are_whole_and_unique() -> None:
    text = (CONTENT / "sources.yml").read_text(encoding="utf-8")
    sources = yaml.safe_load(text)["sources"]
    assert len(sources) == len(re.findall(r"^  [A-Z]\w*: \{what:", text, re.MULTILINE)) > 200
    assert {source["kind"] for source in sources.values()} <= {"primary", "official-2nd", "secondary", "repo"}


PLACES = [
    ("He follows me home from work in Swansea", "wales"),
    ("my ex lives in Leeds and I live in Newry", "northern_ireland"),
    ("I live in Leeds, he lives in Glasgow", "england"),
    ("we met in Leeds but I live in Cardiff now", "wales"),
    ("I was born in Derry but I live in London", "england"),
    ("He drove from Leeds to Glasgow", None),
    ("She lives in Glasgow", None),
    ("I don't live in Scotland", None),
    ("I'm in north Wales", "wales"),
    ("im in derry", "northern_ireland"),
    ("I live in Bangor", None),
    ("my boyfriend from New York", None),
    ("Dw i'n byw yng Nghaerdydd", "wales"),
    ("Mae o yn Ynys Môn", "wales"),
    ("STOKE-ON-TRENT", "england"),
    ("PSNI told me to call back", "northern_ireland"),
    ("I rang Police Scotland", "scotland"),
    ("he sits outside my flat in Leeds", "england"),
    ("londonderry", "northern_ireland"),
    ("he was reading in the bath, then a deal, then a sale", None),
    ("he will not let me be", None),
    ("", None),
]


@pytest.mark.parametrize(("text", "nation"), PLACES)
def test_the_nation_of_a_message(text: str, nation: str | None) -> None:
    assert nation_of(text) == nation


@given(st.sampled_from(sorted((w, n) for w, n in load_places().nations.items() if n)))
def test_every_place_is_found_and_yields_to_where_the_person_lives(place: tuple[str, str]) -> None:
    word, nation = place
    other = OTHER_NATION[nation]
    assert nation_of(f"he waits near {word.upper()}.") == nation
    assert nation_of(f"I live in {other.replace('_', ' ')}, he goes to {word}") == other
    assert nation_of(f"x{word.replace(' ', 'x')}x") is None


@given(st.text())
def test_any_text_has_at_most_one_nation(text: str) -> None:
    assert nation_of(text) in (None, *NATIONS)


def test_there_are_places_enough() -> None:
    found = list(load_places().nations.values())
    least = {"england": 60, "wales": 40, "scotland": 50, "northern_ireland": 40}
    assert all(found.count(nation) >= number for nation, number in least.items())


def test_a_long_message_is_read_quickly() -> None:
    assert nation_of("he waits for me in leeds " * 800) == "england"


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("  - oban\n", "  - omagh\n", "C020"),
        ("  - oban\n", "  - Oban\n", "C021"),
        ("ambiguous:\n", "ambiguous:\n  - oban\n", "C020"),
    ],
)
def test_a_wrong_place_is_named(tmp_path: Path, old: str, new: str, code: str) -> None:
    path = tmp_path / "places.yml"
    path.write_text((CONTENT / "places.yml").read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(ContentError, match=rf"^{code} .*places\.yml, line \d+, "):
        load_places(path)
