"""The `signpost` command from outside: what it prints, how it ends, and that it leaves nothing behind."""

import http.client
import json
import shutil
import signal
import socket
import subprocess
import sys
import time

import pytest
from running import BIN, answers, free_port, group_lives, wait_for

COMMANDS = ("serve", "shell", "train", "recognise", "evaluate", "doctor")
MESSAGES = (
    b'{"id": "a", "text": "my ex follows me home every night"}\n'
    b"not json\n"
    b'{"id": "b"}\n'
    b"\n"
    b'{"text": "no id"}\n'
    b"\xff\xfe\n"
    b'{"id": 5, "text": "caf\\u00e9 \\ud800 \xf0\x9f\x98\x80"}'
)


def in_one_line(done: subprocess.CompletedProcess[str], *parts: str) -> bool:
    """The command failed, and said on stderr in one line what to do."""
    lines = done.stderr.strip().splitlines()
    assert done.returncode == 2, done.stdout + done.stderr
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("signpost: ")
    assert all(part in lines[0] for part in parts), lines[0]
    return True


@pytest.mark.parametrize("command", COMMANDS)
def test_help_gives_an_example(command, signpost):
    done = signpost(command, "--help")
    assert done.returncode == 0
    assert f"signpost {command}" in done.stdout.split("example:")[1]


def test_the_package_runs_as_a_module(bare):
    done = subprocess.run(
        [sys.executable, "-m", "bot", "--help"], env=bare, capture_output=True, text=True, check=False
    )
    assert all(command in done.stdout for command in COMMANDS)


def test_a_taken_port_is_one_line(signpost):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert in_one_line(signpost("serve", "--port", str(port)), str(port), "--port")


@pytest.mark.parametrize(
    "arguments",
    [("serve", "--no-train"), ("shell", "--no-train"), ("recognise",), ("evaluate", "labels.jsonl")],
    ids=" ".join,
)
def test_a_missing_model_is_one_line(arguments, signpost, bare, tmp_path):
    row = {
        "id": "1",
        "text": "x",
        "concern": "chitchat",
        "behaviours": [],
        "relationship": "unknown",
        "stalker_type": None,
    }
    row |= {"perspective": "none", "immediate_danger": False, "self_harm": False, "repeated": "unknown", "ask": "none"}
    with open(f"{bare['HOME']}/labels.jsonl", "w") as labels:
        labels.write(json.dumps(row))
    done = signpost(*arguments, SIGNPOST_MODELS=tmp_path / "none", SIGNPOST_PORT=free_port())
    assert in_one_line(done, "no model", "signpost train")


@pytest.mark.parametrize("given", ["http", "0", "70000"])
def test_a_wrong_port_is_one_line(given, signpost):
    assert in_one_line(signpost("serve", SIGNPOST_PORT=given), given, "8080")


@pytest.mark.parametrize("broken", ["config.yml", "domain.yml", "data/nlu/affirm.yml", "data/rules/story.yml"])
def test_a_broken_file_ends_training_in_one_line(broken, project, signpost, tmp_path):
    file = project / broken
    file.write_text(file.read_text() + "\n  - {broken: [\n")
    done = signpost("train", SIGNPOST_ROOT=project, SIGNPOST_MODELS=tmp_path / "models")
    assert in_one_line(done, broken, "line", "YAML")


@pytest.mark.slow
def test_what_rasa_refuses_ends_training_in_one_line(project, signpost, tmp_path):
    file = project / "config.yml"
    file.write_text(file.read_text().replace("RulePolicy", "NoSuchPolicy"))
    done = signpost("train", SIGNPOST_ROOT=project, SIGNPOST_MODELS=tmp_path / "models")
    assert in_one_line(done, "NoSuchPolicy")


@pytest.mark.slow
def test_a_broken_response_file_ends_serve_in_one_line(project, trained, signpost):
    file = project / "data" / "responses" / "safety.yml"
    file.write_text(file.read_text() + "\n  - {broken: [\n")
    done = signpost("serve", "--no-train", SIGNPOST_ROOT=project, SIGNPOST_MODELS=trained, SIGNPOST_PORT=free_port())
    assert in_one_line(done, "safety.yml")


@pytest.mark.slow
def test_a_broken_model_ends_serve_in_one_line(trained, signpost):
    (trained / "signpost.tar.gz").unlink()
    (trained / "signpost.tar.gz").write_bytes(b"no archive")
    done = signpost("serve", SIGNPOST_MODELS=trained, SIGNPOST_PORT=free_port())
    assert in_one_line(done, "signpost train --force")
    assert in_one_line(signpost("recognise", SIGNPOST_MODELS=trained), "signpost train --force")


