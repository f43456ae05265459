"""An experiment's limits, against what the trainer measures on the same prepared data."""

import pytest

from gnas_ray.core.events import TrialEnded, TrialStarted
from gnas_ray.driver.endings import tell_of_infeasible
from gnas_ray.driver.limits import check_of
from gnas_ray.driver.preparation import prepare_task
from gnas_ray.experiment import load_experiment
from gnas_ray.search.assemble import open_session
from gnas_ray.training.cost import num_parameters
from gnas_ray.training.trainer import Trainer
from tests.driver.small_experiment import write_small_experiment


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.setenv("GNAS_RAY_HOME", str(tmp_path / "home"))
    path = write_small_experiment(tmp_path, trials=20)
    return lambda *overrides: load_experiment(path, list(overrides))


def prepared(experiment):
    return prepare_task(experiment, lambda event: None)


@pytest.mark.parametrize("limit", ["resources.max_parameters={}", "objective.constraints=[num_parameters <= {}]"])
def test_a_trial_of_exactly_as_many_parameters_is_trained_and_one_more_is_not(load, limit):
    experiment = load()
    task = prepared(experiment)
    with open_session(experiment, None) as session:
        spec = session.ask()
    exact = num_parameters(Trainer(spec, task).recommender)
    assert check_of(load(limit.format(exact)), task)(spec) is None
    outcome = check_of(load(limit.format(exact - 1)), task)(spec)
    assert outcome.ending == "infeasible"
    assert outcome.detail == f"num_parameters would be {exact}, wanted num_parameters <= {exact - 1}"
    assert outcome.violation == pytest.approx(1 / (exact - 1))


def test_memory_has_a_limit_of_its_own(load):
    task = prepared(load())
    with open_session(load(), None) as session:
        spec = session.ask()
    assert check_of(load("resources.max_memory_gb=2"), task)(spec) is None
    outcome = check_of(load("resources.max_memory_gb=0.1"), task)(spec)
    assert "memory_gb would be 0.5" in outcome.detail and "wanted memory_gb <= 0.1" in outcome.detail


def test_a_bound_on_measured_memory_keeps_out_what_would_break_it_beyond_doubt(load):
    task = prepared(load())
    with open_session(load(), None) as session:
        spec = session.ask()
    estimated = 1e9 * float(
        check_of(load("resources.max_memory_gb=1e-9"), task)(spec).detail.split("would be ")[1].split(",")[0]
    )
    bound = "objective.constraints=[peak_memory_bytes <= {:.0f}]"
    assert check_of(load(bound.format(0.7 * estimated)), task)(spec) is None, "it may be measured to keep it"
    outcome = check_of(load(bound.format(0.6 * estimated)), task)(spec)
    assert outcome.ending == "infeasible" and "peak_memory_bytes would be" in outcome.detail
    assert check_of(load("objective.constraints=[peak_memory_bytes >= 1]"), task)(spec) is None


def test_what_is_asked_for_keeps_the_limit_and_watchers_hear_of_the_others(load):
    experiment = load("resources.max_parameters=3000")  # 200 users and 60 items: 8 wide fits, 16 does not
    heard = []
    with open_session(experiment, None, check=check_of(experiment, prepared(experiment))) as session:
        specs = [session.ask() for _ in range(8)]
        tell_of_infeasible(session, range(session.ledger.num_trials), heard.append)
        states = [record.state for record in session.ledger.trials()]
    assert {spec.hyperparameters["embedding_size"] for spec in specs} == {8}
    assert states.count("running") == 8 and "infeasible" in states
    ended = [event.number for event in heard if isinstance(event, TrialEnded)]
    assert ended == [number for number, state in enumerate(states) if state == "infeasible"]
    assert [event.spec.number for event in heard if isinstance(event, TrialStarted)] == ended
