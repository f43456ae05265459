"""Tests run with the tensor shapes in signatures checked, and none is timed."""

from hypothesis import settings
from jaxtyping import install_import_hook

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

# Before anything imports these rooms. The hook rewrites them as they load.
install_import_hook(
    ["gnas_ray.models", "gnas_ray.training", "gnas_ray.metrics"],
    "beartype.beartype",
)
