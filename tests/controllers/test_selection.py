"""A surrogate's place: a selector picks among a controller's candidates."""

from gnas_ray.controllers import Controller, Selector
from gnas_ray.core import Proposal
from tests.controllers.driving import drive
from tests.controllers.spaces import LAYERED, TINY, quality


class BestKnownOptions(Selector):
    """Predicts the mean reward of an architecture's options, and picks the highest."""

    num_candidates = 20

    def __init__(self):
        self.rewards = {}
        self.offered = []

    def select(self, candidates, *, feasibility, ended, running):
        self.offered.append(list(candidates))
        return max(candidates, key=lambda candidate: self.predict(candidate.architecture))

    def learn(self, rollout, past):
        for episode in rollout:
            for option in episode.proposal.architecture.items():
                self.rewards.setdefault(option, []).append(episode.reward)

    def predict(self, architecture):
        known = [sum(r) / len(r) for option in architecture.items() if (r := self.rewards.get(option))]
        return sum(known) / len(known) if known else 0.5


class Picky(Controller):
    """Uniform candidates, picked by `BestKnownOptions`."""

    def __init__(self, space, *, seed):
        self.selector = BestKnownOptions()
        super().__init__(space, seed=seed, selector=self.selector)

    def sample(self, generator):
        return Proposal(self.space.sample_architecture(generator), "surrogate")

    def learn(self, rollout, past):
        pass

    def probabilities(self):
        return {}


def test_a_selector_is_offered_different_new_members_and_its_choice_is_proposed():
    controller = Picky(LAYERED, seed=0)
    proposals = drive(controller, quality, num_trials=60).proposals
    tried = set()
    for offered, proposal in zip(controller.selector.offered, proposals, strict=True):
        keys = [LAYERED.key(candidate.architecture) for candidate in offered]
        assert len(set(keys)) == 20
        assert not tried & set(keys)
        assert proposal in offered
        tried.add(LAYERED.key(proposal.architecture))


def test_what_it_learns_from_episodes_makes_proposals_better():
    proposals = drive(Picky(LAYERED, seed=0), quality, num_trials=120).proposals
    early, late = (sum(quality(p.architecture) for p in part) / 40 for part in (proposals[:40], proposals[80:]))
    assert late > early + 0.5


def test_a_nearly_exhausted_space_offers_what_is_left():
    controller = Picky(TINY, seed=0)
    assert len(drive(controller, lambda _: 0.5, num_trials=5, num_workers=1).proposals) == 3
    assert [len(offered) for offered in controller.selector.offered] == [3, 2, 1]
