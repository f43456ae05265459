"""Writes the JSON Schema of the experiment file: `python -m gnas_ray.experiment FILE`."""

import json
import sys
from pathlib import Path

from gnas_ray.experiment.json_schema import experiment_json_schema

Path(sys.argv[1]).write_text(
    json.dumps(experiment_json_schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8"
)
