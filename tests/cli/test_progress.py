"""What a watcher of a search reads."""

import io
import json
import math
import time

import pytest
from rich.console import Console

from gnas_ray.cli.board import Board
from gnas_ray.cli.progress import PlainLines, watching
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

NOON = time.struct_time((2026, 11, 24, 12, 0, 0, 1, 328, 0))


def a_search() -> list[Event]:
    """Three trials: one stopped, one out of memory, one still running."""
    specs = [
        TrialSpec(n, {"num_layers": 1, "layer.0.operator": op}, {}, n) for n, op in enumerate(["gat", "gcn", "gin"])
    ]
    stopped, failed = Outcome(Ending.STOPPED), Outcome(Ending.FAILED, Failure.OUT_OF_MEMORY, "in gcn\nCUDA is full")
    return [
        PhaseStarted("searching", "24 trials"),
        TrialStarted(specs[0], "prior"),
        TrialStarted(specs[1], "policy"),
        TrialMeasured(0, Measurement(1, {"ndcg@20": 0.2}), 0.2),
        TrialMeasured(0, Measurement(2, {"ndcg@20": 0.25}), 0.25),
        TrialMeasured(0, Measurement(3, {"ndcg@20": 0.24}), 0.25),
        TrialEnded(specs[0], stopped, 0.5, epochs=3, best=0.25),
        TrialEnded(specs[1], failed, None, epochs=0, best=math.nan),
        TrialStarted(specs[2], "policy", resumed_from=4, best=0.22),
        SearchProgress(24, 2, {"running": 1, "stopped": 1, "failed": 1}, {1: 1, 3: 1}, 0, 0.25, 1.386, 65.0, 365.0),
    ]


def plain(events: list[Event]) -> list[str]:
    out = io.StringIO()
    listener = PlainLines(out, "ndcg@20", clock=lambda: NOON)
    for event in events:
        listener(event)
    return out.getvalue().splitlines()


def test_plain_lines_tell_the_search_in_order() -> None:
    assert plain(a_search()) == [
        "12:00:00  searching 24 trials",
        "12:00:00  trial 0 started (prior): num_layers 1, gat",
        "12:00:00  trial 1 started (policy): num_layers 1, gcn",
        "12:00:00  trial 0 epoch 1: ndcg@20 0.2",
        "12:00:00  trial 0 stopped after 3 epochs: ndcg@20 0.25, reward 0.5",
        "12:00:00  trial 1 failed after 0 epochs, out_of_memory: CUDA is full",
        "12:00:00  trial 2 started (policy, resumed from epoch 4): num_layers 1, gin",
        "12:00:00  2 of 24 trials ended, 1m 05s elapsed, about 5m 00s left, incumbent trial 0 ndcg@20 0.25, "
        "policy entropy 1.386",
    ]


def a_search_that_promotes() -> list[Event]:
    """Two trials that wait at epoch 1; the second goes on."""
    specs = [TrialSpec(n, {"num_layers": 1, "layer.0.operator": "gat"}, {}, n) for n in range(2)]
    events: list[Event] = []
    for number, spec in enumerate(specs):
        measured = TrialMeasured(number, Measurement(1, {"ndcg@20": 0.1 + number}), 0.1 + number)
        events += [TrialStarted(spec, "policy"), measured, TrialPaused(number, 1, 0.1 + number)]
    progress = SearchProgress(2, 0, {"running": 1, "paused": 1, "stopped": 0}, {1: 2}, 1, 1.1, math.nan, 65.0, math.nan)
    return [*events, TrialStarted(specs[1], "policy", resumed_from=1, best=1.1), progress]


def test_what_waits_at_a_rung_is_paused_and_what_goes_on_is_not_measured_anew() -> None:
    events = a_search_that_promotes()
    assert plain([*events, TrialMeasured(1, Measurement(2, {"ndcg@20": 1.2}), 1.2), TrialPaused(1, 2, 1.2)])[2:] == [
        "12:00:00  trial 0 paused after 1 epoch: ndcg@20 0.1",
        "12:00:00  trial 1 started (policy): num_layers 1, gat",
        "12:00:00  trial 1 epoch 1: ndcg@20 1.1",
        "12:00:00  trial 1 paused after 1 epoch: ndcg@20 1.1",
        "12:00:00  trial 1 started (policy, resumed from epoch 1): num_layers 1, gat",
        "12:00:00  0 of 2 trials ended, 1m 05s elapsed, incumbent trial 1 ndcg@20 1.1",
        "12:00:00  trial 1 paused after 2 epochs: ndcg@20 1.2",
    ]
    board = Board("ndcg@20")
    for event in events:
        board.hear(event)
    text = drawn(board)
    assert "0 of 2 ended   1 running  1 paused  0 stopped" in text
    rows = [line.split()[:4] for line in text.splitlines()]
    assert ["1", "running", "1", "1.1"] in rows and ["0", "paused", "1", "0.1"] in rows
    board.hear(TrialEnded(TrialSpec(0, {}, {}, 0), Outcome(Ending.STOPPED), 0.0, epochs=1, best=0.1))
    assert ["0", "stopped", "1", "0.1"] in [line.split()[:4] for line in drawn(board).splitlines()]


