"""Tests run with the tensor shapes in signatures checked."""

from jaxtyping import install_import_hook

# Before anything imports these rooms. The hook rewrites them as they load.
install_import_hook(
    ["gnas_ray.models", "gnas_ray.training", "gnas_ray.metrics"],
    "beartype.beartype",
)
