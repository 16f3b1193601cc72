"""The demonstration as it ships, made once for all tests."""

from __future__ import annotations

import pytest

from clew.demonstration import Demonstration, make_demonstration


@pytest.fixture(scope="session")
def whole() -> Demonstration:
    return make_demonstration()


@pytest.fixture(scope="session")
def small() -> Demonstration:
    return make_demonstration(seed=7, scale=0.03, years=(2014,))
