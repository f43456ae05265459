"""What the user asked for, whole."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from gnas_ray.core import Constraint, Objectives, RungLadder
from gnas_ray.core.files import expand_home
from gnas_ray.core.objectives import MEASURED
from gnas_ray.data import DataOptions
from gnas_ray.experiment.document import to_yaml
from gnas_ray.experiment.prior import PriorMember, expand_rounds, expand_weights
from gnas_ray.experiment.sections import (
    DEFAULT_BASELINES,
    BudgetOptions,
    ControllerOptions,
    EncoderOptions,
    NamedOptions,
    Names,
    ObjectiveOptions,
    PathBesideYaml,
    PriorOptions,
    PriorOrMembers,
    ResourceOptions,
    RetrainOptions,
    RewardOptions,
    SchedulerOptions,
    SearcherOptions,
    Section,
    SurrogateOptions,
    TrainingOptions,
    one_or_several,
)
from gnas_ray.space import SearchSpace, SearchSpaceOptions, build_space


def _read_already(value: Any) -> Any:
    if isinstance(value, str):  # the loader puts a file's content here
        raise PydanticCustomError("space_file", "wanted a search space, got the name of a file")
    return value


SpaceOrFile = Annotated[
    SearchSpaceOptions, BeforeValidator(_read_already, json_schema_input_type=SearchSpaceOptions | str)
]


Tracker = Literal["tensorboard", "wandb"]
Trackers = Annotated[
    tuple[Tracker, ...], BeforeValidator(one_or_several, json_schema_input_type=Tracker | tuple[Tracker, ...])
]


class Experiment(Section):
    """One YAML file, checked. Made by `load_experiment`; a mistake in it raises there."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", description="Names its folder and its jobs.")
    seed: int = Field(default=0, ge=0, description="Every random stream of the search follows from it.")
    data: DataOptions
    space: SpaceOrFile = Field(description="A search space, or a file with one: beside this file, or shipped.")
    objective: ObjectiveOptions = ObjectiveOptions()
    controller: ControllerOptions = NamedOptions(name="ppo")
    searcher: SearcherOptions = NamedOptions(name="tpe")
    surrogate: SurrogateOptions = Field(
        default=NamedOptions(name="gp"),
        description="Picks among what the controller proposes, mutations and random members. By default gp; none for "
        "the controllers grid and uniform, which are what they say only without.",
    )
    reward: RewardOptions = NamedOptions(name="rung_rank")
    scheduler: SchedulerOptions = SchedulerOptions()
    budget: BudgetOptions = BudgetOptions()
    prior: PriorOrMembers = PriorOptions()
    warm_start: Annotated[
        tuple[PathBesideYaml, ...],
        BeforeValidator(one_or_several, json_schema_input_type=str | tuple[PathBesideYaml, ...]),
    ] = Field(default=(), description="Folders of earlier experiments to learn from, relative to this file.")
    resources: ResourceOptions = ResourceOptions()
    training: TrainingOptions = TrainingOptions()
    encoders: Mapping[str, EncoderOptions] = {}
    retrain: RetrainOptions = RetrainOptions()
    baselines: Names = Field(default=DEFAULT_BASELINES, description="Tuned and tested beside the winner.")
    tracking: Trackers = Field(
        default=(),
        description="Where each trial is a run: tensorboard (files in the folder's tensorboard/), wandb (as "
        "WANDB_PROJECT, WANDB_ENTITY and WANDB_MODE say).",
    )
    output: str = Field(default="", description="The experiment's folder; by default runs/NAME.")

    @model_validator(mode="before")
    @classmethod
    def _without_surrogate(cls, data: Any) -> Any:
        if not isinstance(data, Mapping) or "surrogate" in data:
            return data
        controller = data.get("controller")
        name = controller.get("name") if isinstance(controller, Mapping) else controller
        return {**data, "surrogate": "none"} if name in ("grid", "uniform") else data

    @cached_property
    def search_space(self) -> SearchSpace:
        """The members that may be tried, with the prior's weights."""
        space = build_space(self.space)
        return space.weighted(expand_weights(self.prior.weights, space))

    @property
    def rungs(self) -> RungLadder:
        """Where trials are compared."""
        return RungLadder(**self.scheduler.model_dump())

    @property
    def metrics(self) -> tuple[str, ...]:
        """Every ranking metric to report, the objectives' and constraints' first."""
        named = (name for name in self.objectives.names if name not in MEASURED)
        return tuple(dict.fromkeys((*named, *self.training.metrics)))

    @property
    def objectives(self) -> Objectives:
        """What makes one trial better than another."""
        options = self.objective
        constraints = tuple(map(Constraint.parse, options.constraints))
        return Objectives(options.metric, options.maximise, options.minimise, constraints)

    @property
    def prior_members(self) -> tuple[PriorMember, ...]:
        """The prior's members, every layer written out, values as the space writes them."""
        space = self.search_space
        by_name = {h.name: h for h in space.hyperparameters}
        return tuple(
            PriorMember(
                known.name,
                space.canonical(expand_rounds(known.architecture, space)),
                {name: by_name[name].as_written(value) for name, value in known.hyperparameters.items()},
            )
            for known in self.prior.members
        )

    @property
    def encoder_names(self) -> tuple[str, ...]:
        """Text encoders that some member may use, or that are named under `encoders`."""
        return tuple(dict.fromkeys((*self.searched_encoders, *self.encoders)))

    @property
    def searched_encoders(self) -> tuple[str, ...]:
        """The options of the decision `text_encoder`; none where the space has no such decision."""
        options = [d.options for d in self.search_space.decisions if d.name == "text_encoder"]
        return tuple(str(option) for option in options[0]) if options else ()

    @property
    def folder(self) -> str:
        """Where its ledger, checkpoints and report go."""
        return str(expand_home(Path(self.output or f"runs/{self.name}")))

    def warm_started(self, folders: Sequence[Path]) -> Experiment:
        """The same that learns from the experiments in `folders` too."""
        return self.model_copy(
            update={"warm_start": (*self.warm_start, *(expand_home(folder).absolute() for folder in folders))}
        )

    def to_yaml(self) -> str:
        """A file that `load_experiment` reads as an equal experiment, needing no other file.

        Defaults are written out, so that a later version with other defaults runs the same search.
        """
        plain = self.model_dump(mode="json", exclude_none=True, exclude={"space"})
        plain["space"] = self.space.model_dump(mode="json", exclude_unset=True)
        return to_yaml(plain)
