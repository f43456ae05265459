"""The search's numbers in Ray's metrics, for Prometheus and the dashboard's Grafana."""

from __future__ import annotations

import math

from ray.util.metrics import Gauge

from gnas_ray.core.events import Event, SearchProgress, TrialEnded


class Telemetry:
    """A listener that exports gauges, each tagged with the experiment's name."""

    def __init__(self, experiment: str) -> None:
        tags = ("experiment",)
        self._tags = {"experiment": experiment}
        self._trials = Gauge("gnas_ray_trials", "Trials by state.", tag_keys=("experiment", "state"))
        self._incumbent = Gauge("gnas_ray_incumbent", "Objective of the best trial so far.", tag_keys=tags)
        self._entropy = Gauge("gnas_ray_policy_entropy", "Entropy of the controller's policy, nats.", tag_keys=tags)
        self._reward = Gauge("gnas_ray_reward", "Reward of the trial that ended last.", tag_keys=tags)

    def __call__(self, event: Event) -> None:
        """Exports what the event changed."""
        if isinstance(event, SearchProgress):
            for state, count in event.by_state.items():
                self._trials.set(count, tags={**self._tags, "state": state})
            self._set(self._incumbent, event.incumbent_value)
            self._set(self._entropy, event.policy_entropy)
        elif isinstance(event, TrialEnded) and event.reward is not None:
            self._set(self._reward, event.reward)

    def _set(self, gauge: Gauge, value: float) -> None:
        if math.isfinite(value):
            gauge.set(value, tags=self._tags)
