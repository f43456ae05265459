"""A YAML file as plain data, with the place of every key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import ConstructorError
from yaml.reader import ReaderError

from gnas_ray.core import Problem, UsageError
from gnas_ray.space import Mistake


@dataclass(frozen=True)
class Document:
    """What a file says, and where.

    Attributes:
        data: Mappings, lists and scalars, as written.
        places: The place of every key and list item, e.g. ``("space", "decisions"): "line 3"``.
    """

    data: Any
    places: Mapping[tuple[str | int, ...], str]

    def known(self, path: tuple[str | int, ...]) -> tuple[str | int, ...]:
        """`path` as far as it is written; parts that are not are a schema's own words, and passed over."""
        known: tuple[str | int, ...] = ()
        for part in path:
            if (*known, part) in self.places:
                known = (*known, part)
        return known

    def place(self, path: tuple[str | int, ...]) -> str:
        """Where `path` is written, or else the nearest thing around it that is; "" for the whole file."""
        return self.places.get(self.known(path), "")

    def problems(self, mistakes: list[Mistake]) -> list[Problem]:
        """The mistakes with their places, in the order of the file."""
        problems = [Problem(self.place(mistake.path), mistake.what) for mistake in mistakes]
        return sorted(dict.fromkeys(problems), key=lambda problem: _line(problem.where))


def read_document(path: Path) -> Document:
    """The YAML file at `path` (version 1.2's scalars: ``1e-4`` is a number, ``no`` is text).

    Raises:
        UsageError: It can't be read, is no YAML, or a key comes twice.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = error.strerror or str(error) if isinstance(error, OSError) else f"not UTF-8 text: {error}"
        raise UsageError(str(path), [Problem("", what)]) from None
    try:
        reader = _Reader(text)
        document = reader.read()
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(str(path), [Problem(line, f"not YAML: {error.problem}")]) from None
    except ReaderError as error:
        num_before = text.count("\n", 0, error.position)
        line = f"line {num_before + 1}"
        raise UsageError(str(path), [Problem(line, f"not YAML: the character {chr(error.character)!r}")]) from None
    if reader.problems:
        raise UsageError(str(path), reader.problems)
    return document


def parse_value(text: str) -> Any:
    """`text` as the value of a key in YAML, e.g. ``[1, 2]`` or ``0.1``.

    Raises:
        yaml.YAMLError: It is no YAML, or has what `read_document` refuses too.
    """
    reader = _Reader(text)
    value = reader.read().data
    if reader.problems:
        raise yaml.YAMLError("; ".join(problem.what for problem in reader.problems))
    return value


def to_yaml(plain: Mapping[str, Any]) -> str:
    """The text that `read_document` reads as `plain`."""
    return yaml.dump(
        dict(plain), Dumper=_Dumper, sort_keys=False, default_flow_style=None, width=110, allow_unicode=True
    )


class _Loader(yaml.SafeLoader):
    pass


class _Dumper(yaml.SafeDumper):
    pass


# PyYAML speaks YAML 1.1, where ``1e-4`` is text and ``no`` is false; users and editors expect 1.2.
_Loader.yaml_implicit_resolvers = {}
_Dumper.yaml_implicit_resolvers = {}
for _tag, _pattern, _first in (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)",
        "-+.0123456789",
    ),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    ("merge", r"<<", "<"),
):
    for _speaker in (_Loader, _Dumper):
        _speaker.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), list(_first))


def _integer(_: _Loader, node: yaml.ScalarNode) -> int:
    """An integer of YAML 1.2, where 010 is ten; PyYAML's own constructor takes it for eight."""
    try:
        return int(node.value, {"0o": 8, "0x": 16}.get(node.value[:2], 10))
    except ValueError:  # more digits than Python reads, or text that the user has tagged
        raise ConstructorError(None, None, "no integer", node.start_mark) from None


_Loader.add_constructor("tag:yaml.org,2002:int", _integer)


_COLLECTION_TAGS = ("tag:yaml.org,2002:map", "tag:yaml.org,2002:seq")


class _Reader:
    """Walks the nodes of one text; what YAML allows and we don't goes to `problems`."""

    def __init__(self, text: str) -> None:
        self.problems: list[Problem] = []
        self._loader = _Loader(text)
        self._places: dict[tuple[str | int, ...], str] = {}

    def read(self) -> Document:
        node = self._loader.get_single_node()
        data = None if node is None else self._plain(node, (), inside=frozenset())
        return Document(data, self._places)

    def _plain(self, node: yaml.Node, path: tuple[str | int, ...], *, inside: frozenset[int]) -> Any:
        if id(node) in inside:
            self.problems.append(Problem(_place(node), "an anchor that contains itself"))
            return None
        if isinstance(node, yaml.CollectionNode) and node.tag not in _COLLECTION_TAGS:
            self.problems.append(Problem(_place(node), f"a tag, {node.tag}: only plain values here"))
            return None
        inside |= {id(node)}
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, inside)
        if isinstance(node, yaml.SequenceNode):
            for index, item in enumerate(node.value):
                self._places[(*path, index)] = _place(item)
            return [self._plain(item, (*path, index), inside=inside) for index, item in enumerate(node.value)]
        return self._loader.construct_object(node)

    def _mapping(self, node: yaml.MappingNode, path: tuple[str | int, ...], inside: frozenset[int]) -> dict[str, Any]:
        self.problems += _keys_that_come_twice(node)
        self._loader.flatten_mapping(node)
        plain = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            self._places[(*path, key)] = _place(key_node)
            plain[key] = self._plain(value_node, (*path, key), inside=inside)
        return plain


def _keys_that_come_twice(node: yaml.MappingNode) -> Iterator[Problem]:
    first: dict[str, str] = {}
    for key_node, _ in node.value:
        if key_node.tag == "tag:yaml.org,2002:merge":
            continue
        key = str(key_node.value)
        if key in first:
            yield Problem(_place(key_node), f"key {key!r} comes twice; first on {first[key]}")
        first.setdefault(key, _place(key_node))


def _place(node: yaml.Node) -> str:
    return f"line {node.start_mark.line + 1}"


def _line(where: str) -> tuple[str, int]:
    """Sorts ``line 9`` before ``line 10``."""
    text, _, number = where.rpartition(" ")
    return (text, int(number)) if number.isdecimal() else (where, 0)
