"""Whole searches with several objectives, constraints and limits."""

import random
from dataclasses import replace

import optuna
import pytest

from gnas_ray.core import Constraint, Ending, Measurement, Objectives, Outcome
from gnas_ray.core.ranking import fronts
from gnas_ray.records.leaderboard import front, incumbent, leaderboard
from gnas_ray.search.rung import Rung
from gnas_ray.search.session import MAX_INFEASIBLE
from gnas_ray.search.simulate import Epoch, Simulation, VirtualClock
from tests.search.searches import RUNGS, open_search, quality

FRONT = Objectives("ndcg@20", minimise=("latency_ms",))
FAST = Objectives("ndcg@20", constraints=(Constraint("latency_ms", 1.5, is_upper=True),))


def latency(architecture):
    """Layers cost, and so does gat, which is also what quality likes."""
    return 1.0 + architecture["num_layers"] + 2.0 * (architecture["operator"] == "gat")


def trainer(spec):
    generator = random.Random(spec.seed)
    value = quality(spec.architecture, spec.hyperparameters)
    for epoch in range(1, RUNGS.max_epochs + 1):
        ndcg = value * (1 - 0.5**epoch) + generator.gauss(0, 0.001)
        yield Epoch(
            generator.lognormvariate(0, 1),
            Measurement(epoch, {"ndcg@20": ndcg, "latency_ms": latency(spec.architecture)}),
        )


def run(session, **options):
    Simulation(session, trainer, num_workers=8, clock=session.ledger.clock).run(**options)
    return session


def run_alone(session, **options):
    """One trial at a time, so that it does not matter which of them had begun when the search was killed."""
    Simulation(session, trainer, num_workers=1, clock=session.ledger.clock).run(**options)
    return session


def rows_of(session):
    return leaderboard(session.ledger.trials(), objectives=session.ledger.objectives, rungs=RUNGS)


def places_and_merits(session):
    state = session._state
    places = [state.halving.climb(rated.spec.number) for rated in state.rated]
    return list(zip(places, state.merits(), strict=True))


@pytest.mark.parametrize("objectives", [FRONT, FAST], ids=["front", "constraint"])
def test_a_search_that_was_killed_goes_on_as_if_it_had_not_been(tmp_path, objectives):
    whole = run_alone(open_search(objectives=objectives, max_trials=25))
    clock = VirtualClock()
    for events in (37, 60, None):
        with open_search(tmp_path / "ledger.log", clock=clock, objectives=objectives, max_trials=25) as session:
            run_alone(session, max_events=events)
            session._settle()  # a trial that has trained its last epoch is not waited for
            told = places_and_merits(session)
        with open_search(tmp_path / "ledger.log", clock=clock, objectives=objectives, max_trials=25) as resumed:
            assert places_and_merits(resumed) == told and told
    assert repr(session.ledger.events()) == repr(whole.ledger.events())


def test_reading_a_search_again_ranks_no_rung_for_verdicts_that_are_known(tmp_path, monkeypatch):
    """With several objectives each would cost as much as the rung has trials, so all together the square of that."""
    objectives, place = Objectives("ndcg@20", minimise=("latency_ms",)), tmp_path / "ledger.log"
    with open_search(place, objectives=objectives) as session:
        run(session)
    ranked = []
    monkeypatch.setattr(Rung, "is_among_best", lambda *_: ranked.append(1))
    with open_search(place, objectives=objectives) as session:
        assert session.is_over and not ranked


def test_the_front_has_a_cheap_end_and_a_good_one():
    session = run(open_search(objectives=FRONT, max_trials=80))
    rows = rows_of(session)
    found = front(rows)
    costs = [row.others["latency_ms"] for row in found]
    assert costs == sorted(costs, reverse=True) and costs[-1] == 1.0 and costs[0] >= 5.0
    compared = [(row.objective, -row.others["latency_ms"]) for row in rows if row.has_value]
    assert sorted(fronts(compared)[0]) == sorted((row.objective, -row.others["latency_ms"]) for row in found)
    best = incumbent(rows)
    assert best is found[0] and session.incumbent.number == best.number
    assert session.progress().incumbent_value == best.objective


def test_what_breaks_a_constraint_never_wins_and_is_soon_avoided():
    session = run(open_search(objectives=FAST, max_trials=80))
    rows = rows_of(session)
    broken = [row.violation > 0 for row in rows]
    assert broken == sorted(broken) and any(broken), "all that keep it are before all that break it"
    best = incumbent(rows)
    assert best is rows[0] and best.others["latency_ms"] == 1.0 and session.incumbent.number == best.number
    late = [row for row in rows if row.number >= 40]
    early = [row for row in rows if row.number < 20]
    assert sum(r.violation > 0 for r in late) / len(late) < 0.7 * sum(r.violation > 0 for r in early) / len(early)


