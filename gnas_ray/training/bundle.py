"""What serving needs of a trained recommender, in a folder that holds no code.

| file | what |
|---|---|
| ``bundle.json`` | `BundleManifest`: format, trials, epochs, metrics, data fingerprint, versions; written last |
| ``vectors.safetensors`` | ``user_vectors`` (users, width), ``item_vectors`` (items, width), float32; score = product |
|                         | ``item_keys`` (items, width): `models.vectors.Vectors`; where there are any |
| ``weights.safetensors`` | parameters and buffers, ``<trial's number>.<name>``, to train on from |
| ``seen.safetensors`` | users x items never to recommend, by rows: ``starts`` (users + 1) int64, ``items`` int32 |
| ``users.parquet`` | ``user_id`` as the user gave it; row i is user i |
| ``items.parquet`` | ``item_id`` as the user gave it, ``text`` ("" for none); row i is item i |

Reading one needs neither torch nor ray.
"""

import json
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file
from scipy.sparse import csr_matrix

from gnas_ray.core import GnasRayError
from gnas_ray.core.files import flush_to_disk
from gnas_ray.core.versions import version_of
from gnas_ray.data import open_prepared
from gnas_ray.training.fitted import FittedRecommender, Refit

FORMAT_VERSION = 2
_MANIFEST = "bundle.json"
_PACKAGES = ("gnas-ray", "torch", "torch-geometric", "numpy", "safetensors")


@dataclass(frozen=True)
class BundleManifest:
    """What a bundle is made of.

    Attributes:
        refits: The trainings whose scores it adds up, the winner's first.
        fit_on: ``train`` or ``train+valid``.
        metrics: Of the last measurement.
        data_fingerprint: Of the prepared data.
        versions: Of the packages that wrote it.
    """

    refits: tuple[Refit, ...]
    fit_on: str
    metrics: Mapping[str, float]
    data_fingerprint: str
    versions: Mapping[str, str]
    format_version: int = FORMAT_VERSION

    def to_dict(self) -> dict[str, Any]:
        """As in ``bundle.json``."""
        fields = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return fields | {
            "refits": [refit.to_dict() for refit in self.refits],
            "metrics": dict(self.metrics),
            "versions": dict(self.versions),
        }

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> "BundleManifest":
        """The inverse of `to_dict`."""
        return cls(**{**plain, "refits": tuple(map(Refit.from_dict, plain["refits"]))})


@dataclass(frozen=True)
class BundleContents:
    """A bundle as read.

    Attributes:
        user_vectors: (users, width) float32.
        item_vectors: (items, width) float32.
        item_keys: (items, width) float32 or None; see `models.vectors.Vectors`.
        seen: Users x items never to recommend.
        user_ids: By user index.
        item_ids: By item index.
        item_texts: By item index.
    """

    manifest: BundleManifest
    user_vectors: NDArray[np.float32]
    item_vectors: NDArray[np.float32]
    item_keys: NDArray[np.float32] | None
    seen: csr_matrix
    user_ids: pa.Array
    item_ids: pa.Array
    item_texts: pa.Array


def save_bundle(folder: Path, fitted: FittedRecommender) -> BundleManifest:
    """Writes the bundle of `fitted` beside `folder`, then puts it in its place."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    for left in folder.parent.glob(f".{folder.name}.*"):  # by a process that was killed
        shutil.rmtree(left, ignore_errors=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        unfinished = beside / "new"
        unfinished.mkdir()
        manifest = _write(unfinished, fitted)
        for path in unfinished.iterdir():
            flush_to_disk(path)
        _exchange(folder, unfinished, old=beside / "old")
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return manifest


def _exchange(folder: Path, new: Path, *, old: Path) -> None:
    if folder.exists():
        folder.replace(old)
    try:
        new.replace(folder)
    except OSError:
        if old.exists():
            old.replace(folder)
        raise


def read_bundle(folder: Path) -> BundleContents:
    """The bundle in `folder`.

    Raises:
        GnasRayError: There is none, or another version's.
    """
    manifest = read_manifest(folder)
    vectors, seen = load_file(folder / "vectors.safetensors"), load_file(folder / "seen.safetensors")
    users, items = pq.read_table(folder / "users.parquet"), pq.read_table(folder / "items.parquet")
    ones = np.ones(len(seen["items"]), dtype=np.float32)
    return BundleContents(
        manifest=manifest,
        user_vectors=vectors["user_vectors"],
        item_vectors=vectors["item_vectors"],
        item_keys=vectors.get("item_keys"),
        seen=csr_matrix((ones, seen["items"], seen["starts"]), shape=(len(users), len(items))),
        user_ids=users["user_id"].combine_chunks(),
        item_ids=items["item_id"].combine_chunks(),
        item_texts=items["text"].combine_chunks(),
    )


def read_manifest(folder: Path) -> BundleManifest:
    """The bundle's description alone.

    Raises:
        GnasRayError: There is none that can be read, or another version's.
    """
    path = folder / _MANIFEST
    if not path.is_file():
        raise GnasRayError(f"{folder}: no bundle here (a bundle has a {_MANIFEST})")
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if (found := plain["format_version"]) != FORMAT_VERSION:
            raise GnasRayError(f"{path}: format {found}, this version of gnas_ray reads {FORMAT_VERSION}")
        return BundleManifest.from_dict(plain)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise GnasRayError(f"{path}: damaged; `gnas-ray retrain EXPERIMENT` makes the bundle anew") from None


def _write(folder: Path, fitted: FittedRecommender) -> BundleManifest:
    data = open_prepared(Path(fitted.data_folder))
    seen = data.csr("train", "valid") if fitted.fit_on == "train+valid" else data.csr("train")
    vectors = {"user_vectors": fitted.user_vectors, "item_vectors": fitted.item_vectors}
    if fitted.item_keys is not None:
        vectors["item_keys"] = fitted.item_keys
    save_file({name: np.ascontiguousarray(v) for name, v in vectors.items()}, folder / "vectors.safetensors")
    save_file({name: np.ascontiguousarray(w) for name, w in fitted.weights.items()}, folder / "weights.safetensors")
    rows = {"starts": seen.indptr.astype(np.int64), "items": seen.indices.astype(np.int32)}
    save_file(rows, folder / "seen.safetensors")
    pq.write_table(pa.table({"user_id": data.user_ids}), folder / "users.parquet")
    pq.write_table(pa.table({"item_id": data.item_ids, "text": data.item_texts}), folder / "items.parquet")
    manifest = BundleManifest(
        refits=fitted.refits,
        fit_on=fitted.fit_on,
        metrics=fitted.metrics,
        data_fingerprint=data.fingerprint,
        versions={name: version_of(name) for name in _PACKAGES},
    )
    (folder / _MANIFEST).write_text(json.dumps(manifest.to_dict(), indent=1), encoding="utf-8")
    return manifest
