"""Commands as a person runs them: from outside, with an empty HOME and next to no environment."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from running import BIN, ROOT, group_lives, small_project

MODEL = ROOT / "models" / "signpost.tar.gz"


@pytest.fixture
def bare(tmp_path: Path) -> dict[str, str]:
    """An environment with a PATH and an empty HOME."""
    home = tmp_path / "home"
    home.mkdir()
    return {"PATH": os.environ["PATH"], "HOME": str(home)}


@pytest.fixture
def signpost(bare: dict[str, str]) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Runs one command to its end; keyword arguments are variables."""

    def run(*arguments: str, said: str | bytes = "", **variables: object) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [BIN / "signpost", *arguments],
            input=said.encode() if isinstance(said, str) else said,
            env=bare | {name: str(value) for name, value in variables.items()},
            cwd=bare["HOME"],
            capture_output=True,
            timeout=300,
            check=False,
        )
        return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def started(bare: dict[str, str]) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts a process in a group of its own; whatever is left of the group goes after the test."""
    running: list[subprocess.Popen[str]] = []

    def start(*command: str | Path, cwd: Path | None = None, **variables: object) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            command,
            env=bare | {name: str(value) for name, value in variables.items()},
            cwd=cwd or bare["HOME"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        if group_lives(process):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stdout:
            process.stdout.close()


@pytest.fixture
def trained(tmp_path: Path) -> Path:
    """A folder of models whose model counts as current, whatever is being edited."""
    if not MODEL.is_file():
        pytest.fail("no model: run `signpost train`, or `make test`, which does")
    from bot.serving.model import data_hash, model_path

    models = tmp_path / "models"
    models.mkdir()
    model_path(models).symlink_to(MODEL)
    (models / "trained.json").write_text(json.dumps({"hash": data_hash()}))
    return models


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project's own files with a few examples an intent."""
    return small_project(tmp_path / "project")
