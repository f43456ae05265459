"""One search over one table: the session that real trials have, on a virtual clock."""

from __future__ import annotations

import random
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from gnas_ray.controllers import CONTROLLERS, Controller
from gnas_ray.core import Constraint, Failure, Measurement, Objectives, RungLadder, TrialSpec, derive_seed
from gnas_ray.experiment import Experiment
from gnas_ray.ledger import Ended, Ledger
from gnas_ray.rewards import REWARDS
from gnas_ray.search import SearchPlan, SearchSession
from gnas_ray.search.simulate import Crash, Epoch, Simulation, VirtualClock
from gnas_ray.search.warm_start import rated_trials
from gnas_ray.searchers import SEARCHERS, Searcher
from gnas_ray.space import Categorical, SearchSpace
from gnas_ray.surrogates import SURROGATES, Surrogate
from search_bench.knowledge import NUM_EARLIER, OTHER, PRIORS, TRANSFERS, Knowledge
from search_bench.references import REFERENCES
from search_bench.tables import Table, load_table
from search_bench.volume import Volume

OBJECTIVE = "value"
OURS = "ours"
RUNGS = RungLadder(1, 2, 1)
UNAWARE = "unaware"
"""The searcher is not told of the constraints."""
KNOWLEDGE = (*PRIORS, *TRANSFERS, UNAWARE)
SPREAD = 1.0
"""Standard deviation of the logarithm of a trial's seconds: one in twenty takes five times the median."""


@dataclass(frozen=True)
class Run:
    """One search to make.

    Attributes:
        searcher: ``ours`` (what an experiment gets that names nothing), ``CONTROLLER[+SEARCHER[+SURROGATE]]`` (the
            searcher the default if not named, the surrogate none), or one of `REFERENCES`; all but those may be
            followed by ``/`` and one of `KNOWLEDGE`.
        table: As `load_table` has it.
        seed: Of everything random in the search.
        num_trials: How many it may spend.
        num_workers: Trials at once.
        overrides: Parameters instead of the defaults, by family: ``{"controller": {"epochs": 3}}``.
        minimise: Costs of the table that are objectives beside the value.
        limits: Costs of the table, and the share of its members that keep each; the others are not looked for.
    """

    searcher: str
    table: str
    seed: int
    num_trials: int
    num_workers: int
    overrides: Mapping[str, Mapping[str, Any]]
    minimise: tuple[str, ...] = ()
    limits: tuple[tuple[str, float], ...] = ()

    def constraints(self, table: Table) -> tuple[Constraint, ...]:
        """The limits as bounds."""
        return tuple(table.limit(cost, share) for cost, share in self.limits)


def check_searcher(name: str) -> None:
    """Raises ValueError when no search is called that."""
    name, slash, known = name.partition("/")
    if slash and (known not in KNOWLEDGE or name in REFERENCES):
        raise ValueError(f"no searcher {name}/{known}; wanted ours/ or CONTROLLER/ with one of {', '.join(KNOWLEDGE)}")
    parts = name.split("+")
    families: list[Collection[str]] = [CONTROLLERS, SEARCHERS, SURROGATES]
    is_known = all(part in family for part, family in zip(parts, families, strict=False))
    if name not in (OURS, *REFERENCES) and not (is_known and len(parts) <= len(families)):
        wanted = f"{', '.join((OURS, *CONTROLLERS, *REFERENCES))}, or CONTROLLER+SEARCHER+SURROGATE with "
        raise ValueError(f"no searcher {name!r}; wanted {wanted}{', '.join(SEARCHERS)} and {', '.join(SURROGATES)}")


def regrets(run: Run) -> list[float]:
    """What `course` says of the table that the run names."""
    return course(run, load_table(run.table))


def course(run: Run, table: Table) -> list[float]:
    """The regret of the best member so far after each trial that ended, failures counted, in order.

    Until a trial has a value, the worst of the table stands in for it. Where there are limits, only what keeps them is
    of the table.
    """
    kept = table.keeping(run.constraints(table))
    best = kept.worst
    after_each = []
    for spec in tried(run, table):
        value = kept.value(spec.member)
        best = best if value is None else max(best, value)
        after_each.append(kept.regret(best))
    return after_each


def hypervolumes(run: Run) -> list[float]:
    """What `hypervolume_course` says of the table that the run names."""
    return hypervolume_course(run, load_table(run.table))


def hypervolume_course(run: Run, table: Table) -> list[float]:
    """The share of the table's hypervolume that the members so far have after each trial that ended, in order.

    Of `Volume`, over the value and the run's costs.
    """
    volume = Volume(table, run.minimise)
    after_each: list[float] = []
    for spec in tried(run, table):
        value = table.value(spec.member)
        if value is not None:
            costs = table.costs(spec.member)
            volume.add((value, *(costs[name] for name in run.minimise)))
        after_each.append(volume.share)
    return after_each


