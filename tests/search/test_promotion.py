"""Searches whose trials wait at rungs, and go on when they are among the best there."""

import math
from dataclasses import replace

import pytest

from gnas_ray.core import Ending, Failure, Measurement, Objectives, Outcome
from gnas_ray.search.simulate import VirtualClock
from gnas_ray.space import Categorical, Decision, SearchSpace
from tests.search.searches import RUNGS, open_search, run
from tests.search.test_proposer import listening
from tests.search.test_simulated_search import state_of

PROMOTE = replace(RUNGS, promote=True)  # rungs 1, 3, 9, a third of each goes on
FINISHED, STOPPED = Outcome(Ending.FINISHED), Outcome(Ending.STOPPED)
CRASHED = Outcome(Ending.FAILED, Failure.EXCEPTION, "no such thing")


def opened(place=None, **options):
    return open_search(place, **{"rungs": PROMOTE, **options})


def train(session, spec, value, **costs):
    """Trains `spec` as far as the session wants it, always measuring `value`; what `tell` said."""
    first, last = session.ledger.trial(spec.number).fidelity + 1, session.until(spec.number) or RUNGS.max_epochs
    for epoch in range(first, last + 1):
        assert session.observe(spec.number, Measurement(epoch, {"ndcg@20": value, **costs}))
    return session.tell(spec.number, FINISHED)


def paused_at_first_rung(session, *values):
    """New trials with those values, none of which is promoted meanwhile."""
    specs = [session.ask() for _ in values]
    for spec, value in zip(specs, values, strict=True):
        assert train(session, spec, value) is None


def states(session):
    return [record.state for record in session.ledger.trials()]


def test_the_first_of_a_rung_wait_until_it_is_full_and_then_the_best_goes_on():
    session = opened()
    for number, value in enumerate((0.5, 0.6)):
        spec = session.ask()
        assert (spec.number, session.until(spec.number)) == (number, 1)
        assert train(session, spec, value) is None
    assert states(session) == ["paused", "paused"] and session.running() == ()
    train(session, session.ask(), 0.4)
    promoted = session.ask()
    assert promoted == session.ledger.trial(1).spec and session.until(1) == 3
    assert states(session) == ["paused", "running", "paused"]
    assert session.ask().number == 3, "nobody else is among the best third"


def test_a_trial_that_was_overtaken_waits_and_goes_on_when_more_have_come():
    session = opened()
    paused_at_first_rung(session, 0.5, 0.6, 0.4)
    train(session, session.ask(), 0.6)  # trial 1
    paused_at_first_rung(session, 0.1, 0.2)
    assert session.ask().number == 5, "one of five"
    train(session, session.ledger.trial(5).spec, 0.3)
    assert session.ask().number == 0, "the second of six"


