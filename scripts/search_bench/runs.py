"""One search over one table: the session that real trials have, on a virtual clock."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from inspect import signature
from typing import Any

import yaml

from gnas_ray.controllers import CONTROLLERS, Controller
from gnas_ray.core import (
    Constraint,
    Ending,
    Failure,
    Measurement,
    Objectives,
    Outcome,
    RungLadder,
    TrialSpec,
    derive_seed,
)
from gnas_ray.experiment import Experiment
from gnas_ray.ledger import Ledger
from gnas_ray.rewards import REWARDS
from gnas_ray.search import SearchPlan, SearchSession
from gnas_ray.search.session import Check
from gnas_ray.search.simulate import Crash, Epoch, Simulation, VirtualClock
from gnas_ray.search.warm_start import placed_trials
from gnas_ray.searchers import SEARCHERS, Searcher
from gnas_ray.space import Categorical, Float, Integer, SearchSpace
from gnas_ray.surrogates import SURROGATES, Surrogate
from search_bench.curves import Curves
from search_bench.knowledge import NUM_EARLIER, OTHER, PRIORS, TRANSFERS, Knowledge
from search_bench.references import AMONG_OPTIONS, REFERENCES
from search_bench.references.ray_asha import stopped_by_ray
from search_bench.tables import Table, load_table

OBJECTIVE = "value"
OURS = "ours"
SECONDS = "epoch_seconds"
"""What our trial engine calls the time that an epoch took."""
ONE_RUNG = RungLadder(1, 2, 1)
UNAWARE = "unaware"
"""The searcher is not told of the constraints."""
REFUSED = "refused"
"""What would break a constraint is known before it is trained: it is refused, and not of the budget."""
FAILING = "failing"
"""What would break a constraint fails at once instead, as for want of memory, and is of the budget."""
KNOWLEDGE = (*PRIORS, *TRANSFERS, UNAWARE, REFUSED, FAILING)
Train = Callable[[TrialSpec], Iterator[Epoch | Crash]]
RAYS = "optuna_search"
"""The searcher whose trials Ray's scheduler stops, as it is what a user of Ray has."""


@dataclass(frozen=True)
class Run:
    """One search to make.

    Attributes:
        searcher: ``ours`` (what an experiment gets that names nothing), ``CONTROLLER[+SEARCHER[+SURROGATE]]`` (the
            searcher the default if not named, the surrogate none), or one of `REFERENCES`; all but those may be
            followed by ``/`` and one of `KNOWLEDGE`.
        table: As `load_table` has it.
        seed: Of everything random in the search.
        budget: What it may spend: trials, or full-trial equivalents where the table has learning curves.
        num_workers: Trials at once.
        overrides: Parameters instead of the defaults, by family: ``{"controller": {"epochs": 3}}``, the table's
            ``scheduler`` among them.
        minimise: Costs of the table that are objectives beside the value.
        limits: Costs of the table, and the share of its members that keep each; the others are not looked for.
        stopping: ``asha``, or ``none``: trials end when they have trained out.
    """

    searcher: str
    table: str
    seed: int
    budget: int
    num_workers: int
    overrides: Mapping[str, Mapping[str, Any]]
    minimise: tuple[str, ...] = ()
    limits: tuple[tuple[str, float], ...] = ()
    stopping: str = "asha"

    def constraints(self, table: Table) -> tuple[Constraint, ...]:
        """The limits as bounds."""
        return tuple(table.limit(cost, share) for cost, share in self.limits)


def parse_settings(settings: Iterable[str]) -> dict[str, dict[str, Any]]:
    """``["controller.epochs=3"]`` as ``{"controller": {"epochs": 3}}``.

    Raises:
        ValueError: One is not of this form.
    """
    overrides: dict[str, dict[str, Any]] = defaultdict(dict)
    for setting in settings:
        key, equals, value = setting.partition("=")
        family, dot, parameter = key.partition(".")
        if not (equals and dot):
            raise ValueError(f"{setting!r} is no setting; wanted FAMILY.KEY=VALUE, such as controller.epochs=3")
        overrides[family][parameter] = yaml.safe_load(value)
    return dict(overrides)


