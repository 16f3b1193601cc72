"""Which units crossed a limit that a stated number of units a year cross by chance alone, all of them together.

Two charts a unit, each with half of its share of the promise. The CUSUM finds a rate that rose some time ago; its limit
is simulated for the unit's own expectations, with a rate that differs as such units' rates do. The sequential test
weighs the whole watch; its limit holds however often one looks. How much true rates differ is fitted to the other units
(never the one in question). With N units watched for Y years and X false alarms a year, a unit's chance is X Y / N.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.backstop.expectation import Expectation, expectation
from clew.backstop.rule import FEWEST_UNITS, PERIOD_DAYS, YEAR_DAYS, By, Rule
from clew.backstop.series import deaths_by_unit
from clew.core import UsageError
from clew.records import Known
from clew.statistics.random_rate import dispersion_without_each, random_rate_tail
from clew.statistics.rate_cusum import limit_from, null_peaks, rate_cusum
from clew.statistics.ratio_funnel import ratio_funnel
from clew.statistics.sprt import first_crossing, random_rate_ratio

Values = NDArray[np.float64]

#: Runs of the first, quick looks: a unit that is plainly usual in one of them is not simulated in earnest, which can
#: only make alarms fewer.
_QUICK_RUNS = (199, 1_999)
_FEWEST_RUNS, _RUNS_ABOVE = 1_999, 10
#: Half of the promise for each of the two charts.
_CHARTS = 2


@dataclass(frozen=True, kw_only=True)
class Signal:
    """A unit that crossed. Never shown of a professional but as the number of such series and their records.

    observed, expected: (periods,). cusum, cusum_limit; ratio, ratio_limit: the two charts and their limits (natural
    logarithms). crossed: index of the first period at whose end either was crossed. z: place in the funnel of all like
    units, common differences taken off. tail: P(as many deaths in the whole watch), the rate being random. event_ids:
    the deaths of the watch, in order of time.
    """

    unit: str
    group: str
    observed: Values
    expected: Values
    cusum: Values
    cusum_limit: float
    ratio: Values
    ratio_limit: float
    crossed: int
    z: float
    tail: float
    event_ids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Group:
    """Units that are alike: how many are watched, and how much their true rates differ (relative variance)."""

    name: str
    units: int
    deaths: int
    expected: float
    dispersion: float


@dataclass(frozen=True, kw_only=True)
class Watch:
    """What a rule found. ends: the last instant of each period. signals: in order of group and unit, not of strength.

    without_history: units first seen during the watch, of which nothing is usual; too_few_alike: units of a kind with
    fewer than ten; left_out: deaths that count for no unit. rows: what was counted (event_id, unit, group, cell, at).
    """

    known: Known
    rule: Rule
    seed: int
    ends: tuple[datetime, ...]
    groups: tuple[Group, ...]
    signals: tuple[Signal, ...]
    without_history: int
    too_few_alike: int
    left_out: int
    rows: pl.DataFrame

    @property
    def years(self) -> float:
        """Length of the watch."""
        return (self.known.at - self.rule.watch_from) / timedelta(days=YEAR_DAYS)

    @property
    def units(self) -> int:
        """How many are watched."""
        return sum(group.units for group in self.groups)

    @property
    def by_chance(self) -> float:
        """How many units would cross if nothing were wrong anywhere: no more than this on average."""
        return self.rule.false_alarms_per_year * self.years

    @property
    def share(self) -> float:
        """The share of units that cross by chance."""
        return self.by_chance / self.units if self.units else 0.0


def watch(known: Known, rule: Rule, *, seed: int = 1, tick: Callable[[int, int], None] | None = None) -> Watch:
    """Watches `known` by `rule`. Equal arguments give equal results; rows recorded after T change nothing."""
    span = known.at - rule.watch_from
    periods = round(span / timedelta(days=PERIOD_DAYS))
    if periods < 1:
        raise UsageError(
            f"The watch begins on {rule.watch_from:%Y-%m-%d} and what is known ends on {known.at:%Y-%m-%d}.",
            where="--watch-from",
            why="a watch shorter than a month sees nothing",
            mend="begin earlier, or give a later --as-of",
        )
    counted = deaths_by_unit(known, rule)
    begin, step = rule.watch_from, span / periods
    rows = counted.rows.with_columns(
        period=((pl.col("at") - begin).dt.total_microseconds() / (step / timedelta(microseconds=1)))
        .floor()
        .cast(pl.Int64)
        .clip(-1, periods - 1)
    )
    kinds, new, few = _alike(rows)
    units = sum(len(kind.units) for kind in kinds)
    years = span / timedelta(days=YEAR_DAYS)
    alpha = rule.false_alarms_per_year * years / max(units, 1) / _CHARTS
    if units and alpha >= 0.25:
        raise UsageError(
            f"{rule.false_alarms_per_year:g} false alarms a year among {units} units leave no limit to cross.",
            where="--false-alarms-per-year",
            mend=f"promise fewer than {0.25 * units * _CHARTS / years:.2g} a year, or watch more units",
        )
    groups, signals, done = [], [], 0
    for kind in kinds:
        found = expectation(kind.before, kind.during(periods), new=kind.new(periods))
        extra = dispersion_without_each(found.observed.sum(axis=1), found.expected.sum(axis=1), baseline=found.variance)
        variance = found.variance + extra + found.variance * extra
        groups.append(
            Group(
                name=kind.name,
                units=len(kind.units),
                deaths=int(found.observed.sum()),
                expected=float(found.expected.sum()),
                dispersion=float(np.median(extra)),
            )
        )
        z = ratio_funnel(found.observed.sum(axis=1), found.expected.sum(axis=1)).overdispersed_z
        for number, unit in enumerate(kind.units):
            rng = np.random.default_rng([seed, zlib.crc32(f"{kind.name}\0{unit}".encode())])
            charts = _charts(found, number, float(variance[number]), alpha=alpha, rule=rule, rng=rng)
            if charts is not None:
                signals.append(
                    _signal(kind, number, found, charts, z=float(z[number]), variance=float(variance[number]))
                )
            done += 1
            if tick is not None:
                tick(done, units)
    return Watch(
        known=known,
        rule=rule,
        seed=seed,
        ends=tuple(begin + (number + 1) * step for number in range(periods)),
        groups=tuple(groups),
        signals=tuple(signals),
        without_history=new,
        too_few_alike=few,
        left_out=counted.left_out,
        rows=rows.drop("period").with_columns(watched=rows["period"] >= 0),
    )


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """Units that are alike and have a history, in order of name; others: deaths at new units of the kind.

    Codes of both frames: cell and period; of `rows`, the unit's place in `units` too.
    """

    name: str
    units: list[str]
    rows: pl.DataFrame
    others: pl.DataFrame

    @property
    def cells(self) -> int:
        both = (self.rows["cell_code"].max(), self.others["cell_code"].max())
        return max(int(code) for code in both if isinstance(code, int)) + 1

    @property
    def before(self) -> NDArray[np.int64]:
        past = self.rows.filter(pl.col("period") < 0)
        flat = past["unit_code"].to_numpy() * self.cells + past["cell_code"].to_numpy()
        return np.bincount(flat, minlength=len(self.units) * self.cells).reshape(len(self.units), self.cells)

    def during(self, periods: int) -> NDArray[np.int64]:
        now = self.rows.filter(pl.col("period") >= 0)
        flat = (now["unit_code"].to_numpy() * self.cells + now["cell_code"].to_numpy()) * periods
        shape = (len(self.units), self.cells, periods)
        return np.bincount(flat + now["period"].to_numpy(), minlength=math.prod(shape)).reshape(shape)

    def new(self, periods: int) -> NDArray[np.int64]:
        flat = self.others["cell_code"].to_numpy() * periods + self.others["period"].to_numpy()
        return np.bincount(flat, minlength=self.cells * periods).reshape(self.cells, periods)


def _alike(rows: pl.DataFrame) -> tuple[list[_Kind], int, int]:
    """The kinds that can be watched; how many units are new; how many have too few alike."""
    kinds, new, few = [], 0, 0
    for name in rows["group"].unique().sort().to_list():
        mine = rows.filter(pl.col("group") == name)
        old = mine.filter(pl.col("period") < 0)["unit"].unique().sort()
        new += mine["unit"].n_unique() - len(old)
        if len(old) < FEWEST_UNITS:
            few += len(old)
            continue
        units = old.to_list()
        mine = mine.with_columns(
            unit_code=pl.col("unit").replace_strict(units, range(len(units)), default=-1, return_dtype=pl.Int64),
            cell_code=pl.col("cell").rank("dense").cast(pl.Int64) - 1,
        )
        known = pl.col("unit_code") >= 0
        kinds.append(_Kind(name=name, units=units, rows=mine.filter(known), others=mine.filter(~known)))
    return kinds, new, few


def _charts(
    found: Expectation, number: int, variance: float, *, alpha: float, rule: Rule, rng: np.random.Generator
) -> tuple[Values, float, Values, float, int] | None:
    """Both charts, their limits and when the first was crossed; None where neither was."""
    o, e = found.observed[number], found.expected[number]
    ratio = random_rate_ratio(o, e, dispersion=variance, rate_ratio=rule.rate_ratio)
    ratio_limit = math.log(1 / alpha)
    path = rate_cusum(o, e, rate_ratio=rule.rate_ratio)
    simulate = {"dispersion": variance, "rng": rng, "rate_ratio": rule.rate_ratio}
    crossings = [first_crossing(ratio, ratio_limit)]
    limit = math.inf
    usual = False
    for runs in _QUICK_RUNS:
        usual = usual or (null_peaks(e, runs=runs, **simulate) >= path.max()).mean() > 3 * alpha + 6 / runs  # type: ignore[arg-type]
    if crossings[0] is not None or not usual:
        runs = max(_FEWEST_RUNS, math.ceil(_RUNS_ABOVE / alpha))
        limit = limit_from(null_peaks(e, runs=runs, **simulate), share=alpha)  # type: ignore[arg-type]
        crossings.append(first_crossing(path, limit))
    crossed = [each for each in crossings if each is not None]
    return (path, limit, ratio, ratio_limit, min(crossed)) if crossed else None


def _signal(
    kind: _Kind,
    number: int,
    found: Expectation,
    charts: tuple[Values, float, Values, float, int],
    *,
    z: float,
    variance: float,
) -> Signal:
    path, limit, ratio, ratio_limit, crossed = charts
    mine = kind.rows.filter((pl.col("unit_code") == number) & (pl.col("period") >= 0)).sort("at", "event_id")
    o, e = found.observed[number], found.expected[number]
    return Signal(
        unit=kind.units[number],
        group=kind.name,
        observed=o,
        expected=e,
        cusum=path,
        cusum_limit=limit,
        ratio=ratio,
        ratio_limit=ratio_limit,
        crossed=crossed,
        z=z,
        tail=float(random_rate_tail([o.sum()], [e.sum()], dispersion=variance)[0]),
        event_ids=tuple(mine["event_id"].to_list()),
    )


def names_are_shown(rule: Rule) -> bool:
    """Whether a unit may be named and described: a place or an area; a living person never (law 7)."""
    return rule.by is not By.PROFESSIONAL
