"""Shared by all tests: where the real data and the reference numbers are, if they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def _folder(variable: str, default: str) -> Path:
    path = Path(os.environ.get(variable, str(ROOT.parent / "shared" / default)))
    if not path.is_dir():
        pytest.skip(f"{path} is absent: set {variable} to run this test")
    return path


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real data that does not ship (CLEW_DATA, default ../shared/data)."""
    return _folder("CLEW_DATA", "data")


@pytest.fixture(scope="session")
def reference() -> Path:
    """The folder of numbers to agree with (CLEW_REFERENCE, default ../shared/reference)."""
    return _folder("CLEW_REFERENCE", "reference")
