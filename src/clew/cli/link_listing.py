"""The forms of a list of links on the command line: which one is asked for, its words, its JSON, where it goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.box import SIMPLE
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from clew.cli.console import print_json, write_bytes, write_text
from clew.cli.links_recurrences import recurrences_as_json, recurrences_table, recurrences_view
from clew.core import UsageError, format_instant
from clew.links import FAMILIES, STATEMENT, Listing
from clew.links.candidates import MOST_PAIRS
from clew.publish import links_csv, links_followthemoney, links_geojson, links_graphml, links_html, links_parquet
from clew.publish.wording import one_line

#: Longer identifiers are broken over lines on the terminal, whole in every other form.
LONGEST_IDENTIFIER = 30


class Form(StrEnum):
    """A form that links can be written in."""

    CSV = "csv"
    PARQUET = "parquet"
    JSON = "json"
    HTML = "html"
    GEOJSON = "geojson"
    GRAPHML = "graphml"
    FOLLOWTHEMONEY = "ftm"


FormOption = Annotated[
    Form | None, typer.Option("--format", help="The form to write, if the ending of --out does not say.")
]

#: Forms by the ending of the file's name, the longer ending first.
_ENDINGS = {".ftm.json": Form.FOLLOWTHEMONEY, **{f".{form.value}": form for form in Form}}

_TEXT_FORMS: dict[Form, Callable[[Listing], str]] = {
    Form.CSV: links_csv,
    Form.HTML: links_html,
    Form.GEOJSON: links_geojson,
    Form.GRAPHML: links_graphml,
    Form.FOLLOWTHEMONEY: links_followthemoney,
}


def form_of(out: Path | None, *, asked: Form | None, as_json: bool) -> Form | None:
    """The form asked for: by name, by the ending of `out`, or JSON; None for the terminal's table."""
    if asked is not None or out is None:
        return asked or (Form.JSON if as_json else None)
    found = next((form for ending, form in _ENDINGS.items() if out.name.lower().endswith(ending)), None)
    if found is None and not as_json:
        raise UsageError(
            f"{out.name!r} has no ending that says what to write.",
            where="--out",
            mend=f"end it in {', '.join(_ENDINGS)}, or name the form with --format",
        )
    return found or Form.JSON


def write_listing(listing: Listing, form: Form, out: Path | None) -> None:
    """`listing` in `form`, to `out` or standard output."""
    if form is Form.PARQUET:
        if out is None:
            raise UsageError(
                "Parquet is not for a terminal.", where="--format", mend="name the file to write with --out"
            )
        write_bytes(links_parquet(listing), out)
    elif form is Form.JSON:
        print_json(listing_as_json(listing), out)
    else:
        write_text(_TEXT_FORMS[form](listing), out)


def remarks(listing: Listing) -> str:
    """How many links decisions keep down, and how to see them; whether weaker ones are left out; "" if nothing is."""
    said = []
    if down := listing.kept_down.height:
        shown = listing.shown["stays_down"].any()
        said.append(
            f"{down} {'link is' if down == 1 else 'links are'} listed that people rejected, with no new fact since."
            if shown
            else f"{down} {'link stays' if down == 1 else 'links stay'} down: people rejected "
            f"{'it' if down == 1 else 'them'}, and no new fact has come since (--show-rejected lists them)."
        )
    if unmatched := listing.decisions.unmatched:
        said.append(f"{unmatched} recorded decisions about links name no other event known at this time.")
    if not listing.links.whole:
        said.append(
            f"Weaker links are left out: more than {MOST_PAIRS:,} pairs could be among them. Likely much is noted of "
            "many events alike."
        )
    return " ".join(said)


