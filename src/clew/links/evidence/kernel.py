"""The evidence that every pair of events has, as compiled arithmetic: place, time, profile, circumstances.

The one implementation of these formulas (`tests/links/naive.py` and `tests/links/arrays.py` are its oracles). Each of
`_place`, `_time` and `_age` gives the Bayes factor itself, NaN where a value is missing or is none; `_log10` makes the
evidence of it, and 0 of NaN: unknown is no evidence. Docstrings of the families stand in `families`.

`pair_evidence` scores a list of pairs, `times` what changes when dates do, `every_pair` all pairs of a range against
all later events: there logarithms are taken only of pairs that are kept.
"""

from __future__ import annotations

import math

import numpy as np

from clew.links.evidence.circumstances import SIGNATURE_BITS
from clew.links.evidence.compiled import compiled, inlined, trailing_zeros

#: Columns of `columns.Columns.table`.
X, Y, Z, SPREAD, THIN, START, END, AGE, UNCOMMON, SEX = range(10)

_TILE = 512  # pairs whose factors are held at once: 4 KB, in the nearest cache


@inlined
def _log10(factor):  # type: ignore[no-untyped-def]
    """log10 without a branch or a call, to 1e-15; 0 of what is NaN, infinite or not above zero: no evidence.

    factor = 2^e m with m in [3/4, 3/2); log m = 2 artanh((m - 1) / (m + 1)) by its series.
    """
    fine = factor if factor < 1e300 else 1.0
    fine = fine if fine > 1e-300 else 1.0
    bits = np.float64(fine).view(np.uint64)
    raised = (bits + np.uint64(0x0008000000000000)) >> np.uint64(52)  # the exponent, by 1023 too high, of m from 3/4
    m = np.uint64(bits + np.uint64(0x3FF0000000000000) - (raised << np.uint64(52))).view(np.float64)
    # A whole number in the low bits of 2^52 is that number: there is no instruction for it before AVX-512.
    e = np.uint64(raised | np.uint64(0x4330000000000000)).view(np.float64) - 4503599627371519.0
    f = (m - 1.0) / (m + 1.0)
    f2 = f * f
    p = 1.0 / 23.0
    p = p * f2 + 1.0 / 21.0
    p = p * f2 + 1.0 / 19.0
    p = p * f2 + 1.0 / 17.0
    p = p * f2 + 1.0 / 15.0
    p = p * f2 + 1.0 / 13.0
    p = p * f2 + 1.0 / 11.0
    p = p * f2 + 1.0 / 9.0
    p = p * f2 + 1.0 / 7.0
    p = p * f2 + 1.0 / 5.0
    p = p * f2 + 1.0 / 3.0
    p = p * f2 + 1.0
    return e * 0.30102999566398120 + 2.0 * f * p * 0.43429448190325182


@inlined
def _exp(x):  # type: ignore[no-untyped-def]
    """e^x for x <= 0 without a branch or a call, so that four are computed at once; to 2e-16 of the true value.

    x = (n + r) ln 2 with |r| <= 1/2; e^(r ln 2) by its Taylor series; n is added to the exponent's bits. Below -700: 0.
    """
    turned = x * 1.4426950408889634 + 6755399441055744.0  # adding 1.5 * 2^52 rounds to a whole number
    whole = turned - 6755399441055744.0
    r = (x - whole * 0.6931471803691238) - whole * 1.9082149292705877e-10
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r + 1.0
    p = p * r + 1.0
    bits = np.float64(p).view(np.int64) + (np.float64(turned).view(np.int64) << 52)
    return np.int64(bits).view(np.float64) if x > -700.0 else x * 0.0


@inlined
def _power(q, exponent):  # type: ignore[no-untyped-def]
    """q ** exponent; None stands for the default, 1.5, which needs no power function: other code is compiled for it."""
    if exponent is None:
        return q * math.sqrt(q)
    return q**exponent


