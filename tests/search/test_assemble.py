"""An experiment's YAML becomes the session it describes."""

import pytest

from gnas_ray.controllers import PPO, Evolution
from gnas_ray.experiment import load_experiment
from gnas_ray.ledger import Ledger, LedgerInUseError
from gnas_ray.search.assemble import make_controller, make_searcher, open_session
from gnas_ray.searchers import TPE, Uniform
from tests.search.searches import VirtualClock

YAML = """
name: assembled
seed: 3
data: {dataset: movielens-100k}
objective: {metric: recall@10}
scheduler: {grace_period: 2, reduction_factor: 4, max_epochs: 20}
budget: {trials: 7}
space:
  decisions:
    num_layers: [0, 1, 2]
    operator: {options: [gcn, gat], when: {num_layers: [1, 2]}}
  hyperparameters:
    learning_rate: {type: float, low: 0.001, high: 0.1, log: true}
prior:
  - name: plain
    architecture: {num_layers: 0}
    hyperparameters: {learning_rate: 0.01}
"""


@pytest.fixture
def load(tmp_path):
    path = tmp_path / "assembled.yaml"
    path.write_text(YAML)
    return lambda *overrides: load_experiment(path, list(overrides))


def controller_of(experiment):
    return make_controller(experiment, experiment.search_space)


def test_the_plan_is_the_experiments(load):
    session = open_session(load(), None)
    assert session.plan.rungs.fidelities == (2, 8, 20)
    assert (session.plan.max_trials, session.plan.seed) == (7, 3)
    assert session.ledger.objective == "recall@10"
    assert session.ledger.study.study_name == "assembled"
    first = session.ask()
    assert first.architecture == {"num_layers": 0}
    assert first.hyperparameters == {"learning_rate": 0.01}


def test_members_are_made_by_name_with_the_yamls_parameters(load):
    ledger = open_session(load(), None).ledger
    assert isinstance(controller_of(load()), PPO)
    assert isinstance(make_searcher(load(), ledger), TPE)
    assert controller_of(load("controller.rollout_size=3")).rollout_size == 3
    assert isinstance(controller_of(load("controller=evolution")), Evolution)
    assert isinstance(make_searcher(load("searcher=uniform"), ledger), Uniform)


def test_the_experiments_seed_decides_the_proposals(load):
    proposals = [controller_of(load(f"seed={seed}")).propose() for seed in (3, 3, 4, 5, 6)]
    assert proposals[0] == proposals[1]
    assert len({repr(proposal) for proposal in proposals}) > 1


def test_a_search_that_runs_is_not_opened_twice(load, tmp_path):
    with open_session(load(), tmp_path / "ledger.log"), pytest.raises(LedgerInUseError):
        open_session(load(), tmp_path / "ledger.log")
    with open_session(load(), tmp_path / "ledger.log"):
        pass


def test_time_stamps_come_from_the_clock_given(load, tmp_path):
    clock = VirtualClock()
    clock.now = 123.0
    with open_session(load(), tmp_path / "ledger.log", clock=clock) as session:
        session.ask()
    ledger = Ledger.read(tmp_path / "ledger.log", space=load().search_space, name="assembled")
    assert ledger.trial(0).started == 123.0
