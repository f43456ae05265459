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
    archive = folder / "download.zip"
    with urllib.request.urlopen(address, timeout=CONNECT_SECONDS) as answer, archive.open("wb") as file:
        shutil.copyfileobj(answer, file)
    with zipfile.ZipFile(archive) as content:
        content.extractall(folder)
