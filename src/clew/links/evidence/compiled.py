"""Compiles the arithmetic of the links with numba, and runs it on every core.

Import this only where something is about to be scored: numba takes half a second to import, and `clew --help` must not.
Compiled code is kept in numba's cache (beside the module, or in the user's own cache folder); a machine that can write
to neither compiles anew in each process. Threads are Python's own over code that lets go of the interpreter: each block
of work is computed by one thread in a fixed order, so results do not depend on how many cores there are.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numba
from numba.extending import intrinsic

from clew.core.compiling import compiled_and_kept


def compiled(function: Callable[..., Any]) -> Any:
    """`function` compiled at its first call, from the cache where there is one. NaN and infinity keep their meaning."""
    return compiled_and_kept(function, nogil=True, error_model="numpy", fastmath={"contract"})


def inlined(function: Callable[..., Any]) -> Any:
    """`function`, which makes no array, as a part of the compiled functions that call it.

    Without Numba's runtime (`_nrt`), and so without counting references to the arrays that it is given: of a search
    that took half of the time.
    """
    options: dict[str, Any] = {"forceinline": True, "error_model": "numpy", "fastmath": {"contract"}, "_nrt": False}
    return numba.njit(**options)(function)


def _trailing_zeros(_typing: Any, _bits: Any) -> Any:
    def generate(context: Any, builder: Any, _signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], context.get_constant(numba.types.boolean, True))

    return numba.types.int64(numba.types.uint64), generate


#: How many zeros stand below the lowest one of a 64-bit number other than zero: one instruction of the processor.
trailing_zeros: Any = intrinsic(_trailing_zeros)


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def blocks(count: int, size: int) -> list[tuple[int, int]]:
    """``range(count)`` in consecutive blocks of at most `size`: (start, stop) of each."""
    return [(start, min(start + size, count)) for start in range(0, count, size)]


def in_threads(work: Callable[..., Any], arguments: Iterable[Sequence[Any]]) -> list[Any]:
    """``work(*each)`` for each of `arguments`, on every core; the results in order."""
    listed = list(arguments)
    if len(listed) < 2 or cores() < 2:
        return [work(*each) for each in listed]
    return list(_pool(cores()).map(lambda each: work(*each), listed))


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    """Threads that are made once: to make them takes as long as a small block."""
    return ThreadPoolExecutor(threads)
