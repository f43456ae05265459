"""The folder where the searches that ended are kept, one file each."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from gnas_ray.core import Problem, UsageError
from gnas_ray.experiment import load_experiment
from real_bench.courses import Course
from real_bench.race import Race


def open_work(folder: Path, race: Race) -> None:
    """Makes the folder for searches of `race`, or checks that it is one.

    Raises:
        UsageError: It has searches of another experiment, or with another time, number of workers or prior.
    """
    file, text = folder / "experiment.yaml", race.load(seed=0).to_yaml()
    # Read, and not compared as it stands: keys that came later have their defaults.
    if file.exists() and load_experiment(file).to_yaml() != text:
        what = f"what was run differs from {race.experiment} for {race.minutes:g} minutes; choose another --work"
        raise UsageError(str(file), [Problem("", what)])
    folder.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


def write_course(folder: Path, course: Course) -> None:
    """Keeps a search that ended; the file is whole or absent."""
    draft = folder / "draft"
    draft.write_text(json.dumps(course.to_dict()), encoding="utf-8")
    draft.replace(_file(folder, course.system, course.seed))


def read_courses(folder: Path, systems: Sequence[str], seeds: Sequence[int]) -> list[Course]:
    """Those of these systems and seeds that ended, system by system."""
    files = [_file(folder, system, seed) for system in systems for seed in seeds]
    return [Course.from_dict(json.loads(file.read_text(encoding="utf-8"))) for file in files if file.exists()]


def missing(folder: Path, systems: Sequence[str], seeds: Sequence[int]) -> list[tuple[str, int]]:
    """What is to be run, seed by seed, so that systems have as many; which is first changes from seed to seed."""
    turns = [(*systems[turn % len(systems) :], *systems[: turn % len(systems)]) for turn in range(len(seeds))]
    planned = [(system, seed) for seed, turn in zip(seeds, turns, strict=True) for system in turn]
    return [(system, seed) for system, seed in planned if not _file(folder, system, seed).exists()]


def _file(folder: Path, system: str, seed: int) -> Path:
    return folder / f"{system}-{seed}.json"
