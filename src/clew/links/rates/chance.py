"""How often: links this strong that the force sees in a year, and that chance alone would make.

Seen is counted in the force's own history, chance in decoys of it (`decoys`) through which the whole search was run
again. A link that became known at t is counted against the links, real or decoy, that became known in the year before
t: the history a force can pair a new death with grows, and so does the rate. On events whose dates and people are truly
independent, the links of `chance_per_year` at most r then number r a year, and those of `seen_per_year` at most the
budget number the budget. Where the year of the decoys holds too few that are as strong, the tail of all years says how
fast they thin out (`Tail`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import gammaincinv, ndtri

from clew.links.events import Flags, Floats, Integers

YEAR_DAYS = 365.25
_SHORTEST_WINDOW_DAYS = 7.0
_RECENT_DAYS = 91

#: Strength over which links would thin out by a factor e if each Bayes factor of 10 made them ten times as many.
_ODDS = 1 / np.log(10)

#: The strongest links of each run, from which `thinning` is read.
_STRONG = 100

#: A count of the year before smaller than this is smoothed by the tail of all years.
FEW = 20

#: Decoys above which the tail is taken to be exponential: the strongest so many of all years and runs.
TAIL = 60


@dataclass(frozen=True, kw_only=True)
class Sightings:
    """Links seen, real or decoy: strength (p,) log10; known_day (p,) when the later of the two events was known;
    kind (p,) code of what ties them (`ties`); ends (2, p) the two events, told apart by run where there are several."""

    strength: Floats
    known_day: Floats
    kind: Integers
    ends: Integers

    @classmethod
    def together(cls, runs: list[Sightings]) -> Sightings:
        """All of `runs`; equal events of different runs are different."""
        apart = 1 + max((int(run.ends.max(initial=-1)) for run in runs), default=0)
        return cls(
            strength=np.concatenate([run.strength for run in runs]),
            known_day=np.concatenate([run.known_day for run in runs]),
            kind=np.concatenate([run.kind for run in runs]),
            ends=np.concatenate([run.ends + number * apart for number, run in enumerate(runs)], axis=1),
        )

    def take(self, rows: Flags) -> Sightings:
        """Only these links."""
        return Sightings(
            strength=self.strength[rows],
            known_day=self.known_day[rows],
            kind=self.kind[rows],
            ends=self.ends[:, rows],
        )


@dataclass(frozen=True, kw_only=True)
class History:
    """How many chances a force has had to see a link, day by day; what a count of links is read against.

    start_day: of the history. deaths: (k,) deaths that became known each day from then. reach: (k,) what a death of
    that day can be paired with: the earlier deaths, each weighed by how much likelier a strong link is at that distance
    in time. Where links thin out by a factor e with each `scale` of strength, a Bayes factor of b makes those of any
    strength ``b ** (1 / (scale ln 10))`` times as many.
    """

    start_day: float
    deaths: Floats
    reach: Floats

    @classmethod
    def of(cls, known_day: Floats, factor_at: Callable[[Floats], Floats], scale: float = _ODDS) -> History:
        """From the days on which deaths became known, the Bayes factor of two events so many days apart, and the
        strength (log10) over which links thin out by a factor e (`thinning`)."""
        if not len(known_day):
            return cls(start_day=0.0, deaths=np.zeros(1), reach=np.zeros(1))
        start = float(np.quantile(known_day, 0.001))
        day = np.clip(known_day - start, 0, None).astype(np.int64)
        deaths = np.bincount(day).astype(np.float64)
        gaps: Floats = np.arange(len(deaths), dtype=np.float64) + 0.5
        reach = np.convolve(deaths, factor_at(gaps) ** (_ODDS / scale))[: len(deaths)]
        return cls(start_day=start, deaths=deaths, reach=reach)

    def window_days(self, known: Floats) -> Floats:
        """(p,) length of the year before each of `known`, or of what there is of it, at least a week."""
        window: Floats = np.clip(known - self.start_day, _SHORTEST_WINDOW_DAYS, YEAR_DAYS)
        return window

    def trend(self, known: Floats, *, others: int = 1) -> Floats:
        """(p,) how much likelier a link is to arise at each of `known` than on average over the window before it: the
        history to pair with grows, and deaths may grow more frequent. Kept from 0.25 to 4. others: how many earlier
        events a new one must find, 1 for a pair, 2 for a series of three."""
        today = np.clip(known - self.start_day, 0, len(self.deaths) - 1).astype(np.int64) + 1
        window = self.window_days(known).astype(np.int64)
        first, middle = np.maximum(today - window, 0), np.maximum(today - np.minimum(window, _RECENT_DAYS), 0)
        arising = self.deaths * self.reach**others
        total, deaths, some = (np.r_[0.0, np.cumsum(each)] for each in (arising, self.deaths, arising > 0))
        usual = (total[today] - total[first]) / (today - first)
        now = (deaths[today] - deaths[middle]) / (today - middle) * self.reach[today - 1] ** others
        # Whether a window holds anything is counted: a difference of two sums is not exactly nothing.
        ratio = np.divide(now, usual, out=np.ones(len(known)), where=some[today] > some[first])
        trend: Floats = np.clip(ratio, 0.25, 4.0)
        return trend


@dataclass(frozen=True, kw_only=True)
class Tally:
    """count: (p,) links at least as strong as each, in the year before it was known. years: (p,) what that year is
    worth: its length, over how much likelier a link has become since (`History.trend`). few: (p,) strength of the
    `FEW`-th strongest of that year, NaN where it holds fewer.
    """

    count: Floats
    years: Floats
    few: Floats


@dataclass(frozen=True, kw_only=True)
class Rates:
    """(p,) a year, with a 95 % interval."""

    per_year: Floats
    low: Floats
    high: Floats


def count_as_strong(links: Sightings, among: Sightings, history: History, *, others: int = 1) -> Tally:
    """Counts, for each of `links`, those of `among` at least as strong that became known in the year before it.

    others: as in `History.trend`.
    """
    by_day = np.argsort(among.known_day, kind="stable")
    day, strength = among.known_day[by_day], among.strength[by_day]
    size = len(links.strength)
    count, few = np.empty(size), np.full(size, np.nan)
    window = history.window_days(links.known_day)
    years = window / YEAR_DAYS / history.trend(links.known_day, others=others)
    since = np.searchsorted(day, links.known_day - window, side="right")
    until = np.searchsorted(day, links.known_day, side="right")
    for row, (mine, low, high) in enumerate(zip(links.strength, since, until, strict=True)):
        count[row] = (strength[low:high] >= mine).sum()
        if count[row] < FEW <= high - low:
            few[row] = np.partition(strength[low:high], high - low - FEW)[high - low - FEW]
    return Tally(count=count, years=years, few=few)


def dispersion(among: Sightings, at: Floats) -> Floats:
    """(p,) how much more than Poisson the count of `among` at least as strong as each of `at` varies.

    Links that share an event come and go together: the variance of their number is that of a Poisson count and, for
    each two links that share an event, twice their covariance, at most one each: ``1 + sum d (d - 1) / n`` for events
    of d links (Hoeffding's decomposition of a count of pairs).
    """
    order = np.argsort(-among.strength, kind="stable")
    ranked, ends = among.strength[order], among.ends[:, order]
    upto, found = [0], [1.0]
    size = min(10, len(ranked))
    while size:
        degree = np.unique(ends[:, :size], return_counts=True)[1]
        upto.append(size)
        found.append(1.0 + float((degree * (degree - 1)).sum()) / size)
        size = min(2 * size, len(ranked)) if size < len(ranked) else 0
    stronger = np.searchsorted(-ranked, -at, side="right")
    factor: Floats = np.interp(stronger, upto, found)
    return factor


def garwood(count: Floats, spread: Floats) -> tuple[Floats, Floats]:
    """95 % interval of what a count is expected to be: exact for a Poisson count (Garwood 1936), and for one of
    `spread` times its variance that of as many clumps of that size."""
    clumps = count / spread
    low = np.where(count > 0, gammaincinv(np.maximum(clumps, 1e-9), 0.025), 0.0)
    high = gammaincinv(clumps + 1, 0.975)
    return spread * low, spread * high


def seen_rates(links: Sightings, among: Sightings, history: History, *, others: int = 1, least: int = 0) -> Rates:
    """How many of `among` at least as strong as each of `links` are seen a year.

    least: what is counted at least, 1 where `among` need not hold the links themselves, which are seen.
    """
    tally = count_as_strong(links, among, history, others=others)
    count = np.maximum(tally.count, least)
    low, high = garwood(count, dispersion(among, links.strength))
    return Rates(per_year=count / tally.years, low=low / tally.years, high=high / tally.years)


def chance_rates(links: Sightings, decoys: Sightings, history: History, *, replicates: int, others: int = 1) -> Rates:
    """How many links at least as strong as each of `links` chance makes a year; `decoys` come from so many runs.

    One is added to each count, which is unbiased for the links of a null: the n-th strongest of as many years as the
    decoys are worth is expected at the n-th strongest of those. Where the year before holds fewer than `FEW`, the tail
    says how much rarer than the `FEW`-th they are. Never below one over `replicates`: each run is worth one year, the
    one before the link, and what no run showed may still happen once in as many.
    """
    tally = count_as_strong(links, decoys, history, others=others)
    scale = tally.years * replicates
    spread = dispersion(decoys, links.strength)
    low, high = garwood(tally.count, spread)
    rate = tally.count + 1
    fitted = np.isfinite(tally.few)
    if fitted.any():
        thinner, doubt = Tail.of(decoys.strength).thinner(tally.few[fitted], links.strength[fitted])
        rate[fitted] = FEW * thinner
        # Of the level a count of FEW, of its fall an estimate of TAIL, both in clumps; the two err together, because
        # a history that holds strong links by accident has both a high level and a slow fall.
        away = np.exp(ndtri(0.975) * np.sqrt(spread[fitted]) * (1 / np.sqrt(FEW) + doubt))
        _, nothing_seen = garwood(np.zeros(int(fitted.sum())), spread[fitted])
        low[fitted], high[fitted] = rate[fitted] / away, np.maximum(rate[fitted] * away, nothing_seen)
    floor = 1 / replicates
    per_year = np.maximum(rate / scale, floor)
    return Rates(per_year=per_year, low=np.minimum(low / scale, per_year), high=np.maximum(high / scale, per_year))


def thinning(runs: Sequence[Sightings]) -> float:
    """The strength (log10) over which links thin out by a factor e: the mean excess of the strongest of each run."""
    excess = [np.empty(0)]
    for run in runs:
        ranked = np.sort(run.strength)[::-1][: _STRONG + 1]
        excess.append(ranked[:-1] - ranked[-1:])
    together = np.concatenate(excess)
    return float(together.mean()) if len(together) and together.mean() > 0 else _ODDS


@dataclass(frozen=True, kw_only=True)
class Tail:
    """How decoys thin out with strength, from all years and runs together.

    ranked: (m,) strengths, strongest first. start: strength beyond which they are taken to be exponential. scale: mean
    excess over it (Pickands 1975: of strengths, which are logarithms, the excesses over a high threshold tend to one of
    a family of which the exponential is the middle; on every history tried a shape of its own did not fit better).
    """

    ranked: Floats
    start: float
    scale: float

    @classmethod
    def of(cls, strength: Floats) -> Tail:
        """Fitted by its mean excess over the `TAIL`-th strongest."""
        ranked = np.sort(strength)[::-1]
        held = min(TAIL, len(ranked))
        start = float(ranked[held - 1])
        return cls(ranked=ranked, start=start, scale=max(float((ranked[:held] - start).sum()) / max(held - 1, 1), 1e-6))

    def log_count(self, strength: Floats) -> Floats:
        """(p,) natural logarithm of how many are at least so strong: counted up to `start`, fitted beyond."""
        held = np.arange(1, len(self.ranked) + 1)
        counted = np.interp(-strength, -self.ranked, np.log(held))
        beyond = np.log(min(TAIL, len(self.ranked))) - (strength - self.start) / self.scale
        count: Floats = np.where(strength > self.start, beyond, counted)
        return count

    def thinner(self, base: Floats, strength: Floats) -> tuple[Floats, Floats]:
        """(p,) the share of the links at least as strong as `base` that are at least as strong as `strength`, and the
        standard error of its logarithm that comes from the fit of the scale."""
        share = np.minimum(np.exp(self.log_count(strength) - self.log_count(base)), 1.0)
        over = np.maximum(strength - np.maximum(base, self.start), 0.0) / self.scale
        doubt: Floats = over / np.sqrt(min(TAIL, len(self.ranked)))
        return share, doubt
