"""Finds and reads standards: those shipped with Clew by name, a force's own by path."""

from __future__ import annotations

import os
from importlib.resources import files
from pathlib import Path

from clew.core import UsageError
from clew.standards.language.checks import check_versions
from clew.standards.language.document import StandardError, read_document
from clew.standards.language.extend import extended
from clew.standards.language.model import Standard
from clew.standards.language.reader import read_standard

#: A standard is some pages of text; a larger file is something else.
MAXIMUM_BYTES = 1_000_000


def shipped() -> dict[str, str]:
    """Text of each shipped standard, by id."""
    folder = files("clew.standards.library")
    return {
        item.name.removesuffix(".yaml"): item.read_text(encoding="utf-8")
        for item in sorted(folder.iterdir(), key=lambda item: item.name)
        if item.name.endswith(".yaml")
    }


def load_folder(folder: Path) -> list[Standard]:
    """Every standard in a folder of YAML files; raises `StandardError` if two versions of one are in force at once."""
    if not folder.is_dir():
        raise UsageError(f"{folder} is no folder.", mend="give the folder in which the force keeps its standards")
    standards = [load_standard(path) for path in sorted(folder.glob("*.yaml"))]
    check_versions(standards)
    return standards


def load_standard(name_or_path: str | Path) -> Standard:
    """The standard called so, or in that file; raises `UsageError` if there is none, `StandardError` if faulty."""
    text, name = _text(str(name_or_path))
    return parse_standard(text, name=name, beside=Path(name_or_path).parent)


def parse_standard(text: str, *, name: str = "standard", beside: Path | None = None) -> Standard:
    """The standard that `text` holds. beside: the folder in which a standard it extends is looked for."""

    def parent(wanted: str) -> tuple[str, str]:
        if beside is not None and (beside / wanted).is_file():
            return _text(str(beside / wanted))
        return _text(wanted)

    return read_standard(extended(read_document(text, name), parent))


def _text(name: str) -> tuple[str, str]:
    library = shipped()
    if name in library:
        return library[name], f"{name}.yaml"
    path = Path(name)
    if not os.path.isfile(path):  # noqa: PTH113 - a name that is too long is no file either
        raise UsageError(
            f"There is no standard {name!r}.",
            where="--standard",
            mend=f"give a file, or one of those shipped: {', '.join(library)}",
        )
    try:
        size = path.stat().st_size
        if size > MAXIMUM_BYTES:
            raise StandardError(
                f"{path.name} has {size} bytes; that is no standard.",
                where=path.name,
                why=f"no more than {MAXIMUM_BYTES} are read, so that no file can take up the machine",
                mend="give the standard's own file, or split it and let one extend the other",
            )
        raw = path.read_bytes()
        return raw.decode("utf-8-sig"), path.name
    except UnicodeDecodeError as error:
        raise StandardError(
            f"{path.name} is not UTF-8 text (byte {error.start}).", where=path.name, mend="save it as UTF-8"
        ) from None
    except OSError as error:
        raise UsageError(f"Cannot read {path}: {error.strerror}.", where="--standard") from None
