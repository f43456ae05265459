"""What the schema can't say: whether an experiment's sections fit the space, the families and each other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial

from gnas_ray.core import UsageError, nearest
from gnas_ray.core.objectives import MEASURED
from gnas_ray.experiment.experiment import Experiment
from gnas_ray.experiment.families import FAMILIES, named_mistakes
from gnas_ray.experiment.prior import choices_with_options, every_round, expand_rounds, find_option
from gnas_ray.experiment.sections import DEFAULT_BASELINES, KnownMemberOptions
from gnas_ray.space import Categorical, Mistake, SearchSpace, find_mistakes
from gnas_ray.space.conditions import show
from gnas_ray.space.mistakes import Path


def find_experiment_mistakes(experiment: Experiment, *, broken: Collection[str] = ()) -> list[Mistake]:
    """Every mistake that shows when names are looked up and sections are seen together.

    Args:
        experiment: What the schema made of the file.
        broken: Sections that the schema refused, which only stand in; nothing that needs them is checked.
    """
    unusable = set(broken)
    mistakes: list[Mistake] = []
    for needed, check in _CHECKS:
        if unusable.isdisjoint(needed):
            found = check(experiment)
            mistakes += found
            unusable |= {str(mistake.path[0]) for mistake in found}
    return mistakes


def _space(experiment: Experiment) -> list[Mistake]:
    return [Mistake(("space", *mistake.path), mistake.what) for mistake in find_mistakes(experiment.space)]


def _scheduler(experiment: Experiment) -> list[Mistake]:
    try:
        _ = experiment.rungs
    except ValueError as error:
        return [Mistake(("scheduler",), str(error))]
    return []


def _metrics(experiment: Experiment) -> list[Mistake]:
    from gnas_ray.metrics import METRICS, parse_metric

    named: list[tuple[Path, str]] = [(("objective", "metric"), experiment.objective.metric)]
    named += [(("training", "metrics", index), m) for index, m in enumerate(experiment.training.metrics)]
    named += [(path, name) for path, name in _objectives(experiment) if "@" in name]
    mistakes = [
        Mistake(path, f"{name!r}: unknown metric{nearest(name, [*MEASURED, *(f'{m}@20' for m in METRICS)])}")
        for path, name in _objectives(experiment)
        if "@" not in name and name not in MEASURED
    ]
    for path, metric in named:
        try:
            parse_metric(metric)
        except UsageError as error:
            mistakes += [Mistake(path, f"{metric!r}: {problem.what}") for problem in error.problems]
    return mistakes


def _objectives(experiment: Experiment) -> list[tuple[Path, str]]:
    """Where metrics are named beside the first objective's, any that a trial measures; and which."""
    options = experiment.objective
    listed = {"maximise": options.maximise, "minimise": options.minimise}
    listed["constraints"] = tuple(constraint.metric for constraint in experiment.objectives.constraints)
    return [(("objective", key, index), name) for key, names in listed.items() for index, name in enumerate(names)]


def _objectives_differ(experiment: Experiment) -> list[Mistake]:
    options, seen = experiment.objective, {experiment.objective.metric}
    mistakes = []
    for key, names in (("maximise", options.maximise), ("minimise", options.minimise)):
        for index, name in enumerate(names):
            if name in seen:
                mistakes.append(Mistake(("objective", key, index), f"{name!r} is an objective already"))
            seen.add(name)
    return mistakes


def _ensemble(experiment: Experiment) -> list[Mistake]:
    if experiment.retrain.ensemble == 1 or not experiment.objective.constraints:
        return []
    what = "several trials together may break a constraint that each keeps; remove objective.constraints, or this"
    return [Mistake(("retrain", "ensemble"), what)]


def _named(experiment: Experiment, *, section: str) -> list[Mistake]:
    return named_mistakes(section, getattr(experiment, section), FAMILIES[section]())


def _controller_values(experiment: Experiment) -> list[Mistake]:
    return _refused(experiment, "controller", experiment.search_space, seed=experiment.seed)


