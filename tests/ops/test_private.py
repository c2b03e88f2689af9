"""Nothing that runs in `.venv` reaches beyond this machine, whatever is started and however it ends."""

import ipaddress
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
from running import BIN, ROOT, answers, free_port, small_project, wait_for

# What Rasa and its libraries leave in HOME: settings without an id, and Rasa's own file with a random id that nothing reads or
# sends while telemetry is off.
LEFT_IN_HOME = {".config/rasa/global.yml", ".keras/keras.json"}
ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')

needs_strace = pytest.mark.skipif(
    shutil.which("strace") is None, reason="strace is not installed (apt-get install strace)"
)


def addresses(trace: Path) -> set[str]:
    """Every internet address that a traced process connected to, bound or sent to."""
    return {v4 or v6 for v4, v6 in ADDRESS.findall(trace.read_text(encoding="utf-8", errors="replace"))}


def traced(trace: Path) -> list[str]:
    return [
        "strace",
        "-f",
        "-qq",
        "--seccomp-bpf",
        "-e",
        "trace=connect,bind,sendto,sendmsg,sendmmsg",
        "-o",
        str(trace),
    ]


def all_on_loopback(trace: Path) -> bool:
    return all(ipaddress.ip_address(address).is_loopback for address in addresses(trace))


def files_in(home: Path) -> set[str]:
    return {file.relative_to(home).as_posix() for file in home.rglob("*") if file.is_file()}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, dict[str, str]]:
    """A small project trained by plain `rasa train` under strace, the trace, and the environment with its HOME."""
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed (apt-get install strace)")
    folder = tmp_path_factory.mktemp("small")
    project, trace, home = small_project(folder / "project"), folder / "train.trace", folder / "home"
    home.mkdir()
    bare = {"PATH": os.environ["PATH"], "HOME": str(home)}
    done = subprocess.run(
        [*traced(trace), BIN / "rasa", "train"],
        cwd=project,
        env=bare,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return project, trace, bare


def test_the_environment_carries_the_private_file():
    (found,) = [
        Path(folder, "signpost_private.pth") for folder in sys.path if Path(folder, "signpost_private.pth").exists()
    ][-1:]
    assert found.read_text() == (ROOT / "signpost_private.pth").read_text()


@pytest.mark.slow
def test_rasa_train_stays_on_this_machine(small):
    project, trace, bare = small
    assert list((project / "models").glob("*.tar.gz"))
    assert all_on_loopback(trace), addresses(trace)
    assert files_in(Path(bare["HOME"])) <= LEFT_IN_HOME


@pytest.mark.slow
def test_rasa_shell_stays_on_this_machine(small, tmp_path):
    project, _, bare = small
    trace, port = tmp_path / "trace", str(free_port())
    done = subprocess.run(
        [*traced(trace), BIN / "rasa", "shell", "--port", port],
        input="/bot_challenge\n/stop\n",
        cwd=project,
        env=bare,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "999" in done.stdout, done.stdout + done.stderr
    assert addresses(trace)
    assert all_on_loopback(trace), addresses(trace)
    assert files_in(Path(bare["HOME"])) <= LEFT_IN_HOME


@pytest.mark.slow
def test_rasa_run_listens_on_loopback(small, tmp_path, started):
    project, _, bare = small
    trace, port = tmp_path / "trace", free_port()
    process = started(*traced(trace), BIN / "rasa", "run", "--port", str(port), cwd=project, HOME=bare["HOME"])
    wait_for(lambda: answers(port), process)
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(30)
    assert "127.0.0.1" in addresses(trace)
    assert all_on_loopback(trace), addresses(trace)


@needs_strace
def test_a_crash_is_reported_to_nobody(tmp_path, bare):
    trace = tmp_path / "trace"
    crash = (
        "import rasa.telemetry as t; t.initialize_telemetry(); t.initialize_error_reporting(); raise RuntimeError('x')"
    )
    done = subprocess.run(
        [*traced(trace), sys.executable, "-W", "ignore", "-c", crash],
        env=bare,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "RuntimeError: x" in done.stderr
    assert all_on_loopback(trace), addresses(trace)  # urllib3 tries whether it could bind ::1


@pytest.mark.slow
@pytest.mark.parametrize(
    "command",
    [(sys.executable, "-m", "rasa_sdk"), (BIN / "rasa", "run", "actions")],
    ids=["rasa_sdk", "rasa run actions"],
)
def test_the_action_server_listens_on_loopback(command, started: Callable[..., subprocess.Popen[str]]):
    port = free_port()
    process = started(*command, "--port", str(port), "--actions", "actions", cwd=ROOT)
    wait_for(lambda: answers(port), process)
    family = [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]
    listening = {c.laddr.ip for each in family for c in each.net_connections("inet") if c.status == psutil.CONN_LISTEN}
    assert listening == {"127.0.0.1"}
