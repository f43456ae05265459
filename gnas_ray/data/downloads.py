"""Files from an address."""

from __future__ import annotations

import shutil
import urllib.request
import zipfile
from pathlib import Path

CONNECT_SECONDS = 10
"""Short: there is another way to go on with."""


def download_zip(address: str, folder: Path) -> None:
    """Unpack the zip file at `address` into `folder`.

    Raises:
        OSError: It can't be reached.
        zipfile.BadZipFile: What came is no zip file.
    """
    with zipfile.ZipFile(download_file(address, folder)) as content:
        content.extractall(folder)


def download_file(address: str, folder: Path) -> Path:
    """Put the file at `address` into `folder`, under the last part of its name.

    Raises:
        OSError: It can't be reached.
    """
    path = folder / address.rpartition("/")[2]
    with urllib.request.urlopen(address, timeout=CONNECT_SECONDS) as answer, path.open("wb") as file:
        shutil.copyfileobj(answer, file)
    return path
