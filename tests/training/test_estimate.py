"""What is known of a trial's cost before it begins, against what trials measured."""

import dataclasses

from gnas_ray.core import TrialSpec
from gnas_ray.experiment.loader import load_space
from gnas_ray.space import build_space
from gnas_ray.training.estimate import DataSizes, estimate_cost
from search_bench.recsys import MOVIELENS_100K
from search_bench.recsys_file import read_table

SIZES = DataSizes(num_users=943, num_items=1682, num_interactions=80808, text_widths={"all-MiniLM-L6-v2": 384})
"""Of MovieLens-100K as the table's members were trained on it."""
FACTOR = 1.5
BUDGET = 64 << 20


def estimate(member, sizes=SIZES, *, on_cuda=False):
    spec = TrialSpec(member.index, member.architecture, member.hyperparameters, member.seed)
    return estimate_cost(spec, sizes, on_cuda=on_cuda, eval_byte_budget=BUDGET)


def measured():
    space = build_space(load_space("recsys.yaml"))
    members = [member for member in read_table(MOVIELENS_100K, space) if member.num_parameters is not None]
    assert len(members) > 20
    return members


def test_parameters_are_exactly_those_that_trials_measured():
    for member in measured():
        assert estimate(member).num_parameters == member.num_parameters, member.architecture


def test_memory_is_within_the_stated_factor_of_what_trials_measured():
    for member in measured():
        ratio = estimate(member).memory_bytes / member.peak_memory_bytes
        assert 1 / FACTOR < ratio < FACTOR, (ratio, member.architecture, member.hyperparameters)


def test_data_of_any_size_cost_no_memory_to_estimate():
    huge = dataclasses.replace(SIZES, num_users=10**8, num_items=10**6, num_interactions=10**10)
    cost = estimate(measured()[0], huge, on_cuda=True)
    assert cost.num_parameters > 3.2e9 and cost.memory_bytes > 4 * 5 * cost.num_parameters


def test_what_weighs_every_pair_of_items_counts_them():
    member = measured()[0]

    def memory(channel):
        architecture = {**member.architecture, "linear_channel": channel}
        return estimate(dataclasses.replace(member, architecture=architecture)).memory_bytes

    pairs = 4 * SIZES.num_items**2
    assert memory("ease") - memory("none") > pairs and memory("ease_text") - memory("none") > pairs
    assert memory("graph_filter") == memory("ials") == memory("none")
