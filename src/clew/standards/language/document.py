"""Reads YAML so that every value remembers its line: the ground of errors that say where.

Dates stay text (the schema reads them), a key given twice is refused, and anchors that contain themselves are too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from clew.core import ClewError

#: Deepest nesting and most values read: far above any standard, and a bound on what a hostile file can cost.
MAXIMUM_DEPTH, MAXIMUM_VALUES = 40, 200_000

Path = tuple[str | int, ...]


class StandardError(ClewError):
    """A standard that cannot be used; `where` names file, line and rule."""


@dataclass(frozen=True, slots=True)
class Document:
    """Plain values (dict, list, str, int, float, bool, None) and the line of each, by path."""

    value: Any
    name: str
    lines: dict[Path, int] = field(default_factory=dict)

    def line(self, path: Path) -> int:
        """The line `path` stands on, or that of the nearest thing around it."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def where(self, path: Path) -> str:
        """Place of `path` in words: file, line, and the way to it."""
        names = [self._named(path[: depth + 1]) for depth in range(len(path))]
        trail = " > ".join(name for name in names if name)
        return f"{self.name}, line {self.line(path)}" + (f" ({trail})" if trail else "")

    def _named(self, path: Path) -> str:
        last = path[-1]
        if isinstance(last, str):
            return last
        item: Any = self.value
        try:
            for step in path:
                item = item[step]
        except (KeyError, IndexError, TypeError):
            return f"item {last + 1}"
        name = item.get("id", item.get("name")) if isinstance(item, dict) else None
        return str(name) if name else f"item {last + 1}"

    def error(self, path: Path, what: str, *, why: str = "", mend: str = "") -> StandardError:
        """A `StandardError` about the value at `path`."""
        return StandardError(what, where=self.where(path), why=why, mend=mend)


def read_document(text: str, name: str) -> Document:
    """`text` as a `Document`; raises `StandardError` for anything that is not YAML of sane size."""
    lines: dict[Path, int] = {}
    try:
        root = YAML(typ="safe", pure=True).compose(text)
        value = _plain(root, (), lines, name) if root is not None else None
    except (YAMLError, RecursionError, ValueError) as error:
        mark = error.problem_mark if isinstance(error, MarkedYAMLError) else None
        problem = getattr(error, "problem", None) or str(error).partition("\n")[0] or "it is nested too deeply"
        place = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
        raise StandardError(
            f"This is not readable YAML: {problem}.",
            where=place,
            mend="mind the indentation (two spaces), the space after each colon, and quotes around texts with colons",
        ) from None
    return Document(value=value, name=name, lines=lines)


def _plain(node: Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    if len(path) > MAXIMUM_DEPTH or len(lines) > MAXIMUM_VALUES:
        raise StandardError(
            "The file is too deep or too large, or an anchor in it contains itself.",
            where=name,
            mend="write the rules out; a standard needs few levels and no clever anchors",
        )
    match node:
        case MappingNode():
            return _mapping(node, path, lines, name)
        case SequenceNode():
            items = []
            for number, item in enumerate(node.value):
                lines[(*path, number)] = item.start_mark.line + 1
                items.append(_plain(item, (*path, number), lines, name))
            return items
        case _:
            return _scalar(node)


def _mapping(node: MappingNode, path: Path, lines: dict[Path, int], name: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, item in node.value:
        line = key.start_mark.line + 1
        word = str(key.value) if isinstance(key, ScalarNode) else ""
        if not word or word in result:
            raise StandardError(
                f"The name {word} is given twice." if word else "A name here is no text.",
                where=f"{name}, line {line}",
                why="one of the two would be dropped in silence",
                mend="keep one of the two" if word else "put it in quotes",
            )
        lines[(*path, word)] = line
        result[word] = _plain(item, (*path, word), lines, name)
    return result


def _scalar(node: Node) -> str | int | float | bool | None:
    """The value of a scalar; a date stays the text it was written in."""
    text = str(node.value)
    match str(node.tag).rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text.replace("_", ""), 0 if text.lstrip("+-").startswith("0x") else 10)
        case "float":
            return float(text.replace("_", "").replace(".inf", "inf").replace(".nan", "nan"))
    return text
