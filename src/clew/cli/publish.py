"""``clew publish``: a public report that gives nobody away, approved before it is out; the board pack; OSCAL files."""

from __future__ import annotations

import json
import secrets
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from clew.assurance.plan import read_plan
from clew.assurance.tables import read_table
from clew.cli import publish_board
from clew.cli.console import print_json, refuse_unless_writable, write_text
from clew.cli.plan_acts import moment_of
from clew.core import UsageError, parse_instant
from clew.ledger import Entry, EntryType, read_entries, record
from clew.publish.disclosure import THRESHOLD
from clew.publish.public import public_json, render_public
from clew.publish.register import Register
from clew.publish.release import Release, check_labels, check_safe, count_tables, protect

ZONE = ZoneInfo("Europe/London")
app = typer.Typer(help="Publish safely: no free text, no small counts, approved and recorded.", no_args_is_help=True)
app.command("board")(publish_board.board_command)
app.command("oscal")(publish_board.oscal_command)

RegisterOption = Annotated[Path, typer.Option("--register", help="The folder of releases so far; never published.")]
LedgerOption = Annotated[Path, typer.Option("--ledger", help="The ledger that holds approvals and releases.")]
ActorOption = Annotated[str, typer.Option("--actor", help="Who does it: a role or account, no name.")]
AtOption = Annotated[str | None, typer.Option("--at", help="When it is done, for the ledger; default: now.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write the page here too.")]
ReportArgument = Annotated[Path, typer.Argument(help="The report that `clew publish prepare` wrote.")]


@app.command("prepare")
def prepare_command(
    rows: Annotated[Path | None, typer.Argument(help="What is counted: CSV, Parquet or Excel, a row each.")] = None,
    *,
    table: Annotated[
        list[str] | None, typer.Option("--table", help="A column to count by, or two: rule,verdict (repeatable).")
    ] = None,
    scope: Annotated[str, typer.Option("--scope", help="What is counted, such as 'duties of 2014'.")] = "",
    count: Annotated[
        str | None, typer.Option("--count", help="The column of counts, if rows are counts already.")
    ] = None,
    allow_column: Annotated[
        list[str] | None, typer.Option("--allow-column", help="Admit a column without a closed vocabulary.")
    ] = None,
    threshold: Annotated[
        int, typer.Option("--threshold", min=2, help="Counts from 1 to below this are small.")
    ] = THRESHOLD,
    rounding: Annotated[int, typer.Option("--round", min=0, help="Round every count to this, in place of hiding.")] = 0,
    plan: Annotated[Path | None, typer.Option("--plan", help="Add where each recommendation stands.")] = None,
    control_status: Annotated[
        Path | None,
        typer.Option("--control-status", help="Add each control's status: from clew control nightly --out."),
    ] = None,
    notice: Annotated[
        bool, typer.Option("--demonstration", help="Say that it is a demonstration, not a validation.")
    ] = False,
    register: RegisterOption,
    actor: ActorOption = "analyst",
    as_of: Annotated[str, typer.Option("--as-of", help="As known at this date or time.")],
    out: Annotated[Path, typer.Option("--out", help="Write the report that is to be approved here (JSON).")],
    html: HtmlOption = None,
) -> None:
    """Prepares a public report: no free text, small counts hidden with all that would give them away.

    Holds it against every earlier release in the register. Nothing is out until it is approved and released.

    **Example**: clew publish prepare duties.csv --table rule,verdict --scope "duties of 2014" --register releases
    --as-of 2015-01-31 --out report.json --html preview.html
    """
    at = parse_instant(as_of, ZONE, where="--as-of")
    kept = Register(register)
    release = None
    if rows is not None:
        tables = [tuple(name.strip() for name in each.split(",")) for each in table or []]
        frame = read_table(rows)
        by_hand = check_labels(frame, tables, allowed=allow_column or [])
        if not scope.strip():
            raise UsageError(
                "The tables have no scope.",
                where="--scope",
                why="two releases of the same things could not be held against each other",
                mend="say what is counted, the same words each time, such as 'duties of 2014'",
            )
        joint = count_tables(frame, tables, scope=scope, count=count)
        release = protect(
            joint,
            tables,
            scope=scope,
            earlier=kept.released(),
            threshold=threshold,
            rounding=rounding,
            by_hand=by_hand,
        )
    content = public_json(
        release,
        as_at=at,
        zone=ZONE,
        plan=read_plan(plan) if plan else None,
        controls=_controls(control_status),
        notice="A demonstration on a synthetic background, not a validation." if notice else "",
    )
    print_json(content, out)
    shown = release or Release("", (), {}, {})
    digest = kept.add_pending(out.read_bytes(), shown, prepared_by=actor, salt=secrets.token_hex(32))
    if html is not None:
        write_text(render_public(content, as_at=at, zone=ZONE), html, "--html")
    small = sum(0 < each < threshold for each in shown.counts.values())
    if rounding:
        typer.echo(f"{len(shown.counts)} counts rounded to {rounding}, {small} of them small.")
    else:
        typer.echo(f"{len(shown.counts)} counts: {small} small, {len(shown.hidden)} hidden with what protects them.")
    typer.echo(f"To be approved: {out}, SHA-256 {digest}")