@inlined
def _place(apart2, spread, thin, n):  # type: ignore[no-untyped-def]
    per_scale2 = 1.0 / (n.place_scale2 + spread)
    around = thin + n.place_spot * _exp(-apart2 * n.place_per_finest2)
    fall = _power(1.0 + apart2 * per_scale2, n.place_exponent)
    return n.place_share * n.place_core * per_scale2 / (fall * around) + 1.0 - n.place_share


@inlined
def _time(start_a, end_a, start_b, end_b, n):  # type: ignore[no-untyped-def]
    later_start = start_a if start_a > start_b else start_b
    earlier_start = start_b if start_a > start_b else start_a
    earlier_end = end_a if end_a < end_b else end_b
    later_end = end_b if end_a < end_b else end_a
    shortest = later_start - earlier_end
    shortest = shortest if shortest > 0.0 else 0.0
    longest = later_end - earlier_start
    longest = longest if longest > shortest + 1.0 / 24.0 else shortest + 1.0 / 24.0
    near = _power(1.0 + shortest * n.time_per_scale, n.time_exponent)
    far = _power(1.0 + longest * n.time_per_scale, n.time_exponent)
    middle = 0.5 * (shortest + longest)
    middle = middle if middle < 0.95 * n.history else 0.95 * n.history
    missing = (start_a + end_a + start_b + end_b) * 0.0  # NaN if any is
    mass = (far - near) * (n.history * n.history)
    ratio = mass / (near * far * (longest - shortest) * 2.0 * (n.history - middle))
    return n.time_share * ratio + 1.0 - n.time_share + missing


@inlined
def _age(years, uncommon, n):  # type: ignore[no-untyped-def]
    away = years * n.age_per_scale
    return n.age_share * n.age_per_scale * 0.3989422804014327 * _exp(-0.5 * away * away) * uncommon + 1.0 - n.age_share


@inlined
def _sex(a, b, n):  # type: ignore[no-untyped-def]
    """log10: the sum tells two males (2) from two females (0) and from one of each (1); NaN is no evidence."""
    both = a + b
    value = n.mixed if both == 1.0 else 0.0
    value = n.both_male if both == 2.0 else value
    return n.both_female if both == 0.0 else value


@inlined
def _shared(meet, codes, i, j, factor, substance, discount, cap):  # type: ignore[no-untyped-def]
    """(all, other than substances) of what two events share: the rarest first, each counting less than the last.

    meet: the bits that both have. Where there are no more codes than bits, they are the codes that are shared.
    """
    substances, other, step = 0.0, 0.0, 1.0
    if len(factor) <= SIGNATURE_BITS:
        while meet != 0:
            code = trailing_zeros(meet)
            meet &= meet - np.uint64(1)
            gain = factor[code] * step
            substances += gain if substance[code] else 0.0
            other += 0.0 if substance[code] else gain
            step *= discount
    elif meet != 0:
        one = two = 0
        width = codes.shape[1]
        while one < width and two < width:
            mine, theirs = codes[i, one], codes[j, two]
            if mine < 0 or theirs < 0:
                break
            if mine == theirs:
                gain = factor[mine] * step
                substances += gain if substance[mine] else 0.0
                other += 0.0 if substance[mine] else gain
                step *= discount
            one += mine <= theirs
            two += theirs <= mine
    return other + min(substances, cap), other


@inlined
def _place_and_age(table, a, b, many, n, apart2, thin, place, age):  # type: ignore[no-untyped-def]
    """Writes the squares of the distances, and the evidence of place and age, log10, of the first `many` pairs (a, b).

    thin: room for as many. What is read of a pair is written first, so that four are computed at once.
    """
    for k in range(many):
        i, j = a[k], b[k]
        x, y, z = table[i, X] - table[j, X], table[i, Y] - table[j, Y], table[i, Z] - table[j, Z]
        apart2[k] = x * x + y * y + z * z
        place[k] = table[i, SPREAD] + table[j, SPREAD]
        thin[k] = table[i, THIN] * table[j, THIN]
    for k in range(many):
        place[k] = _log10(_place(apart2[k], place[k], thin[k], n))
    for k in range(many):
        thin[k] = table[a[k], AGE] - table[b[k], AGE]
        age[k] = table[a[k], UNCOMMON] * table[b[k], UNCOMMON]
    for k in range(many):
        age[k] = _log10(_age(thin[k], age[k], n))