def check_run(run: Run) -> None:
    """Raises ValueError where such a search can't be made, before any is."""
    table = load_table(run.table)
    check_searcher(run.searcher, run.table, run.overrides)
    known = Knowledge(flat(table.space) if run.searcher in REFERENCES else table.space)
    if run.searcher.partition("/")[2] in TRANSFERS and run.table not in OTHER:
        raise ValueError(f"no table to learn from before {run.table}; there is one for {', '.join(OTHER)}")
    if not run.overrides:
        return
    try:
        open_search(run, known, plan_of(run, table), VirtualClock(), run.constraints(table))
    except TypeError as error:
        raise ValueError(f"{run.searcher} does not take {dict(run.overrides)}: {error}") from error


def check_searcher(name: str, table: str, overrides: Mapping[str, Mapping[str, Any]]) -> None:
    """Raises ValueError when no search is called that, or none over this table, or it has not all of these settings."""
    has_numbers = any(isinstance(choice, Float | Integer) for choice in load_table(table).space.hyperparameters)
    if has_numbers and ("/" in name or name in AMONG_OPTIONS):
        raise ValueError(f"{name} needs a table of options only with all members known, and {table} has numbers")
    plain, slash, known = name.partition("/")
    if slash and (known not in KNOWLEDGE or plain in REFERENCES):
        raise ValueError(f"no searcher {name}; wanted ours/ or CONTROLLER/ with one of {', '.join(KNOWLEDGE)}")
    parts = plain.split("+")
    families: list[Collection[str]] = [CONTROLLERS, SEARCHERS, SURROGATES]
    is_known = all(part in family for part, family in zip(parts, families, strict=False))
    if plain not in (OURS, *REFERENCES) and not (is_known and len(parts) <= len(families)):
        wanted = f"{', '.join((OURS, *CONTROLLERS, *REFERENCES))}, or CONTROLLER+SEARCHER+SURROGATE with "
        raise ValueError(f"no searcher {plain!r}; wanted {wanted}{', '.join(SEARCHERS)} and {', '.join(SURROGATES)}")
    settable = _settable(plain, has_curves=load_table(table).curves is not None)
    for family, parameters in overrides.items():
        for parameter in parameters:
            if parameter not in settable.get(family, ()):
                has = ", ".join(f"{family}.{key}" for family, keys in settable.items() for key in keys) or "nothing"
                raise ValueError(f"{name} has no {family}.{parameter} to set over {table}; it has {has}")


def _settable(searcher: str, *, has_curves: bool) -> dict[str, list[str]]:
    """By family, what of it can be set."""
    makers: dict[str, Callable[..., object]] = {"scheduler": RungLadder} if has_curves else {}
    if searcher not in REFERENCES:
        controller, hyperparameters, surrogate = _named(searcher)
        makers["controller"] = CONTROLLERS[controller]
        makers["searcher"] = SEARCHERS[hyperparameters]
        makers["surrogate"] = SURROGATES[surrogate]
        makers["reward"] = REWARDS[_default("reward")]
    given = {"space", "seed", "ledger"}
    return {family: [key for key in signature(make).parameters if key not in given] for family, make in makers.items()}


def searched(run: Run, table: Table) -> SearchSession:
    """The run's session when it is over."""
    clock = VirtualClock()
    train, plan = trainer(table), plan_of(run, table)
    if run.searcher == RAYS and table.curves is not None and run.stopping == "asha":
        train = stopped_by_ray(train, plan.rungs, OBJECTIVE)
        plan = replace(plan, rungs=RungLadder(plan.rungs.max_epochs, 2, plan.rungs.max_epochs))
    known, constraints = run.searcher.partition("/")[2], run.constraints(table)
    if known == REFUSED:
        plan = replace(plan, check=_refusing(table, constraints))
    if known == FAILING:
        train = _failing(train, _refusing(table, constraints))
    constraints = () if known in (UNAWARE, REFUSED, FAILING) else constraints
    session = open_search(run, known_before(run, table), plan, clock, constraints)
    Simulation(session, train, num_workers=run.num_workers, clock=clock).run()
    return session


def _refusing(table: Table, constraints: Sequence[Constraint]) -> Check:
    """Refuses members that could be trained and would break a constraint."""

    def check(spec: TrialSpec) -> Outcome | None:
        costs = table.costs(spec.member) if table.value(spec.member) is not None else {}
        violation = sum(c.violation(costs[c.metric]) for c in constraints if c.metric in costs)
        return Outcome(Ending.INFEASIBLE, violation=violation) if violation else None

    return check


def _failing(train: Train, check: Check) -> Train:
    """Trains, but what `check` refuses fails."""

    def train_or_fail(spec: TrialSpec) -> Iterator[Epoch | Crash]:
        return train(spec) if check(spec) is None else iter((Crash(1.0, Failure.OUT_OF_MEMORY),))

    return train_or_fail


