"""A JSON Schema of the experiment file, for editors."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from gnas_ray.experiment.experiment import Experiment
from gnas_ray.experiment.families import FAMILIES, parameters


def experiment_json_schema() -> dict[str, Any]:
    """Draft 2020-12, from the same definitions that `load_experiment` checks with."""
    schema = Experiment.model_json_schema()
    for section, members in FAMILIES.items():
        alternatives: list[dict[str, Any]] = [{"enum": list(members()), "type": "string"}]
        alternatives += [_member(name, member) for name, member in members().items()]
        schema["properties"][section]["anyOf"] = alternatives
    schema["$defs"].pop("NamedOptions", None)
    schema["properties"]["$schema"] = {"type": "string"}
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _member(name: str, member: type) -> dict[str, Any]:
    """The mapping form of one member: its name and its constructor's parameters."""
    keys = {
        parameter.name: {**TypeAdapter(parameter.annotation).json_schema(), "default": parameter.default}
        for parameter in parameters(member).values()
    }
    return {
        "type": "object",
        "properties": {"name": {"const": name}, **keys},
        "required": ["name"],
        "additionalProperties": False,
    }
