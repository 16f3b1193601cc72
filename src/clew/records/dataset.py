"""A dataset in memory, and the part of it that was known at T.

`Dataset` holds every fact version ever recorded; `Known` holds, for one instant, the versions in force. All of
Clew above this floor computes from a `Known`, never from a `Dataset`: that is how law 1 (knowledge time rules) is
kept. A `Known` at T is the same whether or not rows recorded after T are in the dataset.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl

from clew.records.schema import ACTIONS, PEOPLE, TABLES, Role, Table, empty_frame


@dataclass(frozen=True, kw_only=True)
class Feed:
    """A stream of records and the instant from which its absence may be read as absence (law 5).

    `name` is a table, or a table and one activity or feature: ``actions``, ``actions/toxicology.requested``.
    """

    name: str
    complete_from: datetime
    complete_to: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Counts:
    """What reading cost, repeated in every output: rows read, quarantined, and with an assumed `recorded_at`."""

    rows_read: int = 0
    rows_quarantined: int = 0
    recorded_at_assumed: int = 0

    def as_json(self) -> dict[str, int]:
        """As it stands in every JSON output: `problems`."""
        return {
            "rows_read": self.rows_read,
            "rows_quarantined": self.rows_quarantined,
            "recorded_at_assumed": self.recorded_at_assumed,
        }


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """Every fact version of a force's records.

    tables: one frame per table of `schema.TABLES` with `Table.frame_schema`; `recorded_at` is never null.
    zone: local civil time. feeds: which streams are complete from when. marking: the handling marking that every
    output bears. notice: a sentence shown wherever the data is shown ("" if none).
    """

    name: str
    tables: Mapping[str, pl.DataFrame]
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/London"))
    feeds: tuple[Feed, ...] = ()
    marking: str = "OFFICIAL-SENSITIVE"
    notice: str = ""
    counts: Counts = field(default_factory=Counts)

    @property
    def last_recorded_at(self) -> datetime:
        """The latest instant at which the force recorded anything; the default T. Needs one event at least."""
        latest = [frame["recorded_at"].max() for frame in self.tables.values() if frame.height]
        return max(
            (moment for moment in latest if isinstance(moment, datetime)), default=datetime(1970, 1, 1, tzinfo=UTC)
        )

    def as_known(self, at: datetime) -> Known:
        """The versions in force at `at`: of those recorded by then the last of each fact, withdrawn ones left out."""
        at = at.astimezone(UTC)
        return Known(
            at=at,
            dataset=self,
            tables={
                name: _in_force(self.tables.get(name, empty_frame(table)), table, at) for name, table in TABLES.items()
            },
        )


@dataclass(frozen=True, kw_only=True)
class Known:
    """What a force knew at one instant: the tables of `dataset` with one row per fact, all recorded by `at`.

    Each table has `Table.frame_schema` and one column more, `first_recorded_at` (UTC instant): when the force
    first held any version of the fact. `recorded_at` is when it held the version shown.
    """

    at: datetime
    dataset: Dataset
    tables: Mapping[str, pl.DataFrame]

    @property
    def events(self) -> pl.DataFrame:
        """One row per event."""
        return self.tables["events"]

    @property
    def people(self) -> pl.DataFrame:
        """One row per part played."""
        return self.tables["people"]

    @property
    def circumstances(self) -> pl.DataFrame:
        """One row per thing noted and not withdrawn."""
        return self.tables["circumstances"]

    @property
    def actions(self) -> pl.DataFrame:
        """One row per action."""
        return self.tables["actions"]

    @property
    def exhibits(self) -> pl.DataFrame:
        """One row per exhibit."""
        return self.tables["exhibits"]

    @cached_property
    def _by_event(self) -> dict[str, tuple[pl.Series, pl.Series]]:
        """For each table asked of so far: its event ids in order, and the row of each."""
        return {}

    def rows_of(self, table: str, event_ids: Iterable[str]) -> pl.DataFrame:
        """The rows of `table` about these events, in the table's order. The first call sorts, later ones look up."""
        frame = self.tables[table]
        if table not in self._by_event:
            row = frame["event_id"].arg_sort()
            self._by_event[table] = (frame["event_id"].gather(row), row)
        ids, row = self._by_event[table]
        asked = pl.Series(sorted(set(event_ids)), dtype=pl.String)
        first, end = ids.search_sorted(asked, side="left"), ids.search_sorted(asked, side="right")
        found = [row.slice(low, high - low) for low, high in zip(first, end, strict=True)]
        return frame[pl.concat(found).sort()] if found else frame.clear()


def fact_key(table: Table) -> list[pl.Expr]:
    """What identifies a fact, as expressions; a null in a key column is a value like any other."""
    if table is PEOPLE:
        # A numbered person, and the one deceased of an event, stay the same person when their details change.
        known = pl.col("person_ref").is_not_null() | (pl.col("role") == Role.DECEASED.value)
        details = ("name", "phone", "email", "handle", "vehicle")
        reference = pl.when(pl.col("role") != Role.DECEASED.value).then("person_ref").alias("person_ref")
        return [
            pl.col("event_id"),
            pl.col("role"),
            reference,
            *(pl.when(~known).then(name).alias(name) for name in details),
        ]
    if table is ACTIONS:
        unnumbered = pl.concat_str("source_file", pl.lit("#"), pl.col("source_row").cast(pl.String))
        return [pl.col("event_id"), pl.coalesce("action_id", unnumbered).alias("action_id")]
    return [pl.col(name) for name in table.key]


def _in_force(frame: pl.DataFrame, table: Table, at: datetime) -> pl.DataFrame:
    known = frame.filter(pl.col("recorded_at") <= at)
    keys = [expression.alias(f"_key{number}") for number, expression in enumerate(fact_key(table))]
    names = [f"_key{number}" for number in range(len(keys))]
    keyed = known.with_columns(pl.col("recorded_at").alias("first_recorded_at"), *keys)
    if keyed.select(pl.struct(names).n_unique()).item() < keyed.height:
        order = ["recorded_at", "source_file", "source_row"]
        keyed = keyed.sort(order, maintain_order=True)
        keyed = keyed.with_columns(pl.col("recorded_at").first().over(names).alias("first_recorded_at"))
        keyed = keyed.unique(subset=names, keep="last", maintain_order=True)
        keyed = keyed.sort(["source_file", "source_row"], maintain_order=True)
    if "retracted_at" in frame.columns:
        keyed = keyed.filter(pl.col("retracted_at").is_null() | (pl.col("retracted_at") > at))
    return keyed.drop(names)
