"""Writes a dataset so that reading it gives the same back: one file per table, and a clew.yaml."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from io import StringIO
from pathlib import Path

import polars as pl
from ruamel.yaml import YAML

from clew.core import UsageError
from clew.records.dataset import Dataset
from clew.records.mapping_file import FILE_NAME
from clew.records.schema import TABLES, Table, Type
from clew.records.shape import ASSUMED


class Format(StrEnum):
    """What the tables are written as."""

    CSV = "csv"
    PARQUET = "parquet"


def write_dataset(dataset: Dataset, folder: Path, *, format: Format | str = Format.CSV) -> None:
    """Writes `dataset` into `folder` (made if need be): TABLE.csv or TABLE.parquet for each table with rows (events
    always), and clew.yaml. `read_dataset` of it gives the same tables, but for where each row came from.

    Texts are as a dataset holds them: no white space around, none empty. Raises `UsageError` if it cannot be written.
    """
    kind = Format(format)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in TABLES.items():
            frame = dataset.tables.get(name)
            if frame is None or (frame.is_empty() and name != "events"):
                continue
            columns = [*table.names, *([ASSUMED] if frame[ASSUMED].any() else [])]
            if kind is Format.PARQUET:
                frame.select(columns).write_parquet(folder / f"{name}.parquet")
            else:
                _as_text(frame.select(columns), table).write_csv(folder / f"{name}.csv")
        (folder / FILE_NAME).write_text(_yaml(dataset), encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"Cannot write the dataset to {folder}: {error.strerror or error}.",
            where=str(folder),
            mend="name a folder that can be written",
        ) from None


def _as_text(frame: pl.DataFrame, table: Table) -> pl.DataFrame:
    """Instants as ISO 8601 in UTC, columns without a value left out."""
    instants = [column.name for column in table.columns if column.type is Type.INSTANT]
    frame = frame.with_columns(pl.col(instants).dt.strftime("%Y-%m-%dT%H:%M:%S%.fZ"))
    empty = [column.name for column in table.columns if not column.required and frame[column.name].is_null().all()]
    return frame.drop(empty)


def _yaml(dataset: Dataset) -> str:
    settings: dict[str, object] = {
        "name": dataset.name,
        "marking": dataset.marking,
        "notice": dataset.notice,
        "time_zone": dataset.zone.key,
    }
    span = _span(dataset)
    if span is not None:
        settings["plausible"] = {"from": _iso(span[0]), "to": _iso(span[1])}
    if dataset.feeds:
        settings["feeds"] = [
            {"name": feed.name, "complete_from": _iso(feed.complete_from)}
            | ({"complete_to": _iso(feed.complete_to)} if feed.complete_to else {})
            for feed in dataset.feeds
        ]
    stream = StringIO()
    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 120
    yaml.dump(settings, stream)
    return stream.getvalue()


def _span(dataset: Dataset) -> tuple[datetime, datetime] | None:
    """First and last instant of the dataset: its own bounds of what is plausible."""
    ends: list[datetime] = []
    for name, frame in dataset.tables.items():
        for column in TABLES[name].columns:
            if column.type is Type.INSTANT:
                ends.extend(
                    end for end in (frame[column.name].min(), frame[column.name].max()) if isinstance(end, datetime)
                )
    return (min(ends), max(ends)) if ends else None


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
