"""The benchmark runs and has its rows; how fast this machine is, is no test."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = {
    "start",
    "memory_idle_rss",
    "memory_idle_pss",
    "memory_used_rss",
    "memory_used_pss",
    "turn_p50",
    "turn_p95",
    "turn_first",
    "throughput",
    "throughput_p95",
    "late_turn",
    "recognise_15",
    "recognise_80",
    "parse_15",
    "parse_80",
}


@pytest.mark.skipif(
    not (ROOT / "models" / "signpost.tar.gz").is_file(), reason="no trained model: run `signpost train`"
)
def test_a_quick_run_prints_and_writes_every_row(tmp_path):
    written = tmp_path / "bench.json"
    command = [sys.executable, str(ROOT / "bench" / "run.py"), "--quick", "--json", str(written)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    (bot,) = json.loads(written.read_text())["bots"]
    assert set(bot["values"]) == ROWS
    assert all(value > 0 for value in bot["values"].values()), bot["values"]
    assert bot["notes"]["failed_turns"] == 0
    assert done.stdout.count("\n| ") == len(ROWS)
