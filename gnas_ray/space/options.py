"""The form of a search space in YAML."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticCustomError, ValidationError

from gnas_ray.core import Value
from gnas_ray.space.choices import Categorical, Decision, Float, Hyperparameter, Integer
from gnas_ray.space.conditions import Conditions


def _as_value(value: object, handler: ValidatorFunctionWrapHandler) -> Value:
    try:
        accepted: Value = handler(value)
    except ValidationError:
        got = "null" if value is None else repr(value)
        raise PydanticCustomError("value", "wanted text, a number or true/false, got {got}", {"got": got}) from None
    return accepted


def _shape(value: object) -> str:
    """Which form an entry has. The tags are no YAML keys, so that an error's path can be told from them."""
    if isinstance(value, (list, tuple)):
        return "<list>"
    if not isinstance(value, (Mapping, BaseModel)):
        return "<scalar>"
    keys = value if isinstance(value, Mapping) else type(value).model_fields
    return "<repeat>" if "decisions" in keys or "times" in keys else "<mapping>"


def _hyperparameter_shape(value: object) -> str:
    if isinstance(value, (list, tuple)):
        return "<list>"
    given = value.get("type") if isinstance(value, Mapping) else getattr(value, "type", None)
    if given is None and isinstance(value, Mapping) and "options" in value:
        return "<categorical>"
    return f"<{given}>"


OptionValue = Annotated[str | int | float | bool, WrapValidator(_as_value)]
OptionList = Annotated[tuple[OptionValue, ...], Field(json_schema_extra={"minItems": 1, "uniqueItems": True})]
WhenOptions = Mapping[
    str,
    Annotated[
        Annotated[OptionValue, Tag("<scalar>")] | Annotated[OptionList, Tag("<list>")],
        Discriminator(lambda value: "<list>" if isinstance(value, (list, tuple)) else "<scalar>"),
    ],
]
Name = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")]


class _Options(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class DecisionOptions(_Options):
    """A decision; without conditions its options alone will do."""

    options: OptionList
    when: WhenOptions = Field(default={}, description="Active only when earlier choices took these options.")

    def make(self, name: str, when: Conditions) -> Decision:
        """The decision of that name and those conditions.

        Raises:
            ValueError: No options, or equal ones.
        """
        return Decision(name, self.options, when)


_BY_SHAPE = Discriminator(
    _shape,
    custom_error_type="decision_shape",
    custom_error_message="wanted a list of options, or a mapping with options (and when)",
)
DecisionEntry = Annotated[
    Annotated[OptionList, Tag("<list>")] | Annotated[DecisionOptions, Tag("<mapping>")], _BY_SHAPE
]


class RepeatOptions(_Options):
    """Decisions made again and again, as ``PREFIX.0.NAME``, ``PREFIX.1.NAME``, ...

    Their conditions may name each other (of the same index) and decisions outside.
    """

    times: int | str = Field(description="A number, or the name of an earlier decision with whole-number options.")
    decisions: Mapping[Name, DecisionEntry]
    when: WhenOptions = Field(default={}, description="Conditions on the whole repeat.")


DecisionOrRepeatEntry = Annotated[
    Annotated[OptionList, Tag("<list>")]
    | Annotated[DecisionOptions, Tag("<mapping>")]
    | Annotated[RepeatOptions, Tag("<repeat>")],
    _BY_SHAPE,
]


class FloatOptions(_Options):
    """A real hyperparameter."""

    type: Literal["float"]
    low: float
    high: float
    log: bool = False
    when: WhenOptions = {}

    def make(self, name: str, when: Conditions) -> Hyperparameter:
        """The hyperparameter of that name and those conditions.

        Raises:
            ValueError: An impossible range.
        """
        return Float(name, self.low, self.high, log=self.log, when=when)


class IntegerOptions(_Options):
    """A whole-number hyperparameter."""

    type: Literal["int"]
    low: int
    high: int
    step: int = 1
    log: bool = False
    when: WhenOptions = {}

    def make(self, name: str, when: Conditions) -> Hyperparameter:
        """The hyperparameter of that name and those conditions.

        Raises:
            ValueError: An impossible range or step.
        """
        return Integer(name, self.low, self.high, step=self.step, log=self.log, when=when)


class CategoricalOptions(_Options):
    """A hyperparameter with unordered options; without conditions the options alone will do."""

    type: Literal["categorical"] = "categorical"
    options: OptionList
    when: WhenOptions = {}

    def make(self, name: str, when: Conditions) -> Hyperparameter:
        """The hyperparameter of that name and those conditions.

        Raises:
            ValueError: No options, or equal ones.
        """
        return Categorical(name, self.options, when)


HyperparameterEntry = Annotated[
    Annotated[OptionList, Tag("<list>")]
    | Annotated[FloatOptions, Tag("<float>")]
    | Annotated[IntegerOptions, Tag("<int>")]
    | Annotated[CategoricalOptions, Tag("<categorical>")],
    Discriminator(
        _hyperparameter_shape,
        custom_error_type="hyperparameter_type",
        custom_error_message="wanted a list of options or a mapping with type: float, int or categorical",
    ),
]


class SearchSpaceOptions(_Options):
    """A search space: what the controller decides, in order, and what the searcher tunes."""

    decisions: Mapping[Name, DecisionOrRepeatEntry]
    hyperparameters: Mapping[Name, HyperparameterEntry] = {}
