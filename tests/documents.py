"""Reads the project's Markdown: its fenced blocks, its code spans, its relative links."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = [*sorted(ROOT.glob("*.md")), *sorted(DOCS.rglob("*.md"))]

SHELL = ("sh", "console", "bash", "shell")
_FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, the rest of its first line, and what is in it."""

    language: str
    info: str
    text: str

    @property
    def lines(self) -> list[str]:
        """Its commands, one each, without comments and empty lines."""
        joined = self.text.replace("\\\n", " ")
        plain = (re.sub(r"(^|\s)#\s.*$", "", line).strip() for line in joined.splitlines())
        return [line for line in plain if line]


def name_of(page: Path) -> str:
    """A page's path as it is written in the tables of the tests."""
    return page.relative_to(ROOT).as_posix()


def blocks(page: Path) -> list[Block]:
    """All fenced blocks of `page`, in order."""
    return [Block(language, info.strip(), text) for language, info, text in _FENCE.findall(page.read_text("utf-8"))]


def spans(page: Path) -> list[str]:
    """The code spans of `page` that begin with a command of Clew, on one line each."""
    prose = _FENCE.sub("", page.read_text("utf-8"))
    return [" ".join(code.split()) for code in re.findall(r"`(clew [^`]+)`", prose)]


def links(page: Path) -> Iterator[str]:
    """Where the relative links and pictures of `page` lead, without what follows a #."""
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        path = target.split("#")[0]
        if path and "://" not in target:
            yield path


def quoted(text: str) -> list[str]:
    """The passages that a block of output quotes, between lines of dots, each on one line."""
    return [" ".join(part.split()) for part in re.split(r"^\.\.\.$", text, flags=re.MULTILINE) if part.strip()]
