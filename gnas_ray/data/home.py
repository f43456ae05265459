"""Where this machine keeps data sets, encoders and prepared data."""

from __future__ import annotations

import os
from pathlib import Path


def find_home() -> Path:
    """``$GNAS_RAY_HOME``, or ``~/.cache/gnas_ray``; it need not exist yet."""
    return Path(os.environ.get("GNAS_RAY_HOME") or Path.home() / ".cache" / "gnas_ray").expanduser().absolute()
