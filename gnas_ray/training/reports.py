"""What a retrained winner and the tuned baselines reached on the test part, and their files."""

from __future__ import annotations

import json
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gnas_ray.core.files import write_whole


@dataclass(frozen=True)
class SeedSpread:
    """One test metric over several trainings that differ in their seed only.

    Attributes:
        mean: Of the seeds' values.
        std: Their sample standard deviation; 0 for a single seed.
        seeds: The values, in the order of the seeds.
    """

    mean: float
    std: float
    seeds: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> SeedSpread:
        """The spread of at least one value."""
        return cls(statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else 0.0, tuple(values))

    def to_dict(self) -> dict[str, Any]:
        """The plain dict that JSON stores."""
        return {"mean": self.mean, "std": self.std, "seeds": list(self.seeds)}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> SeedSpread:
        """The inverse of `to_dict`."""
        return cls(plain["mean"], plain["std"], tuple(plain["seeds"]))


@dataclass(frozen=True)
class RetrainReport:
    """A trial, or several whose scores are added, trained again on train and valid with several seeds, tested once.

    Attributes:
        epochs: How long each training ran, by its trial's number; the winner first.
        metrics: On the test part, by name.
    """

    epochs: Mapping[int, int]
    metrics: Mapping[str, SeedSpread]

    @property
    def trials(self) -> tuple[int, ...]:
        """Their numbers, the winner first."""
        return tuple(self.epochs)

    @property
    def num_seeds(self) -> int:
        """How often each was trained."""
        return min((len(spread.seeds) for spread in self.metrics.values()), default=0)

    def to_dict(self) -> dict[str, Any]:
        """The plain dict that JSON stores."""
        metrics = {name: spread.to_dict() for name, spread in self.metrics.items()}
        return {"epochs": _as_lists(self.epochs), "metrics": metrics}

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> RetrainReport:
        """The inverse of `to_dict`."""
        metrics = {name: SeedSpread.from_dict(spread) for name, spread in plain["metrics"].items()}
        return cls(dict(plain["epochs"]), metrics)

    def write(self, path: Path) -> None:
        """Writes it as JSON, whole or not at all."""
        _write_json(path, self.to_dict())

    @classmethod
    def read(cls, path: Path) -> RetrainReport:
        """The inverse of `write`."""
        return cls.from_dict(json.loads(path.read_text()))


@dataclass(frozen=True)
class BaselineReport:
    """A baseline, tuned on validation, refitted on train and valid, and tested once.

    Attributes:
        name: One of the baselines.
        settings: The chosen ones, by name.
        valid: The objective on validation with these settings, fitted on train only.
        metrics: On the test part, by name.
        seconds: Tuning, refitting and testing together.
        num_settings: How many settings it chose among.
    """

    name: str
    settings: Mapping[str, float | int]
    valid: float
    metrics: Mapping[str, float]
    seconds: float
    num_settings: int = 1

    def to_dict(self) -> dict[str, Any]:
        """The plain dict that JSON stores."""
        return {
            "name": self.name,
            "settings": dict(self.settings),
            "valid": self.valid,
            "metrics": dict(self.metrics),
            "seconds": self.seconds,
            "num_settings": self.num_settings,
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> BaselineReport:
        """The inverse of `to_dict`."""
        return cls(**plain)


Disturbed = Mapping[str, Mapping[str, float]]
"""Test metrics by the disturbance's name; ``clean`` is none."""


@dataclass(frozen=True)
class RobustnessReport:
    """The retrained winner's first seed and the baselines, tested under disturbances.

    Attributes:
        epochs: As in the `RetrainReport`.
        kinds: Of disturbances that were asked for; ``text`` also where there was no text to disturb.
        winner: Its metrics.
        baselines: Theirs, by name.
    """

    epochs: Mapping[int, int]
    kinds: Sequence[str]
    winner: Disturbed
    baselines: Mapping[str, Disturbed]

    def write(self, path: Path) -> None:
        """Writes it as JSON, whole or not at all."""
        plain = {name: getattr(self, name) for name in self.__dataclass_fields__}
        _write_json(path, {**plain, "epochs": _as_lists(self.epochs)})

    @classmethod
    def read(cls, path: Path) -> RobustnessReport:
        """The inverse of `write`."""
        plain = json.loads(path.read_text())
        return cls(**{**plain, "epochs": dict(plain["epochs"])})


def write_baselines(path: Path, reports: Sequence[BaselineReport]) -> None:
    """Writes baselines' reports as one JSON file, whole or not at all."""
    _write_json(path, {"baselines": [report.to_dict() for report in reports]})


def read_baselines(path: Path) -> tuple[BaselineReport, ...]:
    """The inverse of `write_baselines`."""
    return tuple(BaselineReport.from_dict(plain) for plain in json.loads(path.read_text())["baselines"])


def _as_lists(epochs: Mapping[int, int]) -> list[list[int]]:
    """Trial and epochs, in order; a JSON object would make texts of the numbers."""
    return [list(pair) for pair in epochs.items()]


def _write_json(path: Path, plain: Mapping[str, Any]) -> None:
    write_whole(path, json.dumps(plain, indent=1) + "\n")
