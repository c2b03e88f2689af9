"""The command line without its processes: lines of JSON, numbered buttons, settings."""

import json
import math

import pytest

from bot.cli import main
from bot.errors import ContentError, SettingsError
from bot.evaluation import read_labels
from bot.recognition.recognition import BehaviourSpan, Recognition
from bot.serving.jsonlines import LineError, parse, recognise_lines
from bot.serving.shell import chosen, written
from bot.settings import load_settings

BUTTONS = [{"title": "Yes", "payload": "/affirm"}, {"title": "Not now", "payload": "/deny"}]


def recognise(text: str) -> Recognition:
    return Recognition(
        concern="stalking", behaviours=("following",), spans=(BehaviourSpan("following", 0, len(text), 0.9),)
    )


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"{", "JSON"),
        (b"\xff", "JSON"),
        (b"[" * 100_000, "JSON"),
        (b'["a"]', "object"),
        (b'{"text": "x"}', '"id"'),
        (b'{"id": null, "text": "x"}', '"id"'),
        (b'{"id": true, "text": "x"}', '"id"'),
        (b'{"id": "1"}', '"text"'),
        (b'{"id": "1", "text": 5}', '"text"'),
    ],
)
def test_a_bad_line_says_what_it_lacks(line, why):
    with pytest.raises(LineError, match=why):
        parse(line)


def test_offsets_stay_where_a_character_cannot_be_encoded():
    assert parse(rb'{"id": 1, "text": "a\ud800b"}') == (1, "a?b")
    assert parse(b'\xef\xbb\xbf{"id": "bom", "text": ""}') == ("bom", "")


def test_lines_come_out_in_order_and_bad_ones_are_numbered():
    out, complaints = [], []
    lines = [b'{"id": "a", "text": "caf\xc3\xa9"}\n', b"\n", b"no\n", rb'{"id": "\ud800", "text": "x"}']
    assert recognise_lines(lines, recognise, out.append, complaints.append) == 1
    rows = [json.loads(line) for line in out]
    assert [next(iter(row)) for row in rows] == ["id", "id"]
    assert rows[0] == {"id": "a", **recognise("café").as_dict()}
    assert rows[1]["id"] == "\ud800"
    assert complaints == ["line 3 is not JSON in UTF-8"]


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("1", "/affirm"),
        (" 2 ", "/deny"),
        ("not NOW", "/deny"),
        ("3", "3"),
        ("0", "0"),
        ("²", "²"),
        ("yes he does", "yes he does"),
    ],
)
def test_a_button_is_chosen_by_number_or_title(typed, sent):
    assert chosen(typed, BUTTONS) == sent


def test_replies_are_written_with_numbered_buttons():
    replies = [{"text": "One.", "buttons": []}, {"text": "Safe?", "buttons": BUTTONS}]
    assert written(replies) == "One.\n\nSafe?\n\n  1. Yes\n  2. Not now\n"


@pytest.mark.parametrize("given", [("serve", "--port", "0"), ("serve", "--port", "65536")])
def test_a_port_that_is_none_ends_in_one_line(given, capsys):
    assert main(given) == 2
    assert capsys.readouterr().err == f"signpost: {given[2]} is no port: give a number from 1 to 65535, such as 8080\n"


def test_settings_come_from_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("SIGNPOST_PORT", "9000")
    monkeypatch.setenv("SIGNPOST_MODELS", str(tmp_path))
    assert (load_settings().port, load_settings(7000).port, load_settings().models) == (9000, 7000, tmp_path)
    monkeypatch.setenv("SIGNPOST_PORT", "nine")
    with pytest.raises(SettingsError, match="'nine'"):
        load_settings()


@pytest.mark.parametrize(
    ("content", "why"),
    [("{", "line 1: not JSON"), ('{"id": 1}\n', "has no 'text'"), ("[]", "has no 'id'"), ("\n", "no rows")],
)
def test_a_broken_labels_file_names_line_and_key(content, why, tmp_path):
    labels = tmp_path / "labels.jsonl"
    labels.write_text(content)
    with pytest.raises(ContentError, match=why):
        read_labels(labels)


def test_evaluate_prints_figures_and_writes_predictions(tmp_path, monkeypatch, capsys):
    row = {
        "id": "1",
        "text": "he follows me",
        "concern": "stalking",
        "behaviours": ["following"],
        "relationship": "unknown",
    }
    row |= {"stalker_type": None, "perspective": "self", "immediate_danger": False, "self_harm": False}
    row |= {"repeated": "unknown", "ask": "none", "provenance": "written"}
    labels, out = tmp_path / "labels.jsonl", tmp_path / "out.jsonl"
    labels.write_text(json.dumps(row))

    class Stub:
        recognise = staticmethod(recognise)

    monkeypatch.setattr("bot.cli._recogniser", Stub)
    assert main(["evaluate", str(labels), "--json", "--predictions", str(out)]) == 0
    figures = json.loads(capsys.readouterr().out)
    assert set(figures) == {"all", "written"}
    assert math.isclose(figures["all"]["concern_macro_f1_strict"], 1)
    assert json.loads(out.read_text())["behaviours"] == ["following"]
    assert main(["evaluate", str(labels)]) == 0
    assert "concern_macro_f1_strict        1.000" in capsys.readouterr().out
