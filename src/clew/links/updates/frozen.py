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
from numpy.typing import NDArray

from clew.links.events import Integers, LinkEvents
from clew.links.evidence.background import Background, Spots, cells_of
from clew.links.evidence.circumstances import NOT_CIRCUMSTANCES, VALUE
from clew.links.evidence.people import Parts, identifiers, written_address
from clew.links.find import Links
from clew.links.keys import Keys, keys_of
from clew.links.model import LinkModel
from clew.links.model.files import digest_of
from clew.links.places import MAPPED, address_map
from clew.links.updates.arrays import Arrays, part_of, with_prefix
from clew.links.updates.codes import FrozenValues
from clew.links.updates.language import Language
from clew.links.weights import SUBJECTS, Weights
from clew.records import Known, Role

#: Added to what identifies somebody whom the last full run did not know, to tell it from a person's number.
_STRANGER = 1 << 62


@dataclass(frozen=True, kw_only=True)
class Frozen:
    """Backgrounds as at a full run.

    usual: of its events. spots: where they lay, None if nowhere. mapped: where addresses lay (`places.address_map`).
    event_count: of them. held: their circumstances. language: of their narratives, None where these are not read.
    known_as: (i,) keys of what identified somebody, ascending, persons: (i,) who that is, -1 for what several persons
    bear. floor: log10, below which no link is kept.
    """

    weights: Weights
    model: LinkModel
    usual: Background
    spots: Spots | None
    mapped: pl.DataFrame
    event_count: int
    held: FrozenValues
    language: Language | None
    known_as: Keys
    persons: Integers
    floor: float

    @property
    def model_digest(self) -> str | None:
        """SHA-256 of the trained model, None for the documented defaults."""
        return digest_of(self.model) if self.model.curves else None

    @classmethod
    def of(cls, links: Links, *, floor: float | None = None) -> Frozen:
        """The backgrounds of a full run. floor: the strength of its weakest link if None."""
        scorer, known = links.scorer, links.known
        events, weights, held = scorer.events, scorer.weights, scorer.held
        located = events.xyz_km[np.isfinite(events.xyz_km).all(axis=1)]
        values = held.names.select(keys_of(pl.col("feature"), pl.col("value")).alias("key"))["key"].to_numpy()
        strengths = links.frame["log10_bayes_factor"].to_numpy()
        weakest = float(strengths.min()) if len(strengths) else 0.0
        names, persons = _known_persons(links.parts, known.people)
        noted = noted_values(known)["event_id"].n_unique()
        return cls(
            weights=weights,
            model=scorer.model.model,
            usual=scorer.usual,
            spots=Spots.of(located, weights.place)[0] if len(located) else None,
            mapped=address_map(known),
            event_count=len(events),
            held=FrozenValues.of(held, values, among=noted, weights=weights.circumstances),
            language=Language.of(links) if weights.narrative.on else None,
            known_as=names,
            persons=persons,
            floor=weakest if floor is None else floor,
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
            "known_as": self.known_as,
            "persons": self.persons,
        }
        found |= {f"mapped.{name}": self.mapped[name].to_numpy() for name in MAPPED}
        found |= with_prefix("held.", self.held.arrays())
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
            known_as=arrays["known_as"],
            persons=arrays["persons"],
            floor=floor,
        )

    def usual_of(self, events: LinkEvents) -> Background:
        """The background of `events`, old or new: how thickly the events of the full run lay around each."""
        density = np.full(len(events), np.nan)
        located = np.flatnonzero(np.isfinite(events.xyz_km).all(axis=1))
        if len(located) and self.spots is not None:
            density[located] = self.spots.per_km2(cells_of(events.xyz_km[located], self.weights.place))
        return replace(self.usual, place_per_km2=density)

    def played(self, people: pl.DataFrame) -> pl.DataFrame:
        """Who plays which part, as far as anything identifies them: event_id, role, person, address (bool).

        A part is played by the person of the full run that the first of its identifiers belongs to (its number, then
        telephone, e-mail, handle, vehicle, name and birth date), else by whoever bears the first of them. What several
        persons bore then identifies nobody. An address given plays the part once more.
        """
        people = people.filter(pl.col("role") != Role.PROFESSIONAL.value)
        parts = people.lazy().with_row_index("part")
        found = identifiers(people).select("part", key=keys_of(pl.col("identifier")))
        known, person = self._who(found["key"].to_numpy())
        found = found.with_columns(known=known, person=_person_or_stranger(found["key"].to_numpy(), known, person))
        found = found.with_row_index("order").filter(pl.Series(~known | (person >= 0)))
        first = (
            found.lazy()
            .sort("part", "known", "order", descending=[False, True, False])
            .unique("part", keep="first", maintain_order=True)
        )
        somebody = parts.join(first, on="part", maintain_order="left").select(
            "event_id", "role", "person", address=pl.lit(value=False)
        )
        home = pl.lit("address:") + written_address(pl.col("address"))
        place = parts.select("event_id", "role", key=keys_of(home)).drop_nulls("key").collect()
        keys = place["key"].to_numpy()
        lodgers = place.lazy().select(
            "event_id", "role", person=_person_or_stranger(keys, *self._who(keys)), address=pl.lit(value=True)
        )
        return pl.concat((somebody, lodgers)).collect()

    def _who(self, keys: Keys) -> tuple[NDArray[np.bool_], Integers]:
        """Whether each key identified somebody at the full run, and whom."""
        if not len(self.known_as):
            return np.zeros(len(keys), dtype=bool), np.zeros(len(keys), dtype=np.int64)
        at = np.minimum(np.searchsorted(self.known_as, keys), len(self.known_as) - 1)
        return self.known_as[at] == keys, self.persons[at]


