"""Where everything of one experiment lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from filelock import FileLock, Timeout

from gnas_ray.core import Problem, UsageError
from gnas_ray.core.files import expand_home

_LOCK_SECONDS = 0.5
"""Before a folder counts as taken: `is_worked_in` takes it for an instant."""


@dataclass(frozen=True)
class ExperimentFolder:
    """One experiment's folder, ``~`` being the user's own; each file in it has a name here and nowhere else."""

    root: Path

    def __post_init__(self) -> None:
        object.__setattr__(self, "root", expand_home(Path(self.root)))

    @property
    def experiment(self) -> Path:
        """The experiment as run, overrides applied."""
        return self.root / "experiment.yaml"

    @property
    def lock(self) -> Path:
        """Held by the process that searches, retrains or tests here."""
        return self.root / ".search.lock"

    @property
    def inputs(self) -> Path:
        """Which data and encoded texts the trials were measured on."""
        return self.root / "inputs.json"

    @property
    def versions(self) -> Path:
        """Versions of what ran it."""
        return self.root / "versions.json"

    @property
    def ledger(self) -> Path:
        """The durable record of every trial."""
        return self.root / "ledger.log"

    @property
    def earlier(self) -> Path:
        """What the search took from earlier experiments; there where it began with some."""
        return self.root / "earlier.json"

    @property
    def events(self) -> Path:
        """One JSON object a line for everything the search told its watchers."""
        return self.root / "events.jsonl"

    @property
    def tensorboard(self) -> Path:
        """A run for each trial, and one for the search; there where TensorBoard was asked for."""
        return self.root / "tensorboard"

    @property
    def wandb(self) -> Path:
        """Files of Weights & Biases; there where it was asked for."""
        return self.root / "wandb"

    @property
    def trials(self) -> Path:
        """One row per trial."""
        return self.root / "trials.parquet"

    @property
    def measurements(self) -> Path:
        """One row per trial and fidelity."""
        return self.root / "measurements.parquet"

    @property
    def checkpoints(self) -> Path:
        """One folder per trial, named as `TrialSpec.name` says; emptied when the search is over."""
        return self.root / "checkpoints"

    @property
    def ray(self) -> Path:
        """Ray's own files; nothing in it is needed to resume."""
        return self.root / "ray"

    @property
    def bundle(self) -> Path:
        """The retrained winner, ready to serve."""
        return self.root / "bundle"

    @property
    def retrain(self) -> Path:
        """The winner's test metrics over seeds."""
        return self.root / "retrain.json"

    @property
    def retrained(self) -> Path:
        """Trainings of the winner that are done, until all of them are."""
        return self.root / "retrained"

    @property
    def baselines(self) -> Path:
        """The tuned baselines' test metrics."""
        return self.root / "baselines.json"

    @property
    def robustness(self) -> Path:
        """Test metrics of winner and baselines under disturbances."""
        return self.root / "robustness.json"

    @property
    def disturbed(self) -> Path:
        """Disturbed data, while the winner is retrained on them."""
        return self.root / "disturbed"

    @property
    def report(self) -> Path:
        """The document for people."""
        return self.root / "report.html"


@contextmanager
def working_in(root: Path) -> Iterator[None]:
    """Nobody else searches, retrains or tests baselines in `root` meanwhile. The lock goes with its process.

    Raises:
        UsageError: Somebody does, or nothing can be written there.
    """
    folder = ExperimentFolder(root)
    try:
        folder.root.mkdir(parents=True, exist_ok=True)
        held = FileLock(folder.lock).acquire(timeout=_LOCK_SECONDS)
    except Timeout:
        what = "another process is at work here; stop it first, or use another folder (search --folder OTHER)"
        raise UsageError(str(root), [Problem("", what)]) from None
    except OSError as error:
        raise UsageError(str(root), [Problem("", f"nothing can be written here: {error.strerror}")]) from None
    with held:
        yield


def is_worked_in(root: Path) -> bool:
    """Whether some process is in `working_in` there; True also where that can't be told."""
    lock = ExperimentFolder(root).lock
    if not lock.exists():
        return False
    try:
        with FileLock(lock).acquire(timeout=0):
            return False
    except (Timeout, OSError):
        return True


def open_folder(root: Path) -> ExperimentFolder:
    """The folder of an experiment that has been started.

    Raises:
        UsageError: `root` is not an experiment's folder; says where one was found, when near.
    """
    folder = ExperimentFolder(root)
    if folder.experiment.is_file():
        return folder
    raise UsageError(str(root), [Problem("", _why_not_an_experiment(folder))])


def new_folder(root: Path) -> ExperimentFolder:
    """A fresh folder for an experiment, created with its parents.

    One whose search never began (its data or encoder was missing) is as good as fresh.

    Raises:
        UsageError: A search has begun in it; none writes over another's ledger.
    """
    folder = ExperimentFolder(root)
    if folder.ledger.exists():
        resume = f"gnas-ray resume {quote(str(root))}"
        what = f"an experiment is here already; `{resume}` goes on with it, `--folder OTHER` starts another"
        raise UsageError(str(root), [Problem("", what)])
    folder.checkpoints.mkdir(parents=True, exist_ok=True)
    return folder


def _why_not_an_experiment(folder: ExperimentFolder) -> str:
    wanted = f"not an experiment's folder (no {folder.experiment.name} in it)"
    if not folder.root.exists():
        wanted = "no such folder"
    near = sorted({path.parent for path in _nearby(folder.root) if path.is_file()})
    if near:
        return f"{wanted}; experiments nearby: {', '.join(map(str, near[:5]))}"
    return f"{wanted}; `gnas-ray search EXPERIMENT.yaml` makes one"


def _nearby(root: Path) -> list[Path]:
    name = ExperimentFolder(root).experiment.name
    places = [root, root.parent, Path("runs")]
    return [found for place in places if place.is_dir() for found in place.glob(f"*/{name}")]
