"""What every registered surrogate must do."""

import inspect
import random

import numpy as np
import pytest

from gnas_ray.space import Conditions, Decision, Float, SearchSpace
from gnas_ray.surrogates import SURROGATES, Evidence, Surrogate

SURROGATE = pytest.mark.parametrize("make", [pytest.param(cls, id=name) for name, cls in SURROGATES.items()])
SPACE = SearchSpace(
    (Decision("operator", ("gcn", "gat", "gin")), Decision("heads", (1, 2, 4), Conditions.of({"operator": "gat"}))),
    (Float("learning_rate", 1e-4, 1e-1, log=True), Float("slope", 0.0, 1.0, when=Conditions.of({"operator": "gat"}))),
)


def members(number, seed=0):
    generator = random.Random(seed)
    drawn = [SPACE.sample_architecture(generator) for _ in range(number)]
    return [{**architecture, **SPACE.sample_hyperparameters(architecture, generator)} for architecture in drawn]


def promise(surrogate, *, num_ended=30, num_running=3, seed=0):
    ended = members(num_ended)
    values = np.random.default_rng(1).integers(0, 12, num_ended).astype(float)  # with equals among them
    evidence = Evidence(ended, values, running=members(num_running, seed=2))
    return surrogate.promise(members(40, seed=1), evidence, seed=seed)


@SURROGATE
def test_a_promise_is_a_finite_number_for_each_candidate_whatever_ended_and_runs(make):
    assert issubclass(make, Surrogate)
    for num_ended, num_running in ((12, 0), (30, 3), (600, 8)):
        promised = promise(make(SPACE), num_ended=num_ended, num_running=num_running)
        assert promised.shape == (40,) and np.isfinite(promised).all()


@SURROGATE
def test_a_promise_depends_on_the_arguments_alone(make):
    used = make(SPACE)
    for num_ended in (12, 50, 31):
        promise(used, num_ended=num_ended, seed=7)
    for seed in range(4):
        assert (promise(used, seed=seed) == promise(make(SPACE), seed=seed)).all()


@SURROGATE
def test_it_is_not_ready_before_two_trials_and_stays_ready(make):
    ready = [make(SPACE).is_ready(number) for number in range(100)]
    assert not any(ready[:2])
    assert ready == sorted(ready)


@SURROGATE
def test_constructor_parameters_bind_to_yaml_keys(make):
    space, *others = inspect.signature(make).parameters.values()
    assert space.name == "space"
    assert all(parameter.kind is inspect.Parameter.KEYWORD_ONLY for parameter in others)
    assert all(parameter.default is not inspect.Parameter.empty for parameter in others)
