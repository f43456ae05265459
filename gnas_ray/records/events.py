"""Events as JSON, one object a line: the experiment's `events.jsonl` and the command line's ``--json``."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable, Mapping
from functools import singledispatch
from pathlib import Path
from typing import Any

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
from gnas_ray.core.files import drop_half_line


@singledispatch
def _plain(event: object) -> dict[str, Any]:
    raise TypeError(f"not an event: {event!r}")


@_plain.register
def _phase(event: PhaseStarted) -> dict[str, Any]:
    return {"event": "phase_started", "phase": event.phase, "detail": event.detail}


@_plain.register
def _started(event: TrialStarted) -> dict[str, Any]:
    return {
        "event": "trial_started",
        **event.spec.to_dict(),
        "origin": event.origin,
        "resumed_from": event.resumed_from,
        "best": event.best,
    }


@_plain.register
def _measured(event: TrialMeasured) -> dict[str, Any]:
    return {
        "event": "trial_measured",
        "number": event.number,
        **event.measurement.to_dict(),
        "best": event.best,
    }


@_plain.register
def _paused(event: TrialPaused) -> dict[str, Any]:
    return {"event": "trial_paused", "number": event.number, "epochs": event.epochs, "best": event.best}


@_plain.register
def _ended(event: TrialEnded) -> dict[str, Any]:
    return {
        "event": "trial_ended",
        "number": event.number,
        **event.outcome.to_dict(),
        "reward": event.reward,
        "epochs": event.epochs,
        "best": event.best,
    }


@_plain.register
def _progress(event: SearchProgress) -> dict[str, Any]:
    fields = {field: getattr(event, field) for field in event.__dataclass_fields__}
    return {"event": "search_progress", **fields}


def event_line(event: Event, time_seconds: float) -> str:
    """One line of strict JSON (NaN and infinity become null); `time_seconds` is Unix time."""
    return json.dumps(finite({"time": round(time_seconds, 3), **_plain(event)}), allow_nan=False)


def finite(plain: Any) -> Any:
    """`plain` with every number JSON has no word for (NaN, infinity) replaced by None."""
    if isinstance(plain, float) and not math.isfinite(plain):
        return None
    if isinstance(plain, Mapping):
        return {str(key): finite(value) for key, value in plain.items()}
    if isinstance(plain, list | tuple):
        return [finite(value) for value in plain]
    return plain


def event_file(path: Path, clock: Callable[[], float] = time.time) -> Listener:
    """A listener that appends each event to `path`; opened anew each time, so nothing is lost to a kill.

    Nobody else may write it.
    """
    drop_half_line(path)

    def append(event: Event) -> None:
        with path.open("a", encoding="utf-8") as lines:
            lines.write(event_line(event, clock()) + "\n")

    return append


def tell_all(*listeners: Listener) -> Listener:
    """One listener that tells each of `listeners` in order."""

    def tell(event: Event) -> None:
        for listener in listeners:
            listener(event)

    return tell