def test_the_highest_rung_comes_first_and_there_the_best():
    session = opened()
    paused_at_first_rung(session, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
    first_third = [session.ask() for _ in range(3)]
    assert [spec.number for spec in first_third] == [8, 7, 6]
    paused_at_first_rung(session, 0.45, 0.46, 0.47)  # trial 5 is the fourth of twelve now
    for spec, value in zip(first_third, (0.91, 0.95, 0.92), strict=True):
        train(session, spec, value)
    assert [session.ask().number for _ in range(3)] == [7, 5, 12], "rung 3 before rung 1, and then a new one"
    assert session.until(7) is None and session.until(5) == 3


def test_equals_go_on_together_the_earlier_one_first():
    session = opened()
    paused_at_first_rung(session, 0.5, 0.5, 0.4)
    assert [session.ask().number for _ in range(3)] == [0, 1, 3]


def test_the_budget_is_of_trials_begun_and_ends_what_nobody_promotes():
    session = opened(max_trials=4)
    paused_at_first_rung(session, 0.1, 0.2, 0.3)
    best, last = session.ask(), session.ask()
    assert (best.number, last.number) == (2, 3)
    assert session.ask() is None and session.may_promote and not session.is_over and session.abandoned == ()
    train(session, best, 0.3)
    train(session, last, 0.5)
    assert session.ask() == last, "the budget is spent, but it is the best of its rung"
    train(session, last, 0.5)
    assert not session.is_over and session.ask() == last, "nothing else is left, and nobody has trained whole"
    train(session, last, 0.5)
    assert session.ask() is None and session.is_over and not session.may_promote
    assert session.abandoned == (0, 1, 2) and states(session) == [*["paused"] * 3, "finished"]
    rewards = [session.tell(number, STOPPED) for number in session.abandoned]
    assert rewards == pytest.approx([0, 1 / 9, 1 / 3])  # of three peers; at the second rung, the worse of two
    assert session.abandoned == () and session.incumbent.number == 3


@pytest.mark.parametrize("num_trials", [1, 2])
def test_of_trials_that_are_too_few_for_anybody_to_be_promoted_the_best_trains_whole(num_trials):
    session = opened(max_trials=num_trials)
    while (spec := session.ask()) is not None:
        train(session, spec, 0.5 + spec.number / 10)
    records = session.ledger.trials()
    assert sorted(record.fidelity for record in records) == [*[1] * (num_trials - 1), RUNGS.max_epochs]
    assert session.incumbent.fidelity == RUNGS.max_epochs and session.is_over


def test_where_the_best_that_waits_fails_the_next_one_trains_whole():
    session = opened(max_trials=2)
    paused_at_first_rung(session, 0.5, 0.6)
    assert session.ask().number == 1
    session.tell(1, CRASHED)
    assert session.ask().number == 0 and session.until(0) == 3


def test_trials_that_wait_end_with_the_time_budget():
    session = opened(max_seconds=60.0)
    paused_at_first_rung(session, 0.1, 0.2, 0.3)
    session.ask()
    session.ledger.clock.now = 60.0
    assert session.ask() is None and not session.may_promote
    assert session.abandoned == (0, 1, 2)
    for number in session.abandoned:
        session.tell(number, STOPPED)
    assert session.is_over and states(session) == ["stopped"] * 3


def test_a_trial_that_has_trained_out_has_finished_and_waits_nowhere():
    session = opened(rungs=replace(PROMOTE, patience=2))
    paused_at_first_rung(session, 0.5, 0.6, 0.4)
    best = session.ask().number
    assert session.observe(best, Measurement(2, {"ndcg@20": 0.5}))
    assert not session.observe(best, Measurement(3, {"ndcg@20": 0.4}))
    session.tell(best, STOPPED)
    assert states(session) == ["paused", "finished", "paused"]


def test_trials_that_wait_end_once_there_is_no_member_left():
    space = SearchSpace((Decision("operator", ("gcn", "gat", "gin", "gru")),), (Categorical("size", (16, 32, 64)),))
    session = opened(space=space)
    while (spec := session.ask()) is not None:
        train(session, spec, (7 * spec.number % 12) / 12)
    assert session.ledger.num_trials < session.plan.max_trials and session.is_over
    waiting = [number for number, state in enumerate(states(session)) if state == "paused"]
    assert waiting and session.abandoned == tuple(waiting)


def test_nan_at_a_rung_is_a_failure():
    session = opened()
    assert not session.observe(session.ask().number, Measurement(1, {"ndcg@20": math.nan}))
    session.tell(0, FINISHED)
    assert states(session) == ["failed"]


def hearing(session):
    """The rollouts that the controller hears, each as the numbers of its trials and whether they failed."""
    heard = []
    session.controller.learn = lambda rollout, _: heard.append([(e.number, e.is_in_vain) for e in rollout])
    return heard


def test_a_promoted_trial_that_fails_is_no_evidence_any_more_and_the_controller_hears_of_it_once():
    session = opened()
    heard = hearing(session)
    paused_at_first_rung(session, 0.1, 0.2, 0.3)
    assert [rated.spec.number for rated in session._state.rated] == [0, 1, 2]
    assert session.tell(session.ask().number, CRASHED) is None
    assert [rated.spec.number for rated in session._state.rated] == [0, 1]
    paused_at_first_rung(session, 0.1, 0.1)
    assert heard == [[(0, False), (1, False), (2, True), (3, False), (4, False)]]
    assert session.ask().number == 5, "trial 2 was the best third, and is gone"


def test_of_a_trial_that_fails_after_it_was_heard_of_the_controller_hears_again():
    session = opened()
    heard = hearing(session)
    paused_at_first_rung(session, 0.1, 0.2, 0.3, 0.1, 0.1)
    assert session.tell(session.ask().number, CRASHED) is None
    paused_at_first_rung(session, *[0.1] * 4)
    assert heard[1] == [(2, True), (5, False), (6, False), (7, False), (8, False)]


@pytest.mark.parametrize("num_trials", [6, 14])  # before the surrogate is ready, and after
def test_a_pause_teaches_what_a_stop_does(num_trials):
    proposals = []
    for outcome in (FINISHED, STOPPED):
        session = opened()
        for number, spec in enumerate([session.ask() for _ in range(num_trials)]):
            session.observe(spec.number, Measurement(1, {"ndcg@20": 0.1 * (number % 7)}))
            session.tell(spec.number, outcome)
        assert set(states(session)) == {"paused" if outcome is FINISHED else "stopped"}
        proposals.append((session.controller.policy_version, session._proposer.propose(num_trials, [], time_left=None)))
    assert repr(proposals[0]) == repr(proposals[1])


def test_progress_counts_what_is_paused():
    session = opened(max_trials=10)
    paused_at_first_rung(session, 0.1, 0.2, 0.3)
    session.ask()
    session.ledger.clock.now = 30.0
    progress = session.progress()
    expected = {"running": 1, "paused": 2, "finished": 0, "stopped": 0, "failed": 0, "infeasible": 0}
    assert progress.by_state == expected
    assert progress.expected_seconds == pytest.approx(30 + 8 * 30 / 2)  # two in 30 s that wait, eight to go


def test_waiting_takes_none_of_a_trials_seconds(tmp_path):
    clock = VirtualClock()
    session = opened(tmp_path / "ledger.log", clock=clock)
    paused_at_first_rung(session, 0.1, 0.2, 0.3)
    clock.now = 100.0
    session.ask()
    clock.now = 105.0
    train(session, session.ledger.trial(2).spec, 0.4)
    clock.now = 200.0
    for number in (0, 2):
        session.tell(number, STOPPED)
    records = session.ledger.trials()
    assert [record.waits for record in records] == [((0.0, 200.0),), ((0.0, None),), ((0.0, 100.0), (105.0, 200.0))]
    assert [record.seconds for record in records] == [0.0, 0.0, 5.0]
    session.close()
    with opened(tmp_path / "ledger.log", clock=clock) as resumed:
        assert resumed.ledger.trials() == records


def test_places_among_several_objectives_change_and_with_them_who_goes_on():
    session = opened(objectives=Objectives("ndcg@20", minimise=("latency_ms",)))
    values = [(0.5, 5.0), (0.3, 3.0), (0.1, 1.0)]  # one front; the middle is the crowded one
    specs = [session.ask() for _ in values]
    for spec, (ndcg, latency) in zip(specs, values, strict=True):
        train(session, spec, ndcg, latency_ms=latency)
    assert [session.ask().number for _ in range(3)] == [0, 2, 3], "both ends of the front are the best third"
    train(session, session.ledger.trial(3).spec, 0.3, latency_ms=1.0)  # dominates trials 1 and 2
    assert session.ask().number == 3, "it is the front now, with trial 0"
    for number in range(4, 9):
        spec = session.ask()
        assert spec.number == number, "two of the rung are better than trial 1, and fewer than nine are there"
        train(session, spec, 0.01, latency_ms=9.0)
    assert session.ask().number == 1, "the third of nine: on the second front it is an end"


def test_interrupted_at_any_time_what_waits_waits_on_and_can_be_promoted(tmp_path):
    for number in range(3):  # each trial in a process of its own, killed before it could tell
        with opened(tmp_path / "ledger.log") as session:
            spec = session.ask()
            assert spec.number == number
            session.observe(number, Measurement(1, {"ndcg@20": 0.1 * number}))
    with opened(tmp_path / "ledger.log") as session:
        assert states(session) == ["paused"] * 3
        assert session.ask().number == 2
    with opened(tmp_path / "ledger.log") as session:  # killed once more before trial 2 measured again
        assert states(session) == ["paused", "paused", "running"]
        assert [session.ask().number for _ in range(2)] == [2, 3]
        assert session.until(2) == 3


@pytest.mark.parametrize("objectives", [Objectives("ndcg@20"), Objectives("ndcg@20", maximise=("seconds",))])
@pytest.mark.parametrize("max_events", [60, 170])
def test_replaying_the_ledger_gives_the_state_of_a_search_never_interrupted(objectives, max_events, tmp_path):
    live = run(opened(tmp_path / "ledger.log", objectives=objectives), max_events=max_events)
    live._settle()
    live.close()
    assert "paused" in states(live)
    with opened(tmp_path / "ledger.log", objectives=objectives) as resumed:
        assert state_of(resumed) == state_of(live)
        assert resumed._state.halving.promotable == live._state.halving.promotable
        assert list(resumed._state._history.episodes()) == list(live._state._history.episodes())


def test_one_worker_interrupted_again_and_again_makes_the_same_search(tmp_path):
    whole = run(opened(max_trials=25), num_workers=1)
    for _ in range(100):
        with opened(tmp_path / "ledger.log", max_trials=25) as session:
            run(session, num_workers=1, max_events=7)
            if session.is_over:
                break
    assert session.is_over and {"finished", "stopped", "failed"} == set(states(session))
    assert repr(session.ledger.events()) == repr(whole.ledger.events())


def test_a_promoted_trial_counts_as_ended_and_not_as_running_too():
    session = opened(surrogate="none")
    paused_at_first_rung(session, 0.1, 0.2, 0.3)
    listener = listening(session)
    assert session.ask().number == 2, "promoted"
    session.ask()
    ((_, evidence),) = listener.heard
    assert len(evidence.ended) == 3 and evidence.running == []


def test_what_failed_after_it_was_heard_of_has_no_reward_any_more():
    session, known = opened(), []
    session.controller.learn = lambda _, everything: known.append([e.reward for e in everything if e.number == 2])
    paused_at_first_rung(session, 0.1, 0.2, 0.3, 0.1, 0.1)
    session.tell(session.ask().number, CRASHED)
    paused_at_first_rung(session, *[0.1] * 4)
    assert known[0] != [None] and set(known[1]) == {None}


def test_a_measurement_heard_after_a_pause_changes_nothing():
    session = opened()
    paused_at_first_rung(session, 0.5)
    assert not session.observe(0, Measurement(2, {"ndcg@20": 0.9}))
    assert session.ledger.trial(0).fidelity == 1
