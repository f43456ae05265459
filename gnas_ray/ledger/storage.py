"""Where a study is kept, and how a file survives its writer's sudden death."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from filelock import FileLock, Timeout
from optuna.storages import BaseStorage, InMemoryStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.storages.journal._file import LOCK_FILE_SUFFIX
from typing_extensions import override

from gnas_ray.core import GnasRayError, Problem, UsageError
from gnas_ray.core.files import drop_half_line

_LOCK_GRACE_SECONDS = 3
"""A journal's lock is held for milliseconds; one this old was left by a process that was killed."""


class LedgerInUseError(GnasRayError):
    """Another process writes this ledger."""


@dataclass(frozen=True)
class OpenStorage:
    """Optuna's storage, and the lock that makes us its only writer (None for readers and databases)."""

    storage: BaseStorage
    writer_lock: FileLock | None = None

    def release(self) -> None:
        """Lets another process write. Harmless when repeated."""
        if self.writer_lock is not None:
            self.writer_lock.release()


class _Journal(JournalFileBackend):
    """A file of which a write that failed, for instance on a full disk, leaves no half line behind."""

    def __init__(self, path: Path) -> None:
        # The path must be absolute: with a relative one, Optuna 5.0 looks for the lock's age in the wrong folder
        # and waits forever for a lock that a killed process left.
        super().__init__(str(path), lock_obj=JournalFileSymlinkLock(str(path), grace_period=_LOCK_GRACE_SECONDS))
        self._path = path

    @override
    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        try:
            super().append_logs(logs)
        except BaseException:
            # Optuna 5.0 skips a half line when it reads, but appends to it, and then the file is unreadable.
            drop_half_line(self._path)
            raise


def open_for_writing(place: Path | str | None) -> OpenStorage:
    """A journal file (made when missing, with its folder), a database by its URL, or memory for None.

    Raises:
        LedgerInUseError: Another process writes the file.
    """
    quiet_optuna()
    if place is None:
        return OpenStorage(InMemoryStorage())
    if is_url(place):
        return OpenStorage(RDBStorage(str(place)))
    path = Path(place).absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    writer_lock = _lock(path)
    # Of a process that was killed while it wrote; where the ledger was moved since, Optuna waits for it forever (5.0).
    Path(f"{path}{LOCK_FILE_SUFFIX}").unlink(missing_ok=True)
    drop_half_line(path)
    return OpenStorage(JournalStorage(_Journal(path)), writer_lock)


def open_for_reading(place: Path | str) -> OpenStorage:
    """The same without taking the writer's lock, and without changing anything.

    Raises:
        UsageError: There is no such file.
    """
    quiet_optuna()
    if is_url(place):
        return OpenStorage(RDBStorage(str(place)))
    path = Path(place).absolute()
    if not path.is_file():
        raise UsageError(str(place), [Problem("", "no ledger here; wanted the file that a search writes")])
    return OpenStorage(JournalStorage(_Journal(path)))


def is_url(place: Path | str) -> bool:
    """Whether `place` names a database (``sqlite:///...``, ``postgresql://...``) rather than a file."""
    return isinstance(place, str) and "://" in place


def quiet_optuna() -> None:
    """Keeps Optuna's notes on new studies out of our output; its warnings still show."""
    if optuna.logging.get_verbosity() == optuna.logging.INFO:
        optuna.logging.set_verbosity(optuna.logging.WARNING)


def _lock(path: Path) -> FileLock:
    # A lock of the operating system: it goes with its process, however that ends.
    lock = FileLock(path.with_name(f".{path.name}.writer"))
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise LedgerInUseError(f"{path}: another process is writing this ledger; stop it first") from None
    return lock
