"""SimGCL: two views with noise beside the plain one."""

from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from gnas_ray.models.view import View
from gnas_ray.training.batches import Batch
from gnas_ray.training.contrasts.base import Contrast, Vectors, agreement
from gnas_ray.training.ranks import Ranks


class SimGCL(Contrast):
    """Noise after every layer, twice (Yu et al. 2022, arXiv:2112.08679, equation 7). Three propagations a step."""

    @override
    def __call__(self, view: View, batch: Batch, ranks: Ranks) -> tuple[Vectors, Float[Tensor, ""]]:
        vectors = self._recommender(view)
        first, second = (self._beside(View(noise=self._options.noise)) for _ in range(2))
        return vectors, agreement(first, second, batch, ranks)
