"""``clew control``: is a change operating, from the duties that arose after it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from clew.assurance.control import Control, ControlStatus, control_history
from clew.assurance.tables import read_duties
from clew.cli.console import AsOfOption, JsonOption, OutOption, print_json, write_text
from clew.core import UsageError, format_instant, parse_instant

ZONE = ZoneInfo("Europe/London")
app = typer.Typer(help="Is the change operating today? Status from data, and when it changed.", no_args_is_help=True)


class FailOn(StrEnum):
    """From which status on the exit code is 1."""

    DRIFTING = "drifting"
    FAILED = "failed"


_FAILING = {
    FailOn.DRIFTING: {ControlStatus.DRIFTING, ControlStatus.FAILED},
    FailOn.FAILED: {ControlStatus.FAILED},
}


@app.callback()
def _noun() -> None: ...


@app.command("status")
def status_command(
    duties: Annotated[Path, typer.Argument(help="What `clew standards evaluate --out` wrote.")],
    *,
    rule: Annotated[str, typer.Option("--rule", help="The rule the control is about.")],
    target: Annotated[float, typer.Option("--target", help="The share of duties to be met in time.")],
    changed_at: Annotated[str, typer.Option("--changed-at", help="When the change was made.")],
    risk: Annotated[float, typer.Option("--risk", help="Of ever calling it operating, or failed, wrongly.")] = 0.05,
    waiver_limit: Annotated[float, typer.Option("--waiver-limit", help="The share that may be waived.")] = 0.10,
    fail_on: Annotated[FailOn | None, typer.Option("--fail-on", help="Exit 1 from this status on.")] = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Says whether a change operates: not yet evidenced, operating, drifting or failed, and when that changed.

    **Example**: clew control status duties.csv --rule R05 --target 0.9 --changed-at 2015-03-01 --as-of 2015-12-31
    """
    frame = read_duties(duties)
    control = Control(rule, target, parse_instant(changed_at, ZONE, where="--changed-at"), risk, waiver_limit)
    if as_of is None and not frame["decided_at"].drop_nulls().len():
        raise UsageError("No duty has been decided.", where=str(duties), mend="give --as-of, or another file")
    moment = parse_instant(as_of, ZONE) if as_of else frame["decided_at"].drop_nulls().max()
    history = control_history(frame, control, as_at=moment)  # type: ignore[arg-type]
    if as_json:
        changes = [
            {
                "at": format_instant(change.at, ZONE),
                "status": change.status.value,
                "reason": change.reason,
                "decided": change.decided,
                "not_met": change.not_met,
                "indeterminate": change.indeterminate,
                "lower": change.lower,
            }
            for change in history.changes
        ]
        reopened = format_instant(history.reopened_at, ZONE) if history.reopened_at else None
        print_json({"rule": rule, "status": history.status.value, "reopened_at": reopened, "changes": changes}, out)
    else:
        lines = [f"{rule} is {history.status.value.replace('_', ' ')}"]
        lines += [
            f"  {change.at.astimezone(ZONE):%Y-%m-%d}  {change.status.value.replace('_', ' ')}: {change.reason}"
            for change in history.changes
        ]
        write_text("\n".join(lines) + "\n", out)
    if fail_on is not None and history.status in _FAILING[fail_on]:
        raise typer.Exit(1)
