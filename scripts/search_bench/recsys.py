"""Recommenders as a table: members of our own space, trained whole, and what others would probably reach."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from pathlib import Path

from typing_extensions import override

from gnas_ray.core import Ending, RungLadder, Value
from gnas_ray.experiment.loader import load_space
from gnas_ray.space import SearchSpace, build_space
from search_bench.curves import Curves, Training
from search_bench.recsys_file import read_settings, read_table
from search_bench.recsys_members import TrainedMember, has_trained_out
from search_bench.recsys_surrogate import CurveModel
from search_bench.tables import Table

MOVIELENS_100K = Path(__file__).with_name("recsys_movielens_100k.parquet")
_GRACE_PERIOD, _REDUCTION_FACTOR, _PATIENCE = 9, 3, 7
"""The quickstart's scheduler."""


class RecsysTable(Table):
    """Members of ``recsys.yaml`` with their learning curves, as `scripts/make_recsys_table` trained them.

    A member that was not trained has the curve that a `CurveModel` predicts from those that were: an average of
    trained members' curves, so none is better than the best that was trained, and none fails. A value is the best of
    the curve, and a curve ends where training would have: at its last epoch, or when it was no better for as many
    epochs as the patience. A member whose training was given up for its cost goes on at its last value, as it does in
    the `CurveModel`. Costs are the median seconds of an epoch and the number of parameters; the latency was measured on
    a machine that did other things, and can't be predicted.

    Args:
        path: The table.
    """

    def __init__(self, path: Path = MOVIELENS_100K) -> None:
        settings = read_settings(path)
        space = build_space(load_space(settings["space"]))
        trained = read_table(path, space)
        self._max_epochs, self._patience = settings["max_epochs"], settings["patience"]
        self._model = CurveModel(space, trained, num_epochs=self._max_epochs)
        self._entries = {_key(space, member.choices): entry for entry, member in enumerate(trained)}
        self._known = {entry: member.value for entry, member in enumerate(trained) if member.value is not None}
        self._trainings = {entry: self._training_of(member) for entry, member in enumerate(trained)}
        grace_period, patience = min(_GRACE_PERIOD, self._max_epochs), min(_PATIENCE, self._patience)
        curves = Curves(
            self._trainings,
            RungLadder(grace_period, _REDUCTION_FACTOR, self._max_epochs, patience),
            self._patience,
            statistics.fmean(self._trainings[entry].seconds for entry in self._known),
        )
        self._known_costs: Mapping[str, dict[int, float]] = {"epoch_seconds": {}, "num_parameters": {}}
        for entry, member in enumerate(trained):
            if member.num_parameters is not None:
                self._note_costs(entry, member.num_parameters)
        super().__init__(space, self._known, self._known_costs, curves=curves)

    @override
    def entry(self, member: Mapping[str, Value]) -> int:
        """Its row; a member that was not trained gets one, with what is predicted, when it is first asked for."""
        key = _key(self.space, member)
        if key not in self._entries:
            entry = self._entries[key] = len(self._entries)
            self._trainings[entry] = self._predicted(member)
            self._known[entry] = self._trainings[entry].value_at(self._max_epochs)
            self._note_costs(entry, float(self._model.num_parameters([member])[0]))
        return self._entries[key]

    def _note_costs(self, entry: int, num_parameters: float) -> None:
        self._known_costs["epoch_seconds"][entry] = statistics.median(s for s, _ in self._trainings[entry].epochs)
        self._known_costs["num_parameters"][entry] = num_parameters

    def _training_of(self, member: TrainedMember) -> Training:
        epochs = list(zip(member.seconds, member.objective, strict=True))
        if member.ending is Ending.FAILED:
            return Training(epochs, max(member.seconds_to_end - sum(member.seconds), 0.0))
        if member.ending is Ending.STOPPED:
            still = (statistics.median(member.seconds), member.objective[-1])
            epochs += [still] * (self._max_epochs - len(epochs))
        return self._until_trained_out(epochs)

    def _predicted(self, member: Mapping[str, Value]) -> Training:
        (values,), (seconds,) = self._model.curves([member]).tolist(), self._model.seconds([member]).tolist()
        return self._until_trained_out(list(zip(seconds, values, strict=True)))

    def _until_trained_out(self, epochs: list[tuple[float, float]]) -> Training:
        values = [value for _, value in epochs]
        ends = (epoch for epoch in range(1, len(values)) if has_trained_out(values[:epoch], self._patience))
        return Training(epochs[: next(ends, None)])


def _key(space: SearchSpace, member: Mapping[str, Value]) -> tuple[Value | None, ...]:
    return tuple(member.get(choice.name) for choice in (*space.decisions, *space.hyperparameters))
