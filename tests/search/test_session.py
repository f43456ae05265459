import math

import numpy as np
import pytest

from gnas_ray.core import EARLIER, Constraint, Ending, Failure, Measurement, Objectives, Outcome, RungLadder
from gnas_ray.experiment import PriorMember
from gnas_ray.search import session as sessions
from gnas_ray.search.session import MAX_FAILING, MAX_INFEASIBLE
from gnas_ray.search.simulate import VirtualClock
from gnas_ray.search.state import member_key
from gnas_ray.search.warm_start import WarmStart
from gnas_ray.space import Decision, SearchSpace
from gnas_ray.surrogates import GP
from tests.search.searches import SPACE, open_search

FINISHED, STOPPED = Outcome(Ending.FINISHED), Outcome(Ending.STOPPED)
CRASHED = Outcome(Ending.FAILED, Failure.OUT_OF_MEMORY, "out of memory")
LIGHTGCN = {"operator": "gcn", "num_layers": 0}
GAT = {"operator": "gat", "num_layers": 1, "layer.0.activation": "relu", "readout": "last"}
PRIOR = (
    PriorMember("LightGCN", LIGHTGCN, {"learning_rate": 0.005}),
    PriorMember("GAT", GAT, {"heads": 4}),
    PriorMember("GAT again", GAT, {}),
)


def measure(session, number, *values, first=1):
    """Observes consecutive epochs; what the last said."""
    for fidelity, value in enumerate(values, start=first):
        goes_on = session.observe(number, Measurement(fidelity, {"ndcg@20": value}))
    return goes_on


def started(num_trials, **options):
    session = open_search(**options)
    for _ in range(num_trials):
        session.ask()
    return session


def test_prior_members_come_first_as_given_and_completed_by_the_searcher():
    session = open_search(prior=PRIOR)
    first, second, third, fourth = (session.ask() for _ in range(4))
    assert first.architecture == LIGHTGCN and first.hyperparameters == {"learning_rate": 0.005}
    assert second.architecture == GAT and second.hyperparameters["heads"] == 4
    assert third.architecture == GAT
    for spec in (first, second, third):
        assert SPACE.check(spec.architecture, spec.hyperparameters) == []
    origins = [record.proposal.origin for record in session.ledger.trials()]
    assert origins == ["prior", "prior", "prior", "policy"]
    assert fourth.architecture not in (LIGHTGCN, GAT)


def test_a_prior_member_that_an_earlier_experiment_tried_comes_once_as_it_was_there():
    other = {"operator": "gin", "num_layers": 0}
    earlier = (
        PriorMember("trial 7", GAT, {"heads": 4, "learning_rate": 0.02}, EARLIER),
        PriorMember("trial 1", other, {"learning_rate": 0.01}, EARLIER),
        PriorMember("trial 3", LIGHTGCN, {"learning_rate": 0.1}, EARLIER),
    )
    session = open_search(prior=PRIOR, warm_start=WarmStart((), earlier))
    records = [session.ledger.trial(session.ask().number) for _ in range(6)]
    tried = [(record.proposal.origin, record.spec.architecture, record.spec.hyperparameters) for record in records]
    assert [origin for origin, _, _ in tried] == ["prior", "prior", "prior", "earlier", "earlier", "policy"]
    assert [architecture for _, architecture, _ in tried[:5]] == [LIGHTGCN, GAT, GAT, other, LIGHTGCN]
    assert tried[0][2] == {"learning_rate": 0.005}, "the earlier one was another"
    assert tried[1][2] == earlier[0].hyperparameters
    assert tried[2][2] != earlier[0].hyperparameters


def test_a_resumed_search_goes_on_in_the_prior_where_it_was(tmp_path):
    with open_search(tmp_path / "ledger.log", prior=PRIOR) as session:
        session.tell(session.ask().number, CRASHED)
    with open_search(tmp_path / "ledger.log", prior=PRIOR) as session:
        assert session.ask().architecture == GAT


def test_trials_are_numbered_and_seeded_apart_and_the_seed_of_the_search_changes_them():
    specs = [open_search(seed=0).ask(), open_search(seed=0).ask(), open_search(seed=1).ask()]
    assert specs[0] == specs[1]
    assert specs[0].seed != specs[2].seed
    session = open_search()
    several = [session.ask() for _ in range(5)]
    assert [spec.number for spec in several] == [0, 1, 2, 3, 4]
    assert len({spec.seed for spec in several}) == 5


