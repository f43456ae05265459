import random

import pytest

from gnas_ray.controllers import Episode, OptunaSampler
from gnas_ray.core import Failure, Proposal
from gnas_ray.space import Conditions, Decision, SearchSpace
from tests.controllers.comparing import median_best, uniform
from tests.controllers.driving import drive, replay, teach
from tests.controllers.spaces import BANDIT, LAYERED, quality

SAMPLER = pytest.mark.parametrize("sampler", ["tpe", "gp", "nsga2", "random"])
LEARNS = pytest.mark.parametrize("sampler", ["tpe", "gp", "nsga2"])


def bandit_history(number=40):
    """Arm b is always better than the others, whatever is irrelevant."""
    generator = random.Random(0)
    members = [BANDIT.sample_architecture(generator) for _ in range(number)]
    return [Episode(i, Proposal(m, "uniform"), 0.9 if m["arm"] == "b" else 0.1) for i, m in enumerate(members)]


def taught(sampler, history):
    controller = OptunaSampler(BANDIT, seed=0, sampler=sampler)
    teach(controller, history)
    return controller


def test_finds_better_members_than_uniform():
    tpe = median_best(lambda seed: OptunaSampler(LAYERED, seed=seed), num_trials=60)
    assert tpe > median_best(uniform, num_trials=60) + 0.3


@LEARNS
def test_proposes_what_is_like_the_good_ones(sampler):
    controller = taught(sampler, bandit_history())
    generator = random.Random(1)
    arms = [controller.sample(generator).architecture["arm"] for _ in range(12)]
    assert arms.count("b") >= 9


def test_what_it_asks_of_optuna_is_bounded_however_many_trials_ended():
    """Of 1,500 some 23 are good; all of those are kept."""
    space = SearchSpace((*BANDIT.decisions, *(Decision(f"x{i}", tuple(range(8))) for i in range(6))))
    generator = random.Random(0)
    members = [space.sample_architecture(generator) for _ in range(1500)]
    history = [
        Episode(i, Proposal(m, "uniform"), 0.9 if m["x0"] == m["x1"] == 3 else 0.1) for i, m in enumerate(members)
    ]
    controller = OptunaSampler(space, seed=0)
    teach(controller, history)
    values = [trial.value for trial in controller._make_study().trials]
    assert len(values) == 200
    assert values.count(max(values)) == sum(episode.reward == 0.9 for episode in history)
    assert sum(controller.sample(generator).architecture["x0"] == 3 for _ in range(12)) >= 9


@SAMPLER
def test_every_sampler_makes_members_is_restored_by_replay_and_changed_by_no_proposal(sampler):
    controller = OptunaSampler(LAYERED, seed=1, sampler=sampler)
    done = drive(controller, quality, num_trials=30)
    assert all(LAYERED.check(proposal.architecture) == [] for proposal in done.proposals)
    proposed = [repr(controller.propose()) for _ in range(2)]
    restored = replay(OptunaSampler(LAYERED, seed=1, sampler=sampler), done.history)
    assert [repr(restored.propose())] * 2 == proposed


@SAMPLER
def test_samples_do_not_depend_on_earlier_ones(sampler):
    """A draft that the sampler could see would count as a trial that runs."""
    fresh, used = taught(sampler, bandit_history(20)), taught(sampler, bandit_history(20))
    for number in range(15):
        used.sample(random.Random(number))
    samples = [[repr(c.sample(random.Random(seed))) for seed in range(90, 94)] for c in (fresh, used)]
    assert samples[0] == samples[1]


def test_failed_trials_teach_the_sampler_nothing():
    failed = [
        Episode(100 + i, Proposal({"arm": "b", "irrelevant": i}, "uniform"), None, Failure.NAN) for i in range(20)
    ]
    samples = [
        [repr(taught("tpe", history).sample(random.Random(seed))) for seed in range(10)]
        for history in (bandit_history(), [*bandit_history(), *failed])
    ]
    assert samples[0] == samples[1]


def test_the_parents_of_a_generation_are_the_best_of_all_full_ones():
    """Of 45 trials the first 40 are four generations of ten; their best are all of arm b."""
    history = bandit_history(45)
    controller = taught("nsga2", history)
    parents = [(t.params["arm"], t.params["irrelevant"]) for t in controller._make_study().trials]
    rewarded = {repr(e.proposal.architecture): e for e in history}  # the last of each architecture
    index = {name: BANDIT.decisions[i].options.index for i, name in enumerate(("arm", "irrelevant"))}
    good = [
        tuple(index[name](e.proposal.architecture[name]) for name in ("arm", "irrelevant"))
        for e in rewarded.values()
        if e.reward == 0.9
    ]
    assert len(parents) == 10 and set(good[:10]) == set(parents)
    arms = [controller.sample(random.Random(seed)).architecture["arm"] for seed in range(40)]
    assert 20 < arms.count("b") < 40, "children of arm b, some of them mutated"


def test_what_was_tried_is_mutated():
    space = SearchSpace((Decision("operator", ("gcn", "gat")),))
    controller = OptunaSampler(space, seed=0)
    controller.accept(Proposal({"operator": "gcn"}, "prior"))
    samples = [controller.sample(random.Random(seed)) for seed in range(40)]
    assert {(s.origin, s.architecture["operator"]) for s in samples} == {("optuna", "gat"), ("mutation", "gat")}


def test_a_decision_with_conditions_is_learned_though_seldom_active():
    """Only one member in eight has heads; those with 4 are the best, those with 1 the worst."""
    space = SearchSpace(
        (
            Decision("operator", ("gcn", "gat")),
            Decision("heads", (1, 2, 3, 4), Conditions.of({"operator": "gat"})),
            Decision("irrelevant", tuple(range(50))),
        )
    )
    generator = random.Random(0)
    members = [space.sample_architecture(generator) for _ in range(60)]
    history = [Episode(i, Proposal(m, "uniform"), m.get("heads", 2.5) / 4) for i, m in enumerate(members)]
    controller = OptunaSampler(space, seed=0)
    teach(controller, history)
    samples = [controller.sample(random.Random(seed)).architecture for seed in range(20)]
    assert sum(sample.get("heads") == 4 for sample in samples) > 10


@pytest.mark.parametrize("bad", [{"sampler": "cmaes"}, {"num_startup_trials": 1}])
def test_parameters_without_a_meaning_are_refused_by_name(bad):
    with pytest.raises(ValueError, match=next(iter(bad))):
        OptunaSampler(BANDIT, seed=0, **bad)
