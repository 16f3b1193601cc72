"""What the commands of ``clew standards`` share: their options, links read in, tables written out."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from clew.cli.console import print_json, stderr, whole_file, write_text
from clew.core import UsageError, parse_instant
from clew.publish.wording import one_line
from clew.records import Dataset, spreadsheet_safe
from clew.standards import Standard
from clew.standards.exchange import to_ocel, to_oscal
from clew.standards.links import checked_links

StandardOption = Annotated[str, typer.Option("--standard", "-s", help="A shipped standard's name, or a YAML file.")]
DataArgument = Annotated[Path, typer.Argument(help="A dataset: a folder with clew.yaml, or a file.")]
LinksOption = Annotated[
    Path | None,
    typer.Option("--links", help="Links (CSV or Parquet: event_id_a, event_id_b, known_at, ...) for related events."),
]
DEFAULT = "uk-unexpected-death"
_CSV_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"


def as_of_or_last(text: str | None, standard: Standard, dataset: Dataset) -> datetime:
    """T as given, or when the last row was recorded."""
    return dataset.last_recorded_at if text is None else parse_instant(text, standard.zone)


def read_links(path: Path | None, dataset: Dataset) -> pl.DataFrame | None:
    """Links handed in as a file; raises `UsageError` where they cannot be read. Says on stderr how many of them name an
    event that `dataset` does not have."""
    if path is None:
        return None
    try:
        frame = pl.read_parquet(path) if path.suffix == ".parquet" else _links_of_csv(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(
            f"{path} cannot be read as links: {str(error).partition(chr(10))[0]}.",
            where="--links",
            mend="give event_id_a, event_id_b and known_at (ISO 8601 with offset), one row a pair",
        ) from None
    # Rows as a spreadsheet shows them, under the heading.
    links = checked_links(frame.with_columns(source_file=pl.lit(path.name), source_row=pl.int_range(2, pl.len() + 2)))
    known = dataset.tables["events"].select(pl.col("event_id").unique())
    ends = links.unpivot(["event_id_a", "event_id_b"], index="source_row", value_name="event_id").drop("variable")
    absent = ends.join(known, on="event_id", how="anti").sort("source_row")
    if absent.height:
        row, name = absent.row(0)
        stderr.print(
            f"{absent['source_row'].n_unique():,} of {links.height:,} links name an event that {dataset.name} does not "
            f"have, the first in row {row} of {path.name}: {one_line(name, limit=80)}. Nothing is known of it.",
            markup=False,
        )
    return links


def _links_of_csv(path: Path) -> pl.DataFrame:
    frame = pl.read_csv(path, infer_schema=False)
    local = frame["known_at"].str.contains(r"(Z|[+-]\d\d:?\d\d)$").not_()
    if local.any():
        raise UsageError(
            f"Row {local.arg_true()[0] + 2} of the links gives no offset with its known_at.",
            where="--links",
            why="a clock would start an hour early or late",
            mend="write it as 2026-03-01T10:00:00Z, or with +01:00",
        )
    return frame.with_columns(pl.col("known_at").str.to_datetime(time_unit="us", time_zone="UTC"))


def write_table(frame: pl.DataFrame, out: Path) -> None:
    """Writes `frame` to a .parquet or .csv file; raises `UsageError` for a name that says neither."""
    name = out.name.lower()
    if name.endswith(".parquet"):
        with whole_file(out) as temporary:
            frame.write_parquet(temporary)
    elif name.endswith(".csv"):
        write_text(csv_text(frame), out)
    else:
        raise UsageError(
            f"{out.name} says no format.", where="--out", mend="end it in .csv, .parquet, .oscal.json or .ocel.json"
        )


def write_duties(duties: pl.DataFrame, standard: Standard, dataset: Dataset, at: datetime, out: Path) -> None:
    """Writes duties in the format that the file's name says."""
    name = out.name.lower()
    if name.endswith(".oscal.json"):
        print_json(to_oscal(duties, standard, at=at, dataset=dataset.name), out)
    elif name.endswith((".ocel.json", ".jsonocel")):
        print_json(to_ocel(duties, standard), out)
    else:
        write_table(duties, out)


def csv_text(frame: pl.DataFrame) -> str:
    """`frame` as CSV, safe to open in a spreadsheet."""
    return spreadsheet_safe(frame).write_csv(datetime_format=_CSV_TIME)
