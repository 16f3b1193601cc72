"""Recurrences among the deaths of a state: counted anew, by the rates of the full run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.events import Integers, LinkEvents
from clew.links.evidence.people import Parts
from clew.links.incidents import HOUSEHOLD_DEATHS
from clew.links.recurrence import Recurrences
from clew.links.recurrence.find import KINDS, RUNS, SCHEMA, Windows, listed
from clew.links.recurrence.occurrences import people, spots
from clew.links.recurrence.rate import BandRates
from clew.links.updates.arrays import Arrays, part_of, with_prefix
from clew.links.updates.rates import FrozenRates
from clew.links.weights import PeopleWeights


@dataclass(frozen=True, kw_only=True)
class Whole:
    """Everything that recurrences are counted from, in order of event_id, as a full run has it. incident, homes: (n,)
    codes of the events (`incidents`)."""

    events: LinkEvents
    parts: Parts
    incident: Integers
    homes: Integers


@dataclass(frozen=True, kw_only=True)
class FrozenRecurrence:
    """What recurrences are weighed and rated by, as at a full run. bands: by kind, how often persons and spots are met
    again. floor: what those that are kept are stronger than. rates: of those of the run. weights: of people."""

    bands: tuple[BandRates, ...]
    floor: float
    rates: FrozenRates
    weights: PeopleWeights

    @classmethod
    def of(cls, found: Recurrences) -> FrozenRecurrence:
        """Of a full run's."""
        rated = found.rated
        return cls(
            bands=rated.bands,
            floor=rated.floor,
            rates=FrozenRates(
                seen=rated.mine, chance=rated.made, history=rated.history, replicates=RUNS, last_day=rated.end_day
            ),
            weights=found.links.scorer.weights.people,
        )

    def among(self, whole: Whole) -> pl.DataFrame:
        """The recurrences there are, strongest first: the columns of `Recurrences.frame`, parts those of `whole`."""
        beside = people(
            whole.events,
            whole.parts,
            incident=whole.incident,
            homes=whole.homes,
            frequent=self.weights.frequent,
        )
        met = (beside, spots(whole.events, incident=whole.incident))
        start = self.rates.history.start_day
        windows = [Windows.of(one, band.of(one.elsewhere), start) for one, band in zip(met, self.bands, strict=True)]
        found = self.rates.rated(listed(whole.events, windows, self.floor))
        found = found.select(pl.col(name).cast(dtype) for name, dtype in SCHEMA.items())
        return found.sort("log10_bayes_factor", "event_id", descending=[True, False])

    def arrays(self) -> Arrays:
        """What `of_arrays` makes it from again."""
        found: Arrays = {"floor": np.array(self.floor)}
        for kind, band in zip(KINDS, self.bands, strict=True):
            found |= {f"{kind}.{name}": getattr(band, name) for name in BandRates.__dataclass_fields__}
        return found | with_prefix("rates.", self.rates.arrays())

    @classmethod
    def of_arrays(cls, arrays: Arrays, weights: PeopleWeights) -> FrozenRecurrence:
        """From what `arrays` gave, and the weights of the full run."""
        return cls(
            bands=tuple(
                BandRates(**{name: arrays[f"{kind}.{name}"] for name in BandRates.__dataclass_fields__})
                for kind in KINDS
            ),
            floor=float(arrays["floor"]),
            rates=FrozenRates.of_arrays(part_of(arrays, "rates.")),
            weights=weights,
        )


def homes_of(event: Integers, key: np.ndarray, count: int) -> Integers:
    """(count,) code of the home of each event's deceased, -1 where not known or where more than a household died: from
    the events that have one, and its key."""
    _codes, number, deaths = np.unique(key, return_inverse=True, return_counts=True)
    homes = np.full(count, -1, dtype=np.int64)
    few = deaths[number] <= HOUSEHOLD_DEATHS
    homes[event[few]] = number[few]
    return homes
