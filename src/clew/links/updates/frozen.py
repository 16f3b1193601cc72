"""What is held fixed between two full runs: how common everything is, and who is who.

A new death changes, by a hair, the background of every other pair: the history is a day longer, its street a little
denser, a circumstance one event commoner. Followed to the letter, one new fact would move every score there is. So
rarity is read as at the last full run, and a score depends on its two events alone: in whichever order facts arrive,
the same facts give the same links (decision 75).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from clew.links.events import LinkEvents
from clew.links.evidence.background import Background, Spots, cells_of
from clew.links.evidence.circumstances import NOT_CIRCUMSTANCES, VALUE
from clew.links.find import Links
from clew.links.keys import keys_of
from clew.links.model import LinkModel
from clew.links.model.files import digest_of
from clew.links.places import MAPPED, address_map
from clew.links.scoring import ROUNDING
from clew.links.updates.arrays import Arrays, part_of, with_prefix
from clew.links.updates.codes import FrozenValues
from clew.links.updates.language import Language
from clew.links.updates.persons import FrozenPersons
from clew.links.weights import Weights
from clew.records import Known


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """Backgrounds as at a full run.

    usual: of its events. spots: where they lay, None if nowhere. mapped: where addresses lay (`places.address_map`).
    event_count: of them. held: their circumstances. language: of their narratives, None where these are not read.
    persons: who is who in them. floor: log10, below which no link is kept.
    """

    weights: Weights
    model: LinkModel
    usual: Background
    spots: Spots | None
    mapped: pl.DataFrame
    event_count: int
    held: FrozenValues
    language: Language | None
    persons: FrozenPersons
    floor: float

    @property
    def model_digest(self) -> str | None:
        """SHA-256 of the trained model, None for the documented defaults."""
        return digest_of(self.model) if self.model.curves else None

    @classmethod
    def of(cls, links: Links, *, floor: float | None = None) -> Frozen:
        """The backgrounds of a full run. floor: the strength of its weakest link, less what rounding moves, if None."""
        scorer, known = links.scorer, links.known
        events, weights, held = scorer.events, scorer.weights, scorer.held
        located = events.xyz_km[np.isfinite(events.xyz_km).all(axis=1)]
        values = held.names.select(keys_of(pl.col("feature"), pl.col("value")).alias("key"))["key"].to_numpy()
        strengths = links.frame["log10_bayes_factor"].to_numpy()
        weakest = float(strengths.min()) if len(strengths) else 0.0
        noted = noted_values(known).collect()["event_id"].n_unique()
        return cls(
            weights=weights,
            model=scorer.model.model,
            usual=scorer.usual,
            spots=Spots.of(located, weights.place)[0] if len(located) else None,
            mapped=address_map(known),
            event_count=len(events),
            held=FrozenValues.of(held, values, among=noted, weights=weights.circumstances),
            language=Language.of(links) if weights.narrative.on else None,
            persons=FrozenPersons.of(links.parts, known.people),
            floor=weakest - ROUNDING if floor is None else floor,
        )

    def arrays(self) -> Arrays:
        """What `of_arrays` makes it from again."""
        usual, spots = self.usual, self.spots
        found = {
            "numbers": np.array([usual.spot_per_km2, usual.male_share, usual.history_days, self.floor]),
            "counts": np.array([self.event_count, spots.located if spots else 0]),
            "age_per_year": usual.age_per_year,
            "cells": spots.cells if spots else np.empty((0, 3), dtype=np.int64),
            "cell_count": spots.count if spots else np.empty(0, dtype=np.int64),
        }
        found |= {f"mapped.{name}": self.mapped[name].to_numpy() for name in MAPPED}
        found |= with_prefix("held.", self.held.arrays()) | with_prefix("persons.", self.persons.arrays())
        return found if self.language is None else found | with_prefix("language.", self.language.arrays())

    @classmethod
    def of_arrays(cls, arrays: Arrays, weights: Weights, model: LinkModel) -> Frozen:
        """From what `arrays` gave, and the weights and the model of the full run."""
        spot, male, history, floor = arrays["numbers"].tolist()
        count, located = arrays["counts"].tolist()
        cells = arrays["cells"]
        spots = Spots(cells=cells, count=arrays["cell_count"], located=located, weights=weights.place)
        usual = Background(
            place_per_km2=np.empty(0),  # of no event of its own: `usual_of`
            spot_per_km2=spot,
            age_per_year=arrays["age_per_year"],
            male_share=male,
            history_days=history,
        )
        return cls(
            weights=weights,
            model=model,
            usual=usual,
            spots=spots if len(cells) else None,
            mapped=pl.DataFrame(part_of(arrays, "mapped."), schema=MAPPED),
            event_count=count,
            held=FrozenValues.of_arrays(part_of(arrays, "held.")),
            language=Language.of_arrays(part_of(arrays, "language.")) if weights.narrative.on else None,
            persons=FrozenPersons.of_arrays(part_of(arrays, "persons.")),
            floor=floor,
        )

    def usual_of(self, events: LinkEvents) -> Background:
        """The background of `events`, old or new: how thickly the events of the full run lay around each."""
        density = np.full(len(events), np.nan)
        located = np.flatnonzero(np.isfinite(events.xyz_km).all(axis=1))
        if len(located) and self.spots is not None:
            density[located] = self.spots.per_km2(cells_of(events.xyz_km[located], self.weights.place))
        return replace(self.usual, place_per_km2=density)


def noted_values(known: Known) -> pl.LazyFrame:
    """What is noted of each event, each value once: event_id, key, substance (bool)."""
    return (
        known.circumstances.lazy()
        .filter(~pl.col("feature").is_in(NOT_CIRCUMSTANCES))
        .select("event_id", key=keys_of(pl.col("feature"), VALUE), substance=pl.col("feature") == "substance")
        .drop_nulls("key")
        .unique(maintain_order=True)
    )
