"""A YAML document whose every complaint names its line: what is wrong, where, and what was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from typing import Any, NoReturn

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from clew.core import UsageError


class _Constructor(RoundTripConstructor):
    """Leaves dates and times as they are written: as objects they would lose their offset."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", _Constructor.construct_scalar)


def parse_yaml(text: str, *, where: str) -> Node:
    """The document `text` as a `Node`; an empty document is an empty mapping. Raises `UsageError` with the line."""
    try:
        yaml = YAML(typ="rt", pure=True)
        yaml.Constructor = _Constructor
        value = yaml.load(StringIO(text))
    except MarkedYAMLError as error:
        line = f", line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise UsageError(
            f"This is not YAML: {error.problem or 'it cannot be parsed'}.",
            where=where + line,
            mend="indent with spaces, and put quotes around texts that hold a colon, a hash or a bracket",
        ) from None
    except (YAMLError, ValueError, RecursionError) as error:
        raise UsageError(
            f"This is not YAML: {str(error).splitlines()[0] if str(error) else 'it cannot be parsed'}.",
            where=where,
            mend="indent with spaces, and put quotes around texts that hold a colon, a hash or a bracket",
        ) from None
    return Node(value if value is not None else CommentedMap(), where, 1)


@dataclass(frozen=True)
class Node:
    """A value of the document and the line it stands on. Every accessor raises `UsageError` for the wrong kind."""

    value: Any
    file: str
    line: int
    path: str = ""

    @property
    def where(self) -> str:
        """File, line and key path, for a message."""
        return f"{self.file}, line {self.line}" + (f" ({self.path})" if self.path else "")

    def refuse(self, what: str, *, mend: str) -> NoReturn:
        """Raises `UsageError` about this value."""
        raise UsageError(what, where=self.where, mend=mend)

    @property
    def is_mapping(self) -> bool:
        """Whether it holds keys."""
        return isinstance(self.value, CommentedMap)

    def items(self, allowed: Iterable[str] | None = None) -> dict[str, Node]:
        """Its keys and values; a key outside `allowed` is refused with the nearest one that is."""
        if not isinstance(self.value, CommentedMap):
            self.refuse(f"{self._shown} is not a mapping of keys to values.", mend="write `key: value` lines below it")
        known = None if allowed is None else list(allowed)
        found = {}
        for key, value in self.value.items():
            line = self.value.lc.key(key)[0] + 1
            name = _plain(key)
            node = Node(value, self.file, line, f"{self.path}.{name}" if self.path else name)
            if known is not None and name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                hint = f"did you mean {near[0]!r}? " if near else ""
                node.refuse(f"{name!r} is not a key that may stand here.", mend=f"{hint}known: {', '.join(known)}")
            found[name] = node
        return found

    def list(self) -> Iterator[Node]:
        """Its items; a single value counts as a list of one."""
        if not isinstance(self.value, CommentedSeq):
            yield self
            return
        for number, value in enumerate(self.value):
            yield Node(value, self.file, self.value.lc.item(number)[0] + 1, self.path)

    def text(self) -> str:
        """It as text: numbers as YAML reads them, dates as written."""
        if isinstance(self.value, CommentedMap | CommentedSeq) or self.value is None:
            self.refuse(
                f"{self._shown} is not a text.", mend="write one value, in quotes if it holds special characters"
            )
        return _plain(self.value)

    def optional_text(self) -> str | None:
        """It as text, or None where the document says null."""
        return None if self.value is None else self.text()

    def texts(self) -> tuple[str, ...]:
        """It as a list of texts."""
        return tuple(item.text() for item in self.list())

    def number(self, low: float, high: float) -> float:
        """It as a number from `low` to `high`."""
        good = isinstance(self.value, int | float) and not isinstance(self.value, bool)
        if not good or not low <= float(self.value) <= high:
            self.refuse(f"{self._shown} is not a number from {low:g} to {high:g}.", mend="write such a number")
        return float(self.value)

    def flag(self) -> bool:
        """It as true or false."""
        if not isinstance(self.value, bool):
            self.refuse(f"{self._shown} is neither true nor false.", mend="write true or false")
        return self.value

    @property
    def _shown(self) -> str:
        if isinstance(self.value, CommentedMap):
            return "A mapping"
        if isinstance(self.value, CommentedSeq):
            return "A list"
        return "Nothing" if self.value is None else repr(_plain(self.value))


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
