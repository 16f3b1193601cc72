"""How many to draw from each stratum: in proportion, with some strata over-sampled and none left out."""

from __future__ import annotations

from collections.abc import Mapping

from clew.core import UsageError

LEAST_PER_STRATUM = 2
"""Two items are the fewest that show any spread within a stratum."""


def allocate(
    n: int, sizes: Mapping[str, int], *, oversample: Mapping[str, float] | None = None, least: int = LEAST_PER_STRATUM
) -> dict[str, int]:
    """Splits `n` over strata of `sizes` by largest remainder; `oversample` multiplies a stratum's share.

    Why over-sample: the costly mistake hides among deaths called "not suspicious", which are most of the frame and the
    least looked at. Design weights undo it in every rate. Each stratum gets at least `least` (or all it has); what that
    takes comes on top of `n`. Raises `UsageError` for n < 1, an unknown stratum, or more than the frame holds.
    """
    factors = dict(oversample or {})
    unknown = sorted(set(factors) - set(sizes))
    total = sum(sizes.values())
    if n < 1 or n > total or unknown or any(factor <= 0 for factor in factors.values()):
        raise UsageError(
            f"Cannot draw {n} of {total} items" + (f" with stratum {unknown[0]!r} over-sampled." if unknown else "."),
            where="allocation",
            why="" if n >= 1 else "a sample of none shows nothing",
            mend=f"choose 1 to {total} items and strata among {', '.join(sizes)}",
        )
    weight = {stratum: size * factors.get(stratum, 1.0) for stratum, size in sizes.items()}
    scale = n / sum(weight.values())
    wanted = {stratum: min(float(sizes[stratum]), share * scale) for stratum, share in weight.items()}
    given = {stratum: int(share) for stratum, share in wanted.items()}
    while sum(given.values()) < n:  # by largest remainder first, then to whichever stratum is least filled
        open_strata = [stratum for stratum in sizes if given[stratum] < sizes[stratum]]
        nearest = max(open_strata, key=lambda stratum: (wanted[stratum] - given[stratum], weight[stratum], stratum))
        given[nearest] += 1
    return {stratum: max(count, min(least, sizes[stratum])) for stratum, count in given.items()}
