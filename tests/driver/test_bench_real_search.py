"""Ray Tune's side of the comparison, on real Ray and data that take no time."""

from pathlib import Path

import pytest

from gnas_ray.driver.preparation import prepare_task
from gnas_ray.experiment import load_experiment
from real_bench.tune_asha import search_optuna_asha
from tests.driver.small_experiment import write_small_experiment

RUNGS = (3, 9)


@pytest.mark.ray
def test_tune_trains_members_until_asha_stops_them(ray_cluster, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    experiment = load_experiment(write_small_experiment(tmp_path, trials=5))
    task = prepare_task(experiment, lambda event: None)
    watch = search_optuna_asha(experiment, task, tmp_path / "tpe")
    course = watch.course("optuna_asha", 0, until=600)
    assert (course.num_trials, course.num_failed) == (5, 0)
    # The first trial at a rung goes on, so it trains to the end; no other is stopped before the first rung.
    assert RUNGS[1] + 4 * RUNGS[0] <= course.num_epochs < 5 * RUNGS[1]
    assert 0 < course.steps[0][1] < course.steps[-1][1] <= 1


@pytest.mark.ray
def test_a_training_that_gets_no_better_ends_itself(ray_cluster, tmp_path: Path, monkeypatch):
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    still = [
        "scheduler.patience=2",
        *(f"space.hyperparameters.learning_rate.{end}" for end in ("low=1e-12", "high=1e-11")),
    ]
    experiment = load_experiment(write_small_experiment(tmp_path, trials=2), still)
    task = prepare_task(experiment, lambda event: None)
    course = search_optuna_asha(experiment, task, tmp_path / "tpe").course("optuna_asha", 0, until=600)
    assert (course.num_trials, course.num_failed) == (2, 0)
    assert 2 * RUNGS[0] <= course.num_epochs <= 2 * (RUNGS[0] + 1)
