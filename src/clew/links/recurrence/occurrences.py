"""Which deaths each person, and each spot, was met in, and how often it is in the records otherwise."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from scipy.spatial import cKDTree

from clew.links.events import Flags, Floats, Integers, LinkEvents
from clew.links.evidence.people import Parts
from clew.links.incidents import kin_to
from clew.links.rates.ties import ONE_SPOT_KM

_AROUND = tuple(itertools.product((-1, 0, 1), repeat=3))


@dataclass(frozen=True, kw_only=True)
class Occurrences:
    """m deaths, each met with one unit (a person or a spot), in order of unit and of when they became known.

    unit: (m,) codes from 0, none left out. event: (m,) index into the events. day: (m,) when it became known, days
    since 1970. certainty: (m,) that it is this unit. elsewhere: (units,) in how many other incidents the unit is. part:
    (m,) index into `Parts`, -1 of a spot.
    """

    unit: Integers
    event: Integers
    day: Floats
    certainty: Floats
    elsewhere: Integers
    part: Integers

    @property
    def place(self) -> Integers:
        """(m,) how many deaths of the same unit came before each."""
        first = np.flatnonzero(np.r_[True, self.unit[1:] != self.unit[:-1]][: len(self.unit)])
        before: Integers = np.arange(len(self.unit)) - first[self.unit]
        return before


def people(events: LinkEvents, parts: Parts, *, incident: Integers, homes: Integers, frequent: int) -> Occurrences:
    """The deaths that each person is beside who is not kin to it (`incidents.kin_to`) and no professional.

    Deaths of one incident or of one household count once, the first known. A person in more than `frequent` incidents
    is known by frequency, as for links, and is left out. incident, homes: (n,) codes of the events (`incidents`).
    """
    own = ~parts.address
    table = pl.DataFrame(
        {
            "who": parts.who[own],
            "event": parts.event[own],
            "incident": incident[parts.event[own]],
            "home": homes[parts.event[own]],
            "day": events.known_day[parts.event[own]],
            "certainty": np.ones(int(own.sum())) if parts.certainty is None else parts.certainty[parts.person[own]],
            "death": events.death[parts.event[own]],
            "beside": ~kin_to(parts, np.flatnonzero(own)),
            "part": np.flatnonzero(own),
        }
    )
    often = table.group_by("who").agg(
        incidents=pl.col("incident").n_unique(),
        elsewhere=pl.col("incident").n_unique() - pl.col("incident").filter("death").n_unique(),
    )
    # The surest record of a death first, then the household's first death.
    met = table.filter("death", "beside").sort("who", "day", "event", -pl.col("certainty"), "part")
    met = met.unique(["who", "incident"], keep="first", maintain_order=True)
    household = pl.when(pl.col("home") >= 0).then("home").otherwise(-2 - pl.col("incident"))
    met = met.with_columns(household=household).unique(["who", "household"], keep="first", maintain_order=True)
    met = met.join(often, on="who", how="left", maintain_order="left").filter(pl.col("incidents") <= frequent)
    return _occurrences(met)


def spots(events: LinkEvents, *, incident: Integers) -> Occurrences:
    """The deaths at each spot that is known to be no home and no institution.

    A death whose place is known to within `ONE_SPOT_KM` belongs to the nearest spot so near, or is the first of a spot
    of its own; in order of when they became known, so that a spot does not creep. Deaths of one incident count once.
    """
    located = np.isfinite(events.xyz_km).all(axis=1) & (events.uncertainty_km <= ONE_SPOT_KM)
    public: Flags = located & ~events.institution & events.public
    dead, others = np.flatnonzero(public & events.death), np.flatnonzero(located & ~events.death)
    dead = dead[np.lexsort((dead, events.known_day[dead]))]
    spot = _spots(events.xyz_km[dead])
    deaths = pl.DataFrame({"who": spot, "incident": incident[dead]})
    around = _around(events.xyz_km[dead], np.unique(spot), events.xyz_km[others], incident[others])
    around = around.join(deaths, on=["who", "incident"], how="anti").group_by("who").agg(elsewhere=pl.len())
    elsewhere = deaths.join(around, on="who", how="left", maintain_order="left")["elsewhere"].fill_null(0)
    table = pl.DataFrame(
        {
            "who": spot,
            "event": dead,
            "incident": incident[dead],
            "day": events.known_day[dead],
            "certainty": np.ones(len(dead)),
            "elsewhere": elsewhere,
            "part": np.full(len(dead), -1, dtype=np.int64),
        }
    )
    met = table.sort("who", "day", "event").unique(["who", "incident"], keep="first", maintain_order=True)
    return _occurrences(met)


def _around(xyz_km: Floats, firsts: Integers, others_km: Floats, incident: Integers) -> pl.DataFrame:
    """who, incident: each incident of an event of `others_km` within `ONE_SPOT_KM` of a point of `firsts`, once."""
    if not len(firsts) or not len(others_km):
        return pl.DataFrame(schema={"who": pl.Int64, "incident": pl.Int64})
    near: Any = cKDTree(others_km).query_ball_point(xyz_km[firsts], ONE_SPOT_KM)
    who = np.repeat(firsts, [len(one) for one in near])
    other = np.fromiter(itertools.chain.from_iterable(near), dtype=np.int64, count=len(who))
    return pl.DataFrame({"who": who, "incident": incident[other]}).unique()


def _spots(xyz_km: Floats) -> Integers:
    """(m,) the spot of each point, given in order, by the index of its first: the nearest first within `ONE_SPOT_KM`.

    By cells of that size, so that a million points at one place cost a million look-ups and not their pairs.
    """
    spot = np.arange(len(xyz_km))
    firsts: dict[tuple[int, int, int], list[int]] = {}
    for point, (x, y, z) in enumerate(np.floor(xyz_km / ONE_SPOT_KM).astype(np.int64).tolist()):
        near = [first for dx, dy, dz in _AROUND for first in firsts.get((x + dx, y + dy, z + dz), ())]
        apart = np.sqrt(((xyz_km[near] - xyz_km[point]) ** 2).sum(axis=1)) if near else np.empty(0)
        if len(apart) and apart.min() <= ONE_SPOT_KM:
            spot[point] = min(first for first, away in zip(near, apart, strict=True) if away == apart.min())
        else:
            firsts.setdefault((x, y, z), []).append(point)
    return spot


def _occurrences(met: pl.DataFrame) -> Occurrences:
    """From who, event, day, certainty, elsewhere, part; in order of who and day."""
    _, first, unit = np.unique(met["who"].to_numpy(), return_index=True, return_inverse=True)
    return Occurrences(
        unit=unit,
        event=met["event"].to_numpy(),
        day=met["day"].to_numpy(),
        certainty=met["certainty"].to_numpy(),
        elsewhere=met["elsewhere"].to_numpy().astype(np.int64)[first],
        part=met["part"].to_numpy(),
    )
