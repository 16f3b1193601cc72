"""How often persons and spots once met are met again: a rate that differs from one to the next.

A unit that is met at all is met again at a rate of its own: gamma distributed over units, so that counts are negative
binomial (Greenwood and Yule 1920; Gill, Groeneboom and de Jong 2018: with a bare Poisson every warden and every bridge
is a wonder). The years at risk are those since it was first met. Units in other records more often are met with deaths
more often: each band of `EDGES` has a rate of its own. Once a unit with rates Gamma(a, b) was met i times by year t,
its rate is Gamma(a + i, b + t), which is what each new death is weighed against: a bridge of many deaths is expected
to have more.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from clew.links.events import Floats, Integers
from clew.links.rates.chance import YEAR_DAYS
from clew.links.recurrence.occurrences import Occurrences
from clew.statistics.random_rate import log_likelihood

#: Bands of units, by the least number of other records: none, one or two, three to eight, more. Assumed.
EDGES = (0, 1, 3, 9)

#: Fewer units than this are put with the band below, or the first with the one above.
FEWEST_UNITS = 30

#: Deaths a year of a unit that deaths are connected with: exponential with this mean. Assumed: the four of 2014-15 came
#: at 2.4 a year after the first.
CONNECTED_PER_YEAR = 2.0

#: The most deaths of one window.
LONGEST = 25

_SHAPES = (1e-3, 1e4)  # of the gamma distribution: from hardly any unit ever again to all at one rate
_SHORTEST_YEARS = 1 / YEAR_DAYS


@dataclass(frozen=True, kw_only=True)
class UnitRates:
    """Of each unit before it was met: shape (units,), years (units,): deaths a year are Gamma(shape, rate=years)."""

    shape: Floats
    years: Floats


@dataclass(frozen=True, kw_only=True)
class BandRates:
    """Of each band of `EDGES`: joined, the band whose rate it has, which is its own unless its units were few; shape,
    years: as in `UnitRates`."""

    joined: Integers
    shape: Floats
    years: Floats

    def of(self, elsewhere: Integers) -> UnitRates:
        """The rates of units that are in so many other incidents, (units,)."""
        band = self.joined[_bands(elsewhere)]
        return UnitRates(shape=self.shape[band], years=self.years[band])


def fitted(met: Occurrences, *, start_day: float, end_day: float) -> BandRates:
    """By maximum likelihood over each band: of units first met in year t, further deaths until the end are negative
    binomial with shape a + 1 and rate b + t. Half a recurrence is added to each band, as Jeffreys' prior does for a
    Poisson rate: where none was seen, it is rare and not impossible."""
    first = np.flatnonzero(met.place == 0)
    met_at, exposure = _years(met.day[first], start_day), _exposure(met.day[first], end_day)
    further = np.bincount(met.unit, minlength=len(first)).astype(np.float64) - 1
    joined = _joined(_bands(met.elsewhere))
    band = joined[_bands(met.elsewhere)]
    shape, years = np.ones(len(EDGES)), np.ones(len(EDGES))
    for one in np.unique(band):
        mine = band == one
        shape[one], years[one] = _fit(met_at[mine], further[mine], exposure[mine])
    return BandRates(joined=joined, shape=shape, years=years)


def _bands(elsewhere: Integers) -> Integers:
    """(units,) the band of each."""
    band: Integers = np.searchsorted(EDGES, elsewhere, side="right") - 1
    return band


def _joined(band: Integers) -> Integers:
    """For each band the one whose rate it has: those of few units are put together with the one below, the first with
    the one above. band: (units,) of each unit."""
    sizes = np.bincount(band, minlength=len(EDGES))
    joined = np.arange(len(EDGES))
    for one in range(len(EDGES) - 1, 0, -1):
        if sizes[one] < FEWEST_UNITS:
            joined[joined == one] = one - 1
            sizes[one - 1] += sizes[one]
    if sizes[0] < FEWEST_UNITS and (above := np.flatnonzero(sizes[1:] >= FEWEST_UNITS)).size:
        joined[joined == 0] = above[0] + 1
    return joined


def _fit(met_at: Floats, further: Floats, exposure: Floats) -> tuple[float, float]:
    """Shape and rate of the gamma distribution."""
    usual = np.log((further.sum() + 0.5) / exposure.sum())

    def loss(at: Floats) -> float:
        shape, per_year = np.exp(at)
        years = (shape + 1) / per_year
        expected = (shape + 1) / (years + met_at) * exposure
        likely = log_likelihood(further, expected, dispersion=1 / (shape + 1)).sum()
        return -float(likely + 0.5 * at[1])

    bounds = [tuple(np.log(_SHAPES)), (usual - 5, usual + 5)]
    starts = ([np.log(shape), usual] for shape in (0.1, 10.0))
    best = min((minimize(loss, start, method="L-BFGS-B", bounds=bounds) for start in starts), key=lambda one: one.fun)
    shape, per_year = np.exp(best.x)
    return float(shape), float((shape + 1) / per_year)


def strongest_windows(met: Occurrences, rates: UnitRates, *, start_day: float) -> tuple[Floats, Integers]:
    """For each occurrence the log10 Bayes factor of the deaths since some earlier one of its unit, the strongest of all
    such windows, and how many occurrences before it that window begins; -inf and 0 for the first of a unit.

    The factor weighs "deaths are connected with this unit" (`CONNECTED_PER_YEAR`) against the unit's own rate as known
    at the start of the window. Where the unit of either end may be another, the mixture with a factor of 1.
    """
    year, place = _years(met.day, start_day), met.place
    best = np.full(len(met.unit), -np.inf)
    back = np.zeros(len(met.unit), dtype=np.int64)
    here = np.arange(len(met.unit))
    for lag in range(1, LONGEST):
        here = here[here < len(met.unit) - lag]
        here = here[met.unit[here] == met.unit[here + lag]]
        if not len(here):
            break
        now = here + lag
        window = np.maximum(year[now] - year[here], _SHORTEST_YEARS)
        shape = rates.shape[met.unit[here]] + place[here] + 1
        usual = log_likelihood(lag, shape / (rates.years[met.unit[here]] + year[here]) * window, dispersion=1 / shape)
        connected = log_likelihood(lag, CONNECTED_PER_YEAR * window, dispersion=1.0)
        sure = met.certainty[here] * met.certainty[now]
        with np.errstate(divide="ignore"):  # the logarithm of no doubt
            doubt = np.log1p(-sure)
        strength = np.logaddexp(np.log(sure) + connected - usual, doubt) / np.log(10)
        stronger = strength > best[now]
        best[now[stronger]], back[now[stronger]] = strength[stronger], lag
    return best, back


def drawn(
    met: Occurrences, rates: UnitRates, *, start_day: float, end_day: float, rng: np.random.Generator
) -> tuple[Occurrences, UnitRates]:
    """Units first met when these were, and met again as their rates have it: those that are, and their rates. What
    chance makes: no unit is connected with anything, and some are met more often than others."""
    first = np.flatnonzero(met.place == 0)
    met_at, exposure = _years(met.day[first], start_day), _exposure(met.day[first], end_day)
    known = rates.years + met_at
    further = rng.negative_binomial(rates.shape + 1, known / (known + exposure))
    unit = np.repeat(np.arange(len(first)), further)
    day = met.day[first][unit] + rng.random(len(unit)) * exposure[unit] * YEAR_DAYS
    again = np.flatnonzero(further)
    unit, day = np.r_[again, unit], np.r_[met.day[first][again], day]
    order = np.lexsort((day, unit))
    dense = np.searchsorted(again, unit[order])
    made = Occurrences(
        unit=dense,
        event=np.arange(len(order)),
        day=day[order],
        certainty=np.ones(len(order)),
        elsewhere=met.elsewhere[again],
        part=np.full(len(order), -1, dtype=np.int64),
    )
    return made, UnitRates(shape=rates.shape[again], years=rates.years[again])


def _years(day: Floats, start_day: float) -> Floats:
    years: Floats = np.maximum(day - start_day, 0) / YEAR_DAYS
    return years


def _exposure(first_day: Floats, end_day: float) -> Floats:
    years: Floats = np.maximum((end_day - first_day) / YEAR_DAYS, _SHORTEST_YEARS)
    return years
