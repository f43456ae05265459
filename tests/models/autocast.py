"""Autocast on CPU, where linear maps and `lerp` treat dtypes as on a GPU."""

import inspect

import pytest
import torch


def cast_as_on_a_gpu(monkeypatch: pytest.MonkeyPatch, *functions: type[torch.autograd.Function]) -> None:
    """What these functions do in float32 under a GPU's autocast, they do so under the CPU's too."""
    for function in functions:
        forward, backward = inspect.unwrap(function.forward), inspect.unwrap(function.backward)
        cast = torch.amp.custom_fwd(forward, device_type="cpu", cast_inputs=torch.float32)
        monkeypatch.setattr(function, "forward", staticmethod(cast))
        monkeypatch.setattr(function, "backward", staticmethod(torch.amp.custom_bwd(backward, device_type="cpu")))