def test_the_same_architecture_tried_twice_gets_other_hyperparameters():
    session = open_search(prior=[PriorMember("GAT", GAT, {}), PriorMember("GAT again", GAT, {})])
    first, second = session.ask(), session.ask()
    assert first.architecture == second.architecture
    assert first.hyperparameters["learning_rate"] != second.hyperparameters["learning_rate"]


def test_nothing_more_once_the_budget_is_spent():
    session = started(2, max_trials=2)
    assert session.ask() is None
    assert not session.is_over
    session.tell(0, CRASHED)
    session.tell(1, CRASHED)
    assert session.ask() is None
    assert session.is_over


def test_nothing_more_once_the_space_is_exhausted():
    session = started(2, space=SearchSpace((Decision("operator", ("gcn", "gat")),)))
    assert session.ask() is None
    session.tell(0, CRASHED)
    session.tell(1, CRASHED)
    assert session.is_over


def test_an_exhausted_space_is_not_searched_again(monkeypatch):
    """Whoever runs trials asks again and again while others run, and to find nothing takes long."""
    session = started(2, space=SearchSpace((Decision("operator", ("gcn", "gat")),)))
    assert session.ask() is None
    monkeypatch.setattr(session.controller, "sample", None)
    assert session.ask() is None
    session.tell(0, CRASHED)
    assert session.ask() is None


def test_why_trials_of_the_budget_are_left_is_known():
    session = started(2, space=SearchSpace((Decision("operator", ("gcn", "gat")),)))
    assert session.why_unspent() == "", "two run"
    session.tell(0, CRASHED)
    session.tell(1, CRASHED)
    assert session.why_unspent() == "no member was found that was not tried"
    session = open_search(check=refuse)
    assert session.ask() is None
    assert session.why_unspent() == f"{MAX_INFEASIBLE} members in a row would break a limit; of the last one too large"
    session = open_search(max_trials=1)
    session.tell(session.ask().number, CRASHED)
    assert session.is_over and session.why_unspent() == ""


def test_a_trial_whose_worker_is_lost_keeps_what_it_measured_at_a_rung():
    lost = Outcome(Ending.FAILED, Failure.WORKER_LOST, "the node went away")
    session = started(3)
    measure(session, 0, 0.9)
    assert session.tell(0, lost) is not None
    assert session.ledger.trial(0).outcome == Outcome(Ending.STOPPED, detail="its worker was lost after epoch 1")
    assert session.incumbent.number == 0
    assert session.tell(1, lost) is None
    assert session.ledger.trial(1).outcome == lost, "it measured nothing"


def refuse(spec):
    return Outcome(Ending.INFEASIBLE, detail="too large", violation=1.0)


def test_a_search_lost_to_its_limits_goes_on_when_it_is_resumed_with_others(tmp_path):
    with open_search(tmp_path / "ledger.log", check=refuse) as session:
        assert session.ask() is None and session.is_over
    with open_search(tmp_path / "ledger.log") as session:
        assert not session.is_over and session.ask() is not None


def test_what_only_broke_a_limit_that_was_raised_since_is_as_if_it_had_never_been(tmp_path):
    def narrow(spec):
        depth = spec.architecture["num_layers"]
        return Outcome(Ending.INFEASIBLE, detail="deep", violation=float(depth)) if depth > 1 else None

    with open_search(tmp_path / "ledger.log", prior=PRIOR, max_trials=20, check=narrow) as session:
        while (spec := session.ask()) is not None:
            measure(session, spec.number, 0.1 * spec.architecture["num_layers"])
            session.tell(spec.number, STOPPED)
        infeasible = {r.number for r in session.ledger.trials() if r.state == "infeasible"}
        assert infeasible and session._state.feasibility.probability({"num_layers": 3}) < 1
    with open_search(tmp_path / "ledger.log", prior=PRIOR, max_trials=20, check=narrow) as session:
        assert not session.ledger.set_aside, "it is as it was"
    with open_search(tmp_path / "ledger.log", prior=PRIOR, max_trials=40) as session:
        assert session.ledger.set_aside == infeasible
        assert session._state.feasibility.probability({"num_layers": 3}) == 1
        keys = {member_key(session.ledger.trial(number).spec.member) for number in infeasible}
        assert not any(map(session._state.is_tried, keys))
        again = [session.ask() for _ in range(20)]
        assert None not in again and session.ask() is None
        assert sum(spec.architecture["num_layers"] > 1 for spec in again) > 5


