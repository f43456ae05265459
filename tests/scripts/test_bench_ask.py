"""The script as it is called."""

import json
import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench_ask"


def test_a_line_for_each_length_of_the_ledger():
    words = ["--json", "--outcomes", "12,20", "--asks", "10"]
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *words], capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [line["outcomes"] for line in lines] == [12, 20]
    assert all(0 < line["median_ms"] <= line["p95_ms"] <= line["max_ms"] and line["resume_s"] > 0 for line in lines)
