"""The words of a search space that a trial understands: what each choice sets, and what it may be."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path

from gnas_ray.core import GnasRayError, Value, nearest
from gnas_ray.experiment import Experiment, load_experiment
from gnas_ray.experiment.prior import every_round
from gnas_ray.models.activations import ACTIVATIONS
from gnas_ray.models.channels import CHANNELS
from gnas_ray.models.fusions import FUSIONS
from gnas_ray.models.graph import EDGE_WEIGHTS, GraphOptions
from gnas_ray.models.item_features import ITEM_FEATURES
from gnas_ray.models.operators import OPERATORS
from gnas_ray.models.options import LayerOptions, RecommenderOptions
from gnas_ray.models.projections import PROJECTIONS
from gnas_ray.models.readouts import READOUTS
from gnas_ray.space import Mistake, SearchSpaceOptions
from gnas_ray.space.conditions import show
from gnas_ray.space.mistakes import Path as Place
from gnas_ray.space.options import FloatOptions, IntegerOptions, RepeatOptions
from gnas_ray.space.unrolling import Entry, unroll
from gnas_ray.training.augmentations import AUGMENTATIONS
from gnas_ray.training.contrasts import CONTRASTS
from gnas_ray.training.losses import LOSSES
from gnas_ray.training.negatives import NEGATIVES
from gnas_ray.training.optimisers import OPTIMISERS
from gnas_ray.training.options import ADVERSARIAL, LossOptions, TrainingOptions


@dataclass(frozen=True)
class Word:
    """What a choice may be.

    Attributes:
        kind: Of its values.
        names: The texts that it may be; None for any.
    """

    kind: type
    names: Sequence[str] | None = None

    def refusal(self, value: Value) -> str:
        """Why a trial does not understand `value`; "" where it does."""
        if self.kind is str:
            is_known = self.names is None or show(value) in self.names
            return "" if is_known else f"unknown option {show(value)!r}{nearest(show(value), self.names or ())}"
        if self.kind is bool:
            return "" if isinstance(value, bool) else f"{show(value)!r}; wanted true or false"
        if isinstance(value, bool) or not isinstance(value, int | float):
            return f"{show(value)!r}; wanted a number"
        return "" if self.kind is float or float(value).is_integer() else f"{value:g}; wanted a whole number"


@cache
def words() -> Mapping[str, Word]:
    """By the choice's name, ``layer.*.operator`` for every round's."""
    families: dict[str, Sequence[str]] = {
        "item_features": list(ITEM_FEATURES),
        "text_projection": list(PROJECTIONS),
        "fusion": list(FUSIONS),
        "layer.*.operator": list(OPERATORS),
        "layer.*.activation": list(ACTIVATIONS),
        "readout": list(READOUTS),
        "edge_weights": EDGE_WEIGHTS,
        "loss": list(LOSSES),
        "negatives": list(NEGATIVES),
        "contrastive": ["none", *CONTRASTS],
        "augmentation": ["none", *AUGMENTATIONS],
        "adversarial": ADVERSARIAL,
        "optimiser": list(OPTIMISERS),
        "linear_channel": ["none", *CHANNELS],
    }
    kinds = {
        **_plain(RecommenderOptions),
        "num_layers": int,
        **{f"layer.*.{name}": kind for name, kind in _plain(LayerOptions).items()},
        **_plain(GraphOptions),
        **_plain(LossOptions),
        **_plain(TrainingOptions),
        "linear_channel": str,
    }
    kinds |= {setting: float for name in CHANNELS for setting in _settings(name)}
    return {name: Word(kind, families.get(name)) for name, kind in kinds.items()}


def load_for_training(path: str | Path, overrides: Sequence[str] = ()) -> Experiment:
    """The experiment in a file, whose trials can be trained: `load_experiment`, and nothing in the space is misspelt.

    Raises:
        UsageError: Every problem at once, each with its line.
    """
    return load_experiment(path, overrides, also=lambda experiment: find_unknown_words(experiment.space))


def find_unknown_words(options: SearchSpaceOptions) -> list[Mistake]:
    """Choices that set nothing, and options that nothing has; one mistake a place, which begins with ``space``.

    A choice that other choices ask about needs no further meaning.
    """
    decisions, hyperparameters = unroll(options)
    entries = [*decisions, *hyperparameters]
    asked = {name for entry in entries for name in entry.when.names}
    asked |= {str(form.times) for form in options.decisions.values() if isinstance(form, RepeatOptions)}
    found = [mistake for entry in entries for mistake in _unknown_words(entry, is_asked=entry.name in asked)]
    return list({mistake.path: mistake for mistake in found}.values())


def _plain(options: type) -> dict[str, type]:
    """The fields with a plain default, and its type."""
    defaults = {field.name: field.default for field in fields(options)}
    return {name: type(value) for name, value in defaults.items() if isinstance(value, str | int | float)}


def _settings(channel: str) -> list[str]:
    """What sets the channel; nothing where another distribution's can't be loaded, which only who uses it must know."""
    try:
        return [f"{channel}_{field.name}" for field in fields(CHANNELS[channel])]
    except GnasRayError:
        return []


def _unknown_words(entry: Entry, *, is_asked: bool) -> Iterator[Mistake]:
    place: Place = ("space", *entry.path)
    name = every_round(entry.name)
    word = words().get(name)
    if word is None:
        if not is_asked:
            hint = nearest(name, words(), otherwise="; recsys.yaml has what does")
            yield Mistake(place, f"{name!r} sets nothing in a trial{hint}")
        return
    if isinstance(entry.form, FloatOptions | IntegerOptions):
        is_number = word.kind is float or (word.kind is int and isinstance(entry.form, IntegerOptions))
        if not is_number:
            wanted = "type: int" if word.kind is int else "a list of options"
            yield Mistake(place, f"{name} is a number of type {entry.form.type}; wanted {wanted}")
        return
    for index, option in enumerate(entry.form.options):
        if refusal := word.refusal(option):
            yield Mistake((*place, "options", index), f"{name}: {refusal}")
