"""``clew plan``: read others' trackers, see what is due and what moved back, keep one's own plan of action."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import polars as pl
import typer

from clew.assurance.plan import (
    Act,
    Evidence,
    Import,
    PlanEvent,
    Recommendation,
    check_feed,
    compare,
    import_feed,
    lateness,
    load_mapping,
    mermaid,
    recommend,
    record,
)
from clew.assurance.plan.calendar import calendar
from clew.assurance.plan.files import plan_to_json, read_plan
from clew.cli.console import AsOfOption, JsonOption, OutOption, print_json, write_text
from clew.core import UsageError, parse_instant

ZONE = ZoneInfo("Europe/London")
app = typer.Typer(help="Track recommendations: what is due, what moved back, what was shown.", no_args_is_help=True)

FeedArgument = Annotated[list[Path], typer.Argument(help="The tracker's file, or files: CSV or Excel.")]
MappingOption = Annotated[str, typer.Option("--mapping", help="A mapping file, or one that ships: pfd, iopc, taic.")]
PlanArgument = Annotated[Path, typer.Argument(help="The plan of action (a JSON file).")]


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
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Reads a tracker, works out every due date, and refuses a feed that is broken.

    With --out it writes the rows as CSV: addressee, made, due, status, days left and overdue. Exits 2 if refused.

    **Example**: clew plan import reg28_overdue.csv reg28_pending.csv --mapping pfd --as-of 2025-07-31
    """
    day = _day(as_of)
    before = _feed(previous, mapping, day) if previous else None
    read = check_feed(_feed(feed, mapping, day), previous=before)
    rows = _with_lateness(read, day)
    still_due = rows.filter(pl.col("status").is_in(["pending", "overdue", "partial"]) & pl.col("due").is_not_null())
    if ics is not None:
        # A tracker's key may hold a name (a web address often does): a diary gets its digest.
        entries = [
            (_nameless(row["key"]), row["due"], f"Answer due: {row['reference'] or 'no reference'}")
            for row in still_due.to_dicts()
        ]
        write_text(calendar(entries, stamp=datetime(day.year, day.month, day.day, tzinfo=UTC)), ics)
    counts = dict(rows.group_by("status").len().sort("status").rows())
    flags = dict(read.quarantine.group_by("why").len().sort("why").rows())
    found = {
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
    if out is not None:
        write_text(rows.write_csv(), out)
    if as_json:
        print_json(found)
        return
    typer.echo(f"{read.name} as at {found['as_at']}: {rows.height:,} of {read.rows_read:,} rows kept")
    for name, count in [*counts.items(), *((f"({why})", count) for why, count in flags.items())]:
        typer.echo(f"  {count:>6,}  {name}")
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


@app.command("diagram")
def diagram_command(*, out: OutOption = None) -> None:
    """Prints the states of a recommendation and the acts between them, as a Mermaid diagram.

    **Example**: clew plan diagram
    """
    write_text(mermaid(), out)


@app.command("open")
def open_command(
    plan: PlanArgument,
    recommendation: Annotated[str, typer.Argument(help="Its reference.")],
    *,
    text: Annotated[str, typer.Option("--text", help="What should be done.")],
    addressee: Annotated[str, typer.Option("--addressee", help="The body it is addressed to.")],
    made: Annotated[str, typer.Option("--made", help="Its date; an answer is due 56 days after.")],
    control: Annotated[
        list[str] | None, typer.Option("--control", help="A rule and its target, as R05=0.95 (repeatable).")
    ] = None,
) -> None:
    """Adds a recommendation to a plan of action, and says when the answer is due.

    **Example**: clew plan open plan.json A-7 --text "Compare every note." --addressee "Chief Constable"
    --made 2026-01-05 --control R05=0.95
    """
    known = read_plan(plan)
    if any(entry.recommendation_id == recommendation for entry in known):
        raise UsageError(f"{recommendation} is in the plan already.", where=str(plan), mend="use `clew plan act`")
    day = _day(made, "--made")
    new = recommend(
        recommendation,
        text=text,
        addressee=addressee,
        made=day,
        controls=tuple(_control(each) for each in control or []),
    )
    print_json(plan_to_json([*known, new]), plan)
    typer.echo(f"{recommendation}: an answer is due by {new.answer_due.isoformat()}")


@app.command("act")
def act_command(
    plan: PlanArgument,
    recommendation: Annotated[str, typer.Argument(help="Its reference.")],
    act: Annotated[Act, typer.Argument(help="What is done.")],
    *,
    by: Annotated[str, typer.Option("--by", help="Who does it.")],
    at: Annotated[str, typer.Option("--at", help="When.")],
    reason: Annotated[str, typer.Option("--reason", help="Why.")] = "",
    owner: Annotated[str, typer.Option("--owner", help="Who is to own it.")] = "",
    due: Annotated[str | None, typer.Option("--due", help="By when.")] = None,
    evidence: Annotated[list[Path] | None, typer.Option("--evidence", help="A file relied on (repeatable).")] = None,
    evidence_of: Annotated[str | None, typer.Option("--evidence-of", help="The day the evidence speaks of.")] = None,
) -> None:
    """Does one act on a recommendation, if its state and fairness allow it; everything done is kept.

    **Example**: clew plan act plan.json A-7 assign --by secretary --at 2026-02-01 --owner "Head of review"
    --due 2026-06-01
    """
    known = read_plan(plan)
    index = next((i for i, entry in enumerate(known) if entry.recommendation_id == recommendation), None)
    if index is None:
        raise UsageError(f"{recommendation} is not in the plan.", where=str(plan), mend="add it: clew plan open")
    moment = parse_instant(at, ZONE, where="--at")
    spoken_of = _day(evidence_of, "--evidence-of") if evidence_of else moment.date()
    proof = tuple(Evidence(path.name, _digest(path), spoken_of) for path in evidence or [])
    day = _day(due, "--due") if due else None
    known[index] = record(known[index], PlanEvent(act, by, moment, reason, owner, day, proof))
    print_json(plan_to_json(known), plan)
    typer.echo(f"{recommendation} is {known[index].state}")


@app.command("show")
def show_command(
    plan: PlanArgument,
    *,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Shows where every recommendation stands: state, owner, due date, lateness, slips, late answers.

    **Example**: clew plan show plan.json --as-of 2026-07-01
    """
    day = _day(as_of)
    rows = [_standing(entry, day) for entry in read_plan(plan)]
    if as_json:
        print_json({"as_at": day.isoformat(), "recommendations": rows}, out)
        return
    lines = [
        f"{row['recommendation_id']}  {row['state']}  {row['addressee']}"
        + (f", owner {row['owner']}, due {row['due']}" if row["owner"] else f", answer due {row['answer_due']}")
        + (f", {row['days_overdue']} days past it" if row["days_overdue"] else "")
        + (f", moved {row['slips']} times" if row["slips"] else "")
        for row in rows
    ]
    write_text("\n".join(lines) + "\n", out)


def _standing(entry: Recommendation, day: date) -> dict[str, Any]:
    settled = entry.state in ("closed", "sustained", "rejected")
    running = entry.due or (None if entry.answered_at else entry.answer_due)
    late = lateness(running, as_at=day).days_overdue if running and not settled else 0
    return {
        "recommendation_id": entry.recommendation_id,
        "addressee": entry.addressee,
        "state": entry.state.value,
        "owner": entry.owner,
        "made": entry.made.isoformat(),
        "answer_due": entry.answer_due.isoformat(),
        "answered_at": entry.answered_at.isoformat() if entry.answered_at else None,
        "due": entry.due.isoformat() if entry.due else None,
        "days_overdue": late,
        "slips": len(entry.slips),
        "controls": [{"rule": rule, "target": target} for rule, target in entry.controls],
    }


def _feed(paths: list[Path], mapping: str, day: date) -> Import:
    return import_feed(paths, load_mapping(mapping), as_at=day)


def _with_lateness(read: Import, day: date) -> pl.DataFrame:
    unanswered = pl.col("status").is_in(["pending", "overdue", "partial"])
    gap = pl.when(unanswered).then((pl.col("due") - pl.lit(day)).dt.total_days())
    return read.rows.with_columns(
        gap.clip(lower_bound=0).alias("days_left"), (-gap).clip(lower_bound=0).alias("days_overdue")
    )


def _day(text: str | None, where: str = "--as-of") -> date:
    """The local day named; how late an answer is depends on it, and the wall clock is never asked."""
    if text is None:
        raise UsageError(
            "No date was given to count from.",
            where=where,
            why="how late an answer is depends on the day it is asked",
            mend=f"give {where} 2026-03-01",
        )
    return parse_instant(text, ZONE, where=where).astimezone(ZONE).date()


def _control(text: str) -> tuple[str, float]:
    rule, _, target = text.rpartition("=")
    try:
        return rule, float(target)
    except ValueError:
        raise UsageError(f"{text!r} is not RULE=TARGET.", where="--control", mend="write R05=0.95") from None


def _nameless(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()[:32]


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", where="--evidence") from error
