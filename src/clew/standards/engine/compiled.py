"""Loops over rows for which NumPy would make many passes over memory: plain Python for few rows, compiled for many.

A loop is written once. Numba takes half a second to start, so it is started only when a process has seen enough rows
to pay for it; until then the same function runs as it stands. Compiled code is kept between processes and lets go of
the interpreter.

A loop's arguments are given by place, the first being an array with a place a row; it calls no other loop.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from clew.core.compiling import compiled_and_kept

#: So many rows, seen by all loops together, pay for starting numba.
WORTH_STARTING = 20_000
_seen = 0
Function = TypeVar("Function", bound=Callable[..., Any])


def running(rows: int) -> bool:
    """Whether loops run compiled, `rows` more having come up."""
    global _seen  # noqa: PLW0603 - the process starts numba once
    _seen += rows
    return _seen >= WORTH_STARTING


def loop(function: Function) -> Function:
    """`function`, compiled as soon as that is worth it."""
    compiled: Callable[..., Any] | None = None

    @wraps(function)
    def run(*arguments: Any) -> Any:
        nonlocal compiled
        if compiled is None:
            if not running(len(arguments[0])):
                return function(*arguments)
            compiled = compiled_and_kept(function, nogil=True)
        return compiled(*arguments)

    return run  # type: ignore[return-value]
