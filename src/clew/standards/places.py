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
from clew.standards.printing import Names, printed_names, worth_printing

#: Rows of one label are named all at once if at least one in so many of them triggers a duty of the rule.
_ONE_IN = 4


@dataclass(eq=False)
class Places:
    """Looks up, for rows of one store: name, file and row."""

    store: Store
    _names: dict[tuple[str, int, int], tuple[pl.Series, Names | None]] = field(default_factory=dict)
    _one_file: dict[str, bool] = field(default_factory=dict)
    _rows: dict[str, Ints] = field(default_factory=dict)

    def names(self, table: str, positions: Ints, *, before: str) -> pl.Series:
        """`before`, then `event/key` of each row at `positions` of `table`: a duty's id."""
        facts = self.store.tables[table]
        begin, end = _label_around(facts, positions)
        if end - begin > _ONE_IN * positions.size:
            return before + self._named(facts, positions)
        if (table, begin, end) not in self._names:
            names = self._named(facts, np.arange(begin, end, dtype=np.int64))
            self._names[table, begin, end] = names, Names.of(names) if worth_printing(positions.size) else None
        names, bytes_ = self._names[table, begin, end]
        if bytes_ is not None:
            return printed_names(before, bytes_, positions - begin)
        return before + names.gather(positions - begin)

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
        if table not in self._rows:
            rows = self.store.sources[table]["source_row"].to_numpy()
            self._rows[table] = rows[self.store.tables[table].row]
        rows = self._rows[table][positions]
        return self._file_of(table, positions, valid), pl.Series(rows) if valid is None else nullable(rows, valid)

    def _file_of(self, table: str, positions: Ints, valid: Bools | None) -> pl.Series:
        files = self.store.sources[table]["source_file"]
        if table not in self._one_file:
            self._one_file[table] = bool((files == files[0]).all(ignore_nulls=False))
        if not self._one_file[table]:
            rows = self.store.tables[table].row[positions]
            return files.gather(rows if valid is None else nullable(rows, valid))
        # Most tables come from one file: its name is repeated, not looked up row by row.
        return repeated(files[0], len(positions), valid)

    def deciding(self, duties: RuleDuties) -> tuple[pl.Series, pl.Series, pl.Series]:
        """Table, file and row of what decided each duty; empty where nothing on record did."""
        count, has = len(duties), duties.deciding >= 0
        found: tuple[pl.Series, ...] | None = None
        for name in dict.fromkeys(duties.tables):
            numbers = [number for number, other in enumerate(duties.tables) if other == name]
            chosen = has if len(numbers) == len(duties.tables) else has & np.isin(duties.deciding_table, numbers)
            if not chosen.any():
                continue
            own = (repeated(name, count, chosen), *self.provenance(name, np.where(chosen, duties.deciding, 0), chosen))
            picked = pl.Series(chosen)
            found = (
                own if found is None else tuple(new.zip_with(picked, old) for new, old in zip(own, found, strict=True))
            )
        if found is None:
            nothing = repeated(None, count)
            return nothing, nothing, nothing.cast(pl.Int64)
        return found[0], found[1], found[2]


def repeated(text: str | None, count: int, valid: Bools | None = None) -> pl.Series:
    """`text` `count` times, empty where not `valid`."""
    if valid is None or valid.all():
        return pl.Series([text], dtype=pl.String).new_from_index(0, count)
    return pl.select(pl.when(pl.Series(valid)).then(pl.lit(text, dtype=pl.String))).to_series()


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
