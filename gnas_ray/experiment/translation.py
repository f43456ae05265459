"""Pydantic's errors in the words of the file's author."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from gnas_ray.core import nearest
from gnas_ray.experiment.document import Document
from gnas_ray.space import Mistake
from gnas_ray.space.mistakes import Path

Schema = dict[str, Any]
"""A JSON Schema, or a part of one."""


def translate(error: ValidationError, model: type[BaseModel], document: Document) -> list[Mistake]:
    """The mistakes behind `error`, each at its path in the document: one where all members of a union refuse."""
    by_path: dict[Path, list[tuple[str, str]]] = {}
    for detail in error.errors():
        path = detail["loc"] if detail["type"] == "missing" else document.known(detail["loc"])
        by_path.setdefault(path, []).append(_said(detail, model, document))
    return [Mistake(path, _sentence(said)) for path, said in by_path.items()]


def is_unknown_key(detail: ErrorDetails) -> bool:
    """Whether the rest of the file can be understood without this error's key."""
    return detail["type"] == "extra_forbidden"


def _sentence(said: Sequence[tuple[str, str]]) -> str:
    subject = said[0][0]
    wishes = " or ".join(dict.fromkeys(wish for _, wish in said if wish))
    return f"{subject}; {wishes}" if wishes else subject


def _said(detail: ErrorDetails, model: type[BaseModel], document: Document) -> tuple[str, str]:
    """What is there, and what was wanted ("" where the first says it all)."""
    loc, kind, found = detail["loc"], detail["type"], detail["input"]
    context: Mapping[str, Any] = detail.get("ctx", {})
    written = document.known(loc)
    name = ".".join(map(str, written)) or "the file"
    if is_unknown_key(detail):
        inside = "".join(f"{part}." for part in written[:-1])
        return f"unknown key {inside}{loc[-1]!r}{nearest(str(loc[-1]), known_keys(model, loc[:-1]))}", ""
    if kind == "missing":
        return f"missing key {loc[-1]!r}" + (f" in {name}" if written else ""), ""
    if kind == "string_pattern_mismatch":
        return f"{found!r} is no name", f"wanted {context['pattern']}"
    if kind in ("union_tag_invalid", "literal_error"):
        tag, known = context.get("tag", found), context.get("expected_tags", context.get("expected", ""))
        return f"{name} is {tag!r}", nearest(str(tag), _quoted(known)).removeprefix("; ")
    message = detail["msg"].removeprefix("Value error, ").replace("Input should be", "wanted")
    if isinstance(found, (str, int, float)) and message.startswith("wanted"):
        return f"{name} is {found!r}", message
    return f"{name}: {message}", ""


def _quoted(text: str) -> list[str]:
    """The words that pydantic lists as ``'a', 'b' or 'c'``."""
    return re.findall(r"'([^']*)'", text)


def known_keys(model: type[BaseModel], loc: Sequence[str | int]) -> list[str]:
    """The keys that the schema has at `loc` under `model`, in order."""
    root = model.model_json_schema()
    nodes = list(_alternatives(root, root))
    for part in loc:
        nodes = _inside(nodes, part, root)
    return list(dict.fromkeys(key for node in nodes for key in node.get("properties", {})))


def _inside(nodes: Sequence[Schema], part: str | int, root: Schema) -> list[Schema]:
    """What `nodes` have at `part`; where it is pydantic's tag of a union's member, that member."""
    found = [alternative for node in nodes for alternative in _alternatives(_child(node, part), root)]
    tag = str(part).strip("<>")
    tagged = [node for node in nodes if any(p.get("const") == tag for p in node.get("properties", {}).values())]
    return found or tagged or list(nodes)


def _child(node: Schema, part: str | int) -> Schema:
    if isinstance(part, int):
        return _schema(node.get("items"))
    by_pattern = next(iter(node.get("patternProperties", {}).values()), node.get("additionalProperties"))
    return _schema(node.get("properties", {}).get(part, by_pattern))


def _schema(found: object) -> Schema:
    return found if isinstance(found, dict) else {}


def _alternatives(node: Schema, root: Schema) -> Iterator[Schema]:
    """The mappings and lists that `node` allows, references followed."""
    if "$ref" in node:
        yield from _alternatives(root["$defs"][node["$ref"].rpartition("/")[2]], root)
    for member in (*node.get("anyOf", ()), *node.get("oneOf", ())):
        yield from _alternatives(member, root)
    if node.get("type") in ("object", "array"):
        yield node