@pytest.mark.parametrize("seed", range(3))
def test_a_bound_on_what_grows_stops_nobody_who_will_keep_it(seed):
    """Gat, which is best, has the coverage that is asked for after its first rungs only; the others from the start."""

    def slow_to_cover(spec):
        for epoch, measured in enumerate(trainer(spec), start=1):
            coverage = 0.10 + 0.05 * epoch if spec.architecture["operator"] == "gat" else 0.35
            yield Epoch(1.0, Measurement(epoch, {**measured.measurement.metrics, "coverage@20": coverage}))

    varied = Objectives("ndcg@20", constraints=(Constraint("coverage@20", 0.3, is_upper=False),))
    session = open_search(objectives=varied, seed=seed, max_trials=40)
    Simulation(session, slow_to_cover, num_workers=1, clock=session.ledger.clock).run()
    records = session.ledger.trials()
    assert session.incumbent.spec.architecture["operator"] == "gat"
    assert sum(record.spec.architecture["operator"] == "gat" for record in records[20:]) >= 15


@pytest.mark.parametrize("name", ["epoch_seconds", "peak_memory_bytes"])
def test_a_cost_that_varies_from_epoch_to_epoch_hides_no_trials_quality(name):
    """Over the bound, by chance or ever more: its value is still the highest that it measured."""

    def varying(spec):
        generator = random.Random(spec.seed)
        for epoch, measured in enumerate(trainer(spec), start=1):
            cost = {"epoch_seconds": generator.uniform(1.0, 1.4), "peak_memory_bytes": 2.0 + epoch / 100}
            yield Epoch(1.0, Measurement(epoch, {**measured.measurement.metrics, **cost}))

    bounded = Objectives("ndcg@20", constraints=(Constraint(name, 0.9, is_upper=True),))
    session = open_search(objectives=bounded, max_trials=12, rungs=replace(RUNGS, patience=2))
    Simulation(session, varying, num_workers=2, clock=session.ledger.clock).run()
    for record in session.ledger.trials():
        highest = max(measurement.metrics["ndcg@20"] for measurement in record.measurements)
        assert session._state.halving.best(record.spec.number).values == (highest,)
        assert record.value(bounded) == highest


def test_optuna_opens_the_ledger_and_agrees_on_the_front(tmp_path):
    objectives = Objectives("ndcg@20", minimise=("latency_ms",), constraints=(Constraint("latency_ms", 4.0, True),))
    with open_search(tmp_path / "ledger.log", objectives=objectives, max_trials=40) as session:
        run(session)
        finished = [r for r in session.ledger.trials() if r.state == "finished"]
        merits = {r.number: objectives.merit(objectives.best(r.measurements).metrics) for r in finished}
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(tmp_path / "ledger.log")))
    study = optuna.load_study(storage=storage, study_name="simulated")
    assert [direction.name for direction in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    kept = [merit.values for merit in merits.values() if merit.violation == 0]
    expected = {number for number, merit in merits.items() if merit.violation == 0 and merit.values in fronts(kept)[0]}
    assert {trial.number for trial in study.best_trials} == expected and expected


def no_gat(spec):
    is_broken = spec.architecture["operator"] == "gat"
    return Outcome(Ending.INFEASIBLE, detail="gat is too large", violation=0.5) if is_broken else None


def test_what_would_break_a_limit_is_not_trained_and_costs_nothing():
    session = run(open_search(max_trials=40, check=no_gat))
    records = session.ledger.trials()
    infeasible = [r for r in records if r.state == "infeasible"]
    assert infeasible and all(r.spec.architecture["operator"] == "gat" and not r.measurements for r in infeasible)
    assert {r.outcome.detail for r in infeasible} == {"gat is too large"}
    assert all(r.reward is None and r.started == r.ended for r in infeasible)
    assert len(records) - len(infeasible) == 40
    progress = session.progress()
    assert progress.by_state["infeasible"] == len(infeasible) > 0
    assert (progress.num_ended, progress.num_trials) == (40, 40), "those never trained are not of the budget"
    assert session.is_over and session.incumbent.state != "infeasible"


def fast_learner(spec):
    is_broken = spec.hyperparameters["learning_rate"] > 10**-2.5
    return Outcome(Ending.INFEASIBLE, detail="too fast", violation=0.5) if is_broken else None


@pytest.mark.parametrize(("check", "alone", "with_surrogate"), [(no_gat, 0.27, 0.05), (fast_learner, 0.4, 0.25)])
def test_limits_are_learned(check, alone, with_surrogate):
    """A third of the space is gat, and half of it learns too fast: without learning as many of the last proposals. What
    is best is as fast as may be, so a surrogate looks there, on either side.
    """
    for parts, share in (({"surrogate": "none"}, alone), ({}, with_surrogate)):
        last = []
        for seed in range(8):
            session = run(open_search(max_trials=40, check=check, seed=seed, **parts))
            last += session.ledger.trials()[-20:]
        assert sum(record.state == "infeasible" for record in last) / len(last) < share, parts


def test_a_search_that_finds_nothing_within_its_limits_ends():
    def nothing(spec):
        return Outcome(Ending.INFEASIBLE, detail="too large", violation=1.0)

    session = open_search(max_trials=1000, check=nothing)
    assert session.ask() is None and session.ask() is None and session.is_over
    assert session.ledger.num_trials == MAX_INFEASIBLE
    assert incumbent(rows_of(session)) is None
