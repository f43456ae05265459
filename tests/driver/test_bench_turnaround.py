"""The bench runs as it is called, so that its figures can be made again."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "scripts" / "bench_turnaround"


@pytest.mark.ray
def test_seconds_a_trial_of_our_driver(ray_cluster):
    command = [sys.executable, str(SCRIPT), "--systems", "ours", "--trials", "12", "--json"]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, "RAY_ADDRESS": ray_cluster.get_runtime_context().gcs_address},
    )
    assert done.returncode == 0, done.stderr
    seconds = json.loads(done.stdout)
    assert seconds.keys() == {"ours_s", "first_start_s"} and seconds["ours_s"] > 0
