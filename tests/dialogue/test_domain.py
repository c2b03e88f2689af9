"""The dialogue files fit together: what Rasa's own validation does not see (reference T3, T10)."""

import re
import subprocess
from pathlib import Path

import pytest
import yaml
from harness import ROOT

from bot.conversation.safety import SAFETY_INTENTS
from bot.knowledge.responses import load_responses
from bot.knowledge.services import load_services, text_keys
from bot.recognition.examples import read_examples

FEWEST = 12
# Set by the safety gate or by a button: nobody types them, so they have no examples.
SET_BY_CODE = {"self_harm_emergency", "danger_continues", "choose", "safe_to_talk", "greet_opening", "nlu_fallback"}
# Said by the channel, the policy or an action, and named in no rule.
BUILT = re.compile(r"[\"'](utter_[a-z0-9_]+)[\"']|f[\"'](utter_[a-z_]*)\{")


def load(name: str) -> dict:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


DOMAIN = load("domain.yml")
INTENTS = list(DOMAIN["intents"])
RULES = [
    rule for path in sorted((ROOT / "data" / "rules").glob("*.yml")) for rule in load(path.relative_to(ROOT))["rules"]
]
RESPONSES = {response.key for response in load_responses()}
EXAMPLES: dict[str, int] = {}
for row in read_examples(ROOT / "data" / "nlu"):
    EXAMPLES[row.intent] = EXAMPLES.get(row.intent, 0) + 1


def steps(key: str) -> set[str]:
    return {step[key] for rule in RULES for step in rule["steps"] if key in step}


def source() -> str:
    return "\n".join(
        path.read_text(encoding="utf-8")
        for folder in ("bot", "actions")
        for path in sorted((ROOT / folder).rglob("*.py"))
    )


@pytest.mark.parametrize("intent", [intent for intent in INTENTS if intent not in SET_BY_CODE])
def test_every_intent_has_examples(intent: str) -> None:
    assert EXAMPLES.get(intent, 0) >= FEWEST


@pytest.mark.parametrize("intent", sorted(SET_BY_CODE))
def test_an_intent_set_by_code_has_none(intent: str) -> None:
    assert intent in INTENTS
    assert intent not in EXAMPLES


def test_every_example_has_an_intent_of_the_domain() -> None:
    assert set(EXAMPLES) <= set(INTENTS)


@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_leads_somewhere_outside_the_interview(intent: str) -> None:
    assert intent in SAFETY_INTENTS or intent in steps("intent")


@pytest.mark.parametrize("intent", INTENTS)
def test_every_intent_leads_somewhere_inside_the_interview(intent: str) -> None:
    """Either the answer slot takes it, or a rule without a condition or the safety policy answers it."""
    open_rules = {
        step["intent"] for rule in RULES if not rule.get("condition") for step in rule["steps"] if "intent" in step
    }
    taken = intent not in DOMAIN["slots"]["answer"]["mappings"][0]["not_intent"]
    assert taken or intent in SAFETY_INTENTS or intent in open_rules


def from_text() -> list[tuple[str, dict]]:
    return [
        (name, mapping)
        for name, slot in DOMAIN["slots"].items()
        for mapping in slot["mappings"]
        if mapping["type"] == "from_text"
    ]


def test_every_from_text_mapping_leaves_safety_alone() -> None:
    assert from_text()
    for name, mapping in from_text():
        assert set(mapping["not_intent"]) >= SAFETY_INTENTS | {"own_conduct", "seek_to_find"}, name
        assert mapping["conditions"], name
        assert set(mapping["not_intent"]) <= set(INTENTS), name


def test_no_action_stands_before_the_safety_reply() -> None:
    assert "action_validate_slot_mappings" not in DOMAIN["actions"]
    assert not SAFETY_INTENTS & steps("intent")


def test_no_slot_steers_the_policies() -> None:
    assert not [name for name, slot in DOMAIN["slots"].items() if slot.get("influence_conversation", True)]


def test_nothing_is_carried_over_to_the_next_person() -> None:
    assert DOMAIN["session_config"]["carry_over_slots_to_new_session"] is False


