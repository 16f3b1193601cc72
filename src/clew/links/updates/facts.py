"""What is known of each event, as 64-bit keys: arrays for a whole history, a dictionary for what came since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from clew.links.evidence.people import Parts
from clew.links.keys import form_keys, keys_of
from clew.links.updates.frozen import Frozen, noted_values
from clew.links.updates.postings import Postings
from clew.links.weights import SUBJECTS
from clew.records import Known, Role


class Part(NamedTuple):
    """A part in an event. role: index into ROLES. address: whether it is played by one. nominal: as which the person is
    known (`persons`), and how surely it is this person."""

    person: int
    role: int
    address: bool
    nominal: int
    certainty: float


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Of one event. values: circumstances, (key, whether a substance). words: of its narrative. parts: played in it.
    homes: of the deceased, one or none. names: what records may call it. says: what its own records name."""

    values: tuple[tuple[int, bool], ...] = ()
    words: tuple[int, ...] = ()
    parts: tuple[Part, ...] = ()
    homes: tuple[int, ...] = ()
    names: tuple[int, ...] = ()
    says: tuple[int, ...] = ()


#: The columns of each kind of fact: the key is what events are looked up by, the flags go with it.
KINDS = {
    "values": ("key", "substance"),
    "words": ("key",),
    "parts": Part._fields,
    "homes": ("key",),
    "names": ("key",),
    "says": ("key",),
}


class FactTable:
    """The facts of n events, and which events have each."""

    def __init__(self, columns: dict[str, tuple[np.ndarray, ...]]) -> None:
        """columns: by kind, the event and what `KINDS` names, in order of all of them."""
        self._columns = columns
        self._since: dict[int, Facts] = {}
        self._under: dict[str, Postings] = {}
        for kind, (event, key, *_) in columns.items():
            number = key.astype(np.uint64)
            order = np.lexsort((event, number))
            first = np.ones(len(order), dtype=np.bool_)
            first[1:] = (np.diff(number[order]) != 0) | (np.diff(event[order]) != 0)
            once = order[first]
            self._under[kind] = Postings(number[once], event[once])

    @classmethod
    def of_known(cls, known: Known, event_id: np.ndarray, frozen: Frozen) -> FactTable:
        """The facts of the events of `known`. event_id: (n,) their ids, in the order of their rows."""
        index = pl.DataFrame({"event_id": event_id, "event": np.arange(len(event_id), dtype=np.int64)})
        columns = {}
        for kind, frame in _frames(known, frozen).items():
            rows = frame.join(index, on="event_id").sort("event", *KINDS[kind])
            columns[kind] = tuple(rows[name].to_numpy() for name in ("event", *KINDS[kind]))
        return cls(columns)

    def columns(self) -> dict[str, tuple[np.ndarray, ...]]:
        """The facts as they are now, as it is made from them."""
        merged = {}
        for kind, (event, *rest) in self._columns.items():
            old = ~np.isin(event, np.array(list(self._since), dtype=event.dtype))
            new = [(at, *row) for at, facts in self._since.items() for row in _rows(facts, kind)]
            added = zip(*new, strict=True) if new else [[] for _ in range(len(rest) + 1)]
            whole = [
                np.concatenate((column[old], np.array(list(more), dtype=column.dtype)))
                for column, more in zip((event, *rest), added, strict=True)
            ]
            order = np.lexsort(whole[::-1])
            merged[kind] = tuple(column[order] for column in whole)
        return merged

    def of(self, event: int) -> Facts:
        """The facts of one event."""
        if (since := self._since.get(event)) is not None:
            return since
        found: dict[str, list[tuple[Any, ...]]] = {}
        for kind, (events, *columns) in self._columns.items():
            low, high = np.searchsorted(events, (event, event + 1))
            found[kind] = list(zip(*(column[low:high].tolist() for column in columns), strict=True))
        return _facts(found)

    def with_value(self, kind: str, key: int) -> list[int]:
        """The events that have a fact of this `kind` with this key."""
        return self._under[kind].of(key)

    def count(self, kind: str, key: int) -> int:
        """How many events have a fact of this `kind` with this key."""
        return self._under[kind].count(key)

    def put(self, event: int, new: Facts) -> dict[str, dict[int, int]]:
        """Sets the facts of one event. Returns, by kind, every key it had or has now, with 1 where it had it not before
        and -1 where it has it no more."""
        old = self.of(event)
        self._since[event] = new
        changed: dict[str, dict[int, int]] = {}
        for kind in KINDS:
            mine, theirs = keys(old, kind), keys(new, kind)
            changed[kind] = {key: (key in theirs) - (key in mine) for key in sorted(mine | theirs)}
            for key in mine - theirs:
                self._under[kind].drop(key, event)
            for key in theirs - mine:
                self._under[kind].add(key, event)
        return changed

    @property
    def nbytes(self) -> int:
        """Bytes of the arrays of the whole history."""
        arrays = [column for columns in self._columns.values() for column in columns]
        return sum(array.nbytes for array in arrays) + sum(under.nbytes for under in self._under.values())