@compiled
def pair_evidence(columns, gains, n, a, b, place, profile, shared, tie):  # type: ignore[no-untyped-def]
    """Writes the evidence of the pairs (a, b) that dates do not change: (p,) log10 each, and what ties them."""
    table, codes, signature = columns  # once: each look into a tuple counts a reference
    factor, substance = gains
    apart2, thin = np.empty(_TILE), np.empty(_TILE)
    for tile in range(0, len(a), _TILE):
        many = min(_TILE, len(a) - tile)
        some = slice(tile, tile + many)
        _place_and_age(table, a[some], b[some], many, n, apart2, thin, place[some], profile[some])
        for k in range(tile, tile + many):
            i, j = a[k], b[k]
            profile[k] += _sex(table[i, SEX], table[j, SEX], n)
            meet = signature[i] & signature[j]
            shared[k], tie[k] = _shared(meet, codes, i, j, factor, substance, n.discount, n.substance_cap)
            tie[k] += place[k] if place[k] > 0.0 else 0.0


@compiled
def time_evidence(start, end, n, a, b, time):  # type: ignore[no-untyped-def]
    """Writes the time factor, log10, of the pairs (a, b) of events that happened in ``[start, end]``."""
    start_a, end_a, start_b, end_b = np.empty(_TILE), np.empty(_TILE), np.empty(_TILE), np.empty(_TILE)
    for tile in range(0, len(a), _TILE):
        many = min(_TILE, len(a) - tile)
        for k in range(many):
            i, j = a[tile + k], b[tile + k]
            start_a[k], end_a[k], start_b[k], end_b[k] = start[i], end[i], start[j], end[j]
        for k in range(many):
            time[tile + k] = _log10(_time(start_a[k], end_a[k], start_b[k], end_b[k], n))


@compiled
def shared_of(codes, signature, factor, substance, discount, cap, a, b, total, other):  # type: ignore[no-untyped-def]
    """Writes what the pairs (a, b) share of coded things, log10, and the part of it that is not substances."""
    for row in range(len(a)):
        i, j = a[row], b[row]
        meet = signature[i] & signature[j]
        total[row], other[row] = _shared(meet, codes, i, j, factor, substance, discount, cap)


@compiled
def place_of(n, apart_km, spread, thin, factor):  # type: ignore[no-untyped-def]
    """Writes the place factor, log10, of distances: no distance if it is negative or not finite."""
    for row in range(len(apart_km)):
        apart = apart_km[row]
        factor[row] = _log10(_place(apart * apart, spread[row], thin[row], n)) if 0.0 <= apart < np.inf else 0.0


@compiled
def time_of(n, start_a, end_a, start_b, end_b, factor):  # type: ignore[no-untyped-def]
    """Writes the time factor, log10, of pairs of intervals."""
    for row in range(len(start_a)):
        factor[row] = _log10(_time(start_a[row], end_a[row], start_b[row], end_b[row], n))


@compiled
def profile_of(n, age_a, age_b, uncommon, sex_a, sex_b, factor):  # type: ignore[no-untyped-def]
    """Writes the profile factor, log10, of ages and sexes (1, 0 or NaN)."""
    for row in range(len(age_a)):
        factor[row] = _log10(_age(age_a[row] - age_b[row], uncommon[row], n)) + _sex(sex_a[row], sex_b[row], n)


