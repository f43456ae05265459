"""Events as JSON lines."""

import json
import math
from pathlib import Path
from typing import get_args

from gnas_ray.core.events import (
    Event,
    PhaseStarted,
    SearchProgress,
    TrialEnded,
    TrialMeasured,
    TrialPaused,
    TrialStarted,
)
from gnas_ray.core.trial import Ending, Failure, Measurement, Outcome, TrialSpec
from gnas_ray.records.events import event_file, event_line, tell_all

SPEC = TrialSpec(3, {"num_layers": 1, "layer.0.operator": "gat"}, {"learning_rate": 0.01}, seed=7)
EVENTS: list[Event] = [
    PhaseStarted("preparing data", "movielens-100k"),
    TrialStarted(SPEC, "policy", resumed_from=2, best=0.2),
    TrialMeasured(3, Measurement(3, {"ndcg@20": 0.25, "loss": math.inf}), 0.25),
    TrialEnded(SPEC, Outcome(Ending.FAILED, Failure.NAN, "loss is NaN"), None, epochs=3, best=0.25),
    SearchProgress(24, 1, {"running": 1, "failed": 1}, {1: 2, 3: 1}, None, math.nan, 1.5, 12.0, math.nan),
    TrialPaused(3, epochs=3, best=0.25),
]


def test_every_kind_of_event_has_a_line() -> None:
    assert {type(event) for event in EVENTS} == set(get_args(Event))
    lines = [json.loads(event_line(event, 5.0)) for event in EVENTS]
    assert [line["event"] for line in lines] == [
        "phase_started",
        "trial_started",
        "trial_measured",
        "trial_ended",
        "search_progress",
        "trial_paused",
    ]
    assert lines[1]["architecture"] == {"num_layers": 1, "layer.0.operator": "gat"}
    assert (lines[1]["resumed_from"], lines[1]["best"]) == (2, 0.2)
    assert lines[3]["failure"] == "nan"
    assert [(lines[index]["epochs"], lines[index]["best"]) for index in (3, 5)] == [(3, 0.25), (3, 0.25)]
    assert (lines[2]["number"], lines[2]["best"]) == (lines[3]["number"], 0.25) == (3, 0.25)
    assert lines[4]["by_rung"] == {"1": 2, "3": 1}


def test_what_json_cannot_say_is_null() -> None:
    assert json.loads(event_line(EVENTS[2], 5.0))["metrics"] == {"ndcg@20": 0.25, "loss": None}
    assert json.loads(event_line(EVENTS[4], 5.0))["incumbent_value"] is None


def test_the_event_file_keeps_order_and_earlier_events(tmp_path: Path) -> None:
    path = tmp_path / "events.jsonl"
    for event in EVENTS[:2]:
        event_file(path, clock=lambda: 1.0)(event)
    with path.open("a") as lines:
        lines.write('{"time": 1.5, "ev')  # the disk was full
    event_file(path, clock=lambda: 2.0)(EVENTS[2])
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(line["time"], line["event"]) for line in lines] == [
        (1.0, "phase_started"),
        (1.0, "trial_started"),
        (2.0, "trial_measured"),
    ]


def test_everybody_is_told_in_order() -> None:
    heard: list[tuple[str, Event]] = []
    tell_all(lambda e: heard.append(("a", e)), lambda e: heard.append(("b", e)))(EVENTS[0])
    assert heard == [("a", EVENTS[0]), ("b", EVENTS[0])]