def test_of_what_is_given_only_what_was_refused_is_tried_once_the_limit_is_raised(tmp_path):
    space = SearchSpace((Decision("depth", tuple(range(50))),))
    prior = [PriorMember(str(depth), {"depth": depth}, {}) for depth in (9, 3, 2)]

    def narrow(spec):
        return Outcome(Ending.INFEASIBLE, violation=1.0) if spec.architecture["depth"] == 9 else None

    with open_search(tmp_path / "ledger.log", space=space, prior=prior, max_trials=2, check=narrow) as session:
        while (spec := session.ask()) is not None:
            measure(session, spec.number, 0.5)
            session.tell(spec.number, STOPPED)
    with open_search(tmp_path / "ledger.log", space=space, prior=prior, max_trials=5) as session:
        assert session.ask().architecture == {"depth": 9}
    with open_search(tmp_path / "ledger.log", space=space, prior=prior, max_trials=5) as session:
        while session.ask() is not None:
            pass
        begun = [(r.proposal.origin, r.spec.architecture["depth"]) for r in session.ledger.trials()]
        assert [depth for origin, depth in begun if origin == "prior"] == [9, 3, 2, 9]
        assert len(begun) == 1 + 5


@pytest.mark.parametrize("failure", [Failure.EXCEPTION, Failure.WORKER_LOST])
def test_one_trial_after_the_other_that_fails_ends_the_asking_until_the_search_is_opened_anew(tmp_path, failure):
    lost = Outcome(Ending.FAILED, failure, "no such file: vectors.npy")
    with open_search(tmp_path / "ledger.log") as session:
        for _ in range(MAX_FAILING - 1):
            session.tell(session.ask().number, lost)
        measured = session.ask().number
        measure(session, measured, 0.5)
        session.tell(measured, CRASHED)
        for _ in range(MAX_FAILING):
            assert not session.is_failing
            session.tell(session.ask().number, lost)
        assert session.is_failing and session.ask() is None and not session.is_over
        said = session.describe_failing()
        assert said.startswith(f"{MAX_FAILING} trials in a row failed before anything was measured, trial-0020 first:")
        assert "no such file" in said
    with open_search(tmp_path / "ledger.log") as session:
        assert not session.is_failing and session.ask() is not None


def test_what_failed_while_everything_did_is_as_if_it_had_never_been_once_that_is_mended(tmp_path):
    """The prior is tried again, every member may be, the budget is whole, and another resume knows it too."""
    space = SearchSpace((Decision("operator", ("gcn", "gat", "gin")), Decision("depth", tuple(range(10)))))
    prior = [PriorMember("good", {"operator": "gat", "depth": 4}, {})]
    lost = Outcome(Ending.FAILED, Failure.EXCEPTION, "no space left on device")
    settings = {"space": space, "prior": prior, "max_trials": 30, "surrogate": "gp"}
    with open_search(tmp_path / "ledger.log", **settings) as session:
        measured = session.ask().number
        measure(session, measured, 0.5)
        for _ in range(MAX_FAILING):
            session.tell(session.ask().number, lost)
        assert session.is_failing
    with open_search(tmp_path / "ledger.log", **settings) as session:
        assert session.ledger.set_aside == set(range(1, MAX_FAILING + 1)), "not the first, which runs"
        assert session.ask().number == measured
        for _ in range(3):
            spec = session.ask()
            measure(session, spec.number, 0.4)
            session.tell(spec.number, Outcome(Ending.STOPPED))
        assert session.progress().num_ended == 3, "the first runs, the failed ones are none"
        state = repr(session.ask())
    with open_search(tmp_path / "ledger.log", **settings) as session:
        assert len(session.ledger.set_aside) == MAX_FAILING
        assert session.ask().number == measured
        assert repr(session.ask()) == state
        session.tell(session.running()[-1], Outcome(Ending.STOPPED))
        while (spec := session.ask()) is not None:
            measure(session, spec.number, 0.3)
            session.tell(spec.number, Outcome(Ending.STOPPED))
        members = [tuple(r.spec.architecture.values()) for r in session.ledger.trials()]
        assert len(members) == 30 + MAX_FAILING
        assert len(set(members)) == 30, "every member of the space, and those twice that had failed"


