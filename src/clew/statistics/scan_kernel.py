"""The inner loop of the scan statistic, compiled. Imported only where a scan is run: numba is slow to import."""

from __future__ import annotations

import numpy as np

from clew.core.compiling import compiled_and_kept


@compiled_and_kept
def best_cylinders(  # type: ignore[no-untyped-def]  # noqa: PLR0917  # pragma: no cover - compiled
    cases, neighbour, whole, window, log_inside, log_outside, total, min_cases
):
    """The best cylinder around each centre: its log likelihood ratio, and (size less 1, window)."""
    locations = cases.shape[0]
    spans = window.shape[0]
    term = np.zeros(int(total) + 1)
    for c in range(1, int(total) + 1):
        term[c] = c * np.log(c)
    by_window = np.zeros((locations, spans), dtype=np.int64)
    for place in range(locations):
        for span in range(spans):
            for period in range(window[span, 0], window[span, 1] + 1):
                by_window[place, span] += int(cases[place, period])
    best = np.zeros(locations)
    at = np.zeros((locations, 2), dtype=np.int64)
    held = np.zeros(spans, dtype=np.int64)
    for centre in range(locations):
        held[:] = 0
        for size in range(neighbour.shape[1]):
            other = neighbour[centre, size]
            if other < 0:
                break
            for span in range(spans):
                held[span] += by_window[other, span]
                c = held[span]
                if c < min_cases or not whole[centre, size]:
                    continue
                inside, outside = log_inside[centre, size, span], log_outside[centre, size, span]
                rest = int(total) - c
                value = term[c] + term[rest] - c * inside
                if rest > 0:
                    value -= rest * outside
                # Only more than expected counts: log(c) > log(e).
                if value > best[centre] and term[c] > c * inside:
                    best[centre] = value
                    at[centre, 0], at[centre, 1] = size, span
    return best, at
