"""XSimGCL: an early and the last layer of one noisy pass."""

from dataclasses import replace

import torch
from jaxtyping import Float
from torch import Tensor
from typing_extensions import override

from gnas_ray.models.view import View
from gnas_ray.training.batches import Batch
from gnas_ray.training.contrasts.base import Contrast, Vectors, agreement
from gnas_ray.training.ranks import Ranks


class XSimGCL(Contrast):
    """The mean of the layers against the first, both with noise (Yu et al. 2023, arXiv:2209.02544, equation 11).

    One propagation a step: the loss sees the noisy vectors too. With one layer it stands against the input.
    """

    num_propagations = 1

    @override
    def __call__(self, view: View, batch: Batch, ranks: Ranks) -> tuple[Vectors, Float[Tensor, ""]]:
        outputs = self._recommender.layer_outputs(replace(view, noise=view.noise + self._options.noise))
        early = outputs[1] if len(outputs) > 2 else outputs[0]
        final = torch.stack(outputs[1:]).mean(0)
        split = self._recommender.split
        term = agreement(split(final), split(early), batch, ranks)
        return split(self._recommender.read_out(outputs)), term