def test_a_prior_that_failed_while_everything_did_is_tried_again(tmp_path):
    lost = Outcome(Ending.FAILED, Failure.WORKER_LOST, "no driver")
    with open_search(tmp_path / "ledger.log", prior=PRIOR, max_trials=40) as session:
        for _ in range(MAX_FAILING):
            session.tell(session.ask().number, lost)
        assert session.is_failing
    with open_search(tmp_path / "ledger.log", prior=PRIOR, max_trials=40) as session:
        assert [session.ask().architecture for _ in PRIOR] == [LIGHTGCN, GAT, GAT]


def test_members_that_diverge_or_need_too_much_memory_are_no_reason_to_stop():
    session = open_search(max_trials=2 * MAX_FAILING)
    for _ in range(2 * MAX_FAILING):
        session.tell(session.ask().number, CRASHED)
    assert session.is_over and not session.is_failing


def test_a_trial_that_has_trained_goes_on_though_a_limit_is_tighter_now(tmp_path):
    with open_search(tmp_path / "ledger.log") as session:
        spec = session.ask()
        measure(session, spec.number, 0.5)
    with open_search(tmp_path / "ledger.log", check=refuse) as session:
        assert session.ask() == spec and session.running() == (0,)


def test_a_trial_in_the_lower_ranks_of_a_rung_stops_and_the_best_goes_on():
    session = started(4)
    assert measure(session, 0, 0.5)
    assert not measure(session, 1, 0.45)
    assert not measure(session, 2, 0.4)
    assert measure(session, 3, 0.6)


def test_rewards_are_rungs_climbed_and_peers_beaten():
    session = started(3)
    measure(session, 0, 0.5)
    measure(session, 1, 0.4)
    measure(session, 2, 0.6, 0.6, 0.7)  # rungs 1 and 3
    assert session.tell(1, STOPPED) == 0.0  # beat neither of its two peers at the first of three rungs
    assert session.tell(0, STOPPED) == pytest.approx((0 + 1 / 2) / 3)
    assert session.tell(2, STOPPED) == pytest.approx((1 + 0) / 3)  # alone at the second
    assert [record.reward for record in session.ledger.trials()] == pytest.approx([0.5 / 3, 0.0, 1 / 3])


def test_a_failure_has_no_reward_and_keeps_its_reason():
    session = started(1)
    measure(session, 0, 0.9)
    assert session.tell(0, CRASHED) is None
    assert session.ledger.trial(0).outcome == CRASHED


@pytest.mark.parametrize("ending", [FINISHED, STOPPED])
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_value_that_is_no_number_stops_the_trial_and_makes_it_a_failure(ending, value):
    session = started(2)
    assert not measure(session, 0, value)
    assert session.tell(0, ending) is None
    assert session.ledger.trial(0).outcome.failure is Failure.NAN
    assert measure(session, 1, 0.1)  # it is the first at its rung


def test_finishing_without_a_measurement_is_a_failure_and_being_stopped_so_is_not():
    session = started(2)
    assert session.tell(0, FINISHED) is None
    assert session.tell(1, STOPPED) is None
    assert [record.state for record in session.ledger.trials()] == ["failed", "stopped"]
    assert "without a measurement" in session.ledger.trial(0).outcome.detail


def test_a_measurement_heard_twice_or_after_the_end_changes_nothing():
    session = started(3)
    measure(session, 0, 0.5, 0.6)
    measure(session, 1, 0.5)
    assert session.observe(0, Measurement(1, {"ndcg@20": 0.9}))
    measure(session, 2, 0.4)
    assert not session.observe(2, Measurement(1, {"ndcg@20": 0.9}))
    session.tell(2, STOPPED)
    assert not session.observe(2, Measurement(2, {"ndcg@20": 0.9}))
    values = [[m.metrics["ndcg@20"] for m in record.measurements] for record in session.ledger.trials()]
    assert values == [[0.5, 0.6], [0.5], [0.4]]
    with pytest.raises(ValueError, match="already"):
        session.tell(2, FINISHED)


