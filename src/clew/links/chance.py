"""How often: links this strong that the force sees a year, and that chance alone would make.

Decoys are the force's own events with their dates, their people and their references exchanged, within strata, and the
whole pipeline run again, so that dependence between families is in the answer (research/linkage.md 6: nulls that
assume independence under-count by half). Pairs set apart as one incident, a household or somebody's own history stay
set apart. A link that became known at t is counted against the links, real or decoy, that became known in the year
before t: the history a force can pair a new death with grows, and so does the rate. With that, on events whose dates
and people are truly independent, the links of `chance_per_year` at most r number r a year, and those of
`seen_per_year` at most the budget number the budget.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import chi2

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.people import ROLES, Parts
from clew.links.reference import References

YEAR_DAYS = 365.25
_SHORTEST_WINDOW_DAYS = 7.0
_RECENT_DAYS = 91


def exchange_dates(events: LinkEvents, incident: Integers, rng: np.random.Generator) -> LinkEvents:
    """The same events with dates exchanged within strata; the events of one incident move together."""
    first = np.unique(incident, return_index=True)[1]
    stratum = events.stratum[first]
    order = np.argsort(stratum, kind="stable")
    drawn = np.lexsort((rng.random(len(first)), stratum))
    given = np.empty(len(first), dtype=np.int64)
    given[order] = first[drawn]
    leader = first[incident]  # `incident` codes are dense: position in `first`
    shift = (events.from_day[given] - events.from_day[first])[incident]
    lag = events.known_day - events.from_day
    new_lag = (events.known_day[given] - events.from_day[given])[incident] + lag - lag[leader]
    start = events.from_day + shift
    return replace(
        events,
        from_day=start,
        to_day=events.to_day + shift,
        known_day=np.maximum(start + new_lag, start),
    )


def exchange_people(parts: Parts, events: LinkEvents, incident: Integers, rng: np.random.Generator) -> Parts:
    """The same parts played by other people: each person keeps in how many incidents, and in which roles, they appear.

    Whoever plays several parts in one incident (the caller who is also the finder) keeps them together. Exchanged
    within area and the same roles, deaths apart from other events, addresses apart from persons: a decoy has as many
    people who are a caller at a death and accused in an incident as the force has, at other events.
    """
    who = parts.who
    appearance = np.lexsort((parts.person, who, incident[parts.event]))
    person, where = who[appearance], incident[parts.event[appearance]]
    starts = np.flatnonzero(np.r_[True, (person[1:] != person[:-1]) | (where[1:] != where[:-1])][: len(person)])
    first = appearance[starts]
    roles = np.bitwise_or.reduceat(1 << parts.role[appearance], starts) if len(starts) else starts
    kind = (roles * 2 + events.death[parts.event[first]]) * 2 + parts.address[first]
    stratum = events.area[parts.event[first]] * (4 << len(ROLES)) + kind
    order = np.argsort(stratum, kind="stable")
    drawn = np.lexsort((rng.random(len(stratum)), stratum))
    given = np.empty_like(first)
    given[order] = parts.person[first[drawn]]
    swapped = np.empty_like(parts.person)
    swapped[appearance] = np.repeat(given, np.diff(np.r_[starts, len(appearance)]))
    return parts.with_people(swapped)


def exchange_references(named: References, rng: np.random.Generator) -> References:
    """As many references, as strong, each between an event that names and an event that is named elsewhere."""
    other = named.b[rng.permutation(len(named.b))]
    usable = named.a != other
    a, b = np.minimum(named.a, other)[usable], np.maximum(named.a, other)[usable]
    order = np.lexsort((b, a))
    a, b, factor, row = a[order], b[order], named.factor[usable][order], named.row[usable][order]
    once = np.r_[True, (a[1:] != a[:-1]) | (b[1:] != b[:-1])][: len(a)]
    return References(a=a[once], b=b[once], factor=factor[once], row=row[once])


@dataclass(frozen=True, kw_only=True)
class Sightings:
    """Links seen, real or decoy: strength (p,) log10, known_day (p,) when the later of the two events was known."""

    strength: Floats
    known_day: Floats


@dataclass(frozen=True, kw_only=True)
class History:
    """How many chances a force has had to see a link, day by day; what a count of links is read against.

    start_day: of the history. deaths: (k,) deaths that became known each day from then. reach: (k,) what a death of
    that day can be paired with: the earlier deaths, each weighed by the Bayes factor of its distance in time.
    """

    start_day: float
    deaths: Floats
    reach: Floats

    @classmethod
    def of(cls, known_day: Floats, factor_at: Callable[[Floats], Floats]) -> History:
        """From the days on which deaths became known, and the Bayes factor of two events so many days apart."""
        if not len(known_day):
            return cls(start_day=0.0, deaths=np.zeros(1), reach=np.zeros(1))
        start = float(np.quantile(known_day, 0.001))
        day = np.clip(known_day - start, 0, None).astype(np.int64)
        deaths = np.bincount(day).astype(np.float64)
        gaps: Floats = np.arange(len(deaths), dtype=np.float64) + 0.5
        reach = np.convolve(deaths, factor_at(gaps))[: len(deaths)]
        return cls(start_day=start, deaths=deaths, reach=reach)

    def window_days(self, known: float) -> float:
        """Length of the year before `known`, or of what there is of it, at least a week."""
        return float(np.clip(known - self.start_day, _SHORTEST_WINDOW_DAYS, YEAR_DAYS))

    def trend(self, known: float) -> float:
        """How much likelier a link is to arise at `known` than on average over the window before it: the history to
        pair with grows, and deaths may grow more frequent. Kept from 0.25 to 4."""
        today = int(np.clip(known - self.start_day, 0, len(self.deaths) - 1)) + 1
        window = int(self.window_days(known))
        first, middle = max(today - window, 0), max(today - min(window, _RECENT_DAYS), 0)
        usual = float((self.deaths[first:today] * self.reach[first:today]).mean())
        now = float(self.deaths[middle:today].mean() * self.reach[today - 1])
        return float(np.clip(now / usual, 0.25, 4.0)) if usual > 0 else 1.0


@dataclass(frozen=True, kw_only=True)
class Tally:
    """count: (p,) links at least as strong as each, in the year before it was known. years: (p,) what that year is
    worth: its length, over how much likelier a link has become since (`History.trend`).
    """

    count: Floats
    years: Floats

    def seen_per_year(self) -> Floats:
        """(p,) links at least this strong that are seen a year."""
        return self.count / self.years

    def chance_per_year(self, replicates: int) -> tuple[Floats, Floats, Floats]:
        """(p,) links at least this strong that chance makes a year, when `count` is of that many decoy runs, and
        its exact 95 % Poisson interval (Garwood 1936).

        One is added to each count: never below one over the number of replicates, and unbiased for a null's count.
        """
        scale = self.years * replicates
        low = np.where(self.count > 0, chi2.ppf(0.025, 2 * np.maximum(self.count, 0.5)) / 2, 0.0)
        high = chi2.ppf(0.975, 2 * (self.count + 1)) / 2
        return (self.count + 1) / scale, low / scale, high / scale


def count_as_strong(links: Sightings, among: Sightings, history: History) -> Tally:
    """Counts, for each of `links`, those of `among` at least as strong that became known in the year before it."""
    by_day = np.argsort(among.known_day, kind="stable")
    day, strength = among.known_day[by_day], among.strength[by_day]
    count, years = np.empty(len(links.strength)), np.empty(len(links.strength))
    for row, (mine, known) in enumerate(zip(links.strength, links.known_day, strict=True)):
        window = history.window_days(known)
        low, high = np.searchsorted(day, (known - window, known), side="right")
        count[row] = (strength[low:high] >= mine).sum()
        years[row] = window / YEAR_DAYS / history.trend(known)
    return Tally(count=count, years=years)
