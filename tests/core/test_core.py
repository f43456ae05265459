import pickle

import pytest

from gnas_ray.core import Ending, Failure, Measurement, Objectives, Outcome, Problem, RungLadder, TrialSpec, UsageError
from gnas_ray.core.errors import nearest
from gnas_ray.core.seeding import derive_seed


def test_ladder_climbs_geometrically_and_ends_at_max_epochs():
    ladder = RungLadder(grace_period=1, reduction_factor=3, max_epochs=20)
    assert ladder.fidelities == (1, 3, 9, 20)
    assert [ladder.rungs_reached(e, best_fidelity=e) for e in (1, 2, 3, 19, 20)] == [1, 1, 2, 3, 4]


def test_ladder_whose_last_rung_is_a_power_has_no_duplicate():
    assert RungLadder(1, 3, 9).fidelities == (1, 3, 9)


def test_a_trial_that_is_no_better_for_its_patience_has_climbed_all_rungs():
    ladder = RungLadder(1, 3, 27, patience=4)
    assert [ladder.rungs_reached(e, best_fidelity=3) for e in (3, 6, 7)] == [2, 2, 4]
    assert RungLadder(1, 3, 27).rungs_reached(26, best_fidelity=1) == 3


def test_a_trial_that_only_gets_worse_is_compared_at_the_first_rung_before_it_has_trained_out():
    ladder = RungLadder(9, 3, 45, patience=7)
    assert [ladder.rungs_reached(e, best_fidelity=1) for e in (8, 9, 10)] == [0, 1, 3]
    assert RungLadder(45, 3, 45, patience=7).rungs_reached(8, best_fidelity=1) == 1, (
        "nothing is compared before the end"
    )


@pytest.mark.parametrize(
    ("grace", "factor", "epochs", "patience"), [(0, 3, 9, None), (10, 3, 9, None), (1, 1, 9, None), (1, 3, 9, 0)]
)
def test_impossible_ladder_is_refused(grace, factor, epochs, patience):
    with pytest.raises(ValueError, match="got"):
        RungLadder(grace, factor, epochs, patience)


def test_derived_seeds_are_stable_and_differ_by_name():
    assert derive_seed(0, "trial", 1) == 23223456390896147  # by hand, `printf 0/trial/1 | b2sum -l 64`, halved
    assert len({derive_seed(s, "trial", n) for s in range(20) for n in range(20)}) == 400


def test_failed_outcome_needs_a_failure_and_only_it_has_one():
    with pytest.raises(ValueError, match="does not go with"):
        Outcome(Ending.FAILED)
    with pytest.raises(ValueError, match="does not go with"):
        Outcome(Ending.FINISHED, Failure.NAN)


@pytest.mark.parametrize(
    "value",
    [
        TrialSpec(3, {"num_layers": 2}, {"learning_rate": 0.1}, seed=7),
        Measurement(2, {"ndcg@20": 0.5}),
        Outcome(Ending.FAILED, Failure.OUT_OF_MEMORY, "boom"),
        Outcome(Ending.STOPPED),
    ],
)
def test_values_survive_the_plain_dict(value):
    assert type(value).from_dict(value.to_dict()) == value


def test_a_spec_does_not_change_with_the_dict_it_was_made_from():
    architecture = {"num_layers": 2}
    spec = TrialSpec(0, architecture, {}, seed=0)
    architecture["num_layers"] = 3
    assert spec.architecture["num_layers"] == 2
    with pytest.raises(TypeError):
        spec.architecture["num_layers"] = 4


def test_the_best_measurement_is_looked_for_no_further_than_the_fidelity():
    measured = tuple(Measurement(i, {"ndcg@20": v}) for i, v in ((1, 0.1), (2, float("nan")), (3, 0.3)))
    objectives = Objectives("ndcg@20")
    assert objectives.best(measured, fidelity=2).metrics["ndcg@20"] == 0.1
    assert objectives.best(measured).metrics["ndcg@20"] == 0.3


def test_usage_error_lists_every_problem_and_survives_pickling():
    error = UsageError("books.yaml", [Problem("line 3", "unknown key"), Problem("", "no space")])
    assert str(error).splitlines() == ["books.yaml: 2 problems", "  line 3: unknown key", "  no space"]
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_nearest_names_the_likely_word():
    assert nearest("operater", ["operator", "activation"]) == "; did you mean 'operator'?"
    assert nearest("zzz", ["a", "b"]) == "; known: a, b"