def test_a_measurement_without_the_objective_is_refused():
    session = started(1)
    with pytest.raises(ValueError, match="did not measure 'ndcg@20'"):
        session.observe(0, Measurement(1, {"recall@20": 0.1}))


def test_what_was_decided_when_the_search_died_is_written_when_it_resumes(tmp_path):
    session = started(5, place=tmp_path / "ledger.log")
    measure(session, 0, *[0.5] * 9)
    measure(session, 3, 0.6)
    measure(session, 1, 0.4)
    measure(session, 2, math.nan)
    session.close()
    with open_search(tmp_path / "ledger.log") as resumed:
        states = [record.state for record in resumed.ledger.trials()]
        assert states == ["finished", "stopped", "failed", "running", "running"]
        assert resumed.settled == (0, 1, 2)
        assert [resumed.ask().number for _ in range(3)] == [3, 4, 5]


def test_the_incumbent_has_measured_the_highest_at_any_epoch():
    session = started(3)
    assert session.incumbent is None
    measure(session, 0, 0.8)
    assert session.incumbent.number == 0
    measure(session, 1, 0.9, 0.5)
    assert session.incumbent.number == 1
    measure(session, 0, 0.8, 0.8, first=2)  # rung 3, with less than trial 1 has at rung 1
    assert session.incumbent.number == 1
    assert session.progress().incumbent_value == 0.9
    session.tell(1, CRASHED)
    assert session.incumbent.number == 0
    session.tell(0, CRASHED)
    assert session.incumbent is None


def test_progress_counts_states_and_rungs_and_estimates_the_end():
    session = started(4, max_trials=10)
    clock = session.ledger.clock
    measure(session, 0, 0.5, 0.6, 0.7)
    measure(session, 1, 0.4)
    measure(session, 2, 0.3)
    session.tell(1, STOPPED)
    session.tell(2, CRASHED)
    clock.now = 30.0
    progress = session.progress()
    assert progress.by_state == {"running": 2, "finished": 0, "stopped": 1, "failed": 1, "infeasible": 0}
    assert progress.by_rung == {1: 3, 3: 1, 9: 0}
    assert (progress.num_trials, progress.incumbent, progress.incumbent_value) == (10, 0, 0.7)
    assert progress.elapsed_seconds == 30.0
    assert progress.expected_seconds == pytest.approx(30 + 8 * 30 / 2)  # two ended in 30 s, eight to go
    assert progress.policy_entropy == pytest.approx(session.controller.entropy())


def test_progress_before_anything_happened():
    progress = open_search().progress()
    assert math.isnan(progress.incumbent_value) and math.isnan(progress.expected_seconds)
    assert progress.by_state == {"running": 0, "finished": 0, "stopped": 0, "failed": 0, "infeasible": 0}


def test_the_controller_learns_when_a_rollout_is_full():
    session = started(6)
    for number in range(4):
        session.tell(number, CRASHED)
    assert session.controller.policy_version == 0
    session.tell(4, CRASHED)
    assert session.controller.policy_version == 1


def test_old_trials_are_rated_anew_against_todays_peers():
    """Trial 0 ended when it was alone, with reward 0; what the controller hears later is that it beat all others."""
    session = started(6)
    measure(session, 0, 0.9)
    assert session.tell(0, STOPPED) == 0.0
    heard = []
    session.controller.learn = lambda rollout, known: heard.append(known)
    for number in range(1, 5):
        measure(session, number, 0.1 * number)
        session.tell(number, STOPPED)
    assert heard[0].rewards[0] == pytest.approx(1.0 / 3)


def test_a_trial_that_has_trained_out_is_finished_and_ranks_with_those_that_trained_longest():
    session = open_search(rungs=RungLadder(1, 3, 9, patience=2))
    spec = session.ask()
    verdicts = [session.observe(spec.number, Measurement(e, {"ndcg@20": v})) for e, v in ((1, 0.5), (2, 0.4), (3, 0.3))]
    assert verdicts == [True, True, False]
    session.tell(spec.number, Outcome(Ending.STOPPED))
    record = session.ledger.trial(spec.number)
    assert record.outcome == Outcome(Ending.FINISHED, detail="no better for 2 epochs")
    assert session.progress().by_rung == {1: 1, 3: 1, 9: 1}
    assert session.incumbent == record


