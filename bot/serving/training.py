"""Training in a process of its own, with a sign of life while it runs.

Rasa and TensorFlow keep hundreds of megabytes that training took, print warnings that nobody can act on, and work in threads that
Ctrl-C does not end; none of it reaches the process that serves.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import yaml

from bot.errors import ContentError, SignpostError, StartError
from bot.paths import root

DOING = "training (about four minutes the first time)"
CACHES = (".rasa/cache", ".cache/signpost")
_FRAMES = "|/-\\"
_PLAIN_SECONDS = 20.0  # between lines where there is no terminal
_STOP_SECONDS = 3.0


def forget_caches() -> None:
    """Train the next model from nothing: what Rasa and Signpost keep between trainings goes."""
    for cache in CACHES:
        shutil.rmtree(root() / cache, ignore_errors=True)


def train_apart(models: Path, tell: IO[str]) -> None:
    """Train in a child process, and say so while it lasts.

    Args:
        models: folder for the model.
        tell: receives a moving line on a terminal, else a line now and then.

    Raises:
        ContentError: a file is no YAML.
        StartError: no project there, or the training failed; one line says why.
    """
    if not (root() / "domain.yml").is_file():
        raise StartError(f"there is no domain.yml in {root()}: set SIGNPOST_ROOT to the folder of Signpost's checkout")
    require_yaml()
    began = time.monotonic()
    with tempfile.TemporaryFile() as said, _child(models.resolve(), said) as child:
        _wait(child, began, tell)
        if child.returncode:
            said.seek(0)
            raise StartError(_reason(said.read().decode("utf-8", "replace")))
    print(f"trained in {time.monotonic() - began:.0f} s", file=tell, flush=True)


def require_yaml() -> None:
    """Check that every file of the project is YAML, because Rasa does not name the file that is not.

    Raises:
        ContentError: one is not; names file, line and the mend.
    """
    for path in (*sorted(root().glob("*.yml")), *sorted((root() / "data").rglob("*.yml"))):
        try:
            for _ in yaml.parse(path.read_bytes(), Loader=yaml.CSafeLoader):
                pass
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise ContentError.at("C001", path.relative_to(root()), line, "here", detail=error.problem) from error
        except (yaml.YAMLError, OSError) as error:
            raise ContentError.at("C002", path.relative_to(root()), 1, "file", detail=type(error).__name__) from error


@contextmanager
def _child(models: Path, said: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    # Rasa keeps its cache where it is started, so it always starts in the project.
    child = subprocess.Popen(
        [sys.executable, "-m", "bot.serving.training", str(models)],
        cwd=root(),
        env=os.environ | {"SIGNPOST_ROOT": str(root().resolve())},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=said,
    )
    try:
        yield child
    finally:
        if child.poll() is None:
            child.terminate()
            try:
                child.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _wait(child: subprocess.Popen[bytes], began: float, tell: IO[str]) -> None:
    moving = tell.isatty()
    if not moving:
        print(f"{DOING} ...", file=tell, flush=True)
    said_at, step = began, 0
    while child.poll() is None:
        now = time.monotonic()
        if moving:
            print(f"\r{DOING} {_FRAMES[step % len(_FRAMES)]} {now - began:.0f} s ", end="", file=tell, flush=True)
        elif now - said_at >= _PLAIN_SECONDS:
            print(f"still training, {now - began:.0f} s", file=tell, flush=True)
            said_at = now
        step += 1
        time.sleep(0.2)
    if moving:
        print("\r\033[K", end="", file=tell, flush=True)


def _reason(said: str) -> str:
    """The child's last line: its own message, or the end of a traceback."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    last = lines[-1] if lines else "no reason given"
    return last.removeprefix("signpost: ") if last.startswith("signpost: ") else f"training failed: {last}"


def _main(models: str) -> int:
    from bot.serving.model import train
    from bot.serving.server import quiet

    quiet()
    try:
        train(Path(models))
    except SignpostError as error:
        print(f"signpost: {' '.join(str(error).split())}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(_main(sys.argv[1]))
