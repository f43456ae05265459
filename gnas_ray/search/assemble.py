"""From an experiment to a session."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from gnas_ray.controllers import CONTROLLERS, Controller
from gnas_ray.core import derive_seed
from gnas_ray.experiment import Experiment
from gnas_ray.ledger import Ledger
from gnas_ray.rewards import REWARDS, Reward
from gnas_ray.search.session import Check, SearchPlan, SearchSession, allow_all
from gnas_ray.search.warm_start import NO_WARM_START, WarmStart
from gnas_ray.searchers import SEARCHERS, Searcher
from gnas_ray.space import Isomorphism, SearchSpace
from gnas_ray.surrogates import SURROGATES, Surrogate


def open_session(
    experiment: Experiment,
    ledger_place: Path | str | None,
    *,
    isomorphism: Isomorphism | None = None,
    check: Check = allow_all,
    clock: Callable[[], float] = time.time,
    warm_start: WarmStart = NO_WARM_START,
) -> SearchSession:
    """The experiment's session over its ledger, new or resumed.

    Members of the families are made one way each: ``CONTROLLERS[name](space, seed=..., **from_yaml)``,
    ``SEARCHERS[name](space, ledger=..., **from_yaml)``, ``SURROGATES[name](space, **from_yaml)``,
    ``REWARDS[name](**from_yaml)``.

    Args:
        experiment: Checked by its loader.
        ledger_place: A file, a database's URL, or None for memory.
        isomorphism: Which members of the experiment's space are the same network.
        check: Asked of each trial before it is handed out.
        clock: Seconds, for the ledger's time stamps.
        warm_start: What earlier experiments found; to be the same at each resume.

    Raises:
        UsageError: The ledger belongs to another search.
        LedgerInUseError: Another process is running this search.
    """
    ledger = Ledger.open(
        ledger_place,
        space=replace(experiment.search_space, isomorphism=isomorphism),
        name=experiment.name,
        objectives=experiment.objectives,
        clock=clock,
    )
    try:
        return _session(experiment, ledger, check, warm_start)
    except BaseException:
        ledger.close()
        raise


def make_controller(experiment: Experiment, space: SearchSpace) -> Controller:
    """The experiment's controller over its `space`, knowing nothing yet."""
    # Which keywords a member of a family takes is its own affair; the loader has checked names and types against it.
    make: Callable[..., Controller] = CONTROLLERS[experiment.controller.name]
    seed = derive_seed(experiment.seed, "controller")
    return make(space, seed=seed, **experiment.controller.parameters)


def make_searcher(experiment: Experiment, ledger: Ledger) -> Searcher:
    """The experiment's searcher, over `ledger`."""
    make: Callable[..., Searcher] = SEARCHERS[experiment.searcher.name]
    return make(ledger.space, ledger=ledger, **experiment.searcher.parameters)


def make_surrogate(experiment: Experiment, space: SearchSpace) -> Surrogate:
    """The experiment's surrogate over its `space`."""
    make: Callable[..., Surrogate] = SURROGATES[experiment.surrogate.name]
    return make(space, **experiment.surrogate.parameters)


def make_reward(experiment: Experiment) -> Reward:
    """The experiment's reward."""
    make: Callable[..., Reward] = REWARDS[experiment.reward.name]
    return make(**experiment.reward.parameters)


def _session(experiment: Experiment, ledger: Ledger, check: Check, warm_start: WarmStart) -> SearchSession:
    return SearchSession(
        ledger,
        controller=make_controller(experiment, ledger.space),
        searcher=make_searcher(experiment, ledger),
        surrogate=make_surrogate(experiment, ledger.space),
        reward=make_reward(experiment),
        plan=SearchPlan(
            rungs=experiment.rungs,
            max_trials=experiment.budget.trials,
            max_seconds=experiment.budget.minutes and 60 * experiment.budget.minutes,
            seed=experiment.seed,
            prior=experiment.prior_members,
            warm_start=warm_start,
            check=check,
        ),
    )
