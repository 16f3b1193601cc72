"""``clew links``: find links between events, and explain one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer
from rich.table import Table

from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, print_json, progress, write_text
from clew.cli.inputs import DataArgument, MappingOption, NarrativeOption, SeedOption, open_known, weights_for
from clew.core import UsageError, format_instant
from clew.links import DECOY_REPLICATES, FAMILIES, Explanation, Links, Weights, explain_pair, find_links, grow_series
from clew.records import Known, spreadsheet_safe
from clew.review.wording import often

app = typer.Typer(help="Links between events, each with its evidence and a stated chance rate.", no_args_is_help=True)

ReplicatesOption = Annotated[int, typer.Option("--replicates", min=1, help="Decoy runs that chance rates come from.")]


@app.command("find")
def find(
    data: DataArgument,
    as_of: AsOfOption = None,
    budget: Annotated[float, typer.Option(min=0, help="Links a year: the strongest so many are listed.")] = 52.0,
    above: Annotated[
        float | None, typer.Option("--all-pairs-above", help="List every link of this log10 strength instead.")
    ] = None,
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
    shown = links.frame if above is not None else links.within(budget)
    table = link_table(links, shown)
    if out is not None and out.suffix.lower() in (".csv", ".parquet"):
        _write_table(table, out)
        return
    if as_json or out is not None:
        rows = [_json_row(row, links) for row in table.iter_rows(named=True)]
        print_json(
            {
                "as_of": format_instant(known.at, known.dataset.zone),
                "seed": seed,
                "replicates": replicates,
                "links": rows,
            },
            out,
        )
        return
    _print_table(table, links, budget=None if above is not None else budget)


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


def link_table(links: Links, shown: pl.DataFrame) -> pl.DataFrame:
    """The contract of ``clew links find``: a row a pair, with its series, a column a family, and its sentence."""
    series = {member: name for name, members in grow_series(links, shown).items() for member in members}
    pairs = list(zip(shown["event_id_a"], shown["event_id_b"], strict=True))
    named = [series.get(a) if series.get(a) == series.get(b) else None for a, b in pairs]
    table = shown.with_columns(
        series_id=pl.Series(named, dtype=pl.String),
        text=pl.Series([explain_pair(links, a, b).sentence for a, b in pairs], dtype=pl.String),
    )
    rates = ("seen_per_year", "chance_per_year", "chance_low", "chance_high")
    return table.select("event_id_a", "event_id_b", "log10_bayes_factor", *rates, "series_id", *FAMILIES, "text")


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
        "text": why.sentence,
        "families": {name: {"log10": why.factors[name], "text": why.clauses[name]} for name in FAMILIES},
        "evidence": [{"table": row.table, "source": row.source, "row": row.row} for row in why.rows],
        "would_settle": list(why.missing),
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
    lines += ["", "Rows: " + "; ".join(f"{row.table} ({row.source}) row {row.row}" for row in why.rows)]
    lines += ["Would settle it:", *(f"  - {what}" for what in why.missing)] if why.missing else []
    lines += ["", "A link is a candidate, not a decision. It connects events and accuses nobody.", dataset.marking]
    return "\n".join(lines) + "\n"


def _json_row(row: dict[str, Any], links: Links) -> dict[str, Any]:
    families = {name: row.pop(name) for name in FAMILIES}
    return row | {"families": families, "marking": links.known.dataset.marking}


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


def _print_table(table: pl.DataFrame, links: Links, *, budget: float | None) -> None:
    from rich.console import Console  # noqa: PLC0415  the other outputs need no terminal

    console = Console()
    dataset = links.known.dataset
    console.print(dataset.marking, style="bold")
    if dataset.notice:
        console.print(dataset.notice, style="italic")
    limit = "" if budget is None else f", budget {budget:g} a year"
    at = format_instant(links.known.at, dataset.zone)
    console.print(f"{table.height} links as known at {at}{limit}; seed {links.seed}.")
    view = Table("events", "log10", "seen a year", "chance a year", "series", "why")
    for row in table.iter_rows(named=True):
        seen, chance = f"{row['seen_per_year']:.1f}", f"{row['chance_per_year']:.1f}"
        pair = f"{row['event_id_a']} {row['event_id_b']}"
        view.add_row(pair, f"{row['log10_bayes_factor']:.1f}", seen, chance, row["series_id"] or "", row["text"])
    console.print(view)
    console.print(dataset.marking, style="bold")
