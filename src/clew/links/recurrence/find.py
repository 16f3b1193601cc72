"""Finds the recurrences known at T, each with how often ones as strong are seen, and made by differing rates alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.decisions import Decisions
from clew.links.events import Floats, Integers, LinkEvents
from clew.links.evidence.people import Parts
from clew.links.find import Links
from clew.links.rates.chance import YEAR_DAYS, History, Rates, Sightings, chance_rates, seen_rates
from clew.links.recurrence.occurrences import Occurrences, people, spots
from clew.links.recurrence.rate import BandRates, UnitRates, drawn, fitted, strongest_windows

#: Of a desk's budget a fifth goes to recurrences, and the rest to links: `benchmarks.planted` says what that is worth.
SHARE_OF_BUDGET = 0.2

#: Recurrences kept and counted, a year; more than a desk looks at.
_KEPT_PER_YEAR = 100

#: Runs of what differing rates make: chance rates are stated down to a twentieth a year.
RUNS = 20

PERSON, SPOT = "person", "spot"
KINDS = (PERSON, SPOT)

#: The columns of `Recurrences.frame`.
SCHEMA: dict[str, pl.DataType] = {
    "event_id": pl.String(),
    "event_ids": pl.List(pl.String()),
    "kind": pl.String(),
    "days": pl.Float64(),
    "before": pl.Int64(),
    "place": pl.Int64(),
    "elsewhere": pl.Int64(),
    "log10_bayes_factor": pl.Float64(),
    **{f"{what}_{end}": pl.Float64() for what in ("seen", "chance") for end in ("per_year", "low", "high")},
    "known_at": pl.Datetime("us", "UTC"),
    "unit": pl.Int64(),
    "parts": pl.List(pl.Int64()),
}


@dataclass(frozen=True, kw_only=True)
class Recurrences:
    """The strongest recurrences known at T, strongest first, one row for each death that made one stronger than before.

    frame: event_id of the newest death; event_ids of all, in order of when they became known; kind, `person` or `spot`;
    days from first to last; before, deaths met with the same unit before these; place, the newest's among all deaths of
    the unit, from 0; elsewhere, other incidents it is in;
    log10_bayes_factor; seen_per_year and chance_per_year, each with a 95 % interval, among recurrences of both kinds;
    known_at, when the last fact about one of the deaths was learned; unit, an arbitrary number of this run; parts, rows
    of `Parts` of a person. counted: by kind, how many units were met with a death at all. rated: what they are rated
    by.
    """

    links: Links
    frame: pl.DataFrame
    counted: dict[str, int]
    rated: Rated

    @property
    def parts(self) -> Parts:
        """Those that it counts."""
        return self.links.parts

    def within(self, per_year: float, decisions: Decisions | None = None) -> pl.DataFrame:
        """As `rare`, of these."""
        return rare(self.frame, per_year, decisions)


def rare(frame: pl.DataFrame, per_year: float, decisions: Decisions | None = None) -> pl.DataFrame:
    """Rows of `Recurrences.frame` of which this force sees at most so many a year, without those that a later one of
    the same unit holds. The newest comes first: in order of strength they would be an order of people.

    decisions: what people decided, which stays down; and what a recurrence that stays down holds is shown.
    """
    seldom = frame.filter(pl.col("seen_per_year") <= per_year)
    seldom = (seldom if decisions is None else undecided(seldom, decisions)).sort("place", descending=True)
    held: dict[tuple[str, int], list[set[str]]] = {}
    shown = []
    for kind, unit, deaths in seldom.select("kind", "unit", "event_ids").iter_rows():
        later, mine = held.setdefault((kind, unit), []), set(deaths)
        shown.append(not any(mine <= other for other in later))
        later.append(mine)
    seldom = seldom.filter(pl.Series(shown, dtype=pl.Boolean))
    return seldom.sort("known_at", "event_id", "kind", descending=[True, False, False])


def undecided(frame: pl.DataFrame, decisions: Decisions) -> pl.DataFrame:
    """Rows of `Recurrences.frame` without those whose newest death people decided about beside each of the others, with
    nothing new since."""
    up = [
        any(
            (decided := decisions.of(newest, other)) is None or not decided.in_force
            for other in every
            if other != newest
        )
        for newest, every in frame.select("event_id", "event_ids").iter_rows()
    ]
    return frame.filter(pl.Series(up, dtype=pl.Boolean))


@dataclass(frozen=True, kw_only=True)
class Windows:
    """One kind of unit: its occurrences, and for each the strongest window that ends with it (`rate`)."""

    met: Occurrences
    strength: Floats
    back: Integers

    @classmethod
    def of(cls, met: Occurrences, rates: UnitRates, start_day: float) -> Windows:
        """The windows of `met` under `rates`."""
        strength, back = strongest_windows(met, rates, start_day=start_day)
        return cls(met=met, strength=strength, back=back)

    def above(self, floor: float) -> Integers:
        """Those stronger than `floor`, by the occurrence they end with."""
        ends: Integers = np.flatnonzero(self.strength > floor)
        return ends

    def sightings(self, kind: int, floor: float) -> Sightings:
        """Those stronger than `floor` as what is counted."""
        ends = self.above(floor)
        return Sightings(
            strength=self.strength[ends],
            known_day=self.met.day[ends],
            kind=np.full(len(ends), kind),
            ends=np.stack((ends - self.back[ends], ends)),
        )


@dataclass(frozen=True, kw_only=True)
class Rated:
    """The windows of each kind, those above `floor` with the rates at which as strong ones are seen and made by
    differing rates: in order of kind and of the occurrence they end with.

    bands: by kind, how often units are met again. mine, made: windows above `floor`, those that are, and those of
    `RUNS` runs of what differing rates make; read against `history`, of which `end_day` is the last.
    """

    bands: tuple[BandRates, ...]
    windows: tuple[Windows, ...]
    floor: float
    mine: Sightings
    made: Sightings
    history: History
    end_day: float
    seen: Rates
    chance: Rates


def find_recurrences(links: Links) -> Recurrences:
    """The recurrences among the deaths of `links`. The same links give the same recurrences."""
    events, incident = links.scorer.events, links.incident
    frequent = links.scorer.weights.people.frequent
    beside = people(events, links.parts, incident=incident, homes=links.scorer.homes, frequent=frequent)
    # What a unit can be met again after is every earlier death, however long ago.
    history = History.of(events.known_day[events.death], np.ones_like)
    end_day = float(events.known_day.max(initial=history.start_day))
    found = rated((beside, spots(events, incident=incident)), history, end_day=end_day, seed=links.seed)
    rates = {
        f"{what}_{end}": pl.Series(getattr(rate, end))
        for what, rate in (("seen", found.seen), ("chance", found.chance))
        for end in ("per_year", "low", "high")
    }
    frame = (
        listed(events, found.windows, found.floor)
        .with_columns(**rates)
        .select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
    )
    return Recurrences(
        links=links,
        frame=frame.sort("log10_bayes_factor", "event_id", descending=[True, False]),
        counted={kind: len(one.met.elsewhere) for kind, one in zip(KINDS, found.windows, strict=True)},
        rated=found,
    )


def rated(occurrences: Sequence[Occurrences], history: History, *, end_day: float, seed: int) -> Rated:
    """Every kind of unit's windows with their rates, all kinds counted together; a history from its start to
    `end_day`."""
    start_day = history.start_day
    bands = tuple(fitted(met, start_day=start_day, end_day=end_day) for met in occurrences)
    rates = [band.of(met.elsewhere) for band, met in zip(bands, occurrences, strict=True)]
    windows = tuple(Windows.of(met, rate, start_day) for met, rate in zip(occurrences, rates, strict=True))
    floor = _floor(np.concatenate([one.strength for one in windows]), (end_day - start_day) / YEAR_DAYS)
    rng = np.random.default_rng([seed, RUNS])
    runs = []
    for _ in range(RUNS):
        made = [
            drawn(met, rate, start_day=start_day, end_day=end_day, rng=rng)
            for met, rate in zip(occurrences, rates, strict=True)
        ]
        again = [Windows.of(*one, start_day).sightings(kind, floor) for kind, one in enumerate(made)]
        runs.append(Sightings.together(again))
    mine = Sightings.together([one.sightings(kind, floor) for kind, one in enumerate(windows)])
    together = Sightings.together(runs)
    return Rated(
        bands=bands,
        windows=windows,
        floor=floor,
        mine=mine,
        made=together,
        history=history,
        end_day=end_day,
        seen=seen_rates(mine, mine, history),
        chance=chance_rates(mine, together, history, replicates=RUNS),
    )


def _floor(strength: Floats, years: float) -> float:
    """What those that are kept are stronger than: nothing that speaks against a connection is a recurrence."""
    kept = int(max(years, 1.0) * _KEPT_PER_YEAR)
    if len(strength) <= kept:
        return 0.0
    return max(float(np.partition(strength, -kept - 1)[-kept - 1]), 0.0)


def listed(events: LinkEvents, windows: Sequence[Windows], floor: float) -> pl.DataFrame:
    """The windows above `floor`, of each kind in turn, with the columns of `SCHEMA` but for the rates."""
    return pl.concat([_rows(events, kind, one, floor) for kind, one in zip(KINDS, windows, strict=True)])


def _rows(events: LinkEvents, kind: str, windows: Windows, floor: float) -> pl.DataFrame:
    """The recurrences above `floor`, in order of the occurrence they end with."""
    met, ends = windows.met, windows.above(floor)
    back = windows.back[ends]
    spans = [slice(end - ago, end + 1) for end, ago in zip(ends, back, strict=True)]
    learned = np.array([events.learned_day[met.event[span]].max() for span in spans], dtype=np.float64)
    return pl.DataFrame(
        {
            "event_id": events.event_id[met.event[ends]],
            "event_ids": [events.event_id[met.event[span]].tolist() for span in spans],
            "kind": [kind] * len(ends),
            "days": met.day[ends] - met.day[ends - back],
            "before": met.place[ends] - back,
            "place": met.place[ends],
            "elsewhere": met.elsewhere[met.unit[ends]],
            "log10_bayes_factor": windows.strength[ends],
            "known_at": pl.Series(np.rint(learned * 86_400_000_000).astype(np.int64)).cast(pl.Datetime("us", "UTC")),
            "unit": met.unit[ends],
            "parts": [met.part[span].tolist() for span in spans],
        },
        schema_overrides={"event_ids": pl.List(pl.String), "parts": pl.List(pl.Int64), "kind": pl.String},
    )
