import itertools

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from gnas_ray.space import Decision, SearchSpace
from gnas_ray.surrogates import Encoding, gaussian_process
from gnas_ray.surrogates.gaussian_process import (
    GaussianProcess,
    KernelParameters,
    Points,
    fit_kernel,
    growing_number,
    normal_scores,
    representatives,
)

ENCODING = Encoding([Decision(name, tuple(name + str(i) for i in range(4))) for name in "abc"])


def drawn(number, seed=0):
    return np.random.default_rng(seed).integers(0, 4, (number, 3)).astype(float)


def points(codes):
    return Points.without_hints(codes)


def test_the_posterior_is_the_textbooks():
    """Rasmussen and Williams 2006, equations 2.25 and 2.26, with an inverse and loops."""
    parameters = KernelParameters(np.array([0.3, 0.5, 2.0]), variance=1.5, noise=0.2)
    known, new = drawn(12), drawn(5, seed=1)
    targets = np.random.default_rng(2).normal(size=12)

    def kernel(rows, columns):
        return np.array([[1.5 * np.exp(-((r != c) * [0.3, 0.5, 2.0]).sum()) for c in columns] for r in rows])

    inverse = np.linalg.inv(kernel(known, known) + (0.2 + 1e-6 + 1.5e-5) * np.eye(12))
    cross = kernel(new, known)
    mean, deviation = GaussianProcess(parameters, ENCODING, points(known), targets).predict(points(new))
    assert mean == pytest.approx(cross @ inverse @ targets)
    assert deviation == pytest.approx(np.sqrt(1.5 - np.diag(cross @ inverse @ cross.T)))


def test_the_decision_that_matters_gets_the_weight():
    codes = drawn(60)
    targets = normal_scores(codes[:, 1] + 0.1 * np.random.default_rng(1).normal(size=60))
    weights = fit_kernel(ENCODING, points(codes), targets).weights
    assert weights[1] > 5 * max(weights[0], weights[2])


def test_pure_noise_is_taken_for_noise():
    codes = drawn(80)
    targets = np.random.default_rng(1).normal(size=80)
    learned = fit_kernel(ENCODING, points(codes), targets)
    mean, _ = GaussianProcess(learned, ENCODING, points(codes), targets).predict(points(codes))
    assert mean.std() < 0.5 * targets.std()


def test_targets_of_any_size_have_parameters():
    """A line search that steps too far used to end the search that asked, seldom, with targets of ordinary size too."""
    codes = drawn(12)
    for size in (1e-100, 1.0, 1e100):
        kernel = fit_kernel(ENCODING, points(codes), size * np.random.default_rng(0).normal(size=12))
        assert np.isfinite(kernel.weights).all() and 0 < kernel.noise < 1e3 and 0 < kernel.variance < 1e3


def test_what_was_learned_predicts_members_that_were_not_seen():
    codes = drawn(64)
    quality = codes[:, 0] - 2.0 * (codes[:, 2] == 3) + 0.5 * codes[:, 1] * (codes[:, 2] == 0)
    process = GaussianProcess(
        fit_kernel(ENCODING, points(codes[:40]), normal_scores(quality[:40])),
        ENCODING,
        points(codes[:40]),
        normal_scores(quality[:40]),
    )
    mean, _ = process.predict(points(codes[40:]))
    assert np.corrcoef(mean, quality[40:])[0, 1] > 0.8


def test_normal_scores_are_quantiles_of_ranks_whatever_the_scale():
    # Blom: (rank - 3/8) / (n + 1/4) for ranks 1, 2.5, 2.5, 4
    scores = normal_scores(np.array([-900.0, 0.2, 0.2, 0.3]))
    assert scores == pytest.approx([-1.0491, 0.0, 0.0, 1.0491], abs=1e-4)


