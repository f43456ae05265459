"""What is known of a trial's cost before it begins, against what trials measured."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.sparse import csr_matrix

from gnas_ray.core import TrialSpec
from gnas_ray.experiment.loader import load_space
from gnas_ray.models.attention import AttentionEdges
from gnas_ray.models.channels import CHANNELS
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


LARGE = DataSizes(num_users=10**6, num_items=40_000, num_interactions=10**7, text_widths={"all-MiniLM-L6-v2": 384})
MANY_ITEMS = dataclasses.replace(LARGE, num_items=10**6)


def memory(architecture, sizes=LARGE, *, on_cuda=False):
    spec = TrialSpec(0, architecture, {"embedding_size": 64, "batch_size": 2048}, 0)
    return estimate_cost(spec, sizes, on_cuda=on_cuda, eval_byte_budget=BUDGET).memory_bytes


@pytest.mark.parametrize(("on_cuda", "block"), [(False, 4 * 64 * 10**6), (True, 256 << 20)])
def test_scores_of_all_items_count_as_far_as_a_block_holds_them(on_cuda, block):
    scores, none = (memory({"loss": loss}, MANY_ITEMS, on_cuda=on_cuda) for loss in ("full_softmax", "bpr"))
    assert 2 * block < scores - none < 3.1 * block


def test_scores_that_fit_in_a_block_count_all():
    scores, none = (memory({"loss": loss}, SIZES, on_cuda=True) for loss in ("full_softmax", "bpr"))
    assert 2 * 4 * 943 * 1682 < scores - none <= 3 * 4 * 943 * 1682


def test_scores_of_a_batchs_items_count_as_far_as_a_block_holds_them():
    scores, none = (memory({"loss": loss}) for loss in ("in_batch_softmax", "bpr"))
    assert scores - none <= 3 << 20


def of_channel(channel, sizes=LARGE, **where):
    """What the channel adds to the embeddings of 64 numbers, their training, and a loss without scores."""
    return memory({"loss": "bpr", "linear_channel": channel}, sizes, **where) - memory({"loss": "bpr"}, sizes, **where)


def test_what_weighs_every_pair_of_items_counts_them_where_it_is_fitted():
    few_users = dataclasses.replace(LARGE, num_users=1000)
    pairs = 4 * LARGE.num_items**2
    for channel in ("ease", "ease_text", "dlae"):
        assert of_channel(channel, few_users) > pairs > of_channel(channel, few_users, on_cuda=True)
    assert max(of_channel("graph_filter", few_users), of_channel("ials", few_users)) < pairs


@pytest.mark.parametrize("channel", CHANNELS)
def test_channels_vectors_count_by_their_rank(channel):
    vectors = 4 * (LARGE.num_users + LARGE.num_items) * CHANNELS[channel].rank
    assert of_channel(channel) >= vectors
    assert vectors <= of_channel(channel, on_cuda=True) <= 3 * vectors


def test_a_wide_channel_counts_what_fitting_it_holds():
    """A QR decomposition of the users' part in double precision: NumPy's copy, LAPACK's, Q there, and Q."""
    users = 4 * LARGE.num_users * CHANNELS["graph_filter"].rank
    embeddings = 4 * 4 * 64 * (LARGE.num_users + LARGE.num_items)  # what training holds at another time
    assert of_channel("graph_filter") > 8 * users - embeddings


def test_attention_counts_what_it_keeps_for_an_edge():
    def of(operator):
        return memory({"num_layers": 1, "layer.0.operator": operator, "loss": "bpr"})

    edges = AttentionEdges(csr_matrix(np.ones((300, 300), dtype=np.float32)), torch.device("cpu"))
    for order in (edges.by_target, edges.by_source):
        order.blocks(64)
    kept = num_bytes(edges) / len(edges.target)
    assert 70 < kept < 80
    assert of("gat") - of("gcn") > kept * 2 * LARGE.num_interactions


def num_bytes(thing):
    """Of the arrays that an object holds, each once."""
    arrays = {}

    def visit(part):
        if isinstance(part, torch.Tensor):
            part = part.numpy()
        if isinstance(part, np.ndarray):
            arrays[part.ctypes.data] = part.nbytes
        elif isinstance(part, dict | list):
            for inner in part.values() if isinstance(part, dict) else part:
                visit(inner)
        elif hasattr(part, "__dict__"):
            visit(vars(part))

    visit(thing)
    return sum(arrays.values())
