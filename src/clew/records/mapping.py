"""What `clew.yaml` says: how a force's own files become the tables of `schema`.

These are the parsed forms, with their defaults; `mapping_file` reads them from YAML. A dataset without a
`clew.yaml` is `DatasetMapping()`: files called as the tables, columns called as in the schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from clew.records.dataset import Feed

#: Share of a table's rows that may be set aside before the dataset is refused, unless clew.yaml says otherwise.
LOSS_LIMIT = 0.05

#: No death, birth or record that a force works with is older, unless clew.yaml says otherwise.
EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class ColumnRule:
    """How one column of a table is made from a source row. The fields apply in the order in which they stand here.

    columns: source columns, joined with `separator` (or, where `first` is set, the first filled one); or a `constant`.
    extract: keep what the regular expression's first group matches (all of the match where it has no group).
    find, split: one row per match, or per part; a source row without any gives no row. lower: lower-case it.
    patterns: the value of the first regular expression that matches. values: the value of a label (None: missing);
    labels not listed stay as they are. otherwise: what a text that no pattern or label covers becomes.
    empty: what stands where all this gives nothing.
    units: of a number written "4 Months 3 Days", what each unit word is worth in the column's own unit; summed.
    formats: strptime formats tried in order after ISO 8601; a text column that has some is read as a date and kept in
    ISO form, so that "1/9/2020" and "01/09/20" are one value. day: whether a bare date is the "start" or the "end" of
    the day (None: as the column says). missing: texts that mean "nothing was recorded".
    """

    columns: tuple[str, ...] = ()
    constant: str | None = None
    first: bool = False
    separator: str = " "
    extract: str | None = None
    find: str | None = None
    split: str | None = None
    lower: bool = False
    patterns: tuple[tuple[str, str | None], ...] = ()
    values: Mapping[str, str | None] = field(default_factory=dict)
    otherwise: str | None = None
    empty: str | None = None
    units: Mapping[str, float] = field(default_factory=dict)
    formats: tuple[str, ...] = ()
    day: str | None = None
    missing: tuple[str, ...] = ()

    @property
    def gives_many(self) -> bool:
        """Whether one source row can give several rows."""
        return self.find is not None or self.split is not None


@dataclass(frozen=True, kw_only=True)
class Coordinates:
    """Source columns of a position in the CRS `crs`: `x` (easting or longitude) and `y` (northing or latitude)."""

    x: str
    y: str
    crs: str


@dataclass(frozen=True, kw_only=True)
class TableSource:
    """One file (or sheet) that feeds a table. A table may have several, and one file may feed several tables.

    file: name inside the dataset folder; None: the file given, or the one called as the table. only_if: columns of the
    table that must come out filled; source rows where one does not feed no row here. where: how messages call it.
    """

    file: str | None = None
    sheet: str | None = None
    delimiter: str | None = None
    encoding: str | None = None
    columns: Mapping[str, ColumnRule] = field(default_factory=dict)
    coordinates: Coordinates | None = None
    only_if: tuple[str, ...] = ()
    where: str = ""


@dataclass(frozen=True, kw_only=True)
class DatasetMapping:
    """All that `clew.yaml` can say.

    crs: what easting and northing columns are in. decimal: the decimal sign. loss_limits: share of rows by table ("*":
    any other). earliest, latest: instants outside are implausible; latest None: derived from the data itself.
    """

    name: str | None = None
    marking: str = "OFFICIAL-SENSITIVE"
    notice: str = ""
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("Europe/London"))
    crs: str = "EPSG:4326"
    decimal: str = "."
    missing: tuple[str, ...] = ()
    loss_limits: Mapping[str, float] = field(default_factory=dict)
    earliest: datetime = EARLIEST
    latest: datetime | None = None
    feeds: tuple[Feed, ...] = ()
    tables: Mapping[str, tuple[TableSource, ...]] = field(default_factory=dict)
    where: str = "clew.yaml"

    def loss_limit(self, table: str) -> float:
        """The share of `table`'s rows that may be set aside."""
        return self.loss_limits.get(table, self.loss_limits.get("*", LOSS_LIMIT))
