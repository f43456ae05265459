"""Who listens to a running search: a live table, plain lines, JSON lines, or nobody."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from gnas_ray.core import Ending
from gnas_ray.core.events import (
    Event,
    Listener,
    PhaseStarted,
    SearchProgress,
    TrialEnded,
    TrialMeasured,
    TrialPaused,
    TrialStarted,
)
from gnas_ray.records.words import describe_architecture, duration, last_line, number


@contextmanager
def watching(
    objective: str, *, quiet: bool = False, as_json: bool = False, out: TextIO | None = None
) -> Iterator[Listener]:
    """The listener for this terminal and these options, for as long as the block lasts.

    Args:
        objective: The metric it shows.
        quiet: Say nothing.
        as_json: One JSON object per event.
        out: Where it writes; standard output by default.
    """
    stream = out or sys.stdout
    if quiet:
        yield silence
    elif as_json:
        yield json_lines(stream)
    elif _redraws(stream):
        with live_table(stream, objective) as listener:
            yield listener
    else:
        yield PlainLines(stream, objective)


def _redraws(stream: TextIO) -> bool:
    from rich.console import Console

    return stream.isatty() and not Console(file=stream).is_dumb_terminal


def silence(event: Event) -> None:
    """``--quiet``: hears everything, says nothing."""


def json_lines(out: TextIO) -> Listener:
    """``--json``: one JSON object per event."""
    from gnas_ray.records.events import event_line

    return lambda event: print(event_line(event, time.time()), file=out, flush=True)


@contextmanager
def live_table(out: TextIO, objective: str) -> Iterator[Listener]:
    """A terminal: one table that redraws itself four times a second; other output scrolls above it."""
    from rich.console import Console
    from rich.live import Live

    from gnas_ray.cli.board import Board

    board = Board(objective)
    with Live(console=Console(file=out), get_renderable=board.render, refresh_per_second=4):
        yield board.hear


class PlainLines:
    """Not a terminal: a timestamped line for each thing worth a line in a log file."""

    def __init__(self, out: TextIO, objective: str, clock: Callable[[], time.struct_time] = time.localtime):
        self._out = out
        self._objective = objective
        self._clock = clock
        self._begun: set[int] = set()
        self._incumbent: tuple[int | None, int] = (None, -1)

    def __call__(self, event: Event) -> None:
        """Write the line `event` is worth, if any."""
        line = self._line(event)
        if line:
            print(f"{time.strftime('%H:%M:%S', self._clock())}  {line}", file=self._out, flush=True)

    def _line(self, event: Event) -> str:
        match event:
            case PhaseStarted():
                return f"{event.phase} {event.detail}".strip()
            case TrialStarted():
                if not event.resumed_from:
                    self._begun.add(event.spec.number)
                resumed = f", resumed from epoch {event.resumed_from}" if event.resumed_from else ""
                architecture = describe_architecture(event.spec.architecture)
                return f"trial {event.spec.number} started ({event.origin}{resumed}): {architecture}"
            case TrialMeasured():
                return self._measured(event)
            case TrialPaused():
                reached = f"{self._objective} {number(event.best)}"
                return f"trial {event.number} paused after {_epochs(event.epochs)}: {reached}"
            case TrialEnded():
                return self._ended(event)
            case SearchProgress():
                return self._progress(event)

    def _measured(self, event: TrialMeasured) -> str:
        """Only the first measurement of a trial gets a line."""
        if event.number not in self._begun:
            return ""
        self._begun.remove(event.number)
        value = number(event.measurement.metrics.get(self._objective))
        return f"trial {event.number} epoch {event.measurement.fidelity}: {self._objective} {value}"

    def _ended(self, event: TrialEnded) -> str:
        self._begun.discard(event.number)
        outcome = event.outcome
        if outcome.ending is Ending.INFEASIBLE:
            return f"trial {event.number} was not trained: {outcome.detail}"
        if outcome.failure is not None:
            reason = f"{outcome.failure}: {last_line(outcome.detail)}"
            return f"trial {event.number} failed after {_epochs(event.epochs)}, {reason}"
        score = f"{self._objective} {number(event.best)}, reward {number(event.reward)}"
        return f"trial {event.number} {outcome.ending} after {_epochs(event.epochs)}: {score}"

    def _progress(self, event: SearchProgress) -> str:
        """A line when a trial has ended or the incumbent has changed, not at every heartbeat."""
        if (event.incumbent, event.num_ended) == self._incumbent:
            return ""
        self._incumbent = (event.incumbent, event.num_ended)
        left = event.expected_seconds - event.elapsed_seconds
        parts = [f"{event.num_ended} of {event.num_trials} trials ended", f"{duration(event.elapsed_seconds)} elapsed"]
        if not math.isnan(left):
            parts.append(f"about {duration(max(left, 0))} left")
        if event.incumbent is not None:
            best = number(event.incumbent_value)
            parts.append(f"incumbent trial {event.incumbent} {self._objective} {best}")
        if not math.isnan(event.policy_entropy):
            parts.append(f"policy entropy {event.policy_entropy:.3f}")
        return ", ".join(parts)


def _epochs(count: int) -> str:
    return "1 epoch" if count == 1 else f"{count} epochs"
