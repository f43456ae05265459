"""Recommenders as a table: members of our own space, trained whole, and what others would probably reach."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from typing_extensions import override

from gnas_ray.core import Value
from gnas_ray.experiment.loader import load_space
from gnas_ray.space import SearchSpace, build_space
from search_bench.recsys_file import read_settings, read_table
from search_bench.recsys_members import has_trained_out
from search_bench.recsys_surrogate import CurveModel
from search_bench.tables import Table

MOVIELENS_100K = Path(__file__).with_name("recsys_movielens_100k.parquet")

Curve = list[tuple[float, float]]
"""Of each epoch the seconds that it took and the objective after it."""


class RecsysTable(Table):
    """Members of ``recsys.yaml`` with their learning curves, as `scripts/make_recsys_table` trained them.

    A member that was not trained has the curve that a `CurveModel` predicts from those that were: an average of
    trained members' curves, so none is better than the best that was trained, and none fails. A value is the best of
    the curve, and a curve ends where training would have: at its last epoch, or when it was no better for as many
    epochs as the patience.

    Args:
        path: The table.
    """

    def __init__(self, path: Path = MOVIELENS_100K) -> None:
        settings = read_settings(path)
        space = build_space(load_space(settings["space"]))
        trained = read_table(path, space)
        self._patience = settings["patience"]
        self._model = CurveModel(space, trained, num_epochs=settings["max_epochs"])
        self._curves = [list(zip(member.seconds, member.objective, strict=True)) for member in trained]
        self._entries = {_key(space, member.choices): entry for entry, member in enumerate(trained)}
        self._known = {entry: member.value for entry, member in enumerate(trained) if member.value is not None}
        super().__init__(space, self._known)

    @override
    def entry(self, member: Mapping[str, Value]) -> int:
        """Its row; a member that was not trained gets one, with what is predicted, when it is first asked for."""
        key = _key(self.space, member)
        if key not in self._entries:
            self._entries[key] = len(self._curves)
            curve = self._predicted(member)
            self._known[len(self._curves)] = max(value for _, value in curve)
            self._curves.append(curve)
        return self._entries[key]

    def curve(self, member: Mapping[str, Value]) -> Curve:
        """Epoch by epoch. Of a member that failed, whose value is None, what it reached before."""
        return self._curves[self.entry(member)]

    def _predicted(self, member: Mapping[str, Value]) -> Curve:
        (values,), (seconds,) = self._model.curves([member]).tolist(), self._model.seconds([member]).tolist()
        ends = (epoch for epoch in range(1, len(values)) if has_trained_out(values[:epoch], self._patience))
        return list(zip(seconds, values, strict=True))[: next(ends, None)]


def _key(space: SearchSpace, member: Mapping[str, Value]) -> tuple[Value | None, ...]:
    return tuple(member.get(choice.name) for choice in (*space.decisions, *space.hyperparameters))
