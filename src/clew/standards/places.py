"""Where a store's rows stand in the force's own files, and what names them inside their event.

Twenty rules may be triggered by the same rows: what is said of a row is put into words once and then looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from clew.records import TABLES
from clew.standards.engine.arrays import Bools, Ints
from clew.standards.engine.result import RuleDuties
from clew.standards.engine.store import FactTable, Store

#: Rows of one label are named all at once if at least one in so many of them triggers a duty of the rule.
_ONE_IN = 4


@dataclass(eq=False)
class Places:
    """Looks up, for rows of one store: name, file and row."""

    store: Store
    _names: dict[tuple[str, int, int], pl.Series] = field(default_factory=dict)
    _files: dict[str, pl.Series] = field(default_factory=dict)

    def names(self, table: str, positions: Ints) -> pl.Series:
        """`event/key` of each row at `positions` of `table`: what a duty's id ends with."""
        facts = self.store.tables[table]
        begin, end = _label_around(facts, positions)
        if end - begin > _ONE_IN * positions.size:
            return self._named(facts, positions)
        if (table, begin, end) not in self._names:
            self._names[table, begin, end] = self._named(facts, np.arange(begin, end, dtype=np.int64))
        return self._names[table, begin, end].gather(positions - begin)

    def _named(self, facts: FactTable, positions: Ints) -> pl.Series:
        if facts.name in TABLES:
            columns, key = _TRIGGER_KEYS[facts.name]
        else:
            columns, key = ("other_event_id",), pl.col("other_event_id")
        rows = self._source_rows(facts, positions, columns)
        event_id = self.store.cases.gather(facts.case[positions]).alias("_event")
        return rows.with_columns(event_id).select(pl.concat_str("_event", pl.lit("/"), key)).to_series()

    def _source_rows(self, facts: FactTable, positions: Ints, columns: Sequence[str]) -> pl.DataFrame:
        return self.store.sources[facts.name].select(columns)[facts.row[positions].astype(np.uint32)]

    def provenance(self, table: str, positions: Ints, valid: Bools | None = None) -> tuple[pl.Series, pl.Series]:
        """File and row of each position of `table`; empty where not `valid`."""
        rows = self.store.tables[table].row[positions]
        places = pl.Series(rows) if valid is None else nullable(rows, valid)
        return self._file_of(table, places, valid), self.store.sources[table]["source_row"].gather(places)

    def _file_of(self, table: str, places: pl.Series, valid: Bools | None) -> pl.Series:
        files = self.store.sources[table]["source_file"]
        if table not in self._files:
            self._files[table] = files.unique()
        only = self._files[table]
        if len(only) > 1:
            return files.gather(places)
        # Most tables come from one file: its name is repeated, not looked up row by row.
        if valid is None or valid.all():
            return only.new_from_index(0, len(places))
        return only.gather(nullable(np.zeros(len(places), dtype=np.int64), valid))

    def deciding(self, duties: RuleDuties) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Table, file and row of what decided each duty; empty where nothing on record did."""
        count, has = len(duties), duties.deciding >= 0
        found: tuple[pl.Series, ...] | None = None
        for name in dict.fromkeys(duties.tables):
            numbers = [number for number, other in enumerate(duties.tables) if other == name]
            chosen = has if len(numbers) == len(duties.tables) else has & np.isin(duties.deciding_table, numbers)
            if not chosen.any():
                continue
            table = pl.Series([name]).gather(nullable(np.zeros(count, dtype=np.int64), chosen))
            own = (table, *self.provenance(name, np.where(chosen, duties.deciding, 0), chosen))
            picked = pl.Series(chosen)
            found = (
                own if found is None else tuple(new.zip_with(picked, old) for new, old in zip(own, found, strict=True))
            )
        if found is None:
            nothing = pl.Series([None], dtype=pl.String).new_from_index(0, count)
            return nothing, nothing, nothing.cast(pl.Int64)
        return found[0], found[1], found[2]


def nullable(values: Ints, valid: Bools) -> pl.Series:
    """`values`, empty where not `valid`."""
    series = pl.Series(values)
    return series if valid.all() else series.set(pl.Series(~valid), None)


def _label_around(facts: FactTable, positions: Ints) -> tuple[int, int]:
    """Begin and end of the label's rows that hold all of `positions`; the whole table where no one label does."""
    first, last = int(positions.min()), int(positions.max())
    for begin, end in facts.slices.values():
        if begin <= first and last < end:
            return begin, end
    return 0, facts.case.size


_ROW = pl.concat_str(pl.lit("row "), pl.col("source_file"), pl.lit("#"), pl.col("source_row"))
_PLACE = ("source_file", "source_row")
_PERSON = ("person_ref", "name", "phone", "handle")
#: Per table the columns that name a row inside its event, and the name they make: in words, so that it is the same
#: however often the force re-exports its data.
_TRIGGER_KEYS: dict[str, tuple[tuple[str, ...], pl.Expr]] = {
    "events": (("kind",), pl.col("kind")),
    "people": (
        ("role", *_PERSON, *_PLACE),
        pl.concat_str(pl.col("role"), pl.lit(":"), pl.coalesce(*_PERSON, _ROW)),
    ),
    "circumstances": (
        ("feature", "value", "source"),
        pl.concat_str(pl.col("feature"), pl.lit("="), pl.col("value"), pl.lit(":"), pl.col("source").fill_null("")),
    ),
    "actions": (
        ("action_id", "activity", *_PLACE),
        pl.coalesce("action_id", pl.concat_str(pl.col("activity"), pl.lit(":"), _ROW)),
    ),
    "exhibits": (("exhibit_id",), pl.col("exhibit_id")),
}
