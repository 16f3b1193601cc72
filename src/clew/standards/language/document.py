"""Reads YAML so that every value remembers its line: the ground of errors that say where.

Dates stay text (the schema reads them), and a key given twice is refused. So is what could take up the machine or
deceive a reader: anchors that contain themselves or multiply, nesting, very long texts and numbers, odd characters.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer, MaxDepthExceededError
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from clew.core import ClewError

#: Deepest nesting, most values, longest text and number: far above any standard, and a bound on what a hostile file
#: can cost. The largest standard that ships has 2,900 values.
MAXIMUM_DEPTH, MAXIMUM_VALUES = 40, 30_000
MAXIMUM_TEXT, MAXIMUM_DIGITS = 20_000, 15

#: Control characters, halves of a pair, and what reverses the direction of the text around it.
_NO_TEXT = re.compile("[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f\\ud800-\\udfff\\u202a-\\u202e\\u2066-\\u2069]")

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
    _refuse_odd_characters(text, name, 1)
    try:
        yaml = YAML(typ="safe", pure=True)
        yaml.max_depth = MAXIMUM_DEPTH
        yaml.Composer = _Composer
        root = yaml.compose(text)
        value = _plain(root, (), lines, name) if root is not None else None
    except MaxDepthExceededError as error:
        raise _too_much(f"It is nested deeper than {MAXIMUM_DEPTH} levels", error.problem_mark, name) from None
    except _TooManyError as error:
        raise _too_much(f"It has more than {MAXIMUM_VALUES} values", error.args[0], name) from None
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


class _TooManyError(Exception):
    pass


class _Composer(Composer):
    """Stops at the first value too many, before the rest is read."""

    values = 0

    def compose_scalar_node(self, anchor: Any) -> Any:
        self.values += 1
        if self.values > MAXIMUM_VALUES:
            raise _TooManyError(self.parser.peek_event().start_mark)
        return super().compose_scalar_node(anchor)


def _too_much(what: str, mark: Any, name: str) -> StandardError:
    return StandardError(
        f"{what}, or an anchor in it contains itself.",
        where=f"{name}, line {mark.line + 1}" if mark else name,
        why="that could take up the machine, and no reader could follow it",
        mend="write the rules out; a standard needs few levels and no clever anchors",
    )


def _plain(node: Node, path: Path, lines: dict[Path, int], name: str) -> Any:
    if len(path) > MAXIMUM_DEPTH:
        raise _too_much(f"It is nested deeper than {MAXIMUM_DEPTH} levels", node.start_mark, name)
    if len(lines) > MAXIMUM_VALUES:
        raise _too_much(f"It has more than {MAXIMUM_VALUES} values", node.start_mark, name)
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
            return _scalar(node, name)


def _mapping(node: MappingNode, path: Path, lines: dict[Path, int], name: str) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, item in node.value:
        line = key.start_mark.line + 1
        word = _text(key, name) if isinstance(key, ScalarNode) else ""
        if not word:
            raise StandardError("A name here is no text.", where=f"{name}, line {line}", mend="put it in quotes")
        if word in result:
            raise StandardError(
                f"The name {word} is given twice.",
                where=f"{name}, line {line}",
                why="one of the two would be dropped in silence",
                mend="keep one of the two",
            )
        lines[(*path, word)] = line
        result[word] = _plain(item, (*path, word), lines, name)
    return result


def _text(node: Node, name: str) -> str:
    text, line = str(node.value), node.start_mark.line + 1
    if len(text) > MAXIMUM_TEXT:
        raise StandardError(
            f"A text here has {len(text)} characters; {MAXIMUM_TEXT} are read.",
            where=f"{name}, line {line}",
            mend="shorten it",
        )
    _refuse_odd_characters(text, name, line)
    return text


def _refuse_odd_characters(text: str, name: str, line: int) -> None:
    if odd := _NO_TEXT.search(text):
        raise StandardError(
            f"The text holds the character U+{ord(odd.group()):04X}, which is none.",
            where=f"{name}, line {line + text.count(chr(10), 0, odd.start())}",
            why="it could not be shown, or would hide what stands around it",
            mend="take it out",
        )


def _scalar(node: Node, name: str) -> str | int | float | bool | None:
    """The value of a scalar; a date stays the text it was written in."""
    text = _text(node, name)
    if str(node.tag).rpartition(":")[2] in ("int", "float") and len(text) > MAXIMUM_DIGITS:
        raise StandardError(
            f"A number here has {len(text)} characters; {MAXIMUM_DIGITS} are read.",
            where=f"{name}, line {node.start_mark.line + 1}",
            mend="write a smaller number, or put it in quotes if it is a text",
        )
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
