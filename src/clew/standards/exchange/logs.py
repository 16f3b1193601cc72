"""Event logs as datasets: a case is an event, an activity an action, known when it happened.

Reads CSV, XES (IEEE 1849; .xes, .xes.gz) and OCEL 2.0 JSON. Nothing is dropped in silence: a row without case, activity
or readable time is an error that names it. Further columns are read only where the standard's `log:` section says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from clew.core import ClewError
from clew.records import TABLES, Counts, Dataset, Feed, Type, empty_frame
from clew.standards.engine.local_time import to_instants
from clew.standards.exchange.log_tables import read_csv_log, read_ocel_log, read_xes_log
from clew.standards.language.model import LogColumns, Standard

_TIME_FORMATS = (
    "%Y-%m-%dT%H:%M:%S%.f%:z",
    "%Y-%m-%d %H:%M:%S%.f%:z",
    "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S%.f",
    "%Y/%m/%d %H:%M:%S%.f",
    "%Y-%m-%dT%H:%M",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d",
    "%d-%m-%Y %H:%M:%S",
    "%d.%m.%Y %H:%M:%S",
)
_INSTANT = pl.Datetime("us", "UTC")


@dataclass(frozen=True, kw_only=True)
class LogOptions:
    """Names of the columns of a CSV log; of an OCEL log `case` is the object type that makes a case."""

    case: str = "case:concept:name"
    activity: str = "concept:name"
    time: str = "time:timestamp"
    time_to: str = ""
    actor: str = "org:resource"
    actor_role: str = "org:role"


def read_log(path: Path, options: LogOptions, standard: Standard) -> Dataset:
    """The log at `path` as a dataset: `events`, one a case, and `actions`; complete up to any T it is asked at.

    Raises `ClewError` for a file that is no such log, a missing column, or a row that cannot be read.
    """
    columns = _columns(options, standard.log)
    name = path.name.lower()
    if name.endswith((".xes", ".xes.gz")):
        table = read_xes_log(path, columns)
    elif name.endswith((".jsonocel", ".ocel.json", ".json")):
        table = read_ocel_log(path, options.case, columns)
    else:
        table = read_csv_log(path, columns, needed=[options.case, options.activity, options.time])
    return log_dataset(table, options, standard, name=path.name)


def _columns(options: LogOptions, log: LogColumns) -> tuple[str, ...]:
    named = (options.case, options.activity, options.time, options.time_to, options.actor, options.actor_role)
    wanted = [*named, *(column for column, _ in log.attributes.values()), *log.milestones.values()]
    return tuple(dict.fromkeys(name for name in wanted if name))


def log_dataset(table: pl.DataFrame, options: LogOptions, standard: Standard, *, name: str) -> Dataset:
    """A table of texts (a row a log event, `_row` its place in the file) as a dataset."""
    missing = table.filter(
        pl.any_horizontal(pl.col(column).is_null() for column in (options.case, options.activity, options.time))
    )
    if missing.height:
        raise ClewError(
            f"{missing.height} rows have no case, activity or time.",
            where=f"{name}, row {missing['_row'][0]} first",
            why="an event that belongs to nothing or happened at no time would be dropped in silence",
            mend="fill them, or take the rows out and say so",
        )
    at = _times(table, options.time, standard.zone, name)
    schema = TABLES["actions"].frame_schema
    own = {
        "event_id": pl.col(options.case),
        "activity": pl.col(options.activity),
        "actor": pl.col(options.actor) if options.actor in table.columns else pl.lit(None, dtype=pl.String),
        "actor_role": pl.col(options.actor_role)
        if options.actor_role in table.columns
        else pl.lit(None, dtype=pl.String),
        "source_file": pl.lit(name),
        "source_row": pl.col("_row"),
        "recorded_at_assumed": pl.lit(True),
    }
    actions = table.select(
        *(expression.alias(column) for column, expression in own.items()),
        at.alias("at"),
        at.alias("recorded_at"),
        *(
            _attribute(table, column, kind, standard.zone, name).alias(attribute)
            for attribute, (column, kind) in standard.log.attributes.items()
        ),
        *([_times(table, options.time_to, standard.zone, name).alias("at_to")] if options.time_to else []),
    )
    milestones = [
        _milestone(table, column, case=options.case, activity=activity, zone=standard.zone, name=name)
        for activity, column in standard.log.milestones.items()
    ]
    actions = pl.concat([actions, *milestones], how="diagonal")
    actions = actions.with_columns(
        pl.lit(None, dtype=dtype).alias(column) for column, dtype in schema.items() if column not in actions.columns
    )
    return Dataset(
        name=name,
        tables={"actions": actions, "events": _cases(actions, name)},
        zone=standard.zone,
        feeds=(Feed(name="actions", complete_from=datetime(1, 1, 1, tzinfo=UTC)),),
        marking="",
        counts=Counts(rows_read=table.height, recorded_at_assumed=table.height),
    )


def _cases(actions: pl.DataFrame, name: str) -> pl.DataFrame:
    events = actions.group_by("event_id", maintain_order=True).agg(
        pl.col("at").min().alias("occurred_from"), pl.col("source_row").first()
    )
    events = events.with_columns(
        pl.lit("incident").alias("kind"),
        pl.col("occurred_from").alias("recorded_at"),
        pl.lit(name).alias("source_file"),
        pl.lit(True).alias("recorded_at_assumed"),
    )
    return pl.concat([empty_frame(TABLES["events"]), events], how="diagonal").select(
        list(TABLES["events"].frame_schema)
    )


def _milestone(
    table: pl.DataFrame, column: str, *, case: str, activity: str, zone: ZoneInfo, name: str
) -> pl.DataFrame:
    """An action a case at the time its attribute `column` holds; a case where it is empty has none."""
    first = table.filter(pl.col(column).is_not_null()).unique(case, keep="first", maintain_order=True)
    at = _times(first, column, zone, name)
    return first.select(
        pl.col(case).alias("event_id"),
        pl.lit(activity).alias("activity"),
        at.alias("at"),
        at.alias("recorded_at"),
        pl.lit(name).alias("source_file"),
        pl.col("_row").alias("source_row"),
        pl.lit(True).alias("recorded_at_assumed"),
    )


def _attribute(table: pl.DataFrame, column: str, kind: Type, zone: ZoneInfo, name: str) -> pl.Series:
    if kind is Type.INSTANT:
        return _times(table, column, zone, name)
    if kind is Type.DATE:
        return _times(table, column, zone, name).dt.convert_time_zone(zone.key).dt.date()
    if kind is Type.NUMBER:
        return table[column].cast(pl.Float64, strict=False)
    return table[column]


def _times(table: pl.DataFrame, column: str, zone: ZoneInfo, name: str) -> pl.Series:
    """The instants of a text column; naive ones are local time. Every filled cell is read or named in an error."""
    texts = table[column]
    result = pl.Series(column, [None] * len(texts), dtype=_INSTANT)
    for pattern in _TIME_FORMATS:
        wanting = result.is_null() & texts.is_not_null()
        if not wanting.any():
            return result
        read = _read_times(texts if wanting.all() else texts.filter(wanting), pattern, zone)
        result = read if wanting.all() else result.scatter(wanting.arg_true(), read)
    wanting = result.is_null() & texts.is_not_null()
    if wanting.any():
        place = wanting.arg_true()[0]
        raise ClewError(
            f"{int(wanting.sum())} cells of {column!r} hold no time that can be read; the first is {texts[place]!r}.",
            where=f"{name}, row {table['_row'][place]}, column {column}",
            mend="write times as 2014-10-22T11:15:41+02:00; without an offset they are read in the standard's zone",
        )
    return result


def _read_times(texts: pl.Series, pattern: str, zone: ZoneInfo) -> pl.Series:
    if pattern.endswith("%:z"):
        # Z and offsets without a colon are offsets too.
        normal = texts.str.replace(r"Z$", "+00:00").str.replace(r"([+-]\d{2})(\d{2})$", "$1:$2")
        return normal.str.to_datetime(pattern, time_unit="us", time_zone="UTC", strict=False)
    days_only = "%H" not in pattern
    naive = (
        texts.str.to_date(pattern, strict=False).cast(pl.Datetime("us"))
        if days_only
        else texts.str.to_datetime(pattern, time_unit="us", strict=False)
    )
    local = naive.cast(pl.Int64)
    read = pl.Series(to_instants(local.fill_null(0).to_numpy(), zone)).cast(_INSTANT)
    return read.set(naive.is_null(), None)
