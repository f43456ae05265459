"""Augmentations of the items' texts, drawn anew every step; without texts they change nothing."""

import torch
from typing_extensions import override

from gnas_ray.models.view import View
from gnas_ray.training.augmentations.base import Augmentation


class TextMasking(Augmentation):
    """The strength is the share of the items without their text (DropoutNet, Volkovs, Yu & Poutanen 2017, section 4.2).

    As there nothing is scaled up for what is missing: items look as they do when they are ranked, with a text or
    without one.
    """

    @override
    def view(self) -> View:
        kept = torch.rand(self._recommender.num_items, 1, device=self._device) >= self._strength
        return View(text_kept=kept)


class TextNoise(Augmentation):
    """Every entry of a projected text is multiplied by a normal number of mean 1 (Srivastava et al. 2014, section 10).

    The strength is its standard deviation.
    """

    @override
    def view(self) -> View:
        width = self._recommender.user_embedding.shape[1]
        noise = torch.randn(self._recommender.num_items, width, device=self._device)
        return View(text_factor=1 + self._strength * noise)
