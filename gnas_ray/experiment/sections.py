"""The sections of an experiment, as the user writes them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from gnas_ray.core import Constraint, Value
from gnas_ray.core.files import expand_home
from gnas_ray.space.options import OptionValue

DISTURBANCES = ("edges", "text", "popularity")
DEFAULT_BASELINES = ("popularity", "itemknn", "ease", "ials")


class Section(BaseModel):
    """Frozen, and closed to unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class NamedOptions(BaseModel):
    """A member of a family by its name, with some of its constructor's parameters; the name alone will do."""

    model_config = ConfigDict(frozen=True, extra="allow")
    __pydantic_extra__: dict[str, OptionValue]

    name: str

    @property
    def parameters(self) -> Mapping[str, Value]:
        """What the user gave beside the name."""
        return dict(self.__pydantic_extra__)


def _with_name(default: str) -> BeforeValidator:
    """Accepts the name alone, and parameters alone for the member named `default`."""

    def complete(value: Any) -> Any:
        if isinstance(value, str):
            return {"name": value}
        return {"name": default, **value} if isinstance(value, Mapping) else value

    return BeforeValidator(complete, json_schema_input_type=str | NamedOptions)


ControllerOptions = Annotated[NamedOptions, _with_name("ppo")]
SearcherOptions = Annotated[NamedOptions, _with_name("tpe")]
SurrogateOptions = Annotated[NamedOptions, _with_name("gp")]
RewardOptions = Annotated[NamedOptions, _with_name("rung_rank")]


def one_or_several(value: Any) -> Any:
    """A single name stands for a list of it."""
    return (value,) if isinstance(value, str) else value


Names = Annotated[tuple[str, ...], BeforeValidator(one_or_several, json_schema_input_type=str | tuple[str, ...])]


class ObjectiveOptions(Section):
    """What is to be made large, on the validation part; and, with several objectives, what else, or small."""

    metric: str = Field(
        default="ndcg@20",
        description="A ranking metric at a cutoff, e.g. ndcg@20. The winner is best by it, and keeps the constraints.",
    )
    direction: Literal["maximise"] = "maximise"
    maximise: Names = Field(default=(), description="Further metrics: a front is searched, e.g. coverage@20.")
    minimise: Names = Field(default=(), description="Metrics to be made small, e.g. latency_ms.")
    constraints: Names = Field(
        default=(), description="What breaks one is worse than all that keep it: latency_ms <= 5, coverage@20 >= 0.3."
    )

    @field_validator("constraints")
    @classmethod
    def _readable(cls, constraints: tuple[str, ...]) -> tuple[str, ...]:
        for constraint in constraints:
            Constraint.parse(constraint)
        return constraints


class SchedulerOptions(Section):
    """Asynchronous successive halving: of the trials at each rung, one in `reduction_factor` goes on."""

    grace_period: int = Field(default=2, ge=1, description="Epochs before anything is stopped.")
    reduction_factor: int = Field(default=3, ge=2)
    max_epochs: int = Field(default=30, ge=1)
    patience: int | None = Field(
        default=None,
        ge=1,
        description="A trial past the first rung and no better for so many epochs has trained out. None: none has.",
    )
    promote: bool = Field(
        default=False,
        description="The others wait at the rung, and go on from their checkpoints once they are among its best. "
        "Otherwise they are stopped for good.",
    )


class BudgetOptions(Section):
    """What the whole search may spend; it ends with what is spent first."""

    trials: int = Field(default=100, ge=1)
    minutes: float | None = Field(
        default=None, gt=0, description="Of searching, before and after a resume together. None: no limit."
    )


class KnownMemberOptions(Section):
    """A member of the space known to be good, tried before the controller is asked."""

    name: str = ""
    architecture: Mapping[str, OptionValue] = Field(
        description="Every active decision; layer.*.operator stands for that of every layer."
    )
    hyperparameters: Mapping[str, OptionValue] = Field(
        default={}, description="Some or all of them; the searcher picks the others."
    )


