"""YAML documents whose plain scalars are text, but for true, false and null.

YAML 1.1 turns `NO` into false, `2024-07-03` into a date object and `10:00` into 600; a calendar
of states and dates cannot have that. Keys that occur twice are refused, and so are documents
that grow beyond measure through aliases. Merge keys (`<<`) are plain keys here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Any

import yaml

VALUE_LIMIT = 1_000_000
"""The most values in one document, aliases counted as often as they are used."""

YamlError = yaml.YAMLError

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_WORD = "tag:summitry.v1,2024:word"


class _PlainLoader(_Loader):  # type: ignore[misc]  # the C loader is there or not at run time
    """The safe loader, with no plain scalars that mean something but `_WORDS`."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # overrides that of the base


_PlainLoader.add_implicit_resolver(
    _WORD, re.compile(r"^(true|false|null|~|)$"), ["t", "f", "n", "~", ""]
)


def documents(text: str) -> Iterator[Any]:
    """Yield the value of each document, None for an empty one. Raises YamlError."""
    for node in yaml.compose_all(text, _PlainLoader):
        yield _Document().value(node)


class _Document:
    """A reader of one document: turns its nodes into values and counts them."""

    def __init__(self) -> None:
        self._values_left = VALUE_LIMIT

    def value(self, node: yaml.Node) -> Any:
        """Return the value of a node. Raises YamlError beyond VALUE_LIMIT values."""
        self._values_left -= 1
        if self._values_left < 0:
            raise _error("too many values; are there aliases of aliases?", node)
        try:
            if isinstance(node, yaml.SequenceNode):
                return [self.value(child) for child in node.value]
            if isinstance(node, yaml.MappingNode):
                return self._mapping(node)
        except RecursionError:
            raise _error("nested too deeply", node) from None
        return _WORDS[node.value] if node.tag == _WORD else node.value

    def _mapping(self, node: yaml.MappingNode) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _error("a key must be text", key)
            if key.value in mapping:
                raise _error(f"the key {key.value!r} is there twice", key)
            mapping[key.value] = self.value(value)
        return mapping


def _error(problem: str, node: yaml.Node) -> YamlError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


class _PlainDumper(yaml.SafeDumper):
    """The safe dumper, with the three rare line ends of Unicode quoted: it loses them otherwise."""


def _represent_text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = '"' if _LINE_END.search(text) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_LINE_END = re.compile("[\x85\u2028\u2029]")
_PlainDumper.add_representer(str, _represent_text)


def write(value: Any, stream: IO[str]) -> None:
    """Write a value as one document that `documents`, and any reader of YAML, reads as it was."""
    yaml.dump(
        value,
        stream,
        _PlainDumper,
        explicit_start=True,
        sort_keys=False,
        allow_unicode=True,
        width=96,
    )
