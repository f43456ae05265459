"""An optimiser's state as named tensors, which safetensors can hold."""

from collections.abc import Mapping

import torch
from torch import Tensor

_PREFIX = "optimiser."


def optimiser_tensors(optimiser: torch.optim.Optimizer) -> dict[str, Tensor]:
    """The moments and step counts, named ``optimiser.<parameter's position>.<what>``.

    Learning rate and the like are not state: the trial's hyperparameters have them.
    """
    states = optimiser.state_dict()["state"]
    return {
        f"{_PREFIX}{position}.{what}": tensor
        for position, state in states.items()
        for what, tensor in state.items()
        if isinstance(tensor, Tensor)
    }


def restore_optimiser(optimiser: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """The inverse of `optimiser_tensors`; other tensors are left alone."""
    states: dict[int, dict[str, Tensor]] = {}
    for name, tensor in tensors.items():
        if name.startswith(_PREFIX):
            position, what = name.removeprefix(_PREFIX).split(".", 1)
            states.setdefault(int(position), {})[what] = tensor.clone()
    optimiser.load_state_dict({"state": states, "param_groups": optimiser.state_dict()["param_groups"]})
