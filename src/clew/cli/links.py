"""``clew links``: find links between events, and explain one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.table import Table
from rich.text import Text

from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, print_json, progress, stderr, write_text
from clew.cli.inputs import DataArgument, MappingOption, NarrativeOption, SeedOption, open_known, weights_for
from clew.core import UsageError, format_instant
from clew.links import (
    DECOY_REPLICATES,
    FAMILIES,
    Explanation,
    Links,
    Listing,
    Weights,
    explain_pair,
    find_links,
    link_decisions,
    list_links,
)
from clew.publish.wording import one_line
from clew.records import Known, spreadsheet_safe
from clew.review.wording import often

app = typer.Typer(help="Links between events, each with its evidence and a stated chance rate.", no_args_is_help=True)

#: What every form of a link says of itself.
STATEMENT = "A link is a candidate, not a decision. It connects events and accuses nobody."

ReplicatesOption = Annotated[int, typer.Option("--replicates", min=1, help="Decoy runs that chance rates come from.")]


@app.command("find")
def find(
    data: DataArgument,
    as_of: AsOfOption = None,
    budget: Annotated[float, typer.Option(min=0, help="Links a year: the strongest so many are listed.")] = 52.0,
    above: Annotated[
        float | None, typer.Option("--all-pairs-above", help="List every link of this log10 strength instead.")
    ] = None,
    show_rejected: Annotated[
        bool, typer.Option("--show-rejected", help="Also list links that a person rejected, with nothing new since.")
    ] = False,
    mapping: MappingOption = None,
    replicates: ReplicatesOption = DECOY_REPLICATES,
    seed: SeedOption = 1,
    narrative: NarrativeOption = False,
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Lists the strongest links known at a time, each with how often links that strong are seen and made by chance.

    Example: clew links find DATA --as-of 2014-09-21 --budget 52 --out links.csv
    """
    known = open_known(data, mapping, as_of, quiet=quiet)
    with progress("Linking", quiet=quiet) as tick:
        weights = weights_for(narrative=narrative)
        links = find_links(known, weights=weights, replicates=replicates, seed=seed, at_least=above, tick=tick)
    listing = list_links(links, budget_per_year=None if above is not None else budget, with_rejected=show_rejected)
    if out is not None and out.suffix.lower() in (".csv", ".parquet"):
        _write_table(listing.table(), out)
    elif as_json or out is not None:
        print_json(listing_as_json(listing), out)
    else:
        _print_table(listing)
        return
    if not quiet and (remark := kept_down_words(listing)):
        stderr.print(remark)


