"""Who is who as at a full run: by what it read of each part, and by what identified somebody then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.events import Floats, Integers
from clew.links.evidence.people import Parts, identifiers, written_address
from clew.links.keys import Keys, keys_of
from clew.links.updates.arrays import Arrays
from clew.records import TABLES, Role

#: Added to what identifies somebody whom the full run did not know, to tell it from the run's own numbers.
_STRANGER = 1 << 62

#: What a record says of a part: all but when and where it was recorded.
_SAID = [name for name in TABLES["people"].frame_schema if not name.startswith(("recorded_at", "source_"))]

#: How a person is known, as columns: who, as which nominal (`identity`), and how surely that is this person.
KNOWN = {"person": pl.Int64, "nominal": pl.Int64, "certainty": pl.Float64}


@dataclass(frozen=True, kw_only=True)
class FrozenPersons:
    """parts: (m,) keys of what was said of parts, ascending; players: (m,) the nominal of each. A part of somebody who
    played no other is not here. known_as: (i,) keys of what identified somebody, ascending; bearers: (i,) the surest
    nominal of that person, -1 for what several persons bore. person_of, certainty_of: (c,) by nominal, as in `Parts`.
    """

    parts: Keys
    players: Integers
    known_as: Keys
    bearers: Integers
    person_of: Integers
    certainty_of: Floats

    @classmethod
    def of(cls, parts: Parts, people: pl.DataFrame) -> FrozenPersons:
        """Of a full run's `parts`, which people in `people` (`Known.people`) play."""
        count = int(parts.person.max(initial=-1)) + 1
        person = np.arange(count) if parts.resolved is None else parts.resolved
        certainty = np.ones(count) if parts.certainty is None else parts.certainty
        rows = people.with_row_index("row").with_columns(pl.col("row").cast(pl.Int64), home=_home())
        numbers = {"row": parts.row, "nominal": parts.person, "person": parts.who, "place": parts.address}
        played = pl.DataFrame(numbers | {"certainty": certainty[parts.person]}).join(rows, on="row").sort("row")
        somebody = played.filter(~pl.col("place"))
        again = somebody.filter(pl.col("nominal").len().over("person") >= 2)
        told = again.select("nominal", key=_said(again)).sort("key")
        called = identifiers(somebody).join(somebody.with_row_index("part"), on="part")
        bearer = ("nominal", "person", "certainty")
        known = (
            pl.concat(
                (
                    called.select(*bearer, key=keys_of(pl.col("identifier"))),
                    played.filter("place").select(*bearer, key="home").drop_nulls("key"),
                )
            )
            .sort("key", "certainty", "nominal", descending=[False, True, False])
            .group_by("key", maintain_order=True)
            .agg(pl.col("nominal").first(), several=pl.col("person").n_unique() > 1)
            .select("key", nominal=pl.when("several").then(-1).otherwise("nominal"))
        )
        return cls(
            parts=told["key"].to_numpy(),
            players=told["nominal"].to_numpy(),
            known_as=known["key"].to_numpy(),
            bearers=known["nominal"].to_numpy(),
            person_of=person,
            certainty_of=certainty,
        )

    def arrays(self) -> Arrays:
        """What `of_arrays` makes it from again."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> FrozenPersons:
        """From what `arrays` gave."""
        return cls(**{name: arrays[name] for name in cls.__dataclass_fields__})

    def played(self, people: pl.DataFrame) -> pl.DataFrame:
        """Who plays which part, as far as anything tells: event_id, role, address (bool), and the columns of `KNOWN`.

        A part that the full run read is played by whom it found. Another by the person that the first of its
        identifiers belonged to (its number, then telephone, e-mail, handle, vehicle, name and birth date), else by
        whoever bears the first of them. What several persons bore then identifies nobody. An address given plays the
        part once more.
        """
        people = people.filter(pl.col("role") != Role.PROFESSIONAL.value)
        players = self._players(people)
        homes = people.with_columns(key=_home()).filter(pl.col("key").is_not_null())
        keys = homes["key"].to_numpy()
        lodgers = homes.with_columns(self._known(keys, *_found(self.known_as, self.bearers, keys)))
        columns = ("event_id", "role", "address", *KNOWN)
        return pl.concat(
            (
                people.with_columns(players).drop_nulls("person").with_columns(address=False).select(columns),
                lodgers.with_columns(address=True).select(columns),
            )
        )

    def _players(self, people: pl.DataFrame) -> pl.DataFrame:
        """The columns of `KNOWN` for each part in `people`; null where nothing tells who plays it."""
        seen, nominal = _found(self.parts, self.players, people.select(_said(people)).to_series().to_numpy())
        called = identifiers(people).select("part", key=keys_of(pl.col("identifier")))
        keys = called["key"].to_numpy()
        known, bearer = _found(self.known_as, self.bearers, keys)
        first = (
            called.select("part")
            .with_columns(self._known(keys, known, bearer), known=pl.Series(known))
            .filter(pl.Series(~known | (bearer >= 0)))
            .sort("part", "known", descending=[False, True], maintain_order=True)
            .unique("part", keep="first", maintain_order=True)
        )
        looked_up = people.select(part=pl.int_range(pl.len(), dtype=pl.UInt32)).join(
            first, on="part", how="left", maintain_order="left"
        )
        read = self._known(np.zeros(people.height, dtype=np.uint64), seen, nominal)
        again = pl.Series(seen)
        return pl.DataFrame({name: read[name].zip_with(again, looked_up[name]) for name in KNOWN})

    def _known(self, keys: Keys, known: NDArray[np.bool_], nominal: Integers) -> pl.DataFrame:
        """The columns of `KNOWN` for whom each key stands for: a `nominal` where `known`, else one of its own."""
        able = known & (nominal >= 0)
        own = (keys % _STRANGER + _STRANGER).astype(np.int64)
        mine = np.where(able, nominal, 0)
        if not len(self.person_of):
            return pl.DataFrame({"person": own, "nominal": own, "certainty": np.ones(len(own))}, schema=KNOWN)
        return pl.DataFrame(
            {
                "person": np.where(able, self.person_of[mine], own),
                "nominal": np.where(able, nominal, own),
                "certainty": np.where(able, self.certainty_of[mine], 1.0),
            },
            schema=KNOWN,
        )


def _found(among: Keys, values: Integers, keys: Keys) -> tuple[NDArray[np.bool_], Integers]:
    """Whether each key is `among` these ascending ones, and the one of `values` that goes with it, else -1."""
    if not len(among):
        return np.zeros(len(keys), dtype=np.bool_), np.full(len(keys), -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    there = among[at] == keys
    return there, np.where(there, values[at], -1)


def _said(people: pl.DataFrame) -> pl.Expr:
    """A key of what is said of each part; of parts of which the same is said, each has its own."""
    said = keys_of(*(pl.col(name).cast(pl.String).fill_null("") for name in _SAID))
    return keys_of(said, pl.int_range(pl.len()).over(said))


def _home() -> pl.Expr:
    """A key of the address given for a part; null where there is none."""
    return keys_of(pl.lit("address:") + written_address(pl.col("address")))
