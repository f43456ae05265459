from __future__ import annotations

import time

import pytest

from gnas_ray.metrics.latency import latency_ms_per_1000_users


def test_latency_is_scaled_to_a_thousand_users():
    # 10 ms for 500 users are 20 ms for 1,000; sleeping may take longer, never shorter.
    value = latency_ms_per_1000_users(lambda: time.sleep(0.010), 500, repeats=3)
    assert value == pytest.approx(20, rel=0.5)
    assert value >= 20


def test_first_call_does_not_count():
    calls = []

    def slow_at_first():
        calls.append(1)
        time.sleep(0.3 if len(calls) == 1 else 0.0)

    assert latency_ms_per_1000_users(slow_at_first, 1000, repeats=1) < 100
