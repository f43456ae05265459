"""What stopped trials are thought to have come to."""

from collections.abc import Sequence

import numpy as np
import pytest

from gnas_ray.core import TrialSpec
from gnas_ray.space import Decision, SearchSpace
from gnas_ray.surrogates import Array
from gnas_ray.surrogates.projection import Projection

SPACE = SearchSpace((Decision("start", ("fast", "slow")), Decision("option", (0, 1, 2, 3))))
NAN = float("nan")


def member(start: str, option: int = 0) -> dict[str, str | int]:
    return {"start": start, "option": option}


def project(members: Sequence[dict[str, str | int]], climbs: Array) -> Array:
    return Projection(SPACE)(trials(members), climbs)


def trials(members: Sequence[dict[str, str | int]]) -> list[TrialSpec]:
    return [TrialSpec(number, member, {}, seed=0) for number, member in enumerate(members)]


def test_what_trained_whole_is_worth_what_it_reached_and_what_reached_nothing_is_not_known() -> None:
    members = [member("fast"), member("slow"), member("slow", 1)]
    values = project(members, np.array([[0.5, 0.6, 0.8], [0.4, 0.6, 0.7], [NAN, NAN, NAN]]))
    assert values[:2].tolist() == [0.8, 0.7] and np.isnan(values[2])


def test_while_few_went_on_all_gain_alike() -> None:
    """From the first rung .1 and .3, from the second .2 alone."""
    climbs = np.array([[0.5, 0.6, 0.8], [0.4, 0.7, NAN], [0.3, NAN, NAN], [0.2, NAN, NAN]])
    values = project([member("fast", option) for option in range(4)], climbs)
    assert values == pytest.approx([0.8, 0.9, 0.7, 0.6])


def test_before_anybody_went_on_values_are_those_at_the_first_rung() -> None:
    values = project([member("fast"), member("slow")], np.array([[0.5, NAN], [0.4, NAN]]))
    assert values.tolist() == [0.5, 0.4]


def test_a_stopped_trial_gains_what_its_like_gained() -> None:
    """Slow starters went on from .6 to .9, fast ones from .8 to .8; a slow one was stopped at .5, a fast one at .7."""
    members = [member(start, option) for start in ("slow", "fast") for option in range(4)] * 2
    climbs = np.array([[0.6, 0.9] if m["start"] == "slow" else [0.8, 0.8] for m in members])
    # Options do not matter here, and what went on has no noise; those stopped are of the same kinds.
    members += [member("slow", 1), member("fast", 1)]
    climbs = np.concatenate([climbs, [[0.5, NAN], [0.7, NAN]]])
    values = project(members, climbs)
    assert values[-2] > values[-1]
    assert values[-2:] == pytest.approx([0.8, 0.7], abs=0.03)


def test_where_choices_say_nothing_the_stopped_keep_their_order() -> None:
    generator = np.random.default_rng(0)
    members = [member("fast", int(option)) for option in generator.integers(4, size=60)]
    first = np.linspace(0.2, 0.8, 60)
    gains = generator.normal(0.1, 0.01, 60)
    climbs = np.column_stack([first, np.where(first > 0.6, first + gains, NAN)])
    stopped = first <= 0.6
    values = project(members, climbs)[stopped]
    assert (np.diff(values) > 0).mean() > 0.7  # steps of .01 against differences of gains that are noise
    assert values == pytest.approx(first[stopped] + 0.1, abs=0.02)


def test_more_trials_than_a_process_is_made_of() -> None:
    members = [member("slow" if index % 2 else "fast", index // 2 % 4) for index in range(1200)]
    climbs = np.array([[0.5, 0.9] if m["start"] == "slow" else [0.8, 0.8] for m in members])
    climbs[-2:] = [[0.7, NAN], [0.5, NAN]]  # a fast one, then a slow one
    assert project(members, climbs)[-2:] == pytest.approx([0.7, 0.9], abs=0.01)


def test_what_was_worked_out_for_some_trials_is_what_would_be_for_all() -> None:
    """Trial by trial as in a search, or at once as after a resume; one that had failed is gone from the middle."""
    generator = np.random.default_rng(1)
    members = [member("slow" if generator.random() < 0.5 else "fast", int(generator.integers(4))) for _ in range(60)]
    climbs = np.array([[0.5, 0.9] if m["start"] == "slow" else [0.8, 0.8] for m in members])
    climbs += generator.normal(0, 0.02, climbs.shape)
    climbs[generator.random(60) < 0.6, 1] = NAN
    specs, grown = trials(members), Projection(SPACE)
    for count in range(1, 61):
        values = grown(specs[:count], climbs[:count])
    np.testing.assert_array_equal(values, Projection(SPACE)(specs, climbs))
    kept = [index for index in range(60) if index != 20]
    without = grown([specs[index] for index in kept], climbs[kept])
    np.testing.assert_array_equal(without, Projection(SPACE)([specs[index] for index in kept], climbs[kept]))
