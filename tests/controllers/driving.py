"""Drives a controller as a session does: several trials at once, outcomes out of order, some never."""

import random
from dataclasses import dataclass, field

from gnas_ray.controllers import Episode, Episodes
from gnas_ray.core import Failure

LOST, INFEASIBLE = "lost", "infeasible"
"""Instead of a value: the worker was lost; a limit would have been broken."""


@dataclass
class Drive:
    """What happened, in order: enough to do it again."""

    proposals: list = field(default_factory=list)
    history: list = field(default_factory=list)


def drive(controller, value_of, *, num_trials, num_workers=8, seed=0):
    """Runs trials whose value is `value_of(architecture)`; None is a failure, and one trial in ten never ends.

    Failures are out of memory, or, where `value_of` says so, LOST or INFEASIBLE.
    """
    generator = random.Random(seed)
    done, running, ended, rollout = Drive(), [], [], []
    while len(done.proposals) < num_trials:
        proposal = controller.propose()
        if proposal is None:
            break
        controller.accept(proposal)
        done.history.append(("accept", (proposal,)))
        running.append((len(done.proposals), proposal))
        done.proposals.append(proposal)
        if len(running) < num_workers:
            continue
        number, proposal = running.pop(generator.randrange(len(running)))
        if generator.random() < 0.1:
            continue
        rollout.append((number, proposal, value_of(proposal.architecture)))
        if len(rollout) == controller.rollout_size:
            ended = ended + rollout
            arguments = episodes(rollout, ended), Episodes.of(episodes(ended, ended))
            controller.update(*arguments)
            done.history.append(("update", arguments))
            rollout = []
    return done


def teach(controller, rollout, past=()):
    """The controller hears of `rollout`, after it has heard of `past`."""
    controller.update(rollout, Episodes.of([*past, *rollout]))


def episodes(trials, known):
    """The trials with their rank among `known` for a reward."""
    values = sorted(value for _, _, value in known if isinstance(value, float))
    found = []
    for number, proposal, value in trials:
        match value:
            case None:
                episode = Episode(number, proposal, None, Failure.OUT_OF_MEMORY)
            case "lost":
                episode = Episode(number, proposal, None, Failure.WORKER_LOST)
            case "infeasible":
                episode = Episode(number, proposal, None, is_infeasible=True)
            case _:
                episode = Episode(number, proposal, values.index(value) / max(len(values) - 1, 1))
        found.append(episode)
    return found


def replay(controller, history):
    for method, arguments in history:
        getattr(controller, method)(*arguments)
    return controller
