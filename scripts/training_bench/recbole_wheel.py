"""RecBole's wheel, without loading anything of it."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

WHEEL = "recbole==1.2.1"


def download(folder: Path) -> Path:
    """RecBole's wheel unpacked in `folder`.

    Raises:
        OSError: pip can't download it.
    """
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary", ":all:", "--dest", str(folder)]
    run = subprocess.run([*command, WHEEL], capture_output=True, text=True, check=False)
    if run.returncode:
        raise OSError(f"pip can't download {WHEEL}: {' '.join(run.stderr.strip().splitlines()[-1:])}")
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as wheel:
        wheel.extractall(folder)
    return folder