def parts_of(columns: Iterable[np.ndarray]) -> Parts:
    """Parts that are played, persons first, then addresses. columns: (m,) each, the event and the fields of `Part`."""
    event, person, role, address, nominal, certainty = columns
    order = np.lexsort((person, role, event, address))
    _, first, number = np.unique(nominal[order], return_index=True, return_inverse=True)
    return Parts(
        event=event[order],
        role=role[order],
        person=number.astype(np.int64),
        row=np.zeros(len(order), dtype=np.int64),
        address=address[order],
        resolved=np.unique(person[order][first], return_inverse=True)[1].astype(np.int64),
        certainty=certainty[order][first],
    )


def keys(facts: Facts, kind: str) -> set[int]:
    """What events are looked up by, of one kind of facts."""
    if kind == "values":
        return {key for key, _ in facts.values}
    if kind == "parts":
        return {part.person for part in facts.parts}
    return set(getattr(facts, kind))


def facts_of(known: Known, frozen: Frozen) -> dict[str, Facts]:
    """The facts of each event of `known` by its id."""
    found: dict[str, dict[str, list[tuple[Any, ...]]]] = {}
    for kind, frame in _frames(known, frozen).items():
        for event_id, *rest in sorted(frame.rows()):
            found.setdefault(event_id, {}).setdefault(kind, []).append(tuple(rest))
    return {event_id: _facts(kinds) for event_id, kinds in found.items()}


def _facts(found: dict[str, list[tuple[Any, ...]]]) -> Facts:
    return Facts(
        values=tuple((int(key), bool(substance)) for key, substance in found.get("values", ())),
        words=tuple(int(key) for (key,) in found.get("words", ())),
        parts=tuple(Part(*part) for part in found.get("parts", ())),
        homes=tuple(int(key) for (key,) in found.get("homes", ())),
        names=tuple(int(key) for (key,) in found.get("names", ())),
        says=tuple(int(key) for (key,) in found.get("says", ())),
    )


def _rows(facts: Facts, kind: str) -> list[tuple[Any, ...]]:
    """One event's facts of a kind, as `KINDS` names them."""
    if kind in ("parts", "values"):
        return [*getattr(facts, kind)]
    return [(key,) for key in getattr(facts, kind)]


def _frames(known: Known, frozen: Frozen) -> dict[str, pl.DataFrame]:
    """Of each kind, event_id and the columns that `KINDS` names, in this order."""
    home = form_keys(known.people["address"])
    nothing = pl.DataFrame(schema={"event_id": pl.String, "key": pl.UInt64})
    values, names, says, own_homes = pl.collect_all(
        (noted_values(known), _names_of(known), _namings(known), _homes_of(known, home))
    )
    return {
        "values": values,
        "words": nothing if frozen.language is None else frozen.language.told(known),
        "parts": frozen.persons.played(known.people, home),
        "homes": own_homes,
        "names": names,
        "says": says,
    }


def _names_of(known: Known) -> pl.LazyFrame:
    """What other events' records may call each event: event_id, key. Its number, and those of its subjects."""
    subjects = known.people.lazy().filter(
        pl.col("role").is_in([role.value for role in SUBJECTS]) & pl.col("person_ref").is_not_null()
    )
    return pl.concat(
        (
            known.events.lazy().select("event_id", key=keys_of(pl.col("event_id"))),
            subjects.select("event_id", key=keys_of(pl.col("person_ref"))),
        )
    ).unique(maintain_order=True)


def _namings(known: Known) -> pl.LazyFrame:
    """What each event's records name: event_id, key."""
    said = known.circumstances.lazy().filter(pl.col("feature") == "reference")
    return said.select("event_id", key=keys_of(pl.col("value"))).drop_nulls().unique(maintain_order=True)


def _homes_of(known: Known, home: pl.Series) -> pl.LazyFrame:
    """The home address of each event's deceased: event_id, key. home: a key of the address of each part."""
    deceased = known.people.lazy().with_columns(key=home).filter(pl.col("role") == Role.DECEASED.value)
    return deceased.drop_nulls("key").group_by("event_id").agg(pl.col("key").min())  # of several as `home_codes` has it
