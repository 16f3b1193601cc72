"""How often links as strong as a new one are seen and made by chance: counted at the full run, and held since.

A link that arises between two full runs is rated as if it had become known on the last day of the full run, against the
year before that day, real and decoy; one stronger than all of them is seen once, itself.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.find import Links
from clew.links.rates.chance import History, Sightings, chance_rates, seen_rates
from clew.links.updates.arrays import Arrays

#: The rates of a link, a year, with 95 % intervals.
RATES = ("seen_per_year", "seen_low", "seen_high", "chance_per_year", "chance_low", "chance_high")


@dataclass(frozen=True, kw_only=True)
class FrozenRates:
    """What new links are counted against. seen: the links of the full run. chance: those of all its decoys. history: of
    the force. replicates: how many decoys. last_day: on which the last event of the run was known."""

    seen: Sightings
    chance: Sightings
    history: History
    replicates: int
    last_day: float

    @classmethod
    def of(cls, links: Links) -> FrozenRates:
        """The rates of a full run."""
        return cls(
            seen=links.seen,
            chance=Sightings.together([decoy.sightings for decoy in links.decoys]),
            history=links.history,
            replicates=links.replicates,
            last_day=float(links.scorer.events.known_day.max(initial=0.0)),
        )

    def rated(self, frame: pl.DataFrame) -> pl.DataFrame:
        """`frame`, with its column log10_bayes_factor, and the columns `RATES`."""
        strength = frame["log10_bayes_factor"].to_numpy()
        none = np.zeros(len(strength), dtype=np.int64)
        new = Sightings(
            strength=strength, known_day=np.full(len(strength), self.last_day), kind=none, ends=np.stack((none, none))
        )
        seen = seen_rates(new, self.seen, self.history, least=1)
        chance = chance_rates(new, self.chance, self.history, replicates=self.replicates)
        columns = (seen.per_year, seen.low, seen.high, chance.per_year, chance.low, chance.high)
        return frame.with_columns(pl.Series(name, values) for name, values in zip(RATES, columns, strict=True))

    def arrays(self) -> Arrays:
        """What `of_arrays` makes it from again."""
        sides = {"seen": self.seen, "chance": self.chance}
        found: Arrays = {
            f"{side}.{name}": getattr(held, name)
            for side, held in sides.items()
            for name in Sightings.__dataclass_fields__
        }
        return found | {
            "deaths": self.history.deaths,
            "reach": self.history.reach,
            "numbers": np.array([self.history.start_day, self.replicates, self.last_day]),
        }

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> FrozenRates:
        """From what `arrays` gave."""

        def side(name: str) -> Sightings:
            return Sightings(**{field: arrays[f"{name}.{field}"] for field in Sightings.__dataclass_fields__})

        start, replicates, last = arrays["numbers"].tolist()
        history = History(start_day=start, deaths=arrays["deaths"], reach=arrays["reach"])
        return cls(seen=side("seen"), chance=side("chance"), history=history, replicates=int(replicates), last_day=last)
