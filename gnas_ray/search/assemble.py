"""From an experiment to a session."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

from gnas_ray.controllers import CONTROLLERS, Controller
from gnas_ray.core import Problem, UsageError, derive_seed
from gnas_ray.experiment import Experiment
from gnas_ray.ledger import Ledger
from gnas_ray.rewards import REWARDS, Reward
from gnas_ray.search.session import SearchPlan, SearchSession
from gnas_ray.searchers import SEARCHERS, Searcher


def open_session(
    experiment: Experiment, ledger_place: Path | str | None, *, clock: Callable[[], float] = time.time
) -> SearchSession:
    """The experiment's session over its ledger, new or resumed.

    Members of the families are made one way each: ``CONTROLLERS[name](space, seed=..., **from_yaml)``,
    ``SEARCHERS[name](space, ledger=..., **from_yaml)``, ``REWARDS[name](**from_yaml)``.

    Args:
        experiment: Checked by its loader.
        ledger_place: A file, a database's URL, or None for memory.
        clock: Seconds, for the ledger's time stamps.

    Raises:
        UsageError: The ledger belongs to another search, or a parameter's value is refused.
        LedgerInUseError: Another process is running this search.
    """
    ledger = Ledger.open(
        ledger_place,
        space=experiment.search_space,
        name=experiment.name,
        objective=experiment.objective.metric,
        clock=clock,
    )
    try:
        return _session(experiment, ledger)
    except ValueError as error:
        ledger.close()
        raise UsageError(experiment.name, [Problem("", str(error))]) from error
    except BaseException:
        ledger.close()
        raise


def _session(experiment: Experiment, ledger: Ledger) -> SearchSession:
    space = experiment.search_space
    # Which keywords a member takes is its own affair; the loader has checked names and types against it.
    make_controller: Callable[..., Controller] = CONTROLLERS[experiment.controller.name]
    make_searcher: Callable[..., Searcher] = SEARCHERS[experiment.searcher.name]
    make_reward: Callable[..., Reward] = REWARDS[experiment.reward.name]
    return SearchSession(
        ledger,
        controller=make_controller(
            space, seed=derive_seed(experiment.seed, "controller"), **experiment.controller.parameters
        ),
        searcher=make_searcher(space, ledger=ledger, **experiment.searcher.parameters),
        reward=make_reward(**experiment.reward.parameters),
        plan=SearchPlan(
            rungs=experiment.rungs,
            max_trials=experiment.budget.trials,
            seed=experiment.seed,
            prior=experiment.prior_members,
        ),
    )
