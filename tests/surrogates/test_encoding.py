import math
import random

import numpy as np
import pytest

from gnas_ray.space import Conditions, Decision, Float, Integer, SearchSpace
from gnas_ray.surrogates import Encoding, perturb
from gnas_ray.surrogates.encoding import squared_distances

RATE = Float("rate", 1e-4, 1.0, log=True)
COUNT = Integer("count", 2, 10, step=4)
SPACE = SearchSpace(
    (Decision("layers", (0, 1, 4)), Decision("operator", ("gcn", "gat"), Conditions.of({"layers": [1, 4]}))),
    (RATE, COUNT),
)
ENCODING = Encoding((*SPACE.decisions, *SPACE.hyperparameters))


def test_a_member_is_a_row_of_indices_and_of_places_in_a_range():
    members = [
        {"layers": 4, "operator": "gat", "rate": 0.01, "count": 10},
        {"layers": 0, "rate": 1.0, "count": 2},
    ]
    assert ENCODING.encode(members) == pytest.approx(np.array([[2, 1, 0.5, 1], [0, -1, 1, 0]]))


def test_options_are_equally_far_apart_and_what_is_inactive_from_all():
    codes = np.array([0.0, 1.0, 2.0, -1.0])
    assert (distances(Decision("layers", (0, 1, 4)), codes) == [1 - np.eye(4)]).all()


def test_numbers_are_far_apart_by_the_square_of_what_lies_between():
    codes = np.array([0.0, 0.5, 1.0, -1.0])
    expected = [[0, 1, 4, 2], [1, 0, 1, 1], [4, 1, 0, 2], [2, 1, 2, 0]]
    assert distances(RATE, codes) == pytest.approx(np.array([expected]))


def distances(choice, codes):
    return np.stack(list(Encoding([choice]).distances(codes[:, None], codes[:, None])))


def test_decisions_with_the_same_options_are_compared_by_how_many_chose_each():
    operators = [Decision(f"layer.{i}.operator", ("gcn", "gat")) for i in range(3)]
    encoding = Encoding([*operators, Decision("readout", ("last", "mean", "max"))])
    assert encoding.num_features == 6
    codes = np.array([[0.0, 0, 1, 0], [1, 0, 0, 0], [0, -1, -1, 0]])  # twice gcn and gat, in two orders; gcn alone
    *_, gcn, gat = encoding.distances(codes, codes)
    assert gcn == pytest.approx(np.array([[0, 0, 1], [0, 0, 1], [1, 1, 0]]) / 3)
    assert gat == pytest.approx(np.array([[0, 0, 1], [0, 0, 1], [1, 1, 0]]) / 3)


def weighted_distances(encoding, rows, columns, weights):
    return squared_distances(*(encoding.embedding(codes, weights) for codes in (rows, columns)))


def test_the_weighted_distance_is_the_weighted_sum_of_the_distances():
    layers = [Decision(f"layer.{i}.operator", ("gcn", "gat", "gin"), Conditions.of({"depth": [2]})) for i in range(3)]
    rate, heads = Float("slope", 0.0, 1.0, when=Conditions.of({"layer.0.operator": "gat"})), Integer("heads", 1, 9)
    space = SearchSpace((Decision("depth", (1, 2)), *layers), (rate, heads))
    generator = random.Random(0)
    members = []
    for _ in range(40):
        architecture = space.sample_architecture(generator)
        members.append({**architecture, **space.sample_hyperparameters(architecture, generator)})
    encoding = Encoding((*space.decisions, *space.hyperparameters))
    codes = encoding.encode(members)
    rows, columns = codes[:25], codes[10:]
    weights = np.random.default_rng(0).uniform(0, 2, encoding.num_features)
    plain = sum(w * d for w, d in zip(weights, encoding.distances(rows, columns), strict=True))
    assert weighted_distances(encoding, rows, columns, weights) == pytest.approx(plain)
    weights[::3] = 0
    plain = sum(w * d for w, d in zip(weights, encoding.distances(rows, columns), strict=True))
    assert weighted_distances(encoding, rows, columns, weights) == pytest.approx(plain)


def test_members_of_a_space_without_choices_are_all_the_same():
    encoding = Encoding([])
    codes = encoding.encode([{}, {}])
    assert (weighted_distances(encoding, codes, codes, np.zeros(0)) == np.zeros((2, 2))).all()


def test_there_is_a_kernel_for_every_weight():
    """``exp(-distance)`` is positive semidefinite, numbers that are sometimes inactive included."""
    slope = Float("slope", 0.0, 1.0, when=Conditions.of({"operator": "gat"}))
    encoding = Encoding((Decision("operator", ("gcn", "gat")), slope))
    members = [{"operator": "gcn"}, *({"operator": "gat", "slope": x / 30} for x in range(31))]
    codes = encoding.encode(members)
    for weights in ([0.0, 1.0], [0.0, 0.01], [0.0, 30.0], [1.0, 1.0]):
        kernel = np.exp(-weighted_distances(encoding, codes, codes, np.array(weights)))
        assert np.linalg.eigvalsh(kernel).min() > -1e-10


@pytest.mark.parametrize("value", [1e-4, 0.003, 1.0])
def test_a_perturbed_value_is_near_and_in_range(value):
    generator = random.Random(0)
    perturbed = [perturb(RATE, value, generator, step=0.05) for _ in range(500)]
    assert all(RATE.refusal(each) == "" for each in perturbed)
    assert all(abs(math.log10(each / value)) < 4 * 0.25 for each in perturbed)  # five standard deviations
    assert len(set(perturbed)) > 200


def test_a_perturbed_whole_number_keeps_to_its_steps():
    generator = random.Random(0)
    perturbed = {perturb(COUNT, 6, generator, step=0.5) for _ in range(200)}
    assert perturbed == {2, 10}


@pytest.mark.parametrize("number", [Integer("n", 1, 2), Integer("n", 1, 4, log=True), Integer("n", 0, 300, step=100)])
def test_a_perturbed_whole_number_is_another(number):
    """A mutation that changes nothing would be a candidate less."""
    generator = random.Random(0)
    for value in range(number.low, number.high + 1, number.step):
        perturbed = [perturb(number, value, generator, step=0.2) for _ in range(100)]
        assert all(number.refusal(each) == "" for each in perturbed) and value not in perturbed
    assert perturb(Integer("n", 3, 3), 3, generator, step=0.2) == 3
