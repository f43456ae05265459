"""A policy worked out again from a ledger is the policy that searched."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from gnas_ray.controllers import CONTROLLERS
from gnas_ray.core import Failure, Measurement, TrialSpec
from gnas_ray.experiment import Experiment, load_experiment
from gnas_ray.records.leaderboard import incumbent, leaderboard
from gnas_ray.records.reading import read_ledger
from gnas_ray.search.assemble import open_session
from gnas_ray.search.replay import policy_history
from gnas_ray.search.simulate import Crash, Epoch, Simulation, VirtualClock
from tests.records.trials import EXPERIMENT_YAML


def trainer(spec: TrialSpec) -> Iterator[Epoch | Crash]:
    """Trials with gat do better; one in eight crashes, durations vary."""
    luck = random.Random(spec.seed)
    if luck.random() < 0.125:
        yield Crash(1.0, Failure.EXCEPTION)
        return
    best = 0.3 + 0.1 * (spec.architecture.get("layer.0.operator") == "gat") + 0.02 * luck.random()
    for epoch in range(1, 10):
        yield Epoch(luck.expovariate(1.0), Measurement(epoch, {"ndcg@20": best * (1 - 0.5**epoch)}))


def experiment_with(controller: str, folder: Path) -> Experiment:
    (folder / "experiment.yaml").write_text(EXPERIMENT_YAML)
    experiment = load_experiment(folder / "experiment.yaml", ["budget.trials=30", f"controller={controller}"])
    (folder / "experiment.yaml").write_text(experiment.to_yaml())
    return experiment


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_the_last_moment_is_what_the_session_would_propose(controller: str, tmp_path: Path) -> None:
    experiment = experiment_with(controller, tmp_path)
    clock = VirtualClock()
    with open_session(experiment, tmp_path / "ledger.log", clock=clock) as session:
        Simulation(session, trainer, num_workers=4, clock=clock).run()
        moments = list(policy_history(experiment, session.ledger))
        assert moments or controller in {"gp", "grid", "optuna"}, "which can't tell"
        last = moments[-1].probabilities if moments else {}
        assert last == session.controller.probabilities()
        begun = [moment.num_begun for moment in moments]
        assert begun == sorted(begun)


def test_ppo_has_a_moment_before_the_first_trial_and_after_every_update(tmp_path: Path) -> None:
    experiment = experiment_with("ppo", tmp_path)
    clock = VirtualClock()
    with open_session(experiment, tmp_path / "ledger.log", clock=clock) as session:
        Simulation(session, trainer, num_workers=4, clock=clock).run()
        moments = list(policy_history(experiment, session.ledger))
        assert moments[0].num_begun == 0
        assert len(moments) == session.controller.policy_version + 1 == 7  # 30 trials, 5 an update
        gat = [moment.probabilities["layer.0.operator"]["gat"] for moment in moments]
        assert gat[-1] > gat[0]


@pytest.mark.parametrize("controller", CONTROLLERS)
def test_the_leaderboard_s_first_is_the_session_s_incumbent_at_any_time(controller: str, tmp_path: Path) -> None:
    experiment = experiment_with(controller, tmp_path)
    clock = VirtualClock()
    for _ in range(5):
        with open_session(experiment, tmp_path / "ledger.log", clock=clock) as session:
            Simulation(session, trainer, num_workers=3, clock=clock).run(max_events=17)
            records = read_ledger(tmp_path)[1].trials()
            best = incumbent(leaderboard(records, objectives=experiment.objectives, rungs=experiment.rungs))
            expected = session.incumbent
            assert (best and best.number) == (expected and expected.number)
