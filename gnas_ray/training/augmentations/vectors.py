"""Augmentations of the nodes' vectors, drawn anew every step."""

import torch
from typing_extensions import override

from gnas_ray.models.view import View
from gnas_ray.training.augmentations.base import Augmentation


class FeatureMasking(Augmentation):
    """Dimensions of the input are zero for all nodes at once (GRACE, Zhu et al. 2020, arXiv:2006.04131, section 3.2).

    The strength is a dimension's probability; what is left is scaled so that the expectation stays.
    """

    @override
    def view(self) -> View:
        kept = torch.rand(self._recommender.user_embedding.shape[1], device=self._device) >= self._strength
        return View(mask=kept / max(1.0 - self._strength, 1e-6))


class Noise(Augmentation):
    """The strength is the length of `View.noise`."""

    @override
    def view(self) -> View:
        return View(noise=self._strength)