@inlined
def _fill(turned, codes, signature, factor, substance, n, i, enough, tile, many, strengths):  # type: ignore[no-untyped-def]
    """Writes the strength, log10, of event i with each of the `many` events from `tile` on; what they share is looked
    up only of those that have `enough` without it."""
    x, y, z, spread, thin = turned[X, i], turned[Y, i], turned[Z, i], turned[SPREAD, i], turned[THIN, i]
    begin, end, age, uncommon, sex = (
        turned[START, i],
        turned[END, i],
        turned[AGE, i],
        turned[UNCOMMON, i],
        turned[SEX, i],
    )
    same, other = (n.both_male, n.mixed) if sex == 1.0 else (n.mixed, n.both_female)
    same, other = (10.0**same, 10.0**other) if sex >= 0.0 else (1.0, 1.0)
    for k in range(many):
        j = tile + k
        dx, dy, dz = turned[X, j] - x, turned[Y, j] - y, turned[Z, j] - z
        near = _place(dx * dx + dy * dy + dz * dz, spread + turned[SPREAD, j], thin * turned[THIN, j], n)
        gap = _time(begin, end, turned[START, j], turned[END, j], n)
        years = _age(age - turned[AGE, j], uncommon * turned[UNCOMMON, j], n)
        alike = turned[SEX, j]
        sexes = same if alike == 1.0 else (other if alike == 0.0 else 1.0)
        near = near if near < np.inf else 1.0  # NaN is not below infinity
        gap = gap if gap < np.inf else 1.0
        years = years if years < np.inf else 1.0
        strengths[k] = _log10(near * gap * years * sexes)
    for k in range(many):
        meet = signature[i] & signature[tile + k]
        if meet != 0 and strengths[k] >= enough:
            strengths[k] += _shared(meet, codes, i, tile + k, factor, substance, n.discount, n.substance_cap)[0]


@inlined
def _enough(codes, i, factor, substance, n, least):  # type: ignore[no-untyped-def]
    """The strength, log10, from which a pair of event i may reach `least`: nobody shares more with it than all it has,
    substances and others each counted from the rarest down as if the other were not there."""
    substances, other, step, other_step = 0.0, 0.0, 1.0, 1.0
    for place in range(codes.shape[1]):
        code = codes[i, place]
        if code < 0:
            break
        if substance[code]:
            substances += factor[code] * step
            step *= n.discount
        else:
            other += factor[code] * other_step
            other_step *= n.discount
    return least - other - min(substances, n.substance_cap) - 1e-9


@compiled
def every_pair(turned, columns, gains, n, least, start, stop, limit):  # type: ignore[no-untyped-def]
    """The pairs (i, j), start <= i < stop, i < j, whose four families together reach `least` (log10).

    turned: (10, m) the table by columns. Returns the count of such pairs, and the first `limit` of them: i, j, total.
    """
    _, codes, signature = columns
    factor, substance = gains
    count, size = 0, turned.shape[1]
    first, second, total = np.empty(limit, np.int64), np.empty(limit, np.int64), np.empty(limit)
    strengths = np.empty(_TILE)
    for i in range(start, stop):
        enough = _enough(codes, i, factor, substance, n, least)
        for tile in range(i + 1, size, _TILE):
            many = min(_TILE, size - tile)
            _fill(turned, codes, signature, factor, substance, n, i, enough, tile, many, strengths)
            for k in range(many):
                if strengths[k] >= least:
                    if count < limit:
                        first[count], second[count], total[count] = i, tile + k, strengths[k]
                    count += 1
    return count, first[: min(count, limit)], second[: min(count, limit)], total[: min(count, limit)]


@compiled
def one_against(turned, columns, gains, n, least, i, start, stop, hits):  # type: ignore[no-untyped-def]
    """Writes to `hits` the events from `start` to `stop` whose strength with event i, these four families together,
    reaches `least`; returns how many there are."""
    _, codes, signature = columns
    factor, substance = gains
    count = 0
    strengths = np.empty(_TILE)
    enough = _enough(codes, i, factor, substance, n, least)
    for tile in range(start, stop, _TILE):
        many = min(_TILE, stop - tile)
        _fill(turned, codes, signature, factor, substance, n, i, enough, tile, many, strengths)
        for k in range(many):
            if strengths[k] >= least and tile + k != i:
                hits[count] = tile + k
                count += 1
    return count