@app.command("explain")
def explain(
    data: DataArgument,
    event_a: Annotated[str, typer.Argument(help="One event.", show_default=False)],
    event_b: Annotated[str, typer.Argument(help="The other event.", show_default=False)],
    as_of: AsOfOption = None,
    mapping: MappingOption = None,
    seed: SeedOption = 1,
    narrative: NarrativeOption = False,
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Explains what connects two events: each family's evidence, the rows, and how often chance does it.

    Example: clew links explain DATA D2 D3 --as-of 2014-09-21
    """
    known = open_known(data, mapping, as_of, quiet=quiet)
    weights = weights_for(narrative=narrative)
    print_pair(known, event_a, event_b, seed=seed, out=out, as_json=as_json, quiet=quiet, weights=weights)


def print_pair(
    known: Known,
    event_a: str,
    event_b: str,
    *,
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    weights: Weights | None = None,
) -> None:
    """Explains the pair on the terminal or in `out`, in words or as JSON."""
    with progress("Linking", quiet=quiet) as tick:
        links = find_links(known, weights=weights, seed=seed, tick=tick)
    why = explain_pair(links, event_a, event_b)
    if as_json:
        print_json(explanation_as_json(links, why), out)
    else:
        write_text(explanation_as_text(links, why), out)


def kept_down_words(listing: Listing) -> str:
    """How many links decisions keep down, and how to see them; "" if there is nothing to say."""
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
        "budget_per_year": listing.budget_per_year,
        "rejected_and_kept_down": listing.kept_down.height,
        "links": [_json_row(row, listing) for row in listing.table().iter_rows(named=True)],
    }


def rates_of(links: Links, why: Explanation) -> tuple[float, float] | None:
    """seen and chance per year of an explained pair, None if it is weaker than the links kept or set apart."""
    a, b = pl.col("event_id_a"), pl.col("event_id_b")
    pair = links.frame.filter(
        ((a == why.event_id_a) & (b == why.event_id_b)) | ((a == why.event_id_b) & (b == why.event_id_a))
    )
    return (pair["seen_per_year"][0], pair["chance_per_year"][0]) if pair.height else None


def explanation_as_json(links: Links, why: Explanation) -> dict[str, Any]:
    """An explanation as one JSON object."""
    rates = rates_of(links, why)
    return {
        "event_id_a": why.event_id_a,
        "event_id_b": why.event_id_b,
        "as_of": format_instant(links.known.at, links.known.dataset.zone),
        "log10_bayes_factor": why.log10_bayes_factor,
        "seen_per_year": rates[0] if rates else None,
        "chance_per_year": rates[1] if rates else None,
        "set_apart": why.set_apart,
        "decision": _decision_as_json(links, why),
        "text": why.sentence,
        "families": {name: {"log10": why.factors[name], "text": why.clauses[name]} for name in FAMILIES},
        "evidence": [{"table": row.table, "source": row.source, "row": row.row} for row in why.rows],
        "would_settle": list(why.missing),
    }


def _decision_as_json(links: Links, why: Explanation) -> dict[str, Any] | None:
    """The decision that holds, those before it and what is newer, None if nobody decided."""
    decided = link_decisions(links.known).of(why.event_id_a, why.event_id_b)
    if decided is None:
        return None
    zone = links.known.dataset.zone
    return {
        "verdict": decided.verdict.value,
        "stays_down": decided.stays_down,
        "contradicted": decided.contradicted,
        "text": decided.words(zone),
        "history": [
            {
                "verdict": one.verdict.value,
                "reason": one.reason,
                "actor_role": one.actor_role,
                "decided_at": format_instant(one.decided_at, zone),
                "recorded_at": format_instant(one.recorded_at, zone),
                "source": one.source,
                "row": one.row,
            }
            for one in (*decided.earlier, decided.latest)
        ],
        "new_facts": [
            {
                "event_id": fact.event_id,
                "table": fact.table,
                "source": fact.source,
                "row": fact.row,
                "recorded_at": format_instant(fact.recorded_at, zone),
            }
            for fact in decided.new_facts
        ],
    }


def explanation_as_text(links: Links, why: Explanation) -> str:
    """An explanation in words, with each family's contribution as a bar: the waterfall from nothing to the sum."""
    dataset = links.known.dataset
    at = format_instant(links.known.at, dataset.zone)
    lines = [dataset.marking, *([dataset.notice] if dataset.notice else [])]
    lines += [f"{why.event_id_a} and {why.event_id_b}, as known at {at}", ""]
    lines += [why.sentence, ""]
    for name in FAMILIES:
        factor = why.factors[name]
        bar = ("+" if factor >= 0 else "-") * max(round(abs(factor) * 8), 0)
        lines.append(f"  {name:<14}{factor:+6.2f}  {bar:<34} {why.clauses[name]}")
    lines.append(f"  {'in all':<14}{why.log10_bayes_factor:+6.2f}  (log10 Bayes factor)")
    lines.append("")
    if why.set_apart:
        lines.append("Set apart: one incident, or one household or family; shown, not alerted as a link.")
    rates = rates_of(links, why)
    if rates:
        seen, chance = often(rates[0]), often(rates[1])
        lines.append(f"Links at least this strong: {seen} seen by this force; chance alone would make about {chance}.")
    elif not why.set_apart:
        lines.append("Weaker than the links this force's desk is shown: chance makes many like it.")
    if decided := link_decisions(links.known).of(why.event_id_a, why.event_id_b):
        lines.append(f"Decision on record: {one_line(decided.words(dataset.zone))}")
    lines += ["", "Rows: " + "; ".join(f"{row.table} ({row.source}) row {row.row}" for row in why.rows)]
    lines += ["Would settle it:", *(f"  - {what}" for what in why.missing)] if why.missing else []
    lines += ["", STATEMENT, dataset.marking]
    return "\n".join(lines) + "\n"


def _json_row(row: dict[str, Any], listing: Listing) -> dict[str, Any]:
    families = {name: row.pop(name) for name in FAMILIES}
    decided = listing.decisions.of(row["event_id_a"], row["event_id_b"])
    return row | {
        "families": families,
        "decision": decided.verdict.value if decided else None,
        "marking": listing.links.known.dataset.marking,
    }


def _write_table(table: pl.DataFrame, out: Path) -> None:
    try:
        if out.suffix.lower() == ".parquet":
            table.write_parquet(out)
        else:
            spreadsheet_safe(table).write_csv(out)
    except OSError as error:
        raise UsageError(
            f"Cannot write {out}: {error}.", where="--out", mend="name a file that can be written"
        ) from None


def _print_table(listing: Listing) -> None:
    from rich.console import Console  # noqa: PLC0415  the other outputs need no terminal

    console = Console()
    links, dataset, table = listing.links, listing.links.known.dataset, listing.table()
    console.print(Text(dataset.marking, style="bold"))
    if dataset.notice:
        console.print(Text(dataset.notice, style="italic"))
    limit = "" if listing.budget_per_year is None else f", budget {listing.budget_per_year:g} a year"
    at = format_instant(links.known.at, dataset.zone)
    console.print(f"{table.height} links as known at {at}{limit}; seed {links.seed}.")
    if remark := kept_down_words(listing):
        console.print(remark)
    view = Table("events", "log10", "seen a year", "chance a year", "series", "why")
    for row in table.iter_rows(named=True):
        seen, chance = f"{row['seen_per_year']:.1f}", f"{row['chance_per_year']:.1f}"
        pair = f"{row['event_id_a']} {row['event_id_b']}"
        cells = (pair, f"{row['log10_bayes_factor']:.1f}", seen, chance, row["series_id"] or "", row["text"])
        view.add_row(*(Text(one_line(cell)) for cell in cells))
    console.print(view)
    console.print(STATEMENT)
    console.print(Text(dataset.marking, style="bold"))
