"""Earlier trials in the words of another space, and searches that start from them."""

import math

import numpy as np
import pytest
from scipy.stats import rankdata

from gnas_ray.core import TrialSpec
from gnas_ray.search.warm_start import NUM_FIRST, PlacedTrial, WarmStart, placed_trials, warm_start
from gnas_ray.space import Categorical, Conditions, Decision, Float, SearchSpace
from tests.search.searches import RUNGS, SPACE, open_search, quality, run

NEW_SPACE = SearchSpace(
    (
        Decision("operator", ("gat", "gin", "sage")),  # gcn is gone
        Decision("num_layers", (1, 2)),
        Decision("layer.0.activation", ("relu", "tanh")),
        Decision("layer.1.activation", ("relu", "tanh"), Conditions.of({"num_layers": 2})),
        Decision("residual", (False, True)),  # is new; readout is gone
    ),
    (Float("learning_rate", 1e-3, 1e-1, log=True), Categorical("batch_size", (256, 512))),
)


def placed(*trials):
    """From (architecture, hyperparameters, place)."""
    return [PlacedTrial(TrialSpec(number, *trial[:2], 0), trial[2]) for number, trial in enumerate(trials)]


GAT = {"operator": "gat", "num_layers": 2, "layer.0.activation": "tanh", "layer.1.activation": "relu"}
GCN = {"operator": "gcn", "num_layers": 2, "layer.0.activation": "relu", "layer.1.activation": "relu"}
SHALLOW = {"operator": "gin", "num_layers": 0}
EARLIER = placed(
    (GAT, {"learning_rate": 0.01}, 3),
    (GCN, {"learning_rate": 0.02}, 1),
    (SHALLOW, {"learning_rate": 1e-4, "heads": 2}, 2),
    ({"operator": "gat", "num_layers": 1, "layer.0.activation": "tanh"}, {"learning_rate": 1.0}, 3),
)


def test_what_the_present_space_does_not_have_is_unknown():
    (trials,) = warm_start({"runs/before": EARLIER}, NEW_SPACE, seed=0).trials
    assert list(trials.members) == [
        {**GAT, "learning_rate": 0.01},
        {**{name: option for name, option in GCN.items() if name != "operator"}, "learning_rate": 0.02},
        # of the third trial a quarter is known, so it says nothing here
        {"operator": "gat", "num_layers": 1, "layer.0.activation": "tanh"},
    ]
    assert trials.describe() == "3 of 4 trials can be used"
    assert list(trials.values) == [3, 1, 3]


def test_first_come_whole_members_the_best_of_each_experiment_in_turn():
    better = placed(({**GAT, "operator": "gin"}, {"learning_rate": 0.05}, 1))
    first = warm_start({"runs/before": EARLIER, "runs/other": better}, NEW_SPACE, seed=0).first
    known = [{name: member.architecture[name] for name in ("operator", "num_layers")} for member in first]
    assert known == [
        {"operator": "gat", "num_layers": 2},
        {"operator": "gin", "num_layers": 2},
        {"operator": "gat", "num_layers": 1},
    ]
    assert [dict(member.hyperparameters) for member in first] == [{"learning_rate": 0.01}, {"learning_rate": 0.05}, {}]
    for member in first:
        assert NEW_SPACE.check(member.architecture, member.hyperparameters, partial_hyperparameters=True) == []


def test_who_had_a_decision_that_is_gone_may_be_among_the_first_and_whose_option_is_gone_may_not():
    earlier = placed(({**GCN, "readout": "mean"}, {}, 2), ({**GAT, "readout": "mean"}, {}, 1))
    (first,) = warm_start({"runs/before": earlier}, NEW_SPACE, seed=0).first
    assert first.name == "trial 1" and first.architecture["operator"] == "gat"
    assert "readout" not in first.architecture and "residual" in first.architecture


def test_no_two_of_the_first_are_nearly_the_same():
    layers = [{**GAT, "layer.1.activation": option, "num_layers": 2} for option in ("relu", "tanh")]
    alike = placed(*(({**layer}, {"learning_rate": 0.01}, 1) for layer in layers))
    assert len(warm_start({"runs/before": alike}, NEW_SPACE, seed=0).first) == 1


def test_what_is_kept_is_the_same_to_the_last_bit():
    earlier = placed_trials(run(open_search()).ledger, RUNGS)
    found = warm_start({"runs/before": earlier, "runs/nothing": []}, SPACE, seed=0)
    again = WarmStart.from_json(found.to_json())
    assert again.first == found.first and len(found.first) == NUM_FIRST
    for kept, trials in zip(again.trials, found.trials, strict=True):
        assert (kept.name, kept.members, kept.num_trials) == (trials.name, trials.members, trials.num_trials)
        assert kept.values.tolist() == trials.values.tolist()


def test_trials_are_placed_as_their_own_search_had_them():
    """By what each would have come to: who was stopped may be ahead of who was not."""
    session = run(open_search())
    trials = placed_trials(session.ledger, RUNGS)
    rated = session._state.rated
    assert [trial.spec for trial in trials] == [trial.spec for trial in rated]
    assert np.array_equal(rankdata([trial.place for trial in trials]), rankdata(session._proposer._compared(rated)[0]))
    num_climbed = [session._state.halving.num_climbed(trial.spec.number) for trial in trials]
    stopped, whole = (
        [t.place for t, n in zip(trials, num_climbed, strict=True) if (n == len(RUNGS.fidelities)) is is_whole]
        for is_whole in (False, True)
    )
    assert max(stopped) > min(whole)


def test_an_experiment_in_which_nothing_was_compared_says_nothing():
    nothing = placed_trials(open_search().ledger, RUNGS)
    (trials,) = warm_start({"runs/before": nothing}, SPACE, seed=0).trials
    assert nothing == [] and trials.describe() == "0 of 0 trials can be used"


@pytest.fixture(scope="module")
def found():
    return warm_start({"runs/before": placed_trials(run(open_search(seed=3)).ledger, RUNGS)}, SPACE, seed=0)


def test_the_best_of_earlier_experiments_are_tried_first(found):
    records = run(open_search(warm_start=found), num_workers=1).ledger.trials()
    assert [record.proposal.origin == "earlier" for record in records] == [True] * NUM_FIRST + [False] * 55
    assert [record.spec.architecture for record in records[:NUM_FIRST]] == [m.architecture for m in found.first]
    assert quality(records[0].spec.architecture, records[0].spec.hyperparameters) > 0.6


@pytest.mark.parametrize("max_events", [3, 40, 150])
def test_a_search_with_a_warm_start_that_was_killed_goes_on_as_if_it_was_not(tmp_path, found, max_events):
    def proposals(session):
        return [(r.spec.member, r.proposal.origin, r.proposal.log_prob) for r in session.ledger.trials()]

    whole = proposals(run(open_search(warm_start=found), num_workers=1))
    with open_search(tmp_path / "ledger.log", warm_start=found) as session:
        run(session, num_workers=1, max_events=max_events)
    kept = WarmStart.from_json(found.to_json())
    with open_search(tmp_path / "ledger.log", warm_start=kept) as session:
        assert proposals(run(session, num_workers=1)) == whole
    assert math.isfinite(session.progress().incumbent_value)


def test_the_surrogate_hears_of_earlier_trials(found):
    without, told = (
        [r.spec.member for r in run(open_search(warm_start=start), num_workers=1).ledger.trials()]
        for start in (WarmStart(first=found.first), found)
    )
    assert without[:5] == told[:5] and without != told
