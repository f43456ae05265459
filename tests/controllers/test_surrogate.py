import random

from gnas_ray.controllers import Episode
from gnas_ray.controllers.surrogate import SurrogateSelector
from gnas_ray.core import Proposal
from tests.controllers.spaces import LAYERED, quality


def proposals(number, seed):
    generator = random.Random(seed)
    drawn = [LAYERED.sample_architecture(generator) for _ in range(number)]
    return [Proposal(architecture, "uniform") for architecture in drawn]


def experienced(number, seed=0):
    """A selector that learned from random trials, and these trials."""
    tried = proposals(number, seed)
    episodes = [Episode(i, proposal, quality(proposal.architecture)) for i, proposal in enumerate(tried)]
    selector = SurrogateSelector(LAYERED)
    selector.learn(episodes, [])
    return selector, episodes


def select(selector, episodes, candidates, *, running=(), feasibility=None):
    chances = feasibility or [1.0] * len(candidates)
    return selector.select(candidates, feasibility=chances, ended=episodes, running=running)


def test_the_first_candidate_is_taken_before_there_is_something_to_learn_from():
    candidates = proposals(20, seed=1)
    selector, episodes = experienced(9)
    assert select(selector, episodes, candidates) is candidates[0]


def test_what_it_picks_is_far_better_than_the_candidates_are():
    selector, episodes = experienced(60)
    candidates = proposals(100, seed=1)
    values = sorted(quality(candidate.architecture) for candidate in candidates)
    assert quality(select(selector, episodes, candidates).architecture) >= values[-5]


def test_the_picks_of_trials_that_run_at_once_are_apart():
    """Without knowing what runs it would pick what is like it again; mean over ten sets of candidates."""
    selector, episodes = experienced(30)
    knowing, ignorant = 0, 0
    for seed in range(10):
        candidates = proposals(100, seed=1 + seed)
        first = select(selector, episodes, candidates)
        others = [candidate for candidate in candidates if candidate is not first]
        knowing += distance(first, select(selector, episodes, others, running=[first] * 20))
        ignorant += distance(first, select(selector, episodes, others))
    assert knowing > ignorant


def test_a_candidate_that_would_fail_is_not_picked_for_its_promise():
    selector, episodes = experienced(60)
    candidates = proposals(100, seed=1)
    best = select(selector, episodes, candidates)
    chances = [0.05 if candidate is best else 1.0 for candidate in candidates]
    assert select(selector, episodes, candidates, feasibility=chances) is not best


def test_trials_that_ended_since_the_last_rollout_count():
    selector, episodes = experienced(30)
    candidates = proposals(100, seed=1)
    best = select(selector, episodes, candidates)
    disappointing = [Episode(30 + i, best, -1.0) for i in range(5)]
    assert select(selector, [*episodes, *disappointing], candidates) is not best


def distance(one, other):
    names = one.architecture.keys() | other.architecture.keys()
    return sum(one.architecture.get(name) != other.architecture.get(name) for name in names)
