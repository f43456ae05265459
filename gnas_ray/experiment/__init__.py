"""What the user asked for, checked before anything starts.

Question: what did the user ask for? The schema of an experiment's YAML, a loader that reports every mistake at
once with its line and the nearest right answer, overrides from the command line, the shipped files.

May import: data, space and core; the families of controllers, searchers, rewards, baselines and metrics for
their names, late.
To add a section: its options in sections.py and its field in experiment.py; what the schema can't say, in
checks.py. Then write the schema for editors anew:
`gnas-ray space schema search_spaces/experiment.schema.json`.
"""

from gnas_ray.experiment.experiment import Experiment
from gnas_ray.experiment.json_schema import experiment_json_schema
from gnas_ray.experiment.loader import load_experiment, load_space
from gnas_ray.experiment.prior import PriorMember
from gnas_ray.experiment.sections import NamedOptions
from gnas_ray.experiment.shipped import find_search_space_file, shipped_files

__all__ = [
    "Experiment",
    "NamedOptions",
    "PriorMember",
    "experiment_json_schema",
    "find_search_space_file",
    "load_experiment",
    "load_space",
    "shipped_files",
]
