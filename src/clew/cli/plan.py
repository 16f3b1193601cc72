"""``clew plan``: read others' trackers, see what is due and what moved back, keep one's own plan of action."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import polars as pl
import typer

from clew.assurance.plan import Import, check_feed, compare, import_feed, load_mapping
from clew.assurance.plan.answers import with_answers
from clew.assurance.plan.calendar import calendar
from clew.assurance.tables import read_table
from clew.cli import plan_acts
from clew.cli.console import AsOfOption, JsonOption, OutOption, print_json, write_text
from clew.cli.plan_acts import day_of

ZONE = ZoneInfo("Europe/London")
app = typer.Typer(help="Track recommendations: what is due, what moved back, what was shown.", no_args_is_help=True)
app.command("diagram")(plan_acts.diagram_command)
app.command("find")(plan_acts.find_command)
app.command("open")(plan_acts.open_command)
app.command("act")(plan_acts.act_command)
app.command("show")(plan_acts.show_command)

FeedArgument = Annotated[list[Path], typer.Argument(help="The tracker's file, or files: CSV or Excel.")]
MappingOption = Annotated[str, typer.Option("--mapping", help="A mapping file, or one that ships: pfd, iopc, taic.")]


@app.command("import")
def import_command(
    feed: FeedArgument,
    *,
    mapping: MappingOption,
    as_of: AsOfOption = None,
    previous: Annotated[
        list[Path] | None, typer.Option("--previous", help="The last import's file (repeatable).")
    ] = None,
    ics: Annotated[Path | None, typer.Option("--ics", help="Write what is still due as a calendar file.")] = None,
    answers: Annotated[
        Path | None,
        typer.Option("--answers", help="What addressees say to it: reference, by, at, text; shown beside the status."),
    ] = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Reads a tracker, works out every due date, and refuses a feed that is broken.

    With --out it writes the rows as CSV: addressee, made, due, status, days left and overdue. Exits 2 if refused.

    **Example**: clew plan import reg28_overdue.csv reg28_pending.csv --mapping pfd --as-of 2025-07-31
    """
    day = day_of(as_of)
    before = _feed(previous, mapping, day) if previous else None
    read = check_feed(_feed(feed, mapping, day), previous=before)
    rows = _with_lateness(read, day)
    if answers is not None:
        given = read_table(answers, needs=("reference", "by", "at", "text"))
        rows = with_answers(rows, given, zone=ZONE, as_at=day)
    still_due = rows.filter(pl.col("status").is_in(["pending", "overdue", "partial"]) & pl.col("due").is_not_null())
    if ics is not None:
        # A tracker's key may hold a name (a web address often does): a diary gets its digest.
        entries = [
            (_nameless(row["key"]), row["due"], f"Answer due: {row['reference'] or 'no reference'}")
            for row in still_due.to_dicts()
        ]
        write_text(calendar(entries, stamp=datetime(day.year, day.month, day.day, tzinfo=UTC)), ics, "--ics")
    counts = dict(rows.group_by("status").len().sort("status").rows())
    flags = dict(read.quarantine.group_by("why").len().sort("why").rows())
    found: dict[str, Any] = {
        "feed": read.name,
        "digest": read.digest,
        "as_at": day.isoformat(),
        "rows_read": read.rows_read,
        "rows_kept": rows.height,
        "statuses": counts,
        "problems": flags,
        "overdue": rows.filter(pl.col("days_overdue") > 0).height,
        "most_days_overdue": int(rows["days_overdue"].max() or 0),  # type: ignore[arg-type]
    }
    if answers is not None:
        disputed = rows.filter(pl.col("answer").is_not_null())
        found["answers"] = (
            disputed.select("reference", "addressee", "status", "answered_by", "answered_on", "answer")
            .cast(pl.String)
            .to_dicts()
        )
    if out is not None:
        write_text(rows.write_csv(), out)
    if as_json:
        print_json(found)
        return
    typer.echo(f"{read.name} as at {found['as_at']}: {rows.height:,} of {read.rows_read:,} rows kept")
    for name, count in [*counts.items(), *((f"({why})", count) for why, count in flags.items())]:
        typer.echo(f"  {count:>6,}  {name}")
    for row in found.get("answers", []):
        typer.echo(
            f"  {row['reference']} ({row['status']}): {row['answered_by']}, {row['answered_on']}: {row['answer']}"
        )
    typer.echo(
        f"No full answer on record for {found['overdue']:,}, up to {found['most_days_overdue']:,} days past the date."
    )


@app.command("compare")
def compare_command(
    before: Annotated[Path, typer.Argument(help="The earlier file.")],
    after: Annotated[Path, typer.Argument(help="The later file.")],
    *,
    mapping: MappingOption,
    mapping_before: Annotated[str | None, typer.Option("--mapping-before", help="If the earlier one differs.")] = None,
    fail_on: Annotated[bool, typer.Option("--fail-on-regressions", help="Exit 1 if anything moved back.")] = False,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Says what moved between two imports, and above all what was complete and no longer is.

    **Example**: clew plan compare january.csv july.csv --mapping pfd
    """
    # The day only flags dates in the future, which a comparison does not look at.
    earlier, later = _feed([before], mapping_before or mapping, date.max), _feed([after], mapping, date.max)
    moved = compare(earlier, later)
    if as_json:
        rows = {"moves": moved.moves.to_dicts(), "regressions": moved.regressions.to_dicts()}
        print_json({**rows, "gone": list(moved.gone), "new": list(moved.new)}, out)
    else:
        lines = [f"{row['rows']:>6,}  {row['before']} to {row['after']}" for row in moved.moves.to_dicts()]
        lines.append(f"{moved.regressions.height:,} were complete and no longer are:")
        lines += [f"  {row['reference'] or 'no reference'}: {row['after']}" for row in moved.regressions.to_dicts()]
        write_text("\n".join(lines) + "\n", out)
    if fail_on and moved.regressions.height:
        raise typer.Exit(1)


def _feed(paths: list[Path], mapping: str, day: date) -> Import:
    return import_feed(paths, load_mapping(mapping), as_at=day)


def _with_lateness(read: Import, day: date) -> pl.DataFrame:
    unanswered = pl.col("status").is_in(["pending", "overdue", "partial"])
    gap = pl.when(unanswered).then((pl.col("due") - pl.lit(day)).dt.total_days())
    return read.rows.with_columns(
        gap.clip(lower_bound=0).alias("days_left"), (-gap).clip(lower_bound=0).alias("days_overdue")
    )


def _nameless(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]
