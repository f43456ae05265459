"""What a trial would cost, from its member and the data's sizes, before anything is trained."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy.sparse import csr_matrix

from gnas_ray.core import TrialSpec
from gnas_ray.data import open_prepared
from gnas_ray.models.channels import Channel
from gnas_ray.models.graph import Graph
from gnas_ray.models.options import RecommenderOptions, choose
from gnas_ray.models.projections import PROJECTIONS
from gnas_ray.models.recommender import Recommender, RecommenderInputs
from gnas_ray.training.contrasts import CONTRASTS
from gnas_ray.training.cost import num_parameters
from gnas_ray.training.losses.softmax import block_rows
from gnas_ray.training.options import TrainingOptions
from gnas_ray.training.task import TrainingTask

_PROCESS_BYTES = 500 << 20
"""Resident size of a process on CPU that has loaded what trains and the data of MovieLens-100K, but no trial."""
_STATES = 5
"""Numbers kept for each parameter: itself, its gradient, two moments of the optimiser, its average."""
_SAVED = 4
"""Arrays of all nodes' vectors that a layer needs for its gradient: product, activation, sum, and theirs."""
_COPIES = 3
"""Arrays of scores that a loss needs: the scores, their exponentials, the gradient."""
_ATTENDED = 19
"""Numbers that attention's `AttentionEdges` keep for an edge."""
_FITTED_BOTH, _FITTED_LONGER = 2, 8
"""A channel's vectors while it is fitted: those of users and items, and what NumPy's QR decomposition makes of the more
numerous, four arrays in double precision."""
_FUSED = 3
"""A channel's vectors in an evaluation: themselves, those joined with the network's, and what is made on the way."""


@dataclass(frozen=True)
class DataSizes:
    """Of the data that a trial sees.

    Attributes:
        num_users: Of the user table.
        num_items: Of the item table.
        num_interactions: Those to learn from.
        text_widths: Entries of an item's text vector, by encoder; the first is the one that "" names.
    """

    num_users: int
    num_items: int
    num_interactions: int
    text_widths: Mapping[str, int]

    @classmethod
    def of(cls, task: TrainingTask) -> "DataSizes":
        """Read from the task's files, without loading their vectors."""
        data = open_prepared(Path(task.data_folder))
        parts = ("train", "valid") if task.fit_on == "train+valid" else ("train",)
        widths = {name: int(np.load(path, mmap_mode="r").shape[1]) for name, path in task.text_vectors.items()}
        return cls(data.num_users, data.num_items, len(data.joined(*parts)), widths)


@dataclass(frozen=True)
class CostEstimate:
    """What a trial would measure.

    Attributes:
        num_parameters: Exactly.
        memory_bytes: Peak of one worker; on CPU the whole process, on CUDA what it allocates. Within a factor of 1.5 on
            MovieLens-100K; where the data are large, the count of arrays is what it rests on.
    """

    num_parameters: int
    memory_bytes: int


def estimate_cost(spec: TrialSpec, sizes: DataSizes, *, on_cuda: bool, eval_byte_budget: int) -> CostEstimate:
    """Of a trial; takes milliseconds, and allocates nothing of the data's size.

    Raises:
        UsageError: A decision or hyperparameter has no meaning here.
    """
    structure, options = RecommenderOptions.from_architecture(spec.architecture), TrainingOptions.from_trial(spec)
    parameters = num_parameters(_without_memory(structure, sizes, options.embedding_size))
    in_a_step = (
        _propagation_numbers(structure, options, sizes)
        + _loss_numbers(options, sizes, on_cuda=on_cuda)
        + _vector_numbers(options.channel, sizes)
    )
    between = _channel_numbers(options.channel, sizes, on_cuda=on_cuda)
    arrays = _STATES * parameters + _constant_numbers(structure, sizes) + max(in_a_step, between)
    process = 0 if on_cuda else _PROCESS_BYTES
    return CostEstimate(parameters, process + 4 * arrays + eval_byte_budget)