def _searcher_values(experiment: Experiment) -> list[Mistake]:
    from gnas_ray.ledger import Ledger

    space = experiment.search_space
    ledger = Ledger.open(None, space=space, name=experiment.name, objectives=experiment.objectives)
    return _refused(experiment, "searcher", space, ledger=ledger)


def _surrogate_values(experiment: Experiment) -> list[Mistake]:
    return _refused(experiment, "surrogate", experiment.search_space)


def _refused(experiment: Experiment, section: str, *given: object, **named: object) -> list[Mistake]:
    """What a member's constructor itself says about its parameters together."""
    options = getattr(experiment, section)
    make: Callable[..., object] = FAMILIES[section]()[options.name]
    try:
        make(*given, **named, **options.parameters)
    except ValueError as error:
        return [Mistake((section,), str(error))]
    return []


def _baselines(experiment: Experiment) -> list[Mistake]:
    if set(experiment.baselines) <= set(DEFAULT_BASELINES):
        return []  # the family needs torch, which commands that only read an experiment shall not wait for
    from gnas_ray.models.baselines import BASELINES

    return [
        Mistake(("baselines", index), f"unknown baseline {name!r}{nearest(name, BASELINES)}")
        for index, name in enumerate(experiment.baselines)
        if name not in BASELINES
    ]


def _encoders(experiment: Experiment) -> list[Mistake]:
    searched = experiment.searched_encoders
    return [
        Mistake(("encoders", name), f"no option of text_encoder is {name!r}{nearest(name, searched)}")
        for name in experiment.encoders
        if searched and name not in searched
    ]


def _prior(experiment: Experiment) -> list[Mistake]:
    members = [
        Mistake(("prior", "members", index, *mistake.path), mistake.what)
        for index, known in enumerate(experiment.prior.members)
        for mistake in _member(known, experiment.search_space)
    ]
    weights = [
        Mistake(("prior", "weights", name, *mistake.path), mistake.what)
        for name, given in experiment.prior.weights.items()
        for mistake in _weights(name, given, experiment.search_space)
    ]
    return members + weights


def _member(known: KnownMemberOptions, space: SearchSpace) -> list[Mistake]:
    architecture = expand_rounds(known.architecture, space)
    about_architecture = [
        Mistake(("architecture", _written(problem.where, known)), f"{problem.where}: {problem.what}")
        for problem in space.check(architecture)
    ]
    if about_architecture:
        return about_architecture
    return [
        Mistake(("hyperparameters", problem.where), f"{problem.where}: {problem.what}")
        for problem in space.check(architecture, known.hyperparameters, partial_hyperparameters=True)
    ]


def _weights(name: str, given: Mapping[str, float], space: SearchSpace) -> Iterator[Mistake]:
    """What is wrong with the weights of the choice `name`, which may be one of every round."""
    if name in {h.name for h in space.hyperparameters if not isinstance(h, Categorical)}:
        yield Mistake((), f"{name} is a number; weights are for options")
        return
    choices = choices_with_options(space)
    named = [choice for choice in choices if name in (choice.name, every_round(choice.name))]
    if not named:
        known = dict.fromkeys(n for choice in choices for n in (every_round(choice.name), choice.name))
        yield Mistake((), f"no decision or hyperparameter {name!r}{nearest(name, known)}")
        return
    options = named[0].options
    for option in given:
        if find_option(option, options) is None:
            yield Mistake((option,), f"{name} has no option {option!r}{nearest(option, map(show, options))}")


def _written(name: str, known: KnownMemberOptions) -> str:
    """The key that gave `name` its value."""
    return name if name in known.architecture else every_round(name)


# In this order, as a mistake in the space makes nonsense of what is said about its members.
_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Experiment], list[Mistake]]], ...] = (
    (("space",), _space),
    (("scheduler",), _scheduler),
    (("objective", "training"), _metrics),
    (("objective",), _objectives_differ),
    (("objective", "retrain"), _ensemble),
    *(((section,), partial(_named, section=section)) for section in FAMILIES),
    (("space", "controller"), _controller_values),
    (("space", "objective", "searcher"), _searcher_values),
    (("space", "surrogate"), _surrogate_values),
    (("baselines",), _baselines),
    (("space", "encoders"), _encoders),
    (("space", "prior"), _prior),
)
