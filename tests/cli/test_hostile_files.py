"""A file that is nested deeper than anything Clew writes is refused in words, whatever it is handed in as."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from clew.assurance.plan.files import read_plan
from clew.assurance.sampling.files import read_draw
from clew.cli.console import refuse_unless_writable, whole_file, write_bytes
from clew.cli.plan_acts import _control_status
from clew.cli.publish import _controls
from clew.cli.publish_board import _sentence
from clew.core import UsageError
from clew.links.identity import read_model
from clew.links.model.files import read_model as read_link_model

READERS: list[Callable[[Path], object]] = [
    read_plan,
    read_draw,
    lambda path: _control_status(path, "A-1"),
    _controls,
    _sentence,
    read_link_model,
    read_model,
]


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("content", ["[" * 100_000, "[]", '"x"', "1", "null", "", '{"format": []}', "\x00"])
def test_a_file_of_another_shape_is_refused(read: Callable[[Path], object], content: str, tmp_path: Path) -> None:
    path = tmp_path / "handed.json"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(UsageError):
        read(path)


def test_what_is_no_file_is_not_written_over_and_a_link_is_followed(tmp_path: Path) -> None:
    pipe, link, file, other = (tmp_path / name for name in ("pipe", "link", "file", "file.part"))
    os.mkfifo(pipe)
    link.symlink_to(file)
    loops = tmp_path / "one loop", tmp_path / "another"
    for one, two in (loops, loops[::-1]):
        one.symlink_to(two)
    for no_file in (pipe, tmp_path, *loops):
        with pytest.raises(UsageError, match="Cannot write") as refused:
            write_bytes(b"new", no_file, "--pdf")
        assert refused.value.where == "--pdf"
        with pytest.raises(UsageError, match="Cannot write"):
            refuse_unless_writable(no_file)
    assert pipe.is_fifo()
    other.write_bytes(b"mine")
    file.write_bytes(b"old")
    file.chmod(0o600)
    write_bytes(b"new", link)
    assert link.is_symlink()
    assert file.read_bytes() == b"new"
    assert file.stat().st_mode & 0o777 == 0o600
    assert other.read_bytes() == b"mine"
    assert len([*tmp_path.iterdir()]) == 6


def test_a_file_that_cannot_be_written_whole_is_left_as_it_was(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"old")

    def half_written() -> None:
        with whole_file(file) as temporary:
            temporary.write_bytes(b"ne")
            raise OSError(28, "no room")

    with pytest.raises(UsageError, match="no room"):
        half_written()
    assert file.read_bytes() == b"old"
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