def listing_as_json(listing: Listing) -> dict[str, Any]:
    """The listing as one JSON object."""
    links, dataset = listing.links, listing.links.known.dataset
    return {
        "as_of": format_instant(links.known.at, dataset.zone),
        "marking": dataset.marking,
        "notice": dataset.notice,
        "statement": STATEMENT,
        "seed": links.seed,
        "replicates": links.replicates,
        "problems": links.known.dataset.counts.as_json(),
        "budget_per_year": listing.budget_per_year,
        "rejected_and_kept_down": listing.kept_down.height,
        "weaker_links_left_out": not listing.links.whole,
        "links": [_json_row(row, listing) for row in listing.table().iter_rows(named=True)],
        "series": [asdict(one) for one in listing.grown],
        "recurrences": recurrences_as_json(_recurring(listing), dataset.zone),
    }


def _recurring(listing: Listing) -> pl.DataFrame:
    return recurrences_table(listing.recurrences.parts, listing.recurring, listing.links.known.dataset.marking)


def _json_row(row: dict[str, Any], listing: Listing) -> dict[str, Any]:
    families = {name: row.pop(name) for name in FAMILIES}
    decided = listing.decisions.of(row["event_id_a"], row["event_id_b"])
    return row | {
        "families": families,
        "decision": decided.verdict.value if decided else None,
        "marking": listing.links.known.dataset.marking,
    }


def print_listing(listing: Listing) -> None:
    """The listing as a table on the terminal. Nothing recorded is taken for markup or terminal control."""
    console = Console()
    links, dataset, table = listing.links, listing.links.known.dataset, listing.table()
    console.print(Text(dataset.marking, style="bold"))
    if dataset.notice:
        console.print(Text(dataset.notice, style="italic"))
    limit = "" if listing.budget_per_year is None else f", budget {listing.budget_per_year:g} a year"
    at = format_instant(links.known.at, dataset.zone)
    console.print(f"{table.height} links as known at {at}{limit}; seed {links.seed}.")
    if remark := remarks(listing):
        console.print(remark)
    # Identifiers are never cut: they are what the next command is given.
    view = Table(Column("events", overflow="fold", min_width=_widest(table, "event_id_a", "event_id_b")), box=SIMPLE)
    for name in ("log10", "seen\na year", "chance\na year", "series", "why"):
        view.add_column(name, overflow="fold")
    for row in table.iter_rows(named=True):
        seen, chance = f"{row['seen_per_year']:.1f}", f"{row['chance_per_year']:.1f}"
        pair = f"{row['event_id_a']} {row['event_id_b']}"
        cells = (pair, f"{row['log10_bayes_factor']:.1f}", seen, chance, row["series_id"] or "", row["text"])
        view.add_row(*(Text(one_line(cell)) for cell in cells))
    console.print(view)
    if listing.grown:
        console.print(_series_table(listing))
    if listing.recurring.height:
        recurring = _recurring(listing)
        console.print(recurrences_view(recurring, title="Recurrences"))
    console.print(STATEMENT)
    console.print(Text(dataset.marking, style="bold"))


def _widest(table: pl.DataFrame, *columns: str) -> int:
    """The length of the longest identifier in `columns`, so that none is broken in two where there is room."""
    longest = max((len(name) for column in columns for name in table[column].to_list()), default=0)
    return min(longest, LONGEST_IDENTIFIER)


def _series_table(listing: Listing) -> Table:
    """The series, with how many at least as strong are seen and made by chance."""
    view = Table(Column("series", overflow="fold"), box=SIMPLE, title="Series")
    members = max((len(event_id) for one in listing.grown for event_id in one.event_ids), default=0)
    view.add_column("events", overflow="fold", min_width=min(members + 1, LONGEST_IDENTIFIER))
    for name in ("log10", "seen a year", "chance a year", "95 %"):
        view.add_column(name)
    for one in listing.grown:
        rates = (f"{one.log10_bayes_factor:.1f}", f"{one.seen_per_year:.1f}", f"{one.chance_per_year:.1f}")
        cells = (one.series_id, ", ".join(one.event_ids), *rates, f"{one.chance_low:.1f} to {one.chance_high:.1f}")
        view.add_row(*(Text(one_line(cell)) for cell in cells))
    return view
