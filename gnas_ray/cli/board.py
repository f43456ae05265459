"""The live table of a running search: what it knows, and how it looks."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from gnas_ray.core.events import (
    OPEN_STATES,
    Event,
    PhaseStarted,
    SearchProgress,
    TrialEnded,
    TrialMeasured,
    TrialPaused,
    TrialStarted,
)
from gnas_ray.core.trial import Outcome, TrialSpec
from gnas_ray.records.words import describe_architecture, duration, last_line, number

STATE_STYLES = {
    "running": "cyan",
    "paused": "blue",
    "finished": "green",
    "stopped": "yellow",
    "failed": "red",
    "infeasible": "magenta",
}
NUM_PAUSED_SHOWN = 3
NUM_ENDED_SHOWN = 6


class TrialLine:
    """One trial as the table shows it; changes as its events arrive."""

    def __init__(self, spec: TrialSpec, *, epochs: int, best: float) -> None:
        self.spec = spec
        self.epochs = epochs
        self.best = best
        self.outcome: Outcome | None = None
        self.is_paused = False

    @property
    def state(self) -> str:
        """``running``, ``paused``, or the word for how it ended."""
        if self.outcome is not None:
            return self.outcome.ending.value
        return "paused" if self.is_paused else "running"

    def cells(self) -> tuple[RenderableType, ...]:
        """Trial, state, epochs, best objective, architecture."""
        epochs = str(self.epochs) if self.epochs else "-"
        state = Text(self.state, style=STATE_STYLES[self.state])
        text = describe_architecture(self.spec.architecture)
        if self.outcome and self.outcome.is_in_vain:
            text = f"{self.outcome.failure or self.outcome.ending}: {last_line(self.outcome.detail)}"
        return str(self.spec.number), state, epochs, number(self.best), Text(text)


class Board:
    """Folds events into a picture of the whole search; `render` draws it, at any moment."""

    def __init__(self, objective: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._objective = objective
        self._clock = clock
        self._phase = "starting"
        self._phase_began = clock()
        self._progress: SearchProgress | None = None
        self._progress_heard = clock()
        self._running: dict[int, TrialLine] = {}
        self._paused: dict[int, TrialLine] = {}
        self._ended: deque[TrialLine] = deque(maxlen=NUM_ENDED_SHOWN)

    def hear(self, event: Event) -> None:
        """Take in one event."""
        match event:
            case PhaseStarted():
                self._phase = f"{event.phase} {event.detail}".strip()
                self._phase_began = self._clock()
            case TrialStarted():
                self._paused.pop(event.spec.number, None)
                line = TrialLine(event.spec, epochs=event.resumed_from, best=event.best)
                self._running[event.spec.number] = line
            case TrialMeasured(number, measurement) if number in self._running:
                line = self._running[number]
                line.epochs, line.best = measurement.fidelity, event.best
            case TrialPaused() if event.number in self._running:
                line = self._paused[event.number] = self._running.pop(event.number)
                line.is_paused, line.best = True, event.best
            case TrialEnded() if event.number in self._running | self._paused:
                line = (self._running if event.number in self._running else self._paused).pop(event.number)
                line.outcome, line.best = event.outcome, event.best
                self._ended.append(line)
            case SearchProgress():
                self._progress = event
                self._progress_heard = self._clock()

    def render(self) -> RenderableType:
        """The table as it stands."""
        parts: list[RenderableType] = [self._headline()]
        if self._progress is not None:
            parts.append(self._facts(self._progress))
        if self._running or self._paused or self._ended:
            parts.append(self._trials())
        return Group(*parts)

    def _headline(self) -> Text:
        waited = duration(self._clock() - self._phase_began)
        return Text.assemble(("gnas_ray  ", "bold"), (self._phase, "bold cyan"), (f"  {waited}", "dim"))

    def _facts(self, progress: SearchProgress) -> Table:
        facts = Table.grid(padding=(0, 2))
        facts.add_column(style="dim")
        facts.add_column()
        states = "  ".join(f"[{STATE_STYLES[s]}]{n} {s}[/]" for s, n in progress.by_state.items())
        facts.add_row("trials", f"{progress.num_ended} of {progress.num_trials} ended   {states}")
        rungs = "  ".join(f"{rung} epochs: {n}" for rung, n in sorted(progress.by_rung.items()))
        facts.add_row("rungs", rungs or "none reached yet")
        facts.add_row("incumbent", self._incumbent(progress))
        if not math.isnan(progress.policy_entropy):
            facts.add_row("policy", f"entropy {progress.policy_entropy:.3f} nats")
        facts.add_row("time", self._time(progress))
        return facts

    def _incumbent(self, progress: SearchProgress) -> str:
        if progress.incumbent is None:
            return "none yet"
        value = number(progress.incumbent_value)
        return f"trial {progress.incumbent}   [bold]{self._objective} {value}[/]"

    def _time(self, progress: SearchProgress) -> str:
        if not any(progress.by_state.get(state) for state in OPEN_STATES):  # between trials, or over
            return f"{duration(progress.elapsed_seconds)} elapsed"
        elapsed = progress.elapsed_seconds + self._clock() - self._progress_heard
        if math.isnan(progress.expected_seconds):
            return f"{duration(elapsed)} elapsed"
        left = max(progress.expected_seconds - elapsed, 0)
        return f"{duration(elapsed)} elapsed, about {duration(left)} left"

    def _trials(self) -> Table:
        table = Table(box=None, padding=(0, 1), header_style="dim", pad_edge=False)
        for heading in ("trial", "state", "epochs"):
            table.add_column(heading, no_wrap=True)
        table.add_column(self._objective, justify="right", no_wrap=True)
        table.add_column("architecture", overflow="ellipsis", no_wrap=True)
        paused = list(self._paused.values())[-NUM_PAUSED_SHOWN:]
        for line in (*self._running.values(), *reversed(paused), *reversed(self._ended)):
            table.add_row(*line.cells())
        return table
