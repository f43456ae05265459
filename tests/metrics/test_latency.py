from __future__ import annotations

from types import SimpleNamespace

import pytest

from gnas_ray.metrics.latency import latency_ms_per_1000_users


def test_latency_is_the_median_after_the_first_call_scaled_to_a_thousand_users(monkeypatch):
    now = iter([0.0, 9.0, 10.0, 10.010, 20.0, 20.020, 30.0, 30.012])  # 9 s at first, then 10, 20 and 12 ms
    monkeypatch.setattr("gnas_ray.metrics.latency.time", SimpleNamespace(perf_counter=lambda: next(now)))
    assert latency_ms_per_1000_users(lambda: None, 500, repeats=3) == pytest.approx(24)
