"""Every controller, searcher and surrogate: whole searches, interrupted ones, and what they leave."""

import math
from functools import cache

import pytest
from optuna.trial import TrialState

from gnas_ray.controllers import CONTROLLERS
from gnas_ray.core import Failure
from gnas_ray.search.state import member_key
from gnas_ray.searchers import SEARCHERS
from gnas_ray.surrogates import SURROGATES
from tests.search.searches import RUNGS, SPACE, open_search, quality, run

EACH_OF_A_FAMILY = (
    *((controller, "tpe", "none") for controller in CONTROLLERS),
    *(("uniform", searcher, "none") for searcher in SEARCHERS),
    *(("ppo", "tpe", surrogate) for surrogate in SURROGATES),
)
MEMBERS = tuple(dict.fromkeys(EACH_OF_A_FAMILY))


@cache
def whole(controller, searcher, surrogate):
    """One search to its end, which several tests look at."""
    return run(open_search(controller=controller, searcher=searcher, surrogate=surrogate))


EVERY_SEARCH = pytest.mark.parametrize(("controller", "searcher", "surrogate"), MEMBERS)


def test_there_are_searches():
    assert len(MEMBERS) >= 6


@EVERY_SEARCH
def test_a_whole_search_ends_every_trial_it_began(controller, searcher, surrogate):
    session = whole(controller, searcher, surrogate)
    records = session.ledger.trials()
    assert len(records) == 60
    assert session.ask() is None and session.is_over and not session.running()
    assert {record.state for record in records} == {"finished", "stopped", "failed"}
    assert len({member_key(record.spec.member) for record in records}) == 60
    if surrogate == "none":
        assert len({SPACE.key(record.spec.architecture) for record in records}) == 60
    for record in records:
        assert SPACE.check(record.spec.architecture, record.spec.hyperparameters) == []
        assert (record.reward is None) == record.is_in_vain
        assert record.fidelity == RUNGS.max_epochs or record.state != "finished"


@EVERY_SEARCH
def test_no_trial_stays_running_in_the_study_and_nan_is_a_failure(controller, searcher, surrogate):
    session = whole(controller, searcher, surrogate)
    states = {"finished": TrialState.COMPLETE, "stopped": TrialState.PRUNED, "failed": TrialState.FAIL}
    for record, trial in zip(session.ledger.trials(), session.ledger.study.trials, strict=True):
        assert trial.state is states[record.state]
    turned_to_nan = [
        record
        for record in session.ledger.trials()
        if any(math.isnan(measurement.metrics["ndcg@20"]) for measurement in record.measurements)
    ]
    assert turned_to_nan
    assert all(record.outcome.failure is Failure.NAN for record in turned_to_nan)


def state_of(session):
    """Everything that decides what the session does next."""
    number, running = session.ledger.num_trials, [session.ledger.trial(n).spec for n in session.running()]
    progress = session.progress()
    return [
        session.controller.policy_version,
        session.controller.probabilities(),
        repr(session.controller.propose()),
        repr(session._proposer.propose(number, running, time_left=None)),
        [list(rung) for rung in session._state.halving.peers],
        (progress.by_state, progress.by_rung, progress.incumbent, repr(progress.incumbent_value)),
        session.running(),
        repr(session.ledger.events()),
    ]


@EVERY_SEARCH
@pytest.mark.parametrize("max_events", [1, 60, 170])
def test_replaying_the_ledger_gives_the_state_of_a_search_never_interrupted(
    controller, searcher, surrogate, max_events, tmp_path
):
    members = {"controller": controller, "searcher": searcher, "surrogate": surrogate}
    live = run(open_search(tmp_path / "ledger.log", **members), max_events=max_events)
    live._settle()  # a trial that has trained its last epoch is not waited for
    live.close()
    with open_search(tmp_path / "ledger.log", **members) as resumed:
        assert state_of(resumed) == state_of(live)


@EVERY_SEARCH
def test_one_worker_interrupted_again_and_again_makes_the_same_search(controller, searcher, surrogate, tmp_path):
    members = {"controller": controller, "searcher": searcher, "surrogate": surrogate, "max_trials": 25}
    whole = run(open_search(**members), num_workers=1)
    for _ in range(100):
        with open_search(tmp_path / "ledger.log", **members) as session:
            run(session, num_workers=1, max_events=7)
            if session.is_over:
                break
    assert session.is_over
    assert repr(session.ledger.events()) == repr(whole.ledger.events())


def test_unfinished_trials_come_again_first_with_the_same_specification(tmp_path):
    live = run(open_search(tmp_path / "ledger.log"), max_events=40)
    live.close()
    unfinished = [live.ledger.trial(number).spec for number in live.running()]
    assert len(unfinished) == 8
    with open_search(tmp_path / "ledger.log") as resumed:
        assert [resumed.ask() for _ in range(8)] == unfinished
        assert resumed.ask().number == live.ledger.num_trials


def test_interrupted_in_mid_flight_no_ended_trial_runs_again(tmp_path):
    live = run(open_search(tmp_path / "ledger.log"), max_events=100)
    live.close()
    ended = [repr(record) for record in live.ledger.trials() if record.outcome]
    assert len(ended) > 10
    with open_search(tmp_path / "ledger.log") as resumed:
        run(resumed)
        assert resumed.ledger.num_trials == 60
        records = [repr(record) for record in resumed.ledger.trials()]
    assert set(ended) <= set(records)


def test_the_default_search_finds_better_members_than_random_search_or_its_own_parts_with_the_same_trials():
    """Median over 10 seeds of the true quality of the incumbent, 8 workers, with early stopping."""
    found = {}
    for members in (("ppo", "tpe", "gp"), ("ppo", "tpe", "none"), ("uniform", "uniform", "none")):
        best = []
        for seed in range(10):
            controller, searcher, surrogate = members
            session = run(open_search(controller=controller, searcher=searcher, surrogate=surrogate, seed=seed))
            spec = session.incumbent.spec
            best.append(quality(spec.architecture, spec.hyperparameters))
        found[members] = sorted(best)[5]
    default, without_surrogate, random_search = found.values()
    assert default > max(without_surrogate, random_search) + 0.05