def test_representatives_are_the_best_half_and_a_spread_of_the_others():
    rewards = np.random.default_rng(0).permutation(100).astype(float)
    chosen = sorted(rewards[representatives(rewards, 20)], reverse=True)
    assert chosen[:10] == list(range(99, 89, -1))
    assert chosen[-1] == 0 and np.diff(chosen[10:]).max() <= -8
    assert list(representatives(rewards, 100)) == list(range(100))


def test_parameters_are_fitted_anew_at_numbers_that_grow_by_a_tenth():
    fitted = sorted({growing_number(10, available) for available in range(10, 200)})
    assert fitted[:3] == [10, 11, 12]
    assert all(1 <= later - earlier <= max(1, earlier / 10) for earlier, later in itertools.pairwise(fitted))
    assert len(fitted) < 40


def test_a_trial_that_runs_takes_away_doubt_where_it_runs_and_moves_no_prediction():
    codes, targets = drawn(20), np.random.default_rng(1).normal(size=20)
    kernel = fit_kernel(ENCODING, points(codes), targets)
    process = GaussianProcess(kernel, ENCODING, points(codes), targets)
    running, elsewhere = points(drawn(3, seed=2)), points(drawn(30, seed=3))
    believing = GaussianProcess(kernel, ENCODING, points(codes), targets, running=running)
    as_told = np.concatenate([targets, process.predict(running)[0]])
    told = GaussianProcess(kernel, ENCODING, Points.joined([points(codes), running]), as_told)
    for mean_or_deviation in (0, 1):
        expected = told.predict(elsewhere)[mean_or_deviation]
        assert believing.predict(elsewhere)[mean_or_deviation] == pytest.approx(expected, abs=1e-6)
    assert (believing.predict(running)[1] < process.predict(running)[1]).all()
    assert believing.predict(elsewhere)[0] == pytest.approx(process.predict(elsewhere)[0], abs=1e-6)


def threads():
    """Of the linear algebra of NumPy and SciPy; other libraries of this process have theirs."""
    pools = [pool for pool in threadpool_info() if pool["user_api"] == "blas"]
    return [pool["num_threads"] for pool in pools if "numpy" in pool["filepath"] or "scipy" in pool["filepath"]]


class Watched(Encoding):
    """Notes how many threads there are whenever a process asks how far members are apart."""

    def distances(self, rows, columns):
        self.threads += threads()
        return super().distances(rows, columns)

    def embedding(self, codes, weights):
        self.threads += threads()
        return super().embedding(codes, weights)


def test_everything_a_process_does_is_done_on_one_thread_and_the_others_are_given_back():
    encoding = Watched([Decision(name, tuple(name + str(i) for i in range(4))) for name in "abc"])
    encoding.threads = []
    known, targets = points(drawn(12)), np.random.default_rng(2).normal(size=12)
    with threadpool_limits(2):
        kernel = fit_kernel(encoding, known, targets)
        GaussianProcess(kernel, encoding, known, targets).predict(points(drawn(5, seed=1)))
        assert len(encoding.threads) >= 3
        assert set(encoding.threads) == {1}
        assert set(threads()) == {2}


def rotations(member):
    """Nodes in a ring: the same network from wherever one begins."""
    a, b, c = member.values()
    return [dict(zip("abc", order, strict=True)) for order in ((a, b, c), (b, c, a), (c, a, b))]


OPERATORS = ("gcn", "gat", "gin", "none")
RING = SearchSpace(tuple(Decision(name, OPERATORS) for name in "abc"), isomorphism=rotations)
ON_RING = Encoding(RING.decisions)


def on_ring(number, seed=0):
    return [
        dict(zip("abc", member, strict=True)) for member in np.random.default_rng(seed).choice(OPERATORS, (number, 3))
    ]


