"""Whole searches in one process: a space, a formula for a trainer, and sessions over them."""

import math
import random

from gnas_ray.controllers import CONTROLLERS
from gnas_ray.core import Failure, Measurement, Objectives, RungLadder
from gnas_ray.ledger import Ledger
from gnas_ray.rewards import REWARDS
from gnas_ray.search import SearchPlan, SearchSession
from gnas_ray.search.simulate import Crash, Epoch, Simulation, VirtualClock
from gnas_ray.searchers import SEARCHERS
from gnas_ray.space import Conditions, Decision, Float, Integer, SearchSpace
from gnas_ray.surrogates import SURROGATES

SPACE = SearchSpace(
    (
        Decision("operator", ("gcn", "gat", "gin")),
        Decision("num_layers", (0, 1, 2, 3)),
        *(
            Decision(f"layer.{i}.activation", ("relu", "tanh"), Conditions.of({"num_layers": list(range(i + 1, 4))}))
            for i in range(3)
        ),
        Decision("readout", ("last", "mean"), Conditions.of({"num_layers": [1, 2, 3]})),
    ),
    (
        Float("learning_rate", 1e-4, 1e-1, log=True),
        Integer("heads", 1, 8, when=Conditions.of({"operator": "gat"})),
    ),
)  # 3 * (1 + (2 + 4 + 8) * 2) = 87 architectures
ONE_OBJECTIVE = Objectives("ndcg@20")
RUNGS = RungLadder(grace_period=1, reduction_factor=3, max_epochs=9)


def quality(architecture, hyperparameters):
    """Hand-made: best with gat, depth and tanh, at a learning rate of 0.003."""
    value = {"gcn": 0.2, "gat": 0.4, "gin": 0.0}[architecture["operator"]]
    value += 0.1 * architecture["num_layers"] + 0.1 * sum(option == "tanh" for option in architecture.values())
    return value - 0.2 * abs(math.log10(hyperparameters["learning_rate"]) + 2.5)


def trainer(spec):
    """Noisy learning curves and heavy-tailed epochs; one trial in eight crashes, one in eight turns to NaN."""
    generator = random.Random(spec.seed)
    fate = generator.random()
    speed = generator.lognormvariate(0, 1)
    value = quality(spec.architecture, spec.hyperparameters)
    breaks_at = generator.randint(1, 3)
    for epoch in range(1, RUNGS.max_epochs + 1):
        if epoch == breaks_at and fate < 1 / 8:
            yield Crash(speed, generator.choice(list(Failure)))
            return
        is_nan = epoch >= breaks_at and 1 / 8 <= fate < 2 / 8
        ndcg = math.nan if is_nan else value * (1 - 0.5**epoch) + generator.gauss(0, 0.01)
        yield Epoch(speed * generator.lognormvariate(0, 0.3), Measurement(epoch, {"ndcg@20": ndcg, "seconds": speed}))


def open_search(
    place=None,
    *,
    controller="ppo",
    searcher="tpe",
    surrogate="gp",
    clock=None,
    space=SPACE,
    objectives=ONE_OBJECTIVE,
    **plan,
):
    """A session; `plan` overrides 60 trials with seed 0 and no prior."""
    clock = clock or VirtualClock()
    plan = SearchPlan(**{"rungs": RUNGS, "max_trials": 60, **plan})
    ledger = Ledger.open(place, space=space, name="simulated", objectives=objectives, clock=clock)
    return SearchSession(
        ledger,
        controller=CONTROLLERS[controller](space, seed=1),
        searcher=SEARCHERS[searcher](space, ledger=ledger),
        surrogate=SURROGATES[surrogate](space),
        reward=REWARDS["rung_rank"](),
        plan=plan,
    )


def run(session, *, num_workers=8, max_events=None):
    """Simulates on the session's clock; returns the session."""
    Simulation(session, trainer, num_workers=num_workers, clock=session.ledger.clock).run(max_events=max_events)
    return session