@pytest.mark.parametrize("action", sorted(steps("action")))
def test_every_action_of_a_rule_exists(action: str) -> None:
    assert action in RESPONSES or action in DOMAIN["actions"] or action in DOMAIN["forms"]


def test_every_action_of_the_domain_has_its_code() -> None:
    from rasa_sdk.executor import ActionExecutor

    executor = ActionExecutor()
    executor.register_package("actions")
    assert set(executor.actions) == set(DOMAIN["actions"])


def test_every_response_is_used() -> None:
    named = {name for match in BUILT.findall(source()) for name in match if name}
    said = {
        response
        for response in RESPONSES
        if response in named or any(response.startswith(stem) for stem in named if stem.endswith("_"))
    }
    safety = {f"utter_{intent}" for intent in SAFETY_INTENTS}
    assert sorted(RESPONSES - said - steps("action") - safety) == []


def test_every_response_that_code_names_exists() -> None:
    named = {name for name, _ in BUILT.findall(source()) if name and not name.endswith("_")}
    assert sorted(named - RESPONSES) == []


def test_every_button_leads_to_an_intent() -> None:
    for response in load_responses():
        for button in response.buttons:
            assert button.payload.removeprefix("/").split("{")[0] in INTENTS, (response.key, button)


# One source for every number (promise 5).

FIELDS = text_keys(load_services())
KNOWN = {re.sub(r"\D", "", value) for key, value in FIELDS.items() if key.endswith((".phone", ".text"))} - {""}
NUMBER = re.compile(
    r"(?<![\w.-])(?:\+44 ?|0)\d(?:[ -]?\d){7,10}(?![\w-])|\b116[ -]?\d{3}\b|\b0800[ -]?11[ -]?11\b|\b85258\b"
)
SHORT = re.compile(r"(?<!\d)(?:999|101|105|111|55555)(?!\d)")
MADE_UP = re.compile(r"^0(7700900|1632960|999000|2079460)")
QUOTES_ALLOWED = re.compile(r"^(README\.md|CHANGELOG\.md|docs/|tests/|bench/)")


def tracked() -> list[Path]:
    try:
        names = subprocess.run(
            ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
        ).stdout.splitlines()
    except (OSError, subprocess.CalledProcessError):
        names = [
            path.relative_to(ROOT).as_posix()
            for folder in ("bot", "actions", "data", "docs", "tests")
            for path in (ROOT / folder).rglob("*.*")
        ]
    skip = ("requirements.lock", "bot/content/services.yml")
    text = (
        ".py",
        ".yml",
        ".yaml",
        ".md",
        ".html",
        ".js",
        ".css",
        ".jsonl",
        ".json",
        ".toml",
        ".txt",
        ".svg",
        ".conf",
        ".sh",
        "",
    )
    return [ROOT / name for name in names if name not in skip and Path(name).suffix in text and (ROOT / name).is_file()]


def test_no_phone_number_stands_outside_services_yml() -> None:
    found = []
    for path in tracked():
        name = path.relative_to(ROOT).as_posix()
        for match in NUMBER.finditer(path.read_text(encoding="utf-8", errors="replace")):
            digits = re.sub(r"\D", "", match.group())
            quoted = QUOTES_ALLOWED.match(name) and digits in KNOWN
            if not quoted and not MADE_UP.match(digits):
                found.append((name, match.group()))
    assert not found


def test_reviewed_sentences_name_even_short_numbers_by_key() -> None:
    found = []
    for folder in ("data/responses", "bot/content"):
        for path in sorted((ROOT / folder).glob("*.yml")):
            if path.name in ("services.yml", "sources.yml", "cues.yml", "places.yml"):
                continue
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if SHORT.search(
                    re.sub(r"\{[a-z0-9_.]+\}|#.*|source: \[[^\]]*\]|/cannot_reach_999|cannot_reach_999", "", line)
                ):
                    found.append((f"{path.name}:{number}", line.strip()[:80]))
    assert not found