def tried(run: Run, table: Table) -> list[TrialSpec]:
    """The trials of one search, in the order in which they ended."""
    session = searched(run, table)
    ended = (event.number for event in session.ledger.events() if isinstance(event, Ended))
    return [session.ledger.trial(number).spec for number in ended]


def searched(run: Run, table: Table) -> SearchSession:
    """The run's session when it is over."""
    clock = VirtualClock()
    constraints = () if run.searcher.endswith(f"/{UNAWARE}") else run.constraints(table)
    session = open_search(run, known_before(run, table), clock, constraints)
    Simulation(session, trainer(table), num_workers=run.num_workers, clock=clock).run()
    return session


def known_before(run: Run, table: Table) -> Knowledge:
    """What the run's searcher is told of the table.

    Raises:
        ValueError: It is to learn from another table, and there is none like this.
    """
    name = run.searcher.partition("/")[2]
    if name in PRIORS:
        return PRIORS[name](table)
    if name in TRANSFERS and run.table not in OTHER:
        raise ValueError(f"no table to learn from before {run.table}; there is one for {', '.join(OTHER)}")
    if name in TRANSFERS:
        earlier = replace(run, searcher=OURS, table=OTHER[run.table], num_trials=NUM_EARLIER, overrides={})
        ledger = searched(earlier, load_table(earlier.table)).ledger
        return TRANSFERS[name](table, rated_trials(ledger, RUNGS))
    return Knowledge(flat(table.space) if run.searcher in REFERENCES else table.space)


def open_search(run: Run, known: Knowledge, clock: VirtualClock, constraints: tuple[Constraint, ...]) -> SearchSession:
    """A session in memory."""
    space = known.space
    objectives = Objectives(OBJECTIVE, minimise=run.minimise, constraints=constraints)
    ledger = Ledger.open(None, space=space, name=run.table, objectives=objectives, clock=clock)
    controller, searcher, surrogate = _members(run, space, ledger)
    return SearchSession(
        ledger,
        controller=controller,
        searcher=searcher,
        surrogate=surrogate,
        reward=REWARDS[_default("reward")](**run.overrides.get("reward", {})),
        plan=SearchPlan(RUNGS, max_trials=run.num_trials, seed=run.seed, warm_start=known.warm_start),
    )


def _members(run: Run, space: SearchSpace, ledger: Ledger) -> tuple[Controller, Searcher, Surrogate]:
    seed = derive_seed(run.seed, "controller")
    if run.searcher in REFERENCES:
        reference = REFERENCES[run.searcher](space, ledger, run.seed)
        return CONTROLLERS["uniform"](space, seed=seed), reference, SURROGATES["none"](space)
    ours = [_default("controller"), _default("searcher"), _default("surrogate")]
    searcher = run.searcher.partition("/")[0]
    named = searcher.split("+")
    names = ours if searcher == OURS else [*named, *(ours[1], "none")[len(named) - 1 :]]
    make_controller: Callable[..., Controller] = CONTROLLERS[names[0]]
    make_searcher: Callable[..., Searcher] = SEARCHERS[names[1]]
    make_surrogate: Callable[..., Surrogate] = SURROGATES[names[2]]
    return (
        make_controller(space, seed=seed, **run.overrides.get("controller", {})),
        make_searcher(space, ledger=ledger, **run.overrides.get("searcher", {})),
        make_surrogate(space, **run.overrides.get("surrogate", {})),
    )


def _default(family: str) -> str:
    """What an experiment gets that does not name a member of this family."""
    name: str = Experiment.model_fields[family].default.name
    return name


def flat(space: SearchSpace) -> SearchSpace:
    """The space as general optimisers see it: a single empty architecture, and every choice a hyperparameter."""
    decisions = tuple(Categorical(d.name, d.options, d.when) for d in space.decisions)
    return SearchSpace((), (*decisions, *space.hyperparameters))


def trainer(table: Table) -> Callable[[TrialSpec], Iterator[Epoch | Crash]]:
    """Looks a trial up instead of training it; members differ in how long that takes, whoever tries them."""

    def train(spec: TrialSpec) -> Iterator[Epoch | Crash]:
        value = table.value(spec.member)
        seconds = random.Random(derive_seed(0, "seconds", str(sorted(spec.member.items())))).lognormvariate(0, SPREAD)
        if value is None:
            yield Crash(seconds, Failure.EXCEPTION)
        else:
            yield Epoch(seconds, Measurement(1, {OBJECTIVE: value, **table.costs(spec.member)}))

    return train
