"""An experiment small enough for a test to run whole, on real Ray: 200 users in two camps of taste."""

import csv
from pathlib import Path

import yaml


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
