"""YAML with a position for every value. Numbers keep the digits the author wrote; yes, no, on and off are texts.

YAML 1.1 reads `NO` as false and 1:30 as ninety; a legal text must not depend on that. Only true, false, null,
integers and decimal numbers are special here; everything else is text, and a key given twice is refused.
"""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from littlegiant.problems import LittleGiantError, Problem

Path = tuple[str | int, ...]
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,30})\Z")  # longer digits stay text and are refused as such
_DECIMAL = re.compile(r"[-+]?[0-9]{1,31}(\.[0-9]{1,40})?([eE][-+]?[0-9]{1,3})?\Z")
_DIGITS = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?\Z")
_LIMIT = 4_000_000  # characters; a document is written by people


@dataclass(frozen=True, slots=True)
class Position:
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class YamlText:
    """The parsed value and where each of its parts stands, by path of keys and indices."""

    value: Any
    positions: dict[Path, Position]

    def place(self, name: str, path: Path) -> str:
        """Return 'file, line 7, criteria.2.require' for the nearest known part of `path`."""
        known = path
        while known and known not in self.positions:
            known = known[:-1]
        position = self.positions.get(known, Position(1, 1))
        dotted = ".".join(str(part) for part in path)
        return f"{name}, line {position.line}" + (f", {dotted}" if dotted else "")


def _scalar(node: ScalarNode) -> Any:
    text = node.value
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in ("", "~", "null"):
        return None
    if text in ("true", "false"):
        return text == "true"
    if _INTEGER.match(text):
        return int(text)
    return Decimal(text) if _DECIMAL.match(text) else text


class _Builder:
    def __init__(self, name: str) -> None:
        self.name = name
        self.positions: dict[Path, Position] = {}
        self.problems: list[Problem] = []

    def build(self, node: Node, path: Path, depth: int = 0) -> Any:
        self.positions[path] = Position(node.start_mark.line + 1, node.start_mark.column + 1)
        if depth > 40:
            self.refuse(node, "nesting deeper than 40 levels", "a flat document")
            return None
        if isinstance(node, ScalarNode):
            if node.style in (None, "") and len(node.value) > 60 and _DIGITS.match(node.value):
                self.refuse(node, f"a number of {len(node.value)} digits", "at most 30 digits")
                return None
            return _scalar(node)
        if isinstance(node, SequenceNode):
            return [self.build(item, (*path, index), depth + 1) for index, item in enumerate(node.value)]
        assert isinstance(node, MappingNode)
        return self._mapping(node, path, depth)

    def _mapping(self, node: MappingNode, path: Path, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value if isinstance(key_node, ScalarNode) else None
            if key is None:
                self.refuse(key_node, "a key that is not a text", "a plain key")
                continue
            if key in result:
                self.refuse(key_node, f"the key {key!r} a second time", "each key once")
            result[key] = self.build(value_node, (*path, key), depth + 1)
        return result

    def refuse(self, node: Node, found: str, expected: str) -> None:
        place = f"{self.name}, line {node.start_mark.line + 1}"
        self.problems.append(Problem(place, found, expected, code="yaml"))


def parse_yaml(text: str, name: str) -> YamlText:
    """Return the value of `text` with positions; `name` is how messages call the file.

    Raises LittleGiantError for text that is not YAML, several documents, aliases, or keys given twice.
    """
    if len(text) > _LIMIT:
        raise LittleGiantError([Problem(name, f"{len(text)} characters", f"at most {_LIMIT}", code="yaml")])
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=loader)):
            raise LittleGiantError([Problem(name, "an alias (*name)", "values written out", "Repeat the value.", "yaml")])
        node = yaml.compose(text, Loader=loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
        what = getattr(error, "problem", None) or "text that is not YAML"
        problem = Problem(place, str(what), "", "Check indentation, quotes and brackets near this place.", "yaml")
        raise LittleGiantError([problem]) from error
    builder = _Builder(name)
    value = builder.build(node, ()) if node is not None else None
    if builder.problems:
        raise LittleGiantError(builder.problems)
    return YamlText(value, builder.positions)