def test_the_end_is_not_expected_after_the_time_budget():
    session = open_search(max_trials=1000, max_seconds=600.0)
    session.ask()
    session.tell(0, CRASHED)
    session.ledger.clock.now = 30.0
    assert session.progress().expected_seconds == 600.0


def test_the_surrogate_hears_what_share_of_the_time_is_left_unless_the_trials_are_spent_before(monkeypatch):
    heard = []

    def promise(self, candidates, evidence, *, seed):
        heard.append(evidence.time_left)
        return np.ones(len(candidates))

    monkeypatch.setattr(GP, "promise", promise)
    for seconds in (60.0, None):
        session = started(10, max_seconds=seconds)  # of 60 trials
        for number in range(10):
            measure(session, number, 0.1 * number)
            session.tell(number, STOPPED)
        for session.ledger.clock.now in (9.0, 11.0, 45.0):  # sixty at this pace: 54, 66 and 270 seconds
            session.ask()
    assert heard == [None, pytest.approx(49 / 60), 0.25, None, None, None]


def test_no_end_is_expected_while_a_resumed_search_only_promotes(tmp_path):
    rungs = RungLadder(1, 3, 9, promote=True)
    with open_search(tmp_path / "ledger.log", rungs=rungs, max_trials=3) as session:
        for number in range(3):
            session.ask()
            measure(session, number, 0.1 * number)
            session.tell(number, FINISHED)
    with open_search(tmp_path / "ledger.log", rungs=rungs, max_trials=3) as session:
        assert session.ask().number == 2, "promoted"
        session.ledger.clock.now = 5.0
        assert math.isnan(session.progress().expected_seconds)


def test_of_equals_in_the_first_objective_the_second_makes_the_incumbent():
    session = open_search(objectives=Objectives("ndcg@20", minimise=("latency_ms",)))
    for number, milliseconds in enumerate((2.0, 1.0, 3.0)):
        session.ask()
        session.observe(number, Measurement(1, {"ndcg@20": 0.5, "latency_ms": milliseconds}))
    assert session.incumbent.number == 1
    assert session.progress().incumbent_value == 0.5


def test_nothing_more_once_the_time_is_spent():
    session = started(1, max_seconds=60.0)
    session.ledger.clock.now = 59.0
    session.ask()
    session.ledger.clock.now = 60.0
    assert session.is_out_of_time and session.ask() is None
    assert not session.is_over, "two trials run"
    session.tell(0, CRASHED)
    session.tell(1, CRASHED)
    assert session.is_over


def test_a_trial_cut_off_where_it_was_the_best_is_the_incumbent_and_has_a_reward():
    session = started(2, rungs=RungLadder(1, 3, 9))
    measure(session, 0, 0.1, 0.2, 0.3)
    measure(session, 1, 0.2, 0.3, 0.4, 0.5)
    rewards = [session.tell(number, STOPPED) for number in (0, 1)]
    assert session.incumbent.number == 1
    assert rewards == pytest.approx([1 / 3, 2 / 3])  # both climbed one rung; 1 beat its only peer on the second


def test_a_trial_cut_off_after_its_last_epoch_has_finished():
    session = started(1, rungs=RungLadder(1, 3, 9))
    measure(session, 0, *[0.5] * 9)
    session.tell(0, STOPPED)
    assert session.ledger.trial(0).state == "finished"


def test_the_time_budget_counts_what_was_searched_before_a_kill_but_not_the_time_between(tmp_path):
    clock = VirtualClock()
    place, budget = tmp_path / "ledger.log", {"clock": clock, "max_seconds": 60.0, "max_trials": 1000}
    with open_search(place, **budget) as session:
        session.ask()
        clock.now = 40.0
        measure(session, 0, 0.5)
        clock.now = 45.0  # killed: what came after the last word is lost
    clock.now = 1000.0
    with open_search(place, **budget) as session:
        clock.now = 1010.0
        session.tell(session.ask().number, CRASHED)
        assert session.progress().expected_seconds == 20.0, "of this process"
        clock.now = 1019.0
        assert not session.is_out_of_time
        clock.now = 1020.0
        assert session.is_out_of_time
        session.ask()
    clock.now = 2000.0
    with open_search(place, **budget) as session:
        assert not session.is_out_of_time, "40 s and 10 s until the last word"
    with open_search(place, **{**budget, "max_seconds": 50.0}) as session:
        assert session.is_out_of_time and session.is_over and session.ask() is None
    with open_search(place, **{**budget, "max_seconds": 51.0}) as session:
        assert session.ask().number == 1, "given more time, it goes on"