def rungs_of(run: Run, curves: Curves) -> RungLadder:
    """Those of the table, as the run's settings change them."""
    return replace(curves.rungs, **run.overrides.get("scheduler", {}))


def plan_of(run: Run, table: Table) -> SearchPlan:
    """What the run may spend, and where its trials are compared.

    Raises:
        ValueError: A trial could train out unnoticed.
    """
    if table.curves is None:
        return SearchPlan(ONE_RUNG, max_trials=run.budget, seed=run.seed)
    rungs = rungs_of(run, table.curves)
    if rungs.patience is None or rungs.patience > table.curves.patience:
        raise ValueError(f"scheduler.patience is {rungs.patience}; the table's trainings had {table.curves.patience}")
    if run.stopping == "none":
        rungs = replace(rungs, grace_period=rungs.max_epochs)
    elif rungs.grace_period > table.curves.patience:
        raise ValueError(
            f"scheduler.grace_period is {rungs.grace_period}; trainings end from {table.curves.patience + 1}"
        )
    seconds = run.budget * table.curves.mean_seconds / run.num_workers
    return SearchPlan(rungs, max_trials=sys.maxsize, max_seconds=seconds, seed=run.seed)


def known_before(run: Run, table: Table) -> Knowledge:
    """What the run's searcher is told of the table."""
    name = run.searcher.partition("/")[2]
    if name in PRIORS:
        return PRIORS[name](table)
    if name in TRANSFERS:
        seed = derive_seed(run.seed, "earlier")
        earlier = Run(OURS, OTHER[run.table], seed, NUM_EARLIER, run.num_workers, {})
        ledger = searched(earlier, load_table(earlier.table)).ledger
        return TRANSFERS[name](table, placed_trials(ledger, ONE_RUNG))
    return Knowledge(flat(table.space) if run.searcher in REFERENCES else table.space)


def open_search(
    run: Run, known: Knowledge, plan: SearchPlan, clock: VirtualClock, constraints: tuple[Constraint, ...] = ()
) -> SearchSession:
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
        plan=replace(plan, warm_start=known.warm_start),
    )


def _members(run: Run, space: SearchSpace, ledger: Ledger) -> tuple[Controller, Searcher, Surrogate]:
    seed = derive_seed(run.seed, "controller")
    if run.searcher in REFERENCES:
        reference = REFERENCES[run.searcher](space, ledger, run.seed)
        return CONTROLLERS["uniform"](space, seed=seed), reference, SURROGATES["none"](space)
    names = _named(run.searcher.partition("/")[0])
    make_controller: Callable[..., Controller] = CONTROLLERS[names[0]]
    make_searcher: Callable[..., Searcher] = SEARCHERS[names[1]]
    make_surrogate: Callable[..., Surrogate] = SURROGATES[names[2]]
    return (
        make_controller(space, seed=seed, **run.overrides.get("controller", {})),
        make_searcher(space, ledger=ledger, **run.overrides.get("searcher", {})),
        make_surrogate(space, **run.overrides.get("surrogate", {})),
    )


def _named(searcher: str) -> list[str]:
    """The controller's name, the searcher's and the surrogate's."""
    ours = [_default("controller"), _default("searcher"), _default("surrogate")]
    parts = searcher.split("+")
    return ours if searcher == OURS else [*parts, *(ours[1], "none")[len(parts) - 1 :]]


def _default(family: str) -> str:
    """What an experiment gets that does not name a member of this family."""
    name: str = Experiment.model_fields[family].default.name
    return name


def flat(space: SearchSpace) -> SearchSpace:
    """The space as general optimisers see it: a single empty architecture, and every choice a hyperparameter."""
    decisions = tuple(Categorical(d.name, d.options, d.when) for d in space.decisions)
    return SearchSpace((), (*decisions, *space.hyperparameters))


def trainer(table: Table) -> Train:
    """Looks a trial up instead of training it."""

    def train(spec: TrialSpec) -> Iterator[Epoch | Crash]:
        training = table.training(spec.member)
        costs = table.costs(spec.member) if training.epochs else {}
        for epoch, (seconds, value) in enumerate(training.epochs, start=1):
            metrics = {**costs, OBJECTIVE: value, SECONDS: seconds}
            yield Epoch(seconds, Measurement(epoch, metrics))
        if training.seconds_to_failure is not None:
            yield Crash(training.seconds_to_failure, Failure.EXCEPTION)

    return train
