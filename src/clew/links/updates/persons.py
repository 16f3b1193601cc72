"""Who is who as at a full run: by what it read of each part, and by what identified somebody then."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.links.events import Flags, Floats, Integers
from clew.links.evidence.people import ROLES, Parts
from clew.links.keys import Keys, form_keys, keys_of
from clew.links.updates.arrays import Arrays
from clew.records import TABLES, Role

#: Added to what identifies somebody whom the full run did not know, to tell it from the run's own numbers.
_STRANGER = 1 << 62

#: What a record says of a part: all but when and where it was recorded.
_SAID = [name for name in TABLES["people"].frame_schema if not name.startswith(("recorded_at", "source_"))]

_DIGITS = pl.col("phone").str.replace_all(r"\D", "").str.tail(9)
_NAME = pl.col("name").str.to_lowercase().str.replace_all(r"[^\p{L} ]", "").str.strip_chars()

#: What identifies who plays a part, the best first.
_CALLED = {
    "ref": pl.col("person_ref"),
    "phone": pl.when(_DIGITS.str.len_chars() >= 7).then(_DIGITS),
    "email": pl.col("email").str.to_lowercase().str.strip_chars(),
    "handle": pl.col("handle").str.to_lowercase().str.strip_chars(),
    "vehicle": pl.col("vehicle").str.to_uppercase().str.replace_all(r"\s", ""),
    "born": _NAME + "|" + pl.col("birth_date").cast(pl.String),
}


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
        told = _told(people).with_columns(row=pl.int_range(pl.len()), home=form_keys(people["address"]))
        numbers = {"row": parts.row, "nominal": parts.person, "person": parts.who, "place": parts.address}
        played = pl.DataFrame(numbers | {"certainty": certainty[parts.person]}).join(told, on="row").sort("row")
        somebody = played.filter(~pl.col("place"))
        again = somebody.filter(pl.col("nominal").len().over("person") >= 2).sort("said")
        bearer = ("nominal", "person", "certainty")  # an address is told from what follows "ref:", "phone:", ...
        called = [somebody.select(*bearer, key=name) for name in _CALLED]
        called.append(played.filter("place").select(*bearer, key="home"))
        known = (
            pl.concat(called)
            .drop_nulls("key")
            .sort("key", "certainty", "nominal", descending=[False, True, False])
            .group_by("key", maintain_order=True)
            .agg(pl.col("nominal").first(), several=pl.col("person").n_unique() > 1)
            .select("key", nominal=pl.when("several").then(-1).otherwise("nominal"))
        )
        return cls(
            parts=again["said"].to_numpy(),
            players=again["nominal"].to_numpy(),
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

    def played(self, people: pl.DataFrame, home: pl.Series) -> pl.DataFrame:
        """Who plays which part, as far as anything tells: event_id, person, role (index into ROLES), address (bool),
        nominal, certainty (`Parts`). home: (n,) a key of the address in each row of `people` (`keys.form_keys`).

        A part that the full run read is played by whom it found. Another by the person that the first of its
        identifiers belonged to (its number, then telephone, e-mail, handle, vehicle, name and birth date), else by
        whoever bears the first of them. What several persons bore then identifies nobody. An address given plays the
        part once more.
        """
        told = _told(people)
        lay = told["lay"].to_numpy()
        seen, nominal = _found(self.parts, self.players, told["said"].to_numpy())
        somebody = np.where(seen, nominal, self._called(told.select(*_CALLED)))
        housed = np.flatnonzero(home.is_not_null().to_numpy() & lay)
        _, lodger = self._nominal(home.gather(housed).to_numpy())
        known = np.flatnonzero((somebody >= 0) & lay)
        row, played = np.concatenate((known, housed)), np.concatenate((somebody[known], lodger))
        ours = played < _STRANGER
        person, certainty = played.copy(), np.ones(len(played))
        person[ours], certainty[ours] = self.person_of[played[ours]], self.certainty_of[played[ours]]
        return pl.DataFrame(
            {
                "event_id": people["event_id"].gather(row),
                "person": person,
                "role": told["role"].gather(row),
                "address": np.arange(len(row)) >= len(known),
                "nominal": played,
                "certainty": certainty,
            }
        )

    def _called(self, names: pl.DataFrame) -> Integers:
        """(n,) the nominal that each part's identifiers tell, -1 where they tell nobody. names: (n, k) keys of them, as
        `_CALLED` has them, null where there is none."""
        known, nominal = self._nominal(names.fill_null(0).to_numpy())
        able = names.select(pl.all().is_not_null()).to_numpy() & (nominal >= 0)
        order = np.where(known, 0, len(_CALLED)) + np.arange(len(_CALLED))
        best = np.where(able, order, 2 * len(_CALLED)).argmin(axis=1)[:, None]
        told: Integers = np.where(able.any(axis=1), np.take_along_axis(nominal, best, axis=1)[:, 0], -1)
        return told

    def _nominal(self, keys: Keys) -> tuple[Flags, Integers]:
        """Whether each key identified somebody at the full run, and the nominal that it stands for: -1 for what several
        persons bore, one of its own where it was not known."""
        known, nominal = _found(self.known_as, self.bearers, keys)
        return known, np.where(known, nominal, (keys % _STRANGER + _STRANGER).astype(np.int64))


def _found(among: Keys, values: Integers, keys: Keys) -> tuple[Flags, Integers]:
    """Whether each key is `among` these ascending ones, and the one of `values` that goes with it, else -1."""
    if not len(among):
        return np.zeros(keys.shape, dtype=np.bool_), np.full(keys.shape, -1, dtype=np.int64)
    at = np.minimum(np.searchsorted(among, keys), len(among) - 1)
    there: Flags = among[at] == keys
    return there, np.where(there, values[at], -1)


def _told(people: pl.DataFrame) -> pl.DataFrame:
    """What tells who plays each part: role (index into ROLES), lay (bool: no professional), said (a key of all that is
    said of it), and a key of each of `_CALLED`."""
    told = people.select(
        role=pl.col("role").cast(pl.Enum(ROLES)).to_physical().cast(pl.Int64),
        lay=pl.col("role") != Role.PROFESSIONAL.value,
        said=keys_of(*(pl.col(name).cast(pl.String).fill_null("") for name in _SAID)),
        **{kind: keys_of(pl.lit(f"{kind}:") + value) for kind, value in _CALLED.items()},
    )
    return told.with_columns(said=_each_its_own(told["said"].to_numpy()))


def _each_its_own(said: Keys) -> Keys:
    """The keys, changed where the same was said before: of parts of which the same is said, each has its own."""
    order = np.argsort(said, kind="stable")
    new = np.ones(len(said), dtype=np.bool_)
    new[1:] = np.diff(said[order]) != 0
    first = np.flatnonzero(new)
    before = np.empty(len(said), dtype=np.uint64)
    before[order] = np.arange(len(said)) - np.repeat(first, np.diff(np.append(first, len(said))))
    own: Keys = said + before * np.uint64(0x9E3779B97F4A7C15)
    return own