@pytest.mark.slow
def test_a_start_with_a_current_model_does_not_train_and_ctrl_c_stops_it(trained, started):
    port = free_port()
    process = started(BIN / "signpost", "serve", "--port", str(port), SIGNPOST_MODELS=trained)
    wait_for(lambda: answers(port), process)
    client = http.client.HTTPConnection("127.0.0.1", port)
    client.request("GET", "/health")  # and the connection stays open
    assert json.loads(client.getresponse().read()) == {"status": "ok"}
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    said = process.communicate(timeout=20)[0]
    assert time.monotonic() - began < 5
    client.close()
    assert process.returncode == 0
    assert not group_lives(process)
    assert said.split("\n") == [
        "loading (a few seconds) ...",
        f"Signpost answers at http://localhost:{port}/chat (Ctrl-C stops it)",
        "",
        "signpost: stopped",
        "",
    ]


@pytest.mark.slow
def test_ctrl_c_stops_training_too(project, started, tmp_path):
    process = started(
        BIN / "signpost", "serve", SIGNPOST_PORT=free_port(), SIGNPOST_ROOT=project, SIGNPOST_MODELS=tmp_path / "models"
    )
    assert process.stdout.readline().startswith("training")
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[0].strip() == "signpost: stopped"
    assert process.returncode == 130
    assert not group_lives(process)


def test_recognise_goes_on_after_bad_lines(trained, signpost):
    done = signpost("recognise", said=MESSAGES, SIGNPOST_MODELS=trained)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert [next(iter(row.items())) for row in rows] == [("id", "a"), ("id", 5)]
    assert rows[0]["concern"] == "stalking"
    assert "following" in rows[0]["behaviours"]
    assert [line.split()[2] for line in done.stderr.splitlines()] == ["2", "3", "5", "6"]
    assert "not json" not in done.stderr  # words are never repeated


def test_recognise_reads_and_writes_files(trained, signpost, tmp_path):
    messages, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    messages.write_bytes(MESSAGES.splitlines()[0])
    done = signpost("recognise", str(messages), "-o", str(out), SIGNPOST_MODELS=trained)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert json.loads(out.read_text())["id"] == "a"
    assert in_one_line(signpost("recognise", str(out), "-o", str(out), SIGNPOST_MODELS=trained), "input")
    assert in_one_line(signpost("recognise", str(tmp_path / "none"), SIGNPOST_MODELS=trained), "none")


def test_recognise_answers_line_by_line_without_rasa(trained, bare):
    heard = "import sys; from bot.cli import main; main(['recognise']); print('rasa' in sys.modules, file=sys.stderr)"
    process = subprocess.Popen(
        [sys.executable, "-c", heard],
        env=bare | {"SIGNPOST_MODELS": str(trained)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    process.stdin.write(MESSAGES.splitlines(keepends=True)[0])
    process.stdin.flush()
    assert json.loads(process.stdout.readline())["id"] == "a"  # before the input ends
    assert process.communicate(timeout=60) == (b"", b"False\n")


@pytest.mark.slow
def test_the_shell_talks_through_a_pipe(trained, signpost):
    done = signpost("shell", said="no\nmy ex follows me home every night\n/stop\nnot read\n", SIGNPOST_MODELS=trained)
    assert (done.returncode, done.stderr) == (0, "")
    assert "999" in done.stdout.split("> no\n")[0]
    assert "  1. " in done.stdout
    assert "101" in done.stdout.split("every night\n", 1)[1]
    assert "not read" not in done.stdout


def test_doctor_finds_a_missing_model_and_says_the_mend(trained, signpost, bare, tmp_path):
    port = free_port()
    well = {check["name"]: check for check in json.loads(_doctor(signpost, trained, port).stdout)["checks"]}
    assert [name for name, check in well.items() if not check["ok"]] in ([], ["port 5055"])
    done = _doctor(signpost, tmp_path / "none", port)
    (model,) = [check for check in json.loads(done.stdout)["checks"] if check["name"] == "model"]
    assert done.returncode == 1
    assert not model["ok"]
    assert "signpost train" in model["mend"]
    shutil.rmtree(trained)
    trained.mkdir()
    text = signpost("doctor", SIGNPOST_MODELS=trained, SIGNPOST_PORT=port)
    assert "FAIL  model" in text.stdout
    assert f"SIGNPOST_PORT              {port}  (set)" in text.stdout


def _doctor(signpost, models, port):
    return signpost("doctor", "--json", SIGNPOST_MODELS=models, SIGNPOST_PORT=port)
