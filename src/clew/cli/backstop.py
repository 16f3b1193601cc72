"""``clew backstop``: slow rates by place, area or professional, and the scan; a backstop that accuses no one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from clew.backstop import By, Watch, pre_specified, review_packet, scan, watch
from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, print_json, progress, stderr, write_text
from clew.cli.inputs import DataArgument, MappingOption, instant, open_dataset, open_known
from clew.core import UsageError
from clew.publish.backstop_json import scan_json, watch_json
from clew.publish.backstop_page import render_watch
from clew.publish.backstop_text import scan_text, watch_text
from clew.publish.backstop_words import found_words
from clew.records import spreadsheet_safe

app = typer.Typer(
    help="Slow rates of deaths, as a backstop that accuses no one: charts by unit, and circles on the map.",
    no_args_is_help=True,
)

AlarmsOption = Annotated[
    float,
    typer.Option("--false-alarms-per-year", help="How often chance may alarm in a year, over everything watched."),
]
ChanceSeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the runs that the limits come from.")]


@app.callback()
def _noun() -> None: ...


@app.command("watch")
def watch_command(
    data: DataArgument,
    *,
    by: Annotated[By, typer.Option("--by", help="What deaths are counted by.")],
    as_of: AsOfOption = None,
    watch_from: Annotated[
        str | None,
        typer.Option("--watch-from", help="Where the watch begins: the later half of the history unless given."),
    ] = None,
    alarms: AlarmsOption = 1.0,
    rate_ratio: Annotated[float, typer.Option("--rate-ratio", help="The rise that the charts are tuned to.")] = 2.0,
    key: Annotated[
        Path | None,
        typer.Option("--key", help="Write here which record is of a series; for the statistician, after the review."),
    ] = None,
    mapping: MappingOption = None,
    seed: ChanceSeedOption = 1,
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Says how many series of deaths crossed a limit that a stated number cross by chance, and gives the records.

    Professionals are not named, numbered or ordered. `--out` writes .html (with charts), .json, or .csv: the records,
    to be reviewed blind.

    Example: clew backstop watch DATA --by place --out backstop.html
    """
    dataset = open_dataset(data, mapping, quiet=quiet)
    known = dataset.as_known(instant(dataset, as_of))
    begin = None if watch_from is None else instant(dataset, watch_from, where="--watch-from")
    rule = pre_specified(known, by=by, false_alarms_per_year=alarms, rate_ratio=rate_ratio, watch_from=begin)
    with progress("Watching", quiet=quiet) as tick:
        found = watch(known, rule, seed=seed, tick=tick)
    packet = review_packet(found)
    if key is not None:
        write_text(spreadsheet_safe(packet.key).write_csv(), key, "--key")
    ending = out.suffix.lower() if out is not None else ""
    if ending in (".html", ".htm"):
        write_text(render_watch(found, packet), out)
    elif ending == ".csv":
        write_text(_review_sheet(found, packet.records), out)
    elif as_json or ending == ".json":
        print_json(watch_json(found, packet), out)
    else:
        write_text(watch_text(found, packet), out)
    if out is not None and not quiet:
        stderr.print(f"Wrote {out}. {found_words(found)}", highlight=False)


@app.command("scan")
def scan_command(
    data: DataArgument,
    *,
    as_of: AsOfOption = None,
    weeks: Annotated[int, typer.Option("--weeks", min=2, help="Weeks that are scanned.")] = 52,
    longest: Annotated[int, typer.Option("--longest", min=1, help="Weeks of the longest excess looked for.")] = 13,
    radius: Annotated[float, typer.Option("--radius", help="Largest radius of a circle, in km.")] = 5.0,
    square: Annotated[float, typer.Option("--square", help="Width of the squares deaths are gathered in, km.")] = 1.0,
    alarms: AlarmsOption = 1.0,
    replicates: Annotated[int, typer.Option("--replicates", min=19, help="Runs that chance comes from.")] = 999,
    mapping: MappingOption = None,
    seed: ChanceSeedOption = 1,
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Looks for circles with more deaths in their last weeks than place and time, apart, explain.

    Example: clew backstop scan DATA --as-of 2014-09-21 --json
    """
    known = open_known(data, mapping, as_of, quiet=quiet)
    if out is not None and out.suffix.lower() not in (".json", ".txt", ""):
        raise UsageError(f"A scan is not written as {out.suffix}.", where="--out", mend="name a .json or a .txt file")
    with progress("Scanning", quiet=quiet) as tick:
        found = scan(
            known,
            seed=seed,
            replicates=replicates,
            weeks=weeks,
            longest_weeks=longest,
            radius_km=radius,
            square_km=square,
            false_alarms_per_year=alarms,
            tick=tick,
        )
    if as_json or (out is not None and out.suffix.lower() == ".json"):
        print_json(scan_json(found), out)
    else:
        write_text(scan_text(found), out)


def _review_sheet(found: Watch, records: tuple[str, ...]) -> str:
    """A row a record, in random order, with what a reviewer fills in."""
    empty = pl.lit("", dtype=pl.String)
    sheet = pl.DataFrame({"event_id": list(records)}, schema={"event_id": pl.String}).with_columns(
        rule=pl.lit(found.rule.digest), as_it_was_taken_for=empty, reason=empty, reviewer=empty
    )
    return spreadsheet_safe(sheet).write_csv()
