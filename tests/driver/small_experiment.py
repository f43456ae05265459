"""An experiment small enough for a test to run whole, on real Ray: 200 users in two camps of taste."""

import csv
from pathlib import Path

import yaml

from gnas_ray.core import Ending, Outcome
from gnas_ray.driver.preparation import prepare_again
from gnas_ray.experiment import Experiment
from gnas_ray.records.folder import ExperimentFolder, new_folder
from gnas_ray.search.assemble import open_session
from gnas_ray.training import train


def write_small_experiment(folder: Path, *, trials: int = 6, epochs: int = 9, name: str = "small") -> Path:
    """The YAML and its data in `folder`; trials of ids alone, so no encoder is needed."""
    with (folder / "interactions.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(("user_id", "item_id"))
        writer.writerows((f"u{u}", i) for u in range(200) for i in range(u % 2, 60, 2) if (u * 7 + i * 3) % 5)
    experiment = {
        "name": name,
        "data": {"dataset": {"name": "files", "interactions": "interactions.csv"}},
        "space": {
            "decisions": {
                "item_features": ["id"],
                "num_layers": [0, 1, 2],
                "layer": {
                    "times": "num_layers",
                    "decisions": {"operator": ["lightgcn", "gcn"], "activation": ["none"], "residual": [False]},
                },
                "loss": ["full_softmax", "bpr"],
            },
            "hyperparameters": {
                "learning_rate": {"type": "float", "low": 0.001, "high": 0.1, "log": True},
                "embedding_size": [8, 16],
                "batch_size": [1024],
            },
        },
        "objective": {"metric": "ndcg@10"},
        "scheduler": {"grace_period": 3, "reduction_factor": 3, "max_epochs": epochs},
        "budget": {"trials": trials},
        "training": {"metrics": ["recall@10"]},
        "retrain": {"seeds": 2},
        "baselines": ["popularity", "ease"],
        "resources": {"concurrent_trials": 1, "gpus_per_trial": 0},
    }
    path = folder / f"{name}.yaml"
    path.write_text(yaml.safe_dump(experiment, sort_keys=False))
    return path


def searched(experiment: Experiment, root: Path) -> ExperimentFolder:
    """The folder as a search leaves it whose trials were trained one after the other in this process, without Ray."""
    folder = new_folder(root)
    folder.experiment.write_text(experiment.to_yaml(), encoding="utf-8")
    task = prepare_again(experiment, folder, lambda event: None)
    with open_session(experiment, folder.ledger) as session:
        while (spec := session.ask()) is not None:
            goes_on = True
            for measurement in train(spec, task):
                if not (goes_on := session.observe(spec.number, measurement)):
                    break
            session.tell(spec.number, Outcome(Ending.FINISHED if goes_on else Ending.STOPPED))
    return folder
