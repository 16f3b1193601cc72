"""``clew control``: is a change operating, from the duties that arose after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import polars as pl
import typer

from clew.assurance.control import (
    Control,
    ControlHistory,
    ControlStatus,
    StatusChange,
    as_known_on,
    check_plan,
    control_history,
    duties_known,
    duty_intervals,
    nights_between,
    replay,
)
from clew.assurance.control.acting import rules_of
from clew.assurance.plan import plan_to_json, read_plan
from clew.assurance.tables import read_duties, read_table
from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, print_json, progress, write_text
from clew.cli.inputs import DataArgument, MappingOption, instant, open_dataset
from clew.core import UsageError, format_instant, parse_instant
from clew.publish.control_page import ControlView, history_view, render_controls, replay_view, why
from clew.records import Dataset
from clew.standards import load_standard

ZONE = ZoneInfo("Europe/London")
app = typer.Typer(help="Is the change operating today? Status from data, and when it changed.", no_args_is_help=True)

RiskOption = Annotated[float, typer.Option("--risk", help="Of ever calling it operating, or failed, wrongly.")]
WaiverOption = Annotated[float, typer.Option("--waiver-limit", help="The share that may be waived.")]
GapOption = Annotated[
    float, typer.Option("--gap-margin", help="By how much a group of victims may be served worse, beyond chance.")
]
GroupsOption = Annotated[
    bool, typer.Option("--groups/--no-groups", help="Compare groups of victims, from the table characteristics.")
]
StandardOption = Annotated[str, typer.Option("--standard", "-s", help="A shipped standard's name, or a YAML file.")]
HtmlOption = Annotated[Path | None, typer.Option("--html", help="Write the page with the charts here.")]
RuleOption = Annotated[str, typer.Option("--rule", help="The rule the control is about.")]
TargetOption = Annotated[float, typer.Option("--target", help="The share of duties to be met in time.")]
ChangedOption = Annotated[str, typer.Option("--changed-at", help="When the change was made.")]
DEFAULT_STANDARD = "uk-unexpected-death"


class FailOn(StrEnum):
    """From which status on the exit code is 1."""

    DRIFTING = "drifting"
    FAILED = "failed"


_FAILING = {
    FailOn.DRIFTING: {ControlStatus.DRIFTING, ControlStatus.FAILED},
    FailOn.FAILED: {ControlStatus.FAILED},
}
FailOnOption = Annotated[FailOn | None, typer.Option("--fail-on", help="Exit 1 from this status on.")]


@app.callback()
def _noun() -> None: ...


@app.command("status")
def status_command(
    duties: Annotated[Path, typer.Argument(help="What `clew standards evaluate --out` wrote.")],
    *,
    rule: RuleOption,
    target: TargetOption,
    changed_at: ChangedOption,
    risk: RiskOption = 0.05,
    waiver_limit: WaiverOption = 0.10,
    gap_margin: GapOption = 0.05,
    characteristics: Annotated[
        Path | None, typer.Option("--characteristics", help="event_id, characteristic, value: groups to compare.")
    ] = None,
    fail_on: FailOnOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Says whether a change operates: not yet evidenced, operating, drifting or failed, and when that changed.

    **Example**: clew control status duties.csv --rule R05 --target 0.9 --changed-at 2015-03-01 --as-of 2015-12-31
    """
    frame = read_duties(duties)
    control = Control(
        rule, target, parse_instant(changed_at, ZONE, where="--changed-at"), risk, waiver_limit, gap_margin
    )
    if as_of is None and not frame["decided_at"].drop_nulls().len():
        raise UsageError("No duty has been decided.", where=str(duties), mend="give --as-of, or another file")
    moment = parse_instant(as_of, ZONE) if as_of else frame["decided_at"].drop_nulls().max()
    values = (
        None if characteristics is None else read_table(characteristics, needs=("event_id", "characteristic", "value"))
    )
    history = control_history(frame, control, as_at=moment, characteristics=values)  # type: ignore[arg-type]
    if as_json:
        print_json(_history_json(history, ZONE), out)
    else:
        write_text("\n".join(_history_lines(history, ZONE)) + "\n", out)
    if fail_on is not None and history.status in _FAILING[fail_on]:
        raise typer.Exit(1)


