"""The shape notes in signatures are checked while tests run."""

import pytest
import torch
from jaxtyping import TypeCheckError

from gnas_ray.models.fusions import FUSIONS
from gnas_ray.training.losses.softmax import sum_log_sum_exp


def test_wrong_shape_is_refused() -> None:
    with pytest.raises(TypeCheckError):
        FUSIONS["sum"](2)(torch.zeros(3, 2), torch.zeros(4, 2))
    with pytest.raises(TypeCheckError):
        sum_log_sum_exp(torch.zeros(3, 2), torch.zeros(5, 2), weight=torch.zeros(4))