def _without_memory(structure: RecommenderOptions, sizes: DataSizes, width: int) -> Recommender:
    """The module with parameters that have shapes only."""
    num_nodes = sizes.num_users + sizes.num_items
    graph = Graph(csr_matrix((num_nodes, num_nodes), dtype=np.float32), sizes.num_users) if structure.layers else None
    with torch.device("meta"):
        text = None
        if structure.item_features != "id":
            projection = choose(PROJECTIONS, structure.text_projection, "text_projection")
            text = projection.prepare(torch.empty(sizes.num_items, _text_width(structure, sizes)), width)
        return Recommender(structure, RecommenderInputs(sizes.num_users, sizes.num_items, graph, text), width=width)


def _text_width(structure: RecommenderOptions, sizes: DataSizes) -> int:
    """0 where there are no vectors: training will say so."""
    first = next(iter(sizes.text_widths), "")
    return sizes.text_widths.get(structure.text_encoder or first, 0)


def _propagation_numbers(structure: RecommenderOptions, options: TrainingOptions, sizes: DataSizes) -> int:
    """Vectors of all nodes that the gradient needs, and the edges' weights where edges are attended over."""
    nodes = (sizes.num_users + sizes.num_items) * options.embedding_size
    attended = sum(layer.operator == "gat" for layer in structure.layers) * _num_edges(structure, sizes)
    contrastive = options.loss.contrastive
    views = (
        1
        if contrastive == "none" or not structure.layers
        else choose(CONTRASTS, contrastive, "contrastive").num_propagations
    )
    return views * _SAVED * (nodes * (len(structure.layers) + 1) + attended)


def _loss_numbers(options: TrainingOptions, sizes: DataSizes, *, on_cuda: bool) -> int:
    """Scores of a step that are held at once."""
    batch = min(options.batch_size, sizes.num_interactions)
    users, items = min(batch, sizes.num_users), min(batch, sizes.num_items)
    device = torch.device("cuda" if on_cuda else "cpu")

    def in_a_block(num_columns: int) -> int:
        return min(users, block_rows(device, num_columns=num_columns)) * num_columns

    num_negatives = min(options.loss.num_negatives, sizes.num_items)
    by_loss = {
        "full_softmax": in_a_block(sizes.num_items),
        "in_batch_softmax": in_a_block(items),
        "sampled_softmax": (users + batch) * num_negatives,
        "simplex": users * num_negatives,
    }
    return _COPIES * by_loss.get(options.loss.loss, batch)


def _vector_numbers(channel: Channel | None, sizes: DataSizes) -> int:
    """The channel's vectors of all users and items."""
    return (sizes.num_users + sizes.num_items) * channel.rank if channel else 0


def _channel_numbers(channel: Channel | None, sizes: DataSizes, *, on_cuda: bool) -> int:
    """What the channel takes outside of steps: to be fitted, which is done on CPU, or to be evaluated."""
    if channel is None:
        return 0
    if on_cuda:
        return _FUSED * _vector_numbers(channel, sizes)
    longer = max(sizes.num_users, sizes.num_items) * channel.rank
    keys = sizes.num_items * channel.rank
    vectors = _FITTED_BOTH * _vector_numbers(channel, sizes) + keys + _FITTED_LONGER * longer
    pairs = sizes.num_items**2 if channel.weighs_item_pairs else 0
    return max(3 * pairs, pairs + vectors)


def _constant_numbers(structure: RecommenderOptions, sizes: DataSizes) -> int:
    """The graph, an index and a weight an edge and direction, more if attended over; texts, twice while prepared."""
    text = 2 * sizes.num_items * _text_width(structure, sizes) if structure.uses_text else 0
    graph = 4 * _num_edges(structure, sizes) if structure.layers else 0
    loops = sizes.num_users + sizes.num_items
    is_attended = any(layer.operator == "gat" for layer in structure.layers)
    attended = _ATTENDED * (_num_edges(structure, sizes) + loops) if is_attended else 0
    return text + graph + attended


def _num_edges(structure: RecommenderOptions, sizes: DataSizes) -> int:
    return 2 * (sizes.num_interactions + structure.graph.text_edges * sizes.num_items)
