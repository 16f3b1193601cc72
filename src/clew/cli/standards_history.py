"""``clew standards history``: what could be said of every duty, from when to when."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from clew.cli.console import AsOfOption, JsonOption, QuietOption, print_json
from clew.cli.inputs import MappingOption, open_dataset
from clew.cli.standards_files import (
    DEFAULT,
    DataArgument,
    LinksOption,
    StandardOption,
    as_of_or_last,
    read_links,
    write_table,
)
from clew.core import UsageError, format_instant
from clew.records import Dataset
from clew.standards import View, load_standard
from clew.standards.evaluate import prepared_parts
from clew.standards.history import INTERVAL_SCHEMA, verdict_intervals


def history(
    data: DataArgument,
    standard: StandardOption = DEFAULT,
    event: Annotated[str, typer.Option("--event", help="Only the duties of this event.")] = "",
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    view: Annotated[
        View, typer.Option("--view", help="From where one looks; counterfactual has no history.")
    ] = View.LIVE,
    links: LinksOption = None,
    out: Annotated[Path | None, typer.Option("--out", help="Where to write it: .parquet or .csv.")] = None,
    json_: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Tells what could be said of every duty from when to when, so that "as known at K" is a filter.

    Writes a row a duty and stretch of knowledge time to --out (.parquet, .csv), up to --as-of: what evaluate would
    say at K are the rows with known_from <= K and known_to empty or later than K.

    Example: clew standards history clew-demo --event D1 --as-of 2014-10-01 --out history.csv
    """
    loaded = load_standard(standard)
    dataset = open_dataset(data, mapping, quiet=quiet)
    at = as_of_or_last(as_of, loaded, dataset)
    pairs = read_links(links, dataset)
    if event:
        dataset, pairs = _only(dataset, pairs, event)
    parts = prepared_parts(dataset, loaded, links=pairs)
    frames = [verdict_intervals(part, until=at, view=view) for part in parts]
    intervals = pl.concat([pl.DataFrame(schema=INTERVAL_SCHEMA), *frames])
    if event:
        intervals = intervals.filter(pl.col("event_id") == event)
    if out is not None:
        write_table(intervals, out)
    duties = intervals["duty_id"].n_unique()
    if json_:
        print_json(
            {
                "standard": loaded.label,
                "dataset": dataset.name,
                "until": format_instant(at, loaded.zone),
                "view": view.value,
                "duties": duties,
                "intervals": intervals.height,
            }
        )
    elif event and out is None:
        for row in intervals.iter_rows(named=True):
            to = "" if row["known_to"] is None else f" to {format_instant(row['known_to'], loaded.zone)}"
            begin = format_instant(row["known_from"], loaded.zone)
            typer.echo(f"{row['duty_id']}: {row['verdict']} from {begin}{to}")
    elif not quiet:
        typer.echo(f"{duties} duties, {intervals.height} stretches of knowledge time ({view.value} view).")


def _only(dataset: Dataset, links: pl.DataFrame | None, event: str) -> tuple[Dataset, pl.DataFrame | None]:
    """The rows of one event, and of those it is linked with: what is asked of a link rests on both."""
    kept = {event}
    if links is not None:
        links = links.filter((pl.col("event_id_a") == event) | (pl.col("event_id_b") == event))
        kept |= {*links["event_id_a"].to_list(), *links["event_id_b"].to_list()}
    tables = {name: frame.filter(pl.col("event_id").is_in(sorted(kept))) for name, frame in dataset.tables.items()}
    if not any((frame["event_id"] == event).any() for frame in tables.values()):
        raise UsageError(f"There is no event {event!r} in {dataset.name}.", where="--event", mend="give an event_id")
    return replace(dataset, tables=tables), links