def test_after_a_resume_a_trial_is_told_with_what_it_measured_before() -> None:
    spec = TrialSpec(3, {"num_layers": 1, "layer.0.operator": "gat"}, {}, 3)
    started = TrialStarted(spec, "policy", resumed_from=9, best=0.3)
    worse = TrialMeasured(3, Measurement(10, {"ndcg@20": 0.2}), 0.3)
    other = TrialSpec(2, {"num_layers": 0}, {}, 2)
    waited = TrialEnded(other, Outcome(Ending.STOPPED), 0.4, epochs=9, best=0.25)  # and was not handed out again
    assert plain([started, worse, TrialEnded(spec, Outcome(Ending.FINISHED), 0.9, epochs=10, best=0.3), waited])[
        1:
    ] == [
        "12:00:00  trial 3 finished after 10 epochs: ndcg@20 0.3, reward 0.9",
        "12:00:00  trial 2 stopped after 9 epochs: ndcg@20 0.25, reward 0.4",
    ]
    board = Board("ndcg@20")
    for event in (started, worse):
        board.hear(event)
    assert ["3", "running", "10", "0.3"] in [line.split()[:4] for line in drawn(board).splitlines()]


def test_under_constraints_the_live_table_shows_a_trials_value_and_not_its_highest() -> None:
    """It measured .3 and lacked something; what it is worth is .25, or less while it runs."""
    spec, other = (TrialSpec(n, {"num_layers": 0}, {}, n) for n in range(2))
    board = Board("ndcg@20")
    for event in (
        TrialStarted(spec, "policy"),
        TrialMeasured(0, Measurement(1, {"ndcg@20": 0.3}), 0.3),
        TrialMeasured(0, Measurement(2, {"ndcg@20": 0.2}), 0.2),
        TrialStarted(other, "policy", resumed_from=2, best=0.3),
        TrialPaused(1, 2, 0.25),
    ):
        board.hear(event)
    assert [line.split()[:4] for line in drawn(board).splitlines()][-2:] == [
        ["0", "running", "2", "0.2"],
        ["1", "paused", "2", "0.25"],
    ]
    board.hear(TrialEnded(spec, Outcome(Ending.FINISHED), 0.5, epochs=3, best=0.22))
    assert ["0", "finished", "2", "0.22"] in [line.split()[:4] for line in drawn(board).splitlines()]


def test_a_heartbeat_that_changes_nothing_has_no_line() -> None:
    events = a_search()
    assert plain([events[-1], events[-1]]) == plain([events[-1]])


def test_json_lines_are_one_object_an_event() -> None:
    out = io.StringIO()
    with watching("ndcg@20", as_json=True, out=out) as listener:
        for event in a_search():
            listener(event)
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert len(lines) == len(a_search())
    assert lines[-1]["incumbent"] == 0


def drawn(board: Board) -> str:
    console = Console(file=io.StringIO(), width=120)
    console.print(board.render())
    return console.file.getvalue()


def test_the_live_table_shows_states_rungs_incumbent_and_time() -> None:
    seconds = iter([0.0] * 12 + [10.0] * 9)
    board = Board("ndcg@20", clock=lambda: next(seconds))
    for event in a_search():
        board.hear(event)
    text = drawn(board)
    assert "2 of 24 ended" in text
    assert "1 running  1 stopped  1 failed" in text
    assert "1 epochs: 1  3 epochs: 1" in text
    assert "trial 0   ndcg@20 0.25" in text
    assert "entropy 1.386 nats" in text
    assert "left" in text
    rows = [line.split() for line in text.splitlines()]
    assert ["2", "running", "4", "0.22", "num_layers", "1,", "gin"] in rows
    assert ["0", "stopped", "3", "0.25", "num_layers", "1,", "gat"] in rows
    assert ["1", "failed", "-", "-", "out_of_memory:", "CUDA", "is", "full"] in rows


def test_the_live_table_shows_a_failure_as_it_is_written() -> None:
    board = Board("ndcg@20")
    line = "RuntimeError: [enforce fail at alloc_cpu.cpp:117] no memory :x:"
    board.hear(TrialStarted(TrialSpec(0, {}, {}, 0), "policy"))
    outcome = Outcome(Ending.FAILED, Failure.EXCEPTION, line)
    board.hear(TrialEnded(TrialSpec(0, {}, {}, 0), outcome, None, epochs=0, best=math.nan))
    assert f"exception: {line}" in drawn(board)


def test_the_clock_runs_between_events() -> None:
    now = [0.0]
    board = Board("ndcg@20", clock=lambda: now[0])
    board.hear(a_search()[-1])
    now[0] = 100.0
    assert "2m 45s elapsed, about 3m 20s left" in drawn(board)
    board.hear(SearchProgress(2, 2, {"running": 0, "stopped": 2}, {1: 2}, 0, 0.25, math.nan, 165.0, 170.0))
    now[0] = 900.0  # it is retraining
    time_row = next(line for line in drawn(board).splitlines() if line.startswith("time"))
    assert time_row.split() == ["time", "2m", "45s", "elapsed"]


def test_nothing_known_yet_is_said_so() -> None:
    board = Board("ndcg@20")
    board.hear(SearchProgress(5, 0, {"running": 1}, {}, None, math.nan, math.nan, 1.0, math.nan))
    text = drawn(board)
    assert "none yet" in text
    assert "none reached yet" in text
    assert "nan" not in text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watched(out: io.StringIO, **options: bool) -> str:
    with watching("ndcg@20", out=out, **options) as listener:
        for event in a_search():
            listener(event)
    return out.getvalue()


def test_a_terminal_gets_a_table_that_stays_when_the_search_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    last_drawn = watched(Terminal()).rpartition("gnas_ray")[2]
    assert "2 of 24 ended" in last_drawn


def test_a_log_file_gets_lines_without_escape_codes() -> None:
    text = watched(io.StringIO())
    assert len(text.splitlines()) == len(plain(a_search()))
    assert "\x1b" not in text


def test_a_terminal_that_can_not_redraw_gets_lines_while_it_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    assert len(watched(Terminal()).splitlines()) == len(plain(a_search()))


def test_quiet_says_nothing() -> None:
    assert watched(Terminal(), quiet=True) == ""
    assert watched(Terminal(), quiet=True, as_json=True) == ""
