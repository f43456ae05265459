"""What others would use: valid members, told as their libraries are told, and able to learn."""

import numpy as np
import pytest
import torch
from optuna.samplers import RandomSampler
from optuna.study import StudyDirection
from optuna.trial import TrialState

from gnas_ray.core import Ending, Failure, Measurement, Objectives, Outcome, Proposal
from gnas_ray.ledger import Ledger
from gnas_ray.searchers import Judged
from gnas_ray.space import Categorical, Conditions, SearchSpace
from search_bench.references import REFERENCES
from search_bench.references.gp_hamming import upper_bounds
from search_bench.references.graphnas import Recurrent
from search_bench.references.optuna_study import OptunaSearch, OptunaStudy

UNHEARD = Judged([], np.zeros(0))
"""They have their own record."""
SPACE = SearchSpace((), tuple(Categorical(f"choice.{i}", ("a", "b", "c", "d")) for i in range(5)))


def quality(values):
    """Best is d everywhere: 1; each other option costs."""
    return sum("abcd".index(option) for option in values.values()) / 15


def search(make, *, num_trials, num_running=1):
    """The ledger after `num_trials`, of which `num_running` run at a time and the oldest ends first."""
    ledger = Ledger.open(None, space=SPACE, name="toy", objectives=Objectives("value"))
    reference = make(SPACE, ledger, 3)
    for number in range(num_trials):
        values = reference.propose({}, UNHEARD, seed=number)
        ledger.begin(Proposal({}, "reference"), values, seed=number)
        if number >= num_running - 1:
            end(ledger, number - num_running + 1, quality)
    return ledger


def end(ledger, number, value_of):
    ledger.measure(number, Measurement(1, {"value": value_of(ledger.trial(number).spec.hyperparameters)}))
    ledger.end(number, Outcome(Ending.FINISHED), None)


@pytest.mark.parametrize("name", REFERENCES)
@pytest.mark.parametrize("num_running", [1, 4])
def test_proposals_are_members(name, num_running):
    ledger = search(REFERENCES[name], num_trials=20, num_running=num_running)
    members = [record.spec.hyperparameters for record in ledger.trials()]
    assert len(members) == 20
    assert all(SPACE.check({}, member) == [] for member in members)
    assert len({tuple(member.values()) for member in members}) > 10


@pytest.mark.parametrize("name", ["optuna_tpe", "optuna_search", "optuna_gp", "gp_hamming", "regularised_evolution"])
def test_what_is_proposed_late_is_better_than_what_random_search_finds(name):
    ledger = search(REFERENCES[name], num_trials=60)
    late = [quality(record.spec.hyperparameters) for record in ledger.trials()[40:]]
    assert np.mean(late) > 0.7  # at random: .5, and the mean of 20 has a standard deviation of .04


def test_optuna_is_told_of_active_choices_only():
    heads = Categorical("heads", ("1", "2"), Conditions.of({"operator": "gat"}))
    space = SearchSpace((), (Categorical("operator", ("gcn", "gat")), heads))
    ledger = Ledger.open(None, space=space, name="toy", objectives=Objectives("value"))
    reference = OptunaStudy(space, ledger, RandomSampler(seed=0))
    for number in range(20):
        ledger.begin(Proposal({}, "reference"), reference.propose({}, UNHEARD, seed=number), seed=number)
    asked = [set(trial.params) for trial in reference.study.trials]
    assert {"operator"} in asked and {"operator", "heads"} in asked
    assert [record.spec.hyperparameters for record in ledger.trials()] == [t.params for t in reference.study.trials]


def test_graphnas_makes_rewarded_options_likelier():
    ledger = Ledger.open(None, space=SPACE, name="toy", objectives=Objectives("value"))
    reference = REFERENCES["reinforce_graphnas"](SPACE, ledger, 3)
    for number in range(400):
        ledger.begin(Proposal({}, "reference"), reference.propose({}, UNHEARD, seed=number), seed=number)
        end(ledger, number, quality)
    share = np.mean([list(record.spec.hyperparameters.values()).count("d") / 5 for record in ledger.trials()[300:]])
    assert share > 0.3  # from .25 at random; 500 draws have a standard deviation of .02


def test_a_recurrent_policy_gives_the_probability_of_what_it_drew():
    policy = Recurrent([2, 3], torch.Generator().manual_seed(0))
    total = sum(float(policy([i, j])[1].sum().exp().detach()) for i in range(2) for j in range(3))
    assert total == pytest.approx(1, rel=1e-5)
    chosen, log_probs, _ = policy(torch.Generator().manual_seed(1))
    assert torch.allclose(policy(chosen)[1], log_probs)


@pytest.mark.parametrize(
    ("make", "stopped"), [(OptunaStudy, (TrialState.PRUNED, 0.3)), (OptunaSearch, (TrialState.COMPLETE, 0.3))]
)
def test_only_ray_tells_a_stopped_trial_as_complete(make, stopped):
    ledger = Ledger.open(None, space=SPACE, name="toy", objectives=Objectives("value"))
    reference = make(SPACE, ledger, RandomSampler(seed=0))
    endings = [Outcome(Ending.STOPPED), Outcome(Ending.FINISHED), Outcome(Ending.FAILED, Failure.EXCEPTION, "")]
    for number, outcome in enumerate(endings):
        ledger.begin(Proposal({}, "reference"), reference.propose({}, UNHEARD, seed=0), seed=0)
        for epoch, value in enumerate((0.2, 0.3), start=1):
            ledger.measure(number, Measurement(epoch, {"value": value}))
        ledger.end(number, outcome, None)
    reference.propose({}, UNHEARD, seed=0)
    trials = reference.study.trials
    assert (trials[0].state, trials[0].value) == stopped
    assert (trials[1].state, trials[1].value) == (TrialState.COMPLETE, 0.3)
    assert trials[2].state is TrialState.FAIL
    assert trials[3].state is TrialState.RUNNING


def test_bounds_of_the_hamming_process_by_hand():
    members, candidates = np.array([[0, 0], [1, 1]]), np.array([[0, 0], [0, 1], [2, 2]])
    targets = np.array([-0.674490, 0.674490])  # quartiles of the normal distribution
    kernel = np.array([[1.05, np.exp(-1)], [np.exp(-1), 1.05]])  # length 2, noise .05
    cross = np.exp(-np.array([[0, 0.5, 1], [1, 0.5, 1]]))
    inverse = np.linalg.inv(kernel)
    mean = targets @ inverse @ cross
    deviation = np.sqrt([1 - column @ inverse @ column for column in cross.T])
    bounds = upper_bounds(members, np.array([3.0, 5.0]), candidates)
    np.testing.assert_allclose(bounds, mean + 2 * deviation, rtol=1e-5)


def test_optuna_search_is_told_of_every_objective():
    ledger = Ledger.open(None, space=SPACE, name="toy", objectives=Objectives("value", minimise=("cost",)))
    reference = OptunaSearch(SPACE, ledger, RandomSampler(seed=0))
    ledger.begin(Proposal({}, "reference"), reference.propose({}, UNHEARD, seed=0), seed=0)
    ledger.measure(0, Measurement(1, {"value": 0.2, "cost": 3.0}))
    ledger.end(0, Outcome(Ending.STOPPED), None)
    reference.propose({}, UNHEARD, seed=0)
    assert reference.study.directions == [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE]
    assert (reference.study.trials[0].state, reference.study.trials[0].values) == (TrialState.COMPLETE, [0.2, 3.0])
