"""The reviewed advice: its loader, its tone, and the code that picks from it."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.advice import evidence, law, safety
from bot.errors import ContentError
from bot.knowledge.advice import NATIONS, PENDING, PLACES, load_advice
from bot.knowledge.responses import load_responses
from bot.knowledge.services import load_services, text_keys
from bot.paths import CONTENT, root
from bot.recognition.vocabulary import BEHAVIOURS

ADVICE = load_advice()
DIRECTORY = load_services()
FIELDS = text_keys(DIRECTORY)
RESPONSES_FILE = root() / "data" / "responses" / "information.yml"
RESPONSES = yaml.safe_load(RESPONSES_FILE.read_text(encoding="utf-8"))["responses"]
FILES = ("behaviours", "evidence", "safety", "law", "information", "sources")

HIGH_RISK = {
    "threats_violence",
    "strangulation",
    "weapon",
    "break_in",
    "breach_of_order",
    "physical_assault",
    "sexual_violence",
    "threats_suicide",
}
QUESTIONS = {
    *("confidential", "device_traces", "purpose", "bot_challenge", "human", "what_is_stalking", "record"),
    *("law_england_wales", "law_scotland", "law_northern_ireland", "law_unknown"),
    *("evidence_general", "reporting", "safety_general", "technology", "support_other", "emotional", "helpline"),
    *("own_conduct", "seek_to_find", "insult", "out_of_scope", "thanks", "goodbye", "welsh", "other_language"),
}
BANNED = re.compile(
    r"\b(just|only|claims?|claimed|alleged(ly)?|domestic violence|low risk|harmless|probably|guarantee\w*|promise\w*"
    r"|why (did|didn't|don't|do|have|haven't) you|should have (left|told|said)|you must|you should|you are safe"
    r"|this is (not )?stalking|he|him|his|she|her|hers)\b",
    re.IGNORECASE,
)
ORDER = re.compile(
    r"(?:^|[.:?]\s+|\byou could )(block|delete|wipe|reset|confront|meet|reply|uninstall|ignore|warn|track|face)\b",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d[\d ]{4,}\d|\b(999|101|111|18000|1471|116 ?123|85258)\b")
PLACE = re.compile(r"\{([^}]*)\}")


def response_texts() -> Iterator[tuple[str, str]]:
    for key, variants in RESPONSES.items():
        for variant in variants:
            yield key, variant["text"]


TEXTS = [*ADVICE.texts(), *response_texts()]
BUBBLES = [(key, bubble) for key, text in TEXTS for bubble in text.split("\n\n")]

any_behaviours = st.lists(st.one_of(st.sampled_from(BEHAVIOURS), st.text(max_size=8)), max_size=30)
any_limit = st.integers(min_value=-2, max_value=40)


class TestContent:
    def test_every_behaviour_of_the_vocabulary_and_no_other(self) -> None:
        assert set(ADVICE.behaviours) == set(BEHAVIOURS)

    @pytest.mark.parametrize("key", BEHAVIOURS)
    def test_a_behaviour_is_complete(self, key: str) -> None:
        behaviour = ADVICE.behaviours[key]
        assert behaviour.name and behaviour.why.endswith(".")
        assert behaviour.heard and not behaviour.heard.endswith(".")
        assert behaviour.high_risk is (key in HIGH_RISK)
        assert 1 <= len(behaviour.keep) <= 3 and all(len(text.split()) <= 30 for text in behaviour.keep)
        assert 1 <= len(behaviour.safety) <= 2 and all(len(text.split()) <= 35 for text in behaviour.safety)
        assert all(service in DIRECTORY for service in behaviour.services)

    @pytest.mark.parametrize("key", sorted(HIGH_RISK))
    def test_high_risk_names_the_emergency_number(self, key: str) -> None:
        assert any("{police_999.phone}" in text for text in ADVICE.behaviours[key].safety)

    def test_wales_has_the_law_of_england(self) -> None:
        assert ADVICE.laws["wales"].paragraphs == ADVICE.laws["england"].paragraphs

    def test_pending_lists_what_nobody_signed(self) -> None:
        expected = [entry.key for entry in ADVICE.entries() if entry.review == PENDING]
        assert list(ADVICE.pending()) == expected

    def test_every_question_has_an_answer(self) -> None:
        assert set(RESPONSES) == {f"utter_{name}" for name in QUESTIONS}

    @pytest.mark.parametrize("key", RESPONSES)
    def test_an_answer_is_sourced_short_and_renders(self, key: str, tmp_path: Path) -> None:
        sources = yaml.safe_load((CONTENT / "sources.yml").read_text(encoding="utf-8"))["sources"]
        shutil.copy(RESPONSES_FILE, tmp_path)
        responses = load_responses(tmp_path, FIELDS)
        for turn, variant in enumerate(RESPONSES[key]):
            assert variant["metadata"]["review"]
            assert variant["metadata"]["source"] and set(variant["metadata"]["source"]) <= set(sources)
            assert len(variant["text"].split("\n\n")) <= 3
            assert "{" not in responses.render(key, turn)["text"]

    @pytest.mark.parametrize("key", RESPONSES)
    def test_an_ordinary_answer_does_not_open_with_the_emergency_number(self, key: str) -> None:
        for variant in RESPONSES[key]:
            opening = " ".join(re.split(r"(?<=[.?])\s+", variant["text"])[:2])
            assert "police_999" not in opening


class TestTone:
    @pytest.mark.parametrize(("key", "text"), TEXTS)
    def test_words(self, key: str, text: str) -> None:
        assert not BANNED.search(text), key
        assert not ORDER.search(text), key
        assert "!" not in text, key
        assert not re.search(r"[\U0001F000-\U0001FAFF\u2600-\u27BF]", text), key

    @pytest.mark.parametrize(("key", "text"), TEXTS)
    def test_numbers_stand_as_keys_that_people_may_see(self, key: str, text: str) -> None:
        assert not NUMBER.search(PLACE.sub("", text)), key
        assert not re.search(r"https?://|www\.|\b[a-z-]+\.(org|com|co|gov|uk)\b", PLACE.sub("", text)), key
        for place in PLACE.findall(text):
            assert place in FIELDS, (key, place)

    @pytest.mark.parametrize(("key", "bubble"), BUBBLES)
    def test_length(self, key: str, bubble: str) -> None:
        assert len(bubble.split()) <= 60, key

    @pytest.mark.parametrize(("key", "text"), TEXTS)
    def test_a_step_on_a_device_carries_its_warning(self, key: str, text: str) -> None:
        if re.search(r"new (strong )?passwords?|turn(ing)? (it )?off|a blocked|change the locks|closed account", text):
            assert re.search(r"notice|tell its owner|tell the person", text), key


class TestEvidence:
    @given(behaviours=any_behaviours, limit=any_limit)
    def test_never_empty_first_constant_no_repeats(self, behaviours: list[str], limit: int) -> None:
        texts = evidence.for_behaviours(ADVICE, behaviours, limit)
        assert texts[0] == ADVICE.evidence_first.text
        assert len(texts) <= max(limit, 1)
        assert len(set(texts)) == len(texts)

    @given(behaviours=any_behaviours)
    def test_order_and_repeats_of_labels_do_not_matter(self, behaviours: list[str]) -> None:
        again = [*reversed(behaviours), *behaviours]
        assert evidence.for_behaviours(ADVICE, behaviours) == evidence.for_behaviours(ADVICE, again)

    def test_most_telling_first(self) -> None:
        texts = evidence.for_behaviours(ADVICE, ["gifts_letters", "weapon"])
        assert texts[1:] == (ADVICE.behaviours["weapon"].keep[0], ADVICE.behaviours["gifts_letters"].keep[0])

    def test_nothing_told_gives_general_advice(self) -> None:
        assert evidence.for_behaviours(ADVICE, ())[1] == ADVICE.evidence[0].text


class TestSafety:
    @given(behaviours=any_behaviours, limit=any_limit)
    def test_never_empty_no_repeats(self, behaviours: list[str], limit: int) -> None:
        texts = safety.for_behaviours(ADVICE, behaviours, limit)
        assert 1 <= len(texts) <= max(limit, 1)
        assert len(set(texts)) == len(texts)

    @given(behaviours=st.lists(st.sampled_from(BEHAVIOURS)), high=st.sampled_from(sorted(HIGH_RISK)))
    def test_high_risk_comes_first(self, behaviours: list[str], high: str) -> None:
        first = safety.for_behaviours(ADVICE, [*behaviours, high])[0]
        assert any(first == ADVICE.behaviours[key].safety[0] for key in HIGH_RISK)

    @given(place=st.one_of(st.sampled_from(PLACES), st.text(max_size=8)), limit=any_limit)
    def test_every_place_has_options(self, place: str, limit: int) -> None:
        assert 1 <= len(safety.for_place(ADVICE, place, limit)) <= max(limit, 1)

    @pytest.mark.parametrize("key", ["tracking_device_spyware", "account_hacking"])
    def test_another_device_comes_before_any_change(self, key: str) -> None:
        assert "device" in ADVICE.behaviours[key].safety[0]
        assert "noticed" in ADVICE.behaviours[key].safety[0]


class TestLaw:
    @pytest.mark.parametrize("nation", NATIONS)
    def test_a_nation_has_paragraphs_orders_and_sections(self, nation: str) -> None:
        texts = law.for_nation(ADVICE, nation)
        assert 3 <= len(texts) <= 4
        assert texts[-1] == ADVICE.laws[nation].orders
        assert law.sections(ADVICE, nation)

    @pytest.mark.parametrize("nation", [None, "", "unknown", "france"])
    def test_an_unknown_nation_gets_what_is_common_and_an_offer(self, nation: str | None) -> None:
        texts = law.for_nation(ADVICE, nation)
        assert texts[0] == ADVICE.law_common.paragraphs[0]
        assert "tell me where you are" in texts[-1]
        assert law.sections(ADVICE, nation) == ()

    def test_no_text_names_the_act_of_2026(self) -> None:
        assert not any("2026" in text or "Crime and Policing" in text for _, text in TEXTS)


@pytest.mark.parametrize(
    ("name", "old", "new", "code", "key"),
    [
        ("behaviours", "high_risk: true", "high_risk: perhaps", "C004", "behaviours.strangulation.high_risk"),
        ("behaviours", "    heard: hands", "    herd: hands", "C006", "behaviours.strangulation.herd"),
        ("evidence", "  text: You do not need proof", "  text: 5 #", "C004", "first.text"),
        ("evidence", "source: [P1]", "source: [NOWHERE]", "C012", "first.source[0]"),
        ("evidence", "source: [P1]", "source: []", "C013", "first.source"),
        ("safety", "  tonight:", "  midnight:", "C006", "places.midnight"),
        ("law", "  wales: *england_and_wales\n", "", "C005", "nations.wales"),
        ("information", "    year: year to March 2025\n", "", "C005", "statistics.last_year.year"),
        ("information", "topics:\n", "topics: [\n", "C001", "file"),
    ],
)
def test_a_broken_file_says_where_and_how_to_mend_it(
    tmp_path: Path, name: str, old: str, new: str, code: str, key: str
) -> None:
    for file in FILES:
        shutil.copy(CONTENT / f"{file}.yml", tmp_path)
    path = tmp_path / f"{name}.yml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ContentError) as error:
        load_advice(tmp_path)
    assert str(error.value).startswith(f"{code} {path}, line ")
    assert f", {key}: " in str(error.value)


@pytest.mark.parametrize("part", ["keep", "safety"])
def test_a_behaviour_without_advice_is_refused(tmp_path: Path, part: str) -> None:
    for file in FILES:
        shutil.copy(CONTENT / f"{file}.yml", tmp_path)
    content = yaml.safe_load((CONTENT / "behaviours.yml").read_text(encoding="utf-8"))
    content["behaviours"]["following"][part] = []
    (tmp_path / "behaviours.yml").write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")
    with pytest.raises(ContentError, match=rf"behaviours\.following\.{part}"):
        load_advice(tmp_path)