@app.command("approve")
def approve_command(
    report: ReportArgument,
    *,
    register: RegisterOption,
    ledger: LedgerOption,
    actor: ActorOption,
    at: AtOption = None,
) -> None:
    """Records in the ledger that this very report may be published; not by whoever prepared it.

    **Example**: clew publish approve report.json --register releases --ledger force-ledger --actor data-officer
    """
    waiting = Register(register).pending(report)
    if actor.casefold() == waiting.prepared_by.casefold():
        raise UsageError(
            f"{actor} prepared this report and cannot approve it.",
            where="--actor",
            why="a second pair of eyes is the point of an approval",
            mend="let somebody else look at it",
        )
    entry = Entry(EntryType.APPROVAL, moment_of(at), actor, f"release:{waiting.digest}", "approval:publication")
    typer.echo(f"Approved in ledger entry {record(ledger, entry)[0]}: {waiting.digest}")


@app.command("release")
def release_command(
    report: ReportArgument,
    *,
    register: RegisterOption,
    ledger: LedgerOption,
    actor: ActorOption = "analyst",
    at: AtOption = None,
    out: Annotated[Path, typer.Option("--out", help="Write the published page here (HTML).")],
) -> None:
    """Publishes an approved report: checks it once more beside all releases, records it, then writes the page.

    Refuses a report that the ledger does not hold an approval of, and a register that has lost a release.

    **Example**: clew publish release report.json --register releases --ledger force-ledger --out public.html
    """
    kept = Register(register)
    waiting = kept.pending(report)
    entries = list(read_entries(ledger))
    kept.check(entries)
    subject = f"release:{waiting.digest}"
    approved = [e for e in entries if e.leaf["type"] == EntryType.APPROVAL and e.leaf["subject"] == subject]
    if not [e for e in approved if str(e.leaf["actor"]).casefold() != waiting.prepared_by.casefold()]:
        raise UsageError(
            f"The ledger holds no approval of {report}.",
            where=str(ledger),
            why="nothing is published that a second person has not approved, to the byte",
            mend="have it approved: clew publish approve",
        )
    before = [release for release in kept.released() if release.scope == waiting.release.scope]
    if waiting.release.tables:
        check_safe([*before, waiting.release], threshold=waiting.release.threshold)
    page = render_public(waiting.public, as_at=datetime.fromisoformat(waiting.public["as_at"]), zone=ZONE)
    refuse_unless_writable(out)
    entry = Entry(
        EntryType.RELEASE,
        moment_of(at),
        actor,
        subject,
        f"counts:{kept.digest_of(waiting)}",
        payload={"scope": waiting.release.scope, "tables": [list(each) for each in waiting.release.tables]},
        recipient="public",
    )
    index = record(ledger, entry)[0]
    kept.publish(waiting)
    write_text(page, out)
    typer.echo(f"Released in ledger entry {index}: {out}")


def _controls(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != "clew control status v1":
            raise KeyError("format")
        return list(content["controls"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(
            f"{path} is no status of controls.",
            where="--control-status",
            mend="give the file that `clew control nightly --out` wrote",
        ) from None
