"""Starting, weighing and ending the processes of a benchmark: each by its own id, all on loopback."""

import contextlib
import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[1]
LOOPBACK = "127.0.0.1"
END_SECONDS = 10.0


class BenchError(Exception):
    """A process of the benchmark did not do what it should; says what it last wrote."""


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((LOOPBACK, 0))
        return int(probe.getsockname()[1])


def environment(**more: str) -> dict[str, str]:
    """The environment of a child process: this project importable, nothing asked of the person.

    Args:
        more: further variables.
    """
    known = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "ignore", "RASA_TELEMETRY_ENABLED": "false"}
    return {**known, **more}


def run(command: Sequence[str], folder: Path, env: Mapping[str, str], seconds: float) -> str:
    """Run a command to its end.

    Args:
        command: program and arguments.
        folder: where it runs.
        env: all of its environment.
        seconds: after which it is ended.

    Returns:
        what it wrote to stdout.

    Raises:
        BenchError: it failed or took too long.
    """
    with started(command, folder, env) as (process, log):
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise BenchError(f"{_shown(command)} took more than {seconds:.0f} s") from None
        if code:
            raise BenchError(f"{_shown(command)} ended with {code}: {last_words(log)}")
        return log.with_suffix(".out").read_text(encoding="utf-8")


@contextlib.contextmanager
def started(
    command: Sequence[str], folder: Path, env: Mapping[str, str]
) -> Iterator[tuple["subprocess.Popen[bytes]", Path]]:
    """A process that ends with the block, its children with it.

    Yields:
        the process, and the file of what it writes to stderr (stdout stands beside it as `.out`).
    """
    with tempfile.TemporaryDirectory(prefix="signpost-bench-log-") as logs:
        log = Path(logs) / "process.err"
        with log.open("wb") as err, log.with_suffix(".out").open("wb") as out:
            process = subprocess.Popen(
                command, cwd=folder, env=dict(env), stdout=out, stderr=err, stdin=subprocess.DEVNULL
            )
        try:
            yield process, log
        finally:
            end(process)


def end(process: "subprocess.Popen[bytes]") -> None:
    """End a process that this benchmark started, and its children.

    Args:
        process: may have ended already.
    """
    if process.poll() is not None:
        return
    family = _family(process.pid)
    for each in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.terminate()
    _, left = psutil.wait_procs(family, timeout=END_SECONDS)
    for each in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            each.kill()
    process.wait(END_SECONDS)


def memory(pid: int) -> tuple[float, float]:
    """Megabytes of a process and its children, as RSS and as PSS (shared pages counted once)."""
    found = [each.memory_full_info() for each in _family(pid)]
    return sum(each.rss for each in found) / 1e6, sum(getattr(each, "pss", each.rss) for each in found) / 1e6


def processor_seconds(pid: int) -> float:
    """What a process and its children have worked, which other programs on the machine change little."""
    return sum(sum(each.cpu_times()[:2]) for each in _family(pid))


def last_words(log: Path) -> str:
    """The last lines that a process wrote, for an error message."""
    lines = [
        line for path in (log.with_suffix(".out"), log) for line in path.read_text(errors="replace").splitlines()[-8:]
    ]
    return "\n".join(lines)


def _family(pid: int) -> list[psutil.Process]:
    try:
        parent = psutil.Process(pid)
        return [*parent.children(recursive=True), parent]
    except psutil.NoSuchProcess:
        return []


def _shown(command: Sequence[str]) -> str:
    return " ".join(Path(part).name if part.startswith("/") else part for part in command)