def _person_or_stranger(keys: Keys, known: NDArray[np.bool_], person: Integers) -> pl.Series:
    """Who each key stands for: the person it was known to belong to, else a number of its own."""
    own = keys % _STRANGER + _STRANGER
    return pl.Series(np.where(known & (person >= 0), person, own.astype(np.int64)), dtype=pl.Int64)


def noted_values(known: Known) -> pl.DataFrame:
    """What is noted of each event, each value once: event_id, key, substance (bool)."""
    return (
        known.circumstances.lazy()
        .filter(~pl.col("feature").is_in(NOT_CIRCUMSTANCES))
        .select("event_id", key=keys_of(pl.col("feature"), VALUE), substance=pl.col("feature") == "substance")
        .drop_nulls("key")
        .unique(maintain_order=True)
        .collect()
    )


def names_of(known: Known) -> pl.DataFrame:
    """What other events' records may call each event: event_id, key. Its number, and those of its subjects."""
    subjects = known.people.lazy().filter(
        pl.col("role").is_in([role.value for role in SUBJECTS]) & pl.col("person_ref").is_not_null()
    )
    return (
        pl.concat(
            (
                known.events.lazy().select("event_id", key=keys_of(pl.col("event_id"))),
                subjects.select("event_id", key=keys_of(pl.col("person_ref"))),
            )
        )
        .unique(maintain_order=True)
        .collect()
    )


def namings(known: Known) -> pl.DataFrame:
    """What each event's records name: event_id, key."""
    said = known.circumstances.lazy().filter(pl.col("feature") == "reference")
    return said.select("event_id", key=keys_of(pl.col("value"))).drop_nulls().unique(maintain_order=True).collect()


def homes_of(known: Known) -> pl.DataFrame:
    """The home address of each event's deceased: event_id, key."""
    deceased = known.people.lazy().filter(pl.col("role") == Role.DECEASED.value)
    keyed = deceased.select("event_id", key=keys_of(written_address(pl.col("address")))).drop_nulls("key")
    return keyed.unique("event_id", keep="first", maintain_order=True).collect()


def _known_persons(parts: Parts, people: pl.DataFrame) -> tuple[Keys, Integers]:
    """Keys of what identifies somebody, ascending, and who that is; -1 where it is several persons."""
    rows = people.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64))
    player = pl.DataFrame({"row": parts.row, "person": parts.who, "address": parts.address})
    somebody = rows.join(player.filter(~pl.col("address")), on="row")
    called = identifiers(somebody).join(somebody.select("person").with_row_index("part"), on="part")
    home = pl.lit("address:") + written_address(pl.col("address_right"))
    placed = (
        player.filter("address")
        .join(rows.select("row", address_right="address"), on="row")
        .select("person", key=keys_of(home))
        .drop_nulls("key")
    )
    both = pl.concat((called.select("person", key=keys_of(pl.col("identifier"))), placed)).unique()
    one = both.group_by("key").agg(pl.col("person").min(), pl.len().alias("persons")).sort("key")
    person = one["person"].to_numpy().astype(np.int64)
    return one["key"].to_numpy(), np.where(one["persons"].to_numpy() == 1, person, -1)
