"""No surrogate: what controller and searcher propose is tried."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from typing_extensions import override

from gnas_ray.space import SearchSpace
from gnas_ray.surrogates.base import Evidence, Member, Surrogate
from gnas_ray.surrogates.encoding import Array


class NoSurrogate(Surrogate):
    """Never ready, so nothing is compared."""

    def __init__(self, space: SearchSpace) -> None:
        super().__init__(space)

    @override
    def is_ready(self, num_ended: int) -> bool:
        return False

    @override
    def promise(self, candidates: Sequence[Member], evidence: Evidence, *, seed: int) -> Array:
        return np.zeros(len(candidates))