def test_a_trial_cut_off_before_the_first_rung_says_nothing_about_quality():
    session, heard = started(5, rungs=RungLadder(2, 3, 6)), []
    session.controller.learn = lambda _, known: heard.append((known.rewards.tolist(), len(known.rewarded())))
    for number in range(5):
        measure(session, number, *[0.1 * (number + 1)] * (1 if number == 0 else 2))
        session.tell(number, STOPPED)
    ((rewards, num_rewarded),) = heard
    assert math.isnan(rewards[0]) and num_rewarded == 4


@pytest.mark.parametrize("name", ["ndcg@20", "latency_ms", "coverage@20"])
def test_no_number_in_any_objective_or_constraint_is_a_failure(name):
    bound = Constraint("coverage@20", 0.1, is_upper=False)
    session = started(1, objectives=Objectives("ndcg@20", minimise=("latency_ms",), constraints=(bound,)))
    metrics = {"ndcg@20": 0.5, "latency_ms": 1.0, "coverage@20": 0.3, name: math.nan}
    assert not session.observe(0, Measurement(1, metrics))
    assert session.tell(0, STOPPED) is None
    outcome = session.ledger.trial(0).outcome
    assert (outcome.failure, outcome.detail) == (Failure.NAN, f"{name} was not a number after 1 epochs")


def test_only_infeasible_trials_in_a_row_end_a_search(monkeypatch):
    monkeypatch.setattr(sessions, "MAX_INFEASIBLE", 3)
    session = open_search(max_trials=6, surrogate="none", check=lambda spec: refuse(spec) if spec.number % 3 else None)
    assert [session.ask().number for _ in range(6)] == [0, 3, 6, 9, 12, 15]


def test_what_was_never_trained_brings_the_end_no_nearer():
    session = open_search(max_trials=10, check=lambda spec: None if spec.number else refuse(spec))
    session.tell(session.ask().number, CRASHED)
    session.ledger.clock.now = 30.0
    assert session.progress().expected_seconds == pytest.approx(300)  # one in 30 s, nine to go


def test_who_keeps_the_constraints_is_ahead_of_who_came_further_and_does_not():
    objectives = Objectives("ndcg@20", constraints=(Constraint("latency_ms", 2.0, is_upper=True),))
    session = started(2, objectives=objectives, rungs=RungLadder(2, 3, 6))
    for number, latency, epochs in ((0, 3.0, 2), (1, 1.0, 1)):
        for epoch in range(1, epochs + 1):
            session.observe(number, Measurement(epoch, {"ndcg@20": 0.5, "latency_ms": latency}))
    assert session.incumbent.number == 1


@pytest.mark.parametrize("parts", [{}, {"surrogate": "none"}, {"searcher": "uniform", "controller": "gp"}])
def test_what_trials_measure_at_a_rung_teaches_while_they_run(parts):
    proposed = []
    for reached in (0, 1, 3):
        session = open_search(rungs=RungLadder(2, 2, 8), max_trials=100, **parts)
        numbers = [session.ask().number for _ in range(24)]
        for number in numbers[:12]:
            for epoch in (1, 2):
                goes_on = session.observe(number, Measurement(epoch, {"ndcg@20": 0.5 - 0.01 * number}))
            session.tell(number, Outcome(Ending.FINISHED if goes_on else Ending.STOPPED))
        for number in numbers[12:]:  # one before the first rung; three beyond it
            for epoch in range(1, reached + 1):
                session.observe(number, Measurement(epoch, {"ndcg@20": 0.5 + 0.1 * (number % 5)}))
        assert session.running() == tuple(numbers[12:])
        spec = session.ask()
        proposed.append((spec.architecture, spec.hyperparameters))
    assert proposed[0] == proposed[1] != proposed[2]
