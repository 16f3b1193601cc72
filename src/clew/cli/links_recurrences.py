"""``clew links recurrences``: deaths that one person is beside, or that one spot sees, more often than is usual."""

from __future__ import annotations

from typing import Annotated, Any
from zoneinfo import ZoneInfo

import polars as pl
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, print_json, progress, stderr
from clew.cli.frames import write_frame
from clew.cli.inputs import (
    DataArgument,
    IdentityModelOption,
    MappingOption,
    SeedOption,
    link_setup,
    open_known,
)
from clew.core import UsageError, format_instant
from clew.links import STATEMENT, find_links, link_decisions
from clew.links.evidence.people import Parts
from clew.links.recurrence import PERSON, SPOT, Recurrences, find_recurrences, in_words, undecided
from clew.publish.wording import clean_text, one_line

#: What every form says of itself.
_STATEMENT = f"{STATEMENT} A recurrence asks what several deaths have in common."

#: Columns of the table, in order; `event_ids` separated by spaces in CSV.
COLUMNS = (
    *("event_id", "event_ids", "kind", "deaths", "days", "before", "elsewhere", "log10_bayes_factor"),
    *("seen_per_year", "seen_low", "seen_high", "chance_per_year", "chance_low", "chance_high", "known_at", "text"),
)


def recurrences_command(
    data: DataArgument,
    as_of: AsOfOption = None,
    budget: Annotated[float, typer.Option(min=0, max=1e9, help="Recurrences a year: those as rare are listed.")] = 10.0,
    mapping: MappingOption = None,
    seed: SeedOption = 1,
    model_of_identity: IdentityModelOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Lists deaths that one person is beside, or that one spot sees, more often than such people and spots do.

    A person beside three deaths far apart makes three links of which none is strong: here the deaths are counted,
    against how often people and spots once met are met again, each at a rate of its own. It names nobody, and
    lists the newest first; `clew explain` tells the rows. --out writes .csv, .parquet or .json by its ending.

    Example: clew links recurrences DATA --as-of 2014-09-21 --budget 10
    """
    ending = out.suffix.lower() if out is not None else ""
    if out is not None and ending not in (".json", ".csv", ".parquet") and not as_json:
        raise UsageError(
            f"{out.name!r} has no ending that says what to write.",
            where="--out",
            mend="end it in .csv, .parquet or .json",
        )
    known = open_known(data, mapping, as_of, quiet=quiet)
    setup = link_setup(None, model_of_identity, narrative=False)
    with progress("Linking", quiet=quiet) as tick:
        found = find_recurrences(find_links(known, setup, replicates=1, seed=seed, tick=tick))
    within = found.within(budget)
    decisions = link_decisions(known)
    rows = found.within(budget, decisions)
    table = recurrences_table(found.parts, rows, known.dataset.marking)
    if (down := within.height - undecided(within, decisions).height) and not quiet:
        stderr.print(
            f"{down} more {'is' if down == 1 else 'are'} not listed: people decided about them, nothing new since."
        )
    if out is not None and not as_json and ending != ".json":
        write_frame(table.with_columns(pl.col("event_ids").list.join(" ")) if ending == ".csv" else table, out)
    elif as_json or out is not None:
        print_json(_as_json(found, table, budget), out)
    else:
        _print(found, table, budget)


def recurrences_table(parts: Parts, rows: pl.DataFrame, marking: str) -> pl.DataFrame:
    """`rows` of the recurrences that count `parts`, with the columns of `COLUMNS` and the marking."""
    said = [clean_text(in_words(parts, row)) for row in rows.iter_rows(named=True)]
    told = rows.with_columns(deaths=pl.col("event_ids").list.len(), text=pl.Series(said, dtype=pl.String))
    return told.select(*COLUMNS, marking=pl.lit(marking))


def _as_json(found: Recurrences, table: pl.DataFrame, budget: float) -> dict[str, Any]:
    dataset = found.links.known.dataset
    return {
        "as_of": format_instant(found.links.known.at, dataset.zone),
        "marking": dataset.marking,
        "notice": dataset.notice,
        "statement": _STATEMENT,
        "seed": found.links.seed,
        "problems": dataset.counts.as_json(),
        "budget_per_year": budget,
        "counted": found.counted,
        "recurrences": recurrences_as_json(table, dataset.zone),
    }


def recurrences_as_json(table: pl.DataFrame, zone: ZoneInfo) -> list[dict[str, Any]]:
    """The rows of `recurrences_table` as JSON, with times in `zone`."""
    return [
        row | {"known_at": format_instant(row["known_at"], zone)} for row in table.drop("marking").iter_rows(named=True)
    ]


def recurrences_view(table: pl.DataFrame, *, title: str | None = None) -> Table:
    """The rows of `recurrences_table` for the terminal. Nothing recorded is taken for markup or terminal control."""
    view = Table(Column("newest death", overflow="fold"), box=SIMPLE, title=title)
    for name in ("deaths", "log10", "seen\na year", "chance\na year", "what recurs"):
        view.add_column(name, overflow="fold")
    for row in table.iter_rows(named=True):
        cells = (
            row["event_id"],
            f"{row['deaths']}",
            f"{row['log10_bayes_factor']:.1f}",
            f"{row['seen_per_year']:.1f}",
            f"{row['chance_per_year']:.1f}",
            row["text"],
        )
        view.add_row(*(Text(one_line(cell)) for cell in cells))
    return view


def _print(found: Recurrences, table: pl.DataFrame, budget: float) -> None:
    """The list on the terminal."""
    console, dataset = Console(), found.links.known.dataset
    console.print(Text(dataset.marking, style="bold"))
    if dataset.notice:
        console.print(Text(dataset.notice, style="italic"))
    at = format_instant(found.links.known.at, dataset.zone)
    many = f"{table.height} recurrence{'s' * (table.height != 1)}"
    console.print(f"{many} as known at {at}, budget {budget:g} a year; seed {found.links.seed}.")
    console.print(
        f"Counted: {found.counted[PERSON]:,} people beside a death, {found.counted[SPOT]:,} spots of a death that are "
        "known to be no home and no institution."
    )
    console.print(recurrences_view(table))
    console.print(_STATEMENT)
    console.print(Text(dataset.marking, style="bold"))
