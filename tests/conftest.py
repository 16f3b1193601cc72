"""Shared by all tests: where the real data and reference numbers are, if they are; the demonstration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

from clew.demonstration import Demonstration, make_demonstration, write_demonstration
from clew.standards import Standard, load_standard

ROOT = Path(__file__).resolve().parents[1]

# On a desk every run tries new examples; in CI each run tries the same, so that it fails only for what changed.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("desk", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "desk")


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


@pytest.fixture(scope="session")
def demonstration() -> Demonstration:
    """The demonstration in memory, made once for a test process."""
    return make_demonstration()


@pytest.fixture(scope="session")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demonstration as `clew demo` writes it."""
    folder = tmp_path_factory.mktemp("demo") / "clew-demo"
    write_demonstration(folder)
    return folder


@pytest.fixture(scope="session")
def uk_standard() -> Standard:
    """The standard that ships."""
    return load_standard("uk-unexpected-death")
