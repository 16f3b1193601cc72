"""Compiles functions with numba and keeps what was compiled, so that a spoilt or missing cache costs time only.

Numba takes half a second to import: it is imported when something is first compiled.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any


def compiled_and_kept(function: Callable[..., Any], **options: Any) -> Any:
    """`function` compiled at its first call, from numba's cache (beside the module, or in the user's own cache folder)
    where there is one; where nothing can be kept it is compiled anew in each process. options: numba's."""
    import numba  # noqa: PLC0415 - slow to import

    try:
        dispatcher: Any = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # numba's word for "no folder to cache in"
        return numba.njit(**options)(function)
    _forgive(dispatcher._cache)
    return dispatcher


def _forgive(cache: Any) -> None:
    """Lets a cache that cannot be read (another version's, half a file) or written (a full disk) cost time only.

    Numba unpickles a cache before it asks whether it is of this version, and lets every error through.
    """
    load, save = cache.load_overload, cache.save_overload

    def load_or_not(signature: Any, context: Any) -> Any:
        try:
            return load(signature, context)
        except Exception:
            return None

    def save_or_not(signature: Any, data: Any) -> None:
        try:
            save(signature, data)
        except Exception:
            with contextlib.suppress(Exception):
                cache.flush()
                save(signature, data)

    cache.load_overload, cache.save_overload = load_or_not, save_or_not
