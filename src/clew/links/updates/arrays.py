"""Arrays by name: what a state is made of."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

#: Arrays by name, as a state is written to a file (`saved`).
Arrays = dict[str, NDArray[Any]]


def part_of(arrays: Arrays, prefix: str) -> Arrays:
    """The arrays whose names begin with `prefix`, without it."""
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}


def with_prefix(prefix: str, arrays: Arrays) -> Arrays:
    """The arrays by names that begin with `prefix`."""
    return {f"{prefix}{name}": array for name, array in arrays.items()}
