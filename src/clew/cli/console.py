"""What every command shares: its common options, where its output goes, and progress on a terminal only."""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from clew.core import UsageError

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Write the result here instead of to the terminal.")]
AsOfOption = Annotated[
    str | None, typer.Option("--as-of", help="As known at this date or time (a date means the start of that day).")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no remarks; errors only.")]

stderr = Console(stderr=True)


class Tick(Protocol):
    """Told how far a long piece of work has come."""

    def __call__(self, done: int, total: int, what: str = "", /) -> None:
        """`done` of `total` units, now busy with `what`."""


def print_json(value: Any, out: Path | None = None) -> None:
    """Writes `value` as one JSON object to `out`, or to stdout."""
    write_text(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False) + "\n", out)


def write_text(text: str, out: Path | None = None, option: str = "--out") -> None:
    """Writes `text` to `out`, which `option` named, whole or not at all; to stdout where there is none."""
    if out is None:
        sys.stdout.write(text)
        return
    write_bytes(text.encode(), out, option)


def write_bytes(content: bytes, out: Path, option: str = "--out") -> None:
    """Writes `content` to `out`, which `option` named, whole or not at all."""
    with whole_file(out, option) as temporary:
        temporary.write_bytes(content)


@contextmanager
def whole_file(out: Path, option: str = "--out") -> Iterator[Path]:
    """A temporary file beside `out`, which takes its place once it is written; what fails leaves `out` as it was.

    Through a symbolic link, the file that it names is written. Raises `UsageError` where `out`, which `option` named,
    cannot be written or is no file.
    """
    try:
        file = _file(out)
        temporary = _beside(file)
        try:
            yield temporary
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise _unwritable(out, error, option) from error


def refuse_unless_writable(out: Path) -> None:
    """Raises `UsageError` where `out` cannot be written: before something is done that cannot be done twice."""
    try:
        _beside(_file(out)).unlink()
    except OSError as error:
        raise _unwritable(out, error, "--out", why="nothing has been recorded or published yet") from error


def _file(out: Path) -> Path:
    """The file that `out` names, itself or through links; raises `OSError` where it is a folder, a device or a pipe."""
    file = Path(os.path.realpath(out))
    if file.is_symlink():  # links that lead to each other
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP))
    if file.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if file.exists() and not file.is_file():
        raise OSError(errno.EINVAL, "it is a device or a pipe, and no file")
    return file


def _beside(file: Path) -> Path:
    """An empty file of a new name in the same folder, which whoever may read `file` may read."""
    temporary = file.with_name(f".{secrets.token_hex(8)}.part")
    os.close(os.open(temporary, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    if file.exists():
        shutil.copymode(file, temporary)
    return temporary


def _unwritable(out: Path, error: OSError, option: str, why: str = "") -> UsageError:
    return UsageError(
        f"Cannot write {out}: {error.strerror or error}.",
        where=option,
        why=why,
        mend="name a file in a folder that exists and can be written",
    )


@contextmanager
def progress(label: str, *, quiet: bool) -> Iterator[Tick]:
    """A progress bar on stderr, on a terminal only; yields a `Tick`."""
    if quiet or not sys.stderr.isatty() or os.environ.get("TERM") == "dumb":
        yield lambda done, total, what="", /: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=stderr, transient=True) as bar:
        task = bar.add_task(label, total=None)

        def tick(done: int, total: int, what: str = "", /) -> None:
            bar.update(task, completed=done, total=total, description=what or label)

        yield tick