@app.command("nightly")
def nightly_command(
    data: DataArgument,
    *,
    plan: Annotated[Path, typer.Option("--plan", help="The plan of action whose controls are looked at.")],
    standard: StandardOption = DEFAULT_STANDARD,
    mapping: MappingOption = None,
    risk: RiskOption = 0.05,
    waiver_limit: WaiverOption = 0.10,
    gap_margin: GapOption = 0.05,
    groups: GroupsOption = True,
    html: HtmlOption = None,
    fail_on: FailOnOption = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
    quiet: QuietOption = False,
) -> None:
    """Looks at every control of a plan as known at T, and re-opens what was closed on a control that has failed.

    To be run every night, on the records as they stand. What it writes with --json --out is the evidence that
    `clew plan act close` asks for.

    **Example**: clew control nightly clew-demo --plan plan.json --as-of 2015-06-01
    """
    dataset = open_dataset(data, mapping, quiet=quiet)
    loaded, at = load_standard(standard), instant(dataset, as_of)
    zone, known = dataset.zone, read_plan(plan)
    duties = duties_known(dataset, loaded, rules_of(known.recommendations), at=at)
    settings = {"risk": risk, "waiver_limit": waiver_limit, "gap_margin": gap_margin}
    values = _characteristics(dataset, at) if groups else None
    after, checked = check_plan(known, duties, as_at=at, zone=zone, characteristics=values, settings=settings)
    if after is not known:
        print_json(plan_to_json(after), plan)
    views = [
        history_view(each.history, duties, title=loaded.rule(each.control.rule).title, zone=zone, until=at)
        for each in checked
        if each.history is not None
    ]
    _write_html(views, html, dataset, at)
    found = {
        "format": "clew control status v1",
        "as_at": format_instant(at, zone),
        "as_of": at.astimezone(zone).date().isoformat(),
        "standard": loaded.label,
        "controls": [
            {
                "recommendation": each.recommendation_id,
                "reopened": each.reopened,
                **(
                    _history_json(each.history, zone)
                    if each.history
                    else {"rule": each.control.rule, "status": ControlStatus.NOT_YET_EVIDENCED.value, "changes": []}
                ),
            }
            for each in checked
        ],
    }
    lines = []
    for each in checked:
        lines.append(f"{each.recommendation_id}, " + (_history_lines(each.history, zone)[0] if each.history else ""))
        if each.history is None:
            lines[-1] += f"{each.control.rule}: the change has not been made"
        else:
            lines += _history_lines(each.history, zone)[1:]
        lines += [f"  {each.recommendation_id} is re-opened"] * each.reopened
    if out is not None:
        print_json(found, out)
    if as_json and out is None:
        print_json(found)
    elif not as_json and not quiet:
        typer.echo("\n".join(lines) if lines else "The plan names no control.")
    if fail_on is not None and any(each.history and each.history.status in _FAILING[fail_on] for each in checked):
        raise typer.Exit(1)


