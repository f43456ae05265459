"""Small random graphs to test on."""

import numpy as np
from scipy.sparse import csr_matrix

from gnas_ray.models.graph import Graph, GraphOptions, build_graph


def small_interactions(*, rated: bool = False) -> csr_matrix:
    """9 users x 7 items; user 8 has none."""
    generator = np.random.default_rng(0)
    entries = (generator.random((9, 7)) < 0.4).astype(np.float32)
    entries[8] = 0
    return csr_matrix(entries * generator.integers(1, 6, (9, 7)) if rated else entries, dtype=np.float32)


def small_graph(options: GraphOptions = GraphOptions(), *, rated: bool = False) -> Graph:  # noqa: B008
    return build_graph(small_interactions(rated=rated), options)
