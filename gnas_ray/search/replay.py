"""How the controller's policy moved, worked out again from a ledger.

A search does not store its policy: the ledger's events and the experiment decide it. This replays them on a controller
of its own and writes nothing, so it may read the ledger of a search that runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from gnas_ray.controllers.base import Probabilities
from gnas_ray.experiment import Experiment
from gnas_ray.ledger import Began, Ledger
from gnas_ray.search.assemble import make_controller, make_reward
from gnas_ray.search.state import SearchState


@dataclass(frozen=True)
class PolicyMoment:
    """What the controller would propose at one time.

    Attributes:
        num_begun: Trials begun by then.
        probabilities: Never empty.
    """

    num_begun: int
    probabilities: Probabilities


def policy_history(experiment: Experiment, ledger: Ledger) -> Iterator[PolicyMoment]:
    """The policy before the first trial, and after each update since; but not while the controller can't tell."""
    controller = make_controller(experiment, ledger.space)
    state = SearchState(ledger, controller=controller, reward=make_reward(experiment), rungs=experiment.rungs)
    num_begun = 0
    for event in chain([None], ledger.events()):
        num_begun += isinstance(event, Began)
        has_learned = event is None or state.apply(event)
        if has_learned and (probabilities := controller.probabilities()):
            yield PolicyMoment(num_begun, probabilities)