@app.command("replay")
def replay_command(
    data: DataArgument,
    *,
    rule: RuleOption,
    target: TargetOption,
    changed_at: ChangedOption,
    first: Annotated[str | None, typer.Option("--from", help="The first night; default: the day after.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="The last night; default: the last row recorded.")] = None,
    standard: StandardOption = DEFAULT_STANDARD,
    mapping: MappingOption = None,
    risk: RiskOption = 0.05,
    waiver_limit: WaiverOption = 0.10,
    gap_margin: GapOption = 0.05,
    groups: GroupsOption = True,
    html: HtmlOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
    quiet: QuietOption = False,
) -> None:
    """Goes through past nights, each knowing only what was known then, and says what each would have said.

    **Example**: clew control replay clew-demo --rule R26 --target 0.95 --changed-at 2014-03-01 --html control.html
    """
    dataset = open_dataset(data, mapping, quiet=quiet)
    loaded, zone = load_standard(standard), dataset.zone
    control = Control(
        rule, target, parse_instant(changed_at, zone, where="--changed-at"), risk, waiver_limit, gap_margin
    )
    begin = parse_instant(first, zone, where="--from") if first else control.changed_at.astimezone(zone) + timedelta(1)
    nights = nights_between(begin.astimezone(zone), instant(dataset, to, where="--to"))
    loaded.rule(rule)
    with progress("Deciding duties through time", quiet=quiet):
        intervals = duty_intervals(dataset, loaded, [rule], until=nights[-1])
    values = _characteristics(dataset, nights[-1]) if groups else None
    with progress("Going through the nights", quiet=quiet):
        replayed = replay(intervals, control, nights=nights, characteristics=values)
    last = as_known_on(intervals, nights[-1])
    view = replay_view(replayed, last, title=loaded.rule(rule).title, zone=zone)
    _write_html([view], html, dataset, nights[-1])
    if as_json:
        turns = [
            {"night": format_instant(night.at, zone), **_change_json(night.change, zone)} for night in replayed.turns
        ]
        reopened = replayed.reopened
        found = {
            "rule": rule,
            "target": target,
            "nights": len(nights),
            "status": view.status.value,
            "reopened_at": format_instant(reopened.at, zone) if reopened else None,
            "turns": turns,
        }
        print_json(found, out)
        return
    lines = [f"{rule} over {len(nights)} nights: {view.status.words} on the last"]
    for turn in view.turns:
        lines.append(f"  {turn.at.astimezone(zone):%Y-%m-%d}  {turn.status.words}: {turn.reason}")
        lines += [f"              {sentence}" for sentence in turn.why]
    lines += [f"  {view.signals}"] * bool(view.signals)
    if view.reopened_at:
        lines.append(f"A recommendation closed on it is re-opened on {view.reopened_at.astimezone(zone):%Y-%m-%d}.")
    write_text("\n".join(lines) + "\n", out)


def _characteristics(dataset: Dataset, at: datetime) -> pl.DataFrame | None:
    """The values in force at `at`, one each; None where the dataset has no such table."""
    table = dataset.tables.get("characteristics")
    if table is None or not table.height:
        return None
    latest = (
        table.filter(pl.col("recorded_at") <= at.astimezone(UTC))
        .sort("recorded_at")
        .unique(["event_id", "characteristic"], keep="last", maintain_order=True)
    )
    return latest.select("event_id", "characteristic", "value")


def _write_html(views: list[ControlView], html: Path | None, dataset: Dataset, at: datetime) -> None:
    if html is None:
        return
    page = render_controls(
        views,
        title="Is the change operating?",
        as_at=at,
        zone=dataset.zone,
        marking=dataset.marking or "",
        notice=dataset.notice or "",
    )
    write_text(page, html, "--html")


def _history_json(history: ControlHistory, zone: ZoneInfo) -> dict[str, Any]:
    reopened = format_instant(history.reopened_at, zone) if history.reopened_at else None
    return {
        "rule": history.control.rule,
        "target": history.control.target,
        "changed_at": format_instant(history.control.changed_at, zone),
        "status": history.status.value,
        "reopened_at": reopened,
        "changes": [
            {"at": format_instant(change.at, zone), **_change_json(change, zone)} for change in history.changes
        ],
    }


def _change_json(change: StatusChange, zone: ZoneInfo) -> dict[str, Any]:
    return {
        "status": change.status.value,
        "reason": change.reason,
        "since": format_instant(change.since, zone) if change.since else None,
        "decided": change.decided,
        "not_met": change.not_met,
        "indeterminate": change.indeterminate,
        "waived": change.waived,
        "lower": change.lower,
        "cusum": change.cusum,
        "threshold": change.threshold,
        "not_met_events": list(change.not_met_events),
    }


def _history_lines(history: ControlHistory, zone: ZoneInfo) -> list[str]:
    lines = [f"{history.control.rule} is {history.status.words}"]
    for change in history.changes:
        lines.append(f"  {change.at.astimezone(zone):%Y-%m-%d}  {change.status.words}: {change.reason}")
        lines += [f"              {sentence}" for sentence in why(change, history.control, zone)]
    return lines