Weight = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class PriorOptions(Section):
    """What is believed of the space before anything was tried; a list is of its members, a name that of a file."""

    members: tuple[KnownMemberOptions, ...] = Field(default=(), description="Tried first, in this order.")
    weights: Mapping[str, Mapping[str, Weight]] = Field(
        default={},
        description="By decision or hyperparameter (layer.*.operator: of every layer) and option, how likely it is "
        "thought to be good; options that are not named weigh 1. What is tried decides how far they are believed.",
    )


def _with_members(value: Any) -> Any:
    return {"members": value} if isinstance(value, list | tuple) else value


PriorOrMembers = Annotated[
    PriorOptions,
    BeforeValidator(_with_members, json_schema_input_type=str | tuple[KnownMemberOptions, ...] | PriorOptions),
]


class ResourceOptions(Section):
    """What a trial gets, and how many run at once."""

    concurrent_trials: int | None = Field(default=None, ge=1, description="None: as many as the cluster has room for.")
    cpus_per_trial: float = Field(default=1, gt=0, description="Of each of its processes.")
    gpus_per_trial: float | Literal["auto"] = Field(
        default="auto", description="Of each of its processes: a share of one, or auto: one where there are any."
    )
    workers_per_trial: int = Field(default=1, ge=1, description="Processes that train one trial together.")
    threads: int = Field(default=1, ge=1, description="CPU threads of each worker.")
    max_parameters: int | None = Field(
        default=None, ge=1, description="A member with more trained numbers is not trained. None: no limit."
    )
    max_memory_gb: float | None = Field(
        default=None,
        gt=0,
        description="A member whose training is estimated to take more (10^9 bytes a worker) is not trained.",
    )

    @field_validator("gpus_per_trial")
    @classmethod
    def _not_negative(cls, gpus: float | Literal["auto"]) -> float | Literal["auto"]:
        if gpus != "auto" and gpus < 0:
            raise ValueError(f"wanted auto or a number from 0, got {gpus:g}")
        return gpus


class TrainingOptions(Section):
    """How every trial is measured and kept."""

    metrics: Names = Field(
        default=("recall@20", "mrr@20", "coverage@20"), description="Reported beside the objective's."
    )
    eval_byte_budget: int = Field(default=64 << 20, ge=1 << 16, description="Scores held at once, in bytes.")
    checkpoint_every: int = Field(default=1, ge=1, description="Epochs between checkpoints.")
    cuda_graphs: bool = Field(
        default=False,
        description="Record a trial's step on a GPU and repeat it, which saves launching its kernels one by one.",
    )


def _beside_the_yaml(path: Path, info: ValidationInfo) -> Path:
    path = expand_home(path)
    folder = (info.context or {}).get("folder")
    return Path(folder) / path if folder else path


PathBesideYaml = Annotated[Path, AfterValidator(_beside_the_yaml)]


class EncoderOptions(Section):
    """Where a text encoder comes from."""

    path: PathBesideYaml | None = Field(
        default=None, description="Its folder, relative to this file; None: by its name."
    )


def _all_or_none(value: Any) -> Any:
    return (DISTURBANCES if value else ()) if isinstance(value, bool) else one_or_several(value)


Disturbances = Annotated[
    tuple[Literal["edges", "text", "popularity"], ...],
    BeforeValidator(_all_or_none, json_schema_input_type=bool | tuple[Literal["edges", "text", "popularity"], ...]),
]


class RetrainOptions(Section):
    """What happens to the winner."""

    seeds: int = Field(default=3, ge=1, description="How often it is trained anew on train + valid.")
    ensemble: int = Field(
        default=1,
        ge=1,
        description="How many trials: the winner and those best on validation beside it; their scores are added.",
    )
    robustness: Disturbances = Field(
        default=(), description="Disturbances under which it and the baselines are tested once more; true for all."
    )