def test_members_that_are_the_same_network_have_the_same_prediction():
    known, new, targets = on_ring(15), on_ring(80, seed=1), np.random.default_rng(2).normal(size=15)
    process = GaussianProcess(
        KernelParameters(np.array([0.2, 0.7, 1.5, 0.3, 0.3, 0.3, 0.3]), variance=1.3, noise=0.1),
        ON_RING,
        Points.of(RING, ON_RING, known),
        targets,
        running=Points.of(RING, ON_RING, on_ring(4, seed=3)),
    )
    expected = process.predict(Points.of(RING, ON_RING, new))
    rotated = process.predict(Points.of(RING, ON_RING, [rotations(member)[1] for member in new]))
    assert np.ptp(expected[0]) > 0.1
    assert np.array(rotated) == pytest.approx(np.array(expected))


def test_the_kernel_of_networks_is_the_scaled_sum_over_their_members():
    """With loops, and of what rotates to itself once only."""
    weights = np.array([0.2, 0.7, 1.5, 0, 0, 0, 0])
    known, new = [*on_ring(5), dict.fromkeys("abc", "gat")], on_ring(3, seed=1)
    targets = np.arange(6.0)

    def kernel(one, other):
        def total(one, other):
            members = [{tuple(same.values()) for same in rotations(member)} for member in (one, other)]
            pairs = itertools.product(*members)
            return sum(np.exp(-sum(w for w, a, b in zip(weights, *pair, strict=False) if a != b)) for pair in pairs)

        return total(one, other) / np.sqrt(total(one, one) * total(other, other))

    covariance = np.array([[kernel(a, b) for b in known] for a in known]) + (0.2 + 1.1e-5) * np.eye(6)
    cross = np.array([[kernel(a, b) for b in known] for a in new])
    process = GaussianProcess(
        KernelParameters(weights, variance=1.0, noise=0.2), ON_RING, Points.of(RING, ON_RING, known), targets
    )
    mean, deviation = process.predict(Points.of(RING, ON_RING, new))
    assert mean == pytest.approx(cross @ np.linalg.inv(covariance) @ targets)
    assert deviation == pytest.approx(np.sqrt(1 - np.diag(cross @ np.linalg.inv(covariance) @ cross.T)))


def test_of_networks_with_many_members_the_kernel_sums_over_the_first_few_of_each(monkeypatch):
    known, new = on_ring(20), on_ring(10, seed=1)
    targets, kernel = np.arange(20.0), KernelParameters(np.full(7, 0.3), variance=1.0, noise=0.2)

    def predicted(most, members=new):
        monkeypatch.setattr(gaussian_process, "MAX_MEMBERS", most)
        process = GaussianProcess(kernel, ON_RING, Points.of(RING, ON_RING, known), targets)
        return np.array(process.predict(Points.of(RING, ON_RING, members)))

    def lowest(members):
        """Each as that of its rotations which is the first in the order of options."""
        written = [min(rotations(m), key=lambda same: [OPERATORS.index(o) for o in same.values()]) for m in members]
        return Points.without_hints(ON_RING.encode(written))

    plain = GaussianProcess(kernel, ON_RING, lowest(known), targets).predict(lowest(new))
    assert predicted(20) == pytest.approx(np.array(plain))
    in_all = sum(len({tuple(same.values()) for same in rotations(member)}) for member in known)
    assert 40 < in_all < 60
    everything, two_of_each = predicted(in_all), predicted(in_all - 1)
    assert everything == pytest.approx(predicted(1000))
    assert np.abs(everything - two_of_each).max() > 0.01
    rotated = predicted(in_all - 1, [rotations(member)[2] for member in new])
    assert rotated == pytest.approx(two_of_each)


def test_what_was_chosen_of_points_and_joined_is_the_same_points():
    members = on_ring(6)
    everything = Points.of(RING, ON_RING, members)
    parts = [everything[np.array([4, 1])], everything[2:3]]
    joined = Points.joined(parts)
    for found, index in zip(range(3), (4, 1, 2), strict=True):
        assert np.array_equal(joined.codes[found], everything.codes[index])
        assert np.array_equal(joined.isomorphs[found], everything.isomorphs[index])
