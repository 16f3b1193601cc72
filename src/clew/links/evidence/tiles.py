"""Every pair that can reach a strength, found by bounds and not by looking at every pair: compiled.

Events stand in tiles of 64 neighbours in a row. Of two tiles it is known how near any two of their events can lie, how
thinly events lie there, how alike in age and how uncommon; hence how much two of them must share of circumstances.
Which events of a tile hold a code is one 64-bit number, so that counting what one event shares with 64 others takes
some thirty instructions. What is left is scored by the formulas of `kernel`. A bound is never below what it bounds
(`tests/links/test_candidates.py`), so no pair is lost, where weights are what they are meant to be: shares below 1, a
discount of at most 1, no cap below 0, one code of an event or more.

This is the filter-and-verify of set similarity joins (Chaudhuri, Ganti and Kaushik 2006; Bayardo, Ma and Srikant 2007),
with the place and the age of a pair in the bound.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from clew.links.events import Floats, Integers
from clew.links.evidence.circumstances import SIGNATURE_BITS
from clew.links.evidence.compiled import compiled, inlined, trailing_zeros
from clew.links.evidence.kernel import (
    AGE,
    SEX,
    SPREAD,
    THIN,
    UNCOMMON,
    X,
    _age,
    _log10,
    _place_and_age,
    _power,
    _sex,
    _shared,
)
from clew.links.model.features import NEAR_KM

#: Events in a tile: the bits of a number.
TILE = 64

_AHEAD = 64  # tiles that are bounded at once: four by one instruction
_BATCH = 1024  # pairs that are scored at once: their columns stay in the nearest cache

_ROUNDING = 1e-9  # sums in another order differ by less


class Tiles(NamedTuple):
    """m tiles of consecutive events. lower, upper: (3, m) the box of their places, km, upside down where none has a
    place. spread: (2, m) the least and the greatest variance of a place. thin: (m,) the least. unplaced: (m,) 0 where
    any has no place or no radius, else -infinity. age: (2, m) the youngest and the oldest. uncommon: (m,) the greatest.
    unaged: (m,) 0 where any has no age, else -infinity. incident: (m,) the one that all are of, -1 if they are of
    several. most: (m,) the most that what any of them holds could say, log10; extra: the most that a trained model
    could add to it (`Reach.extra`). deaths: (m,) a bit for each that is a death. holders: (m, 64) which hold a code of
    each number, modulo 64."""

    lower: Floats
    upper: Floats
    spread: Floats
    thin: Floats
    unplaced: Floats
    age: Floats
    uncommon: Floats
    unaged: Floats
    incident: Integers
    most: Floats
    extra: Floats
    deaths: NDArray[np.uint64]
    holders: NDArray[np.uint64]

    @classmethod
    def room_for(cls, count: int) -> Tiles:
        """For so many events: nothing is in it yet."""
        m = -(-count // TILE)
        return cls(
            lower=np.empty((3, m)),
            upper=np.empty((3, m)),
            spread=np.empty((2, m)),
            thin=np.empty(m),
            unplaced=np.empty(m),
            age=np.empty((2, m)),
            uncommon=np.empty(m),
            unaged=np.empty(m),
            incident=np.empty(m, dtype=np.int64),
            most=np.empty(m),
            extra=np.empty(m),
            deaths=np.zeros(m, dtype=np.uint64),
            holders=np.zeros((m, SIGNATURE_BITS), dtype=np.uint64),
        )


@compiled
def fill_tiles(table, codes, most, extra, death, incident, tiles):  # type: ignore[no-untyped-def]
    """Writes `tiles` of the events of `table`. most, extra, incident: (n,) as in `Tiles`, of each event."""
    for t in range(len(tiles.thin)):
        tiles.lower[:, t], tiles.upper[:, t], tiles.age[0, t], tiles.age[1, t] = np.inf, -np.inf, np.inf, -np.inf
        tiles.spread[0, t], tiles.spread[1, t], tiles.thin[t] = np.inf, 0.0, np.inf
        tiles.uncommon[t], tiles.unplaced[t], tiles.unaged[t] = 0.0, -np.inf, -np.inf
        tiles.most[t], tiles.extra[t], tiles.incident[t] = 0.0, -np.inf, incident[t * TILE]
        for i in range(t * TILE, min(t * TILE + TILE, len(table))):
            bit = np.uint64(1) << np.uint64(i - t * TILE)
            if death[i]:
                tiles.deaths[t] |= bit
            if incident[i] != tiles.incident[t]:
                tiles.incident[t] = -1
            if math.isfinite(table[i, X]):
                for axis in range(3):
                    tiles.lower[axis, t] = min(tiles.lower[axis, t], table[i, axis])
                    tiles.upper[axis, t] = max(tiles.upper[axis, t], table[i, axis])
            if math.isfinite(table[i, X] + table[i, SPREAD] + table[i, THIN]):
                tiles.spread[0, t] = min(tiles.spread[0, t], table[i, SPREAD])
                tiles.spread[1, t] = max(tiles.spread[1, t], table[i, SPREAD])
                tiles.thin[t] = min(tiles.thin[t], table[i, THIN])
            else:
                tiles.unplaced[t] = 0.0
            if math.isfinite(table[i, AGE]):
                tiles.age[0, t] = min(tiles.age[0, t], table[i, AGE])
                tiles.age[1, t] = max(tiles.age[1, t], table[i, AGE])
                tiles.uncommon[t] = max(tiles.uncommon[t], table[i, UNCOMMON])
            else:
                tiles.unaged[t] = 0.0
            tiles.most[t], tiles.extra[t] = max(tiles.most[t], most[i]), max(tiles.extra[t], extra[i])
            for place in range(codes.shape[1]):
                if codes[i, place] >= 0:
                    tiles.holders[t, codes[i, place] % SIGNATURE_BITS] |= bit


@inlined
def _more(one, other):  # type: ignore[no-untyped-def]
    """The greater of two, without a branch, so that four are compared at once; the other where one is NaN."""
    return one if one > other else other


@inlined
def _place_most(apart2, least_spread, most_spread, thin, unknown, n):  # type: ignore[no-untyped-def]
    """log10: the most that place says of two this far apart or farther, whose spreads together lie between these.

    unknown: 0 where a place may not be known, and so say nothing; -infinity where both are. For one distance the
    density s / (1 + a s)^b, s = 1 / scale^2, is greatest at s = 1 / (a (b - 1)).
    """
    finest, widest = 1.0 / (n.place_scale2 + least_spread), 1.0 / (n.place_scale2 + most_spread)
    exponent = 1.5 if n.place_exponent is None else n.place_exponent
    best = _more(1.0 / (apart2 * _more(exponent - 1.0, 0.0)), widest)
    best = best if best < finest else finest
    factor = n.place_share * n.place_core * best / (_power(1.0 + apart2 * best, n.place_exponent) * thin)
    return _more(_log10(factor + 1.0 - n.place_share), unknown)


@inlined
def _age_most(years, uncommon, unknown, n):  # type: ignore[no-untyped-def]
    """log10: the most that ages so many years apart or more say. unknown: as of places."""
    return _more(_log10(_age(_more(years, 0.0), uncommon, n)), unknown)


@inlined
def _at(x, knots, values):  # type: ignore[no-untyped-def]
    """The curve at x: straight between knots, constant beyond."""
    last = len(knots) - 1
    if x <= knots[0]:
        return values[0]
    if x >= knots[last]:
        return values[last]
    k = 1
    while knots[k] < x:
        k += 1
    return values[k - 1] + (values[k] - values[k - 1]) * (x - knots[k - 1]) / (knots[k] - knots[k - 1])


@inlined
def _least_at(value, knots, values):  # type: ignore[no-untyped-def]
    """The least x at which a rising curve reaches `value`: -infinity if it always does, infinity if it never does."""
    last = len(knots) - 1
    if value <= values[0]:
        return -np.inf
    if value > values[last]:
        return np.inf
    k = 1
    while values[k] < value:
        k += 1
    return knots[k - 1] + (knots[k] - knots[k - 1]) * (value - values[k - 1]) / (values[k] - values[k - 1])


@inlined
def _without_shared(place, profile, apart2, unknown, reach):  # type: ignore[no-untyped-def]
    """What place and profile make, log10: at most, under a trained model. unknown: as in `_place_most`."""
    if reach is None:
        return place + profile
    far = _at(math.log(math.sqrt(apart2) + NEAR_KM), *reach.far) if apart2 >= 0.0 else 0.0
    return _at(place, *reach.place) + _more(far, unknown) + _at(profile, *reach.profile)


@inlined
def _needed(place, profile, apart2, unknown, extra, reach, least, tie):  # type: ignore[no-untyped-def]
    """The least, log10, that what two events share must say by default, if place and profile say no more than this: to
    reach `least` in all, and `tie` without the profile."""
    needed = least - _without_shared(place, profile, apart2, unknown, reach)
    if reach is not None:
        needed = _least_at(needed - extra, *reach.shared)
    return _more(needed, tie - _more(place, 0.0)) - _ROUNDING


@inlined
def _sharing(codes, i, holders, t, count):  # type: ignore[no-untyped-def]
    """A bit for each event of tile t that shares `count` codes or more with event i: four bits of a sum, 64 at once."""
    s0, s1, s2, s3 = np.uint64(0), np.uint64(0), np.uint64(0), np.uint64(0)
    for place in range(codes.shape[1]):
        code = codes[i, place]
        if code < 0:
            break
        carry = holders[t, code % SIGNATURE_BITS]
        s0, carry = s0 ^ carry, s0 & carry
        s1, carry = s1 ^ carry, s1 & carry
        s2, carry = s2 ^ carry, s2 & carry
        s3 |= carry  # eight or more
    some = s0 | s1 | s2
    if count == 2:
        some = s1 | s2
    elif count == 3:
        some = (s0 & s1) | s2
    elif count == 4:
        some = s2
    elif count == 5:
        some = s2 & (s0 | s1)
    elif count == 6:
        some = s2 & s1
    elif count == 7:
        some = s2 & s1 & s0
    elif count >= 8:
        some = np.uint64(0)
    return some | s3


class Waiting(NamedTuple):
    """Pairs that share enough, until there are many to be scored at once. one, two: events. shared: what they share
    says, log10; other: the part of it that is no substance, and what words say. more: what a model makes of these."""

    one: Integers
    two: Integers
    shared: Floats
    other: Floats
    more: Floats


@compiled
def _waiting():  # type: ignore[no-untyped-def]
    return Waiting(
        np.empty(_BATCH, np.int64), np.empty(_BATCH, np.int64), np.empty(_BATCH), np.empty(_BATCH), np.zeros(_BATCH)
    )


@compiled
def _take(waiting, many, table, incident, n, reach, least, tie, one, two, count):  # type: ignore[no-untyped-def]
    """Writes those of the `many` first pairs `waiting` that reach `least` without people and dates, at most under a
    trained model, and `tie` without the profile and substances, and are not of one incident, to `one` and `two` from
    `count` on, as far as there is room. Returns how many there are now."""
    apart2, spare, place, profile = np.empty(many), np.empty(many), np.empty(many), np.empty(many)
    _place_and_age(table, waiting.one, waiting.two, many, n, apart2, spare, place, profile)
    for k in range(many):
        if max(place[k], 0.0) + waiting.other[k] < tie - _ROUNDING:
            continue
        i, j = waiting.one[k], waiting.two[k]
        if incident[i] == incident[j]:
            continue
        told = waiting.more[k]
        alike = profile[k] + _sex(table[i, SEX], table[j, SEX], n)
        told += _without_shared(place[k], alike, apart2[k], -np.inf, reach)
        if reach is None:
            told += waiting.shared[k]
        else:
            told += _at(waiting.shared[k], *reach.shared) + min(reach.extra[i], reach.extra[j])
        if told >= least - _ROUNDING:
            if count < len(one):
                one[count], two[count] = i, j
            count += 1
    return count


@inlined
def _bound_tiles(s, first, many, tiles, sexes, n, reach, least, tie, bound):  # type: ignore[no-untyped-def]
    """Writes what an event of tile s and one of each of `many` tiles from `first` on must share at least: `_needed`."""
    lower, upper, spread, thin, unplaced, age, rarest, unaged, _, _, more, _, _ = tiles
    for k in range(many):
        t = first + k
        apart2 = 0.0
        for axis in range(3):
            gap = _more(_more(lower[axis, t] - upper[axis, s], lower[axis, s] - upper[axis, t]), 0.0)
            apart2 += gap * gap
        unknown = _more(unplaced[s], unplaced[t])
        spreads = spread[0, s] + spread[0, t], spread[1, s] + spread[1, t]
        place = _place_most(apart2, *spreads, thin[s] * thin[t], unknown, n)
        years = _more(age[0, t] - age[1, s], age[0, s] - age[1, t])
        alike = _age_most(years, rarest[s] * rarest[t], _more(unaged[s], unaged[t]), n)
        extra = more[s] if more[s] < more[t] else more[t]
        bound[k] = _needed(place, sexes + alike, apart2, unknown, extra, reach, least, tie)


@compiled
def reaching(top, tiles, columns, death, incident, gains, n, reach, least, tie, seen, first, last, limit):  # type: ignore[no-untyped-def]
    """The pairs (i, j), i in the tiles `first` to `last`, i < j, of which one is a death, that reach `least` (log10)
    without people and dates, and `tie` without the profile and substances.

    top: (n, k) the most that so many of an event's codes could say, log10, from one on; falling within a tile.
    incident: (n,); a pair of one is left out. reach: None for the default evidence. seen: (2,) how many pairs were
    found, here and by others at the same time, and how many are too many: then it is given up. Returns the count of the
    pairs, and both ends of the first `limit` of them.
    """
    table, codes, signature = columns  # once: each look into a tuple counts a reference
    factor, substance = gains
    lower, upper, spread, thin, unplaced, age, rarest, unaged, one_incident, most, more, deaths, holders = tiles
    waiting, many = _waiting(), 0
    one_waits, two_waits, shared_waits, other_waits, _ = waiting
    count, width, size = 0, codes.shape[1], len(table)
    one, two, bound = np.empty(limit, np.int64), np.empty(limit, np.int64), np.empty(_AHEAD)
    sexes = max(n.both_male, n.both_female, n.mixed, 0.0)
    for s in range(first, last):
        if seen[0] > seen[1]:
            break
        before = count
        for t in range(s, len(thin)):
            if (t - s) % _AHEAD == 0:
                ahead = min(_AHEAD, len(thin) - t)
                _bound_tiles(s, t, ahead, tiles, sexes, n, reach, least, tie, bound)
            needed = bound[(t - s) % _AHEAD]
            if needed > min(most[s], most[t]) or (deaths[s] == 0 and deaths[t] == 0):
                continue
            if one_incident[s] == one_incident[t] >= 0:
                continue
            for i in range(s * TILE, min(s * TILE + TILE, size)):
                if top[i, width - 1] < needed:
                    break  # the others of the tile have less
                among = ~np.uint64(0) if death[i] else deaths[t]
                if s == t:  # those after i
                    among &= ~(((np.uint64(1) << np.uint64(i - s * TILE)) << np.uint64(1)) - np.uint64(1))
                if among == 0:
                    continue
                apart2 = 0.0
                for axis in range(3):
                    gap = max(lower[axis, t] - table[i, axis], table[i, axis] - upper[axis, t])
                    apart2 += gap * gap if gap > 0.0 else 0.0  # NaN is no gap
                place = _place_most(
                    apart2,
                    table[i, SPREAD] + spread[0, t],
                    table[i, SPREAD] + spread[1, t],
                    table[i, THIN] * thin[t],
                    unplaced[t],
                    n,
                )
                years = max(age[0, t] - table[i, AGE], table[i, AGE] - age[1, t])
                has_age = math.isfinite(table[i, AGE])
                uncommon = table[i, UNCOMMON] * rarest[t]
                profile = sexes + (_age_most(years, uncommon, unaged[t], n) if has_age else 0.0)
                extra = 0.0 if reach is None else min(reach.extra[i], more[t])
                unknown = unplaced[t] if math.isfinite(table[i, X]) else 0.0
                enough = _needed(place, profile, apart2, unknown, extra, reach, least, tie)
                if enough > 0.0:
                    fewest = 0
                    while fewest < width and top[i, fewest] < enough:
                        fewest += 1
                    if fewest == width:
                        continue
                    among &= _sharing(codes, i, holders, t, fewest + 1)
                while among != 0:
                    j = t * TILE + trailing_zeros(among)
                    among &= among - np.uint64(1)
                    if j >= size:
                        break
                    meet = signature[i] & signature[j]
                    shared, other = _shared(meet, codes, i, j, factor, substance, n.discount, n.substance_cap)
                    if shared >= enough:
                        one_waits[many], two_waits[many] = i, j
                        shared_waits[many], other_waits[many] = shared, other
                        many += 1
                if many > _BATCH - TILE:
                    count = _take(waiting, many, table, incident, n, reach, least, tie, one, two, count)
                    many = 0
        seen[0] += count - before
    count = _take(waiting, many, table, incident, n, reach, least, tie, one, two, count)
    kept = min(count, limit)
    return count, one[:kept], two[:kept]


@compiled
def telling(words, rare, columns, death, incident, gains, n, reach, least, tie, seen, first, last, limit):  # type: ignore[no-untyped-def]
    """As `reaching`, of the pairs whose narratives share a word: what the words say is counted in both.

    words: codes and signatures of the narratives' words; the events of each word, and where those of each begin. rare:
    what each says, log10, the discount, and the most that words may say. first, last: words; a pair is found by the
    rarest that it shares.
    """
    table, codes, signature = columns
    factor, substance = gains
    word_codes, word_signature, event, start = words
    rarity, discount, most = rare
    no_substance = np.zeros(len(rarity), np.bool_)
    waiting, many, count = _waiting(), 0, 0
    one, two = np.empty(limit, np.int64), np.empty(limit, np.int64)
    for word in range(first, last):
        if seen[0] > seen[1]:
            break
        before = count
        for place in range(start[word], start[word + 1]):
            i = event[place]
            for later in range(place + 1, start[word + 1]):
                j = event[later]
                if not (death[i] or death[j]) or _rarest(word_codes, i, j) != word:
                    continue
                alike = word_signature[i] & word_signature[j]
                told = min(_shared(alike, word_codes, i, j, rarity, no_substance, discount, 0.0)[0], most)
                meet = signature[i] & signature[j]
                shared, other = _shared(meet, codes, i, j, factor, substance, n.discount, n.substance_cap)
                waiting.one[many], waiting.two[many], waiting.shared[many] = i, j, shared
                waiting.other[many] = other + told
                waiting.more[many] = told if reach is None else _at(told, *reach.words)
                many += 1
                if many == _BATCH:
                    count = _take(waiting, many, table, incident, n, reach, least, tie, one, two, count)
                    many = 0
        seen[0] += count - before
    count = _take(waiting, many, table, incident, n, reach, least, tie, one, two, count)
    kept = min(count, limit)
    return count, one[:kept], two[:kept]


@inlined
def _rarest(codes, i, j):  # type: ignore[no-untyped-def]
    """The rarest code that events i and j share, -1 if none."""
    one = two = 0
    while one < codes.shape[1] and two < codes.shape[1]:
        mine, theirs = codes[i, one], codes[j, two]
        if mine < 0 or theirs < 0:
            return -1
        if mine == theirs:
            return mine
        one += mine < theirs
        two += theirs < mine
    return -1
