"""A file that is nested deeper than anything Clew writes is refused in words, whatever it is handed in as."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from clew.assurance.plan.files import read_plan
from clew.assurance.sampling.files import read_draw
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
