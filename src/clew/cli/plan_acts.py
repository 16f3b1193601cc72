"""``clew plan``, one's own: findings, recommendations, what is done about them, and where each stands."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from clew.assurance.plan import (
    Act,
    Evidence,
    NamedControl,
    PlanEvent,
    Severity,
    find,
    mermaid,
    plan_to_json,
    read_plan,
    recommend,
    record,
)
from clew.assurance.plan.calendar import calendar
from clew.assurance.plan.standing import due_dates, standing
from clew.cli.console import AsOfOption, JsonOption, OutOption, print_json, write_text
from clew.core import UsageError, parse_instant
from clew.publish.wording import label_words

ZONE = ZoneInfo("Europe/London")
PlanArgument = Annotated[Path, typer.Argument(help="The plan of action (a JSON file).")]
EvidenceOption = Annotated[list[Path] | None, typer.Option("--evidence", help="A file relied on (repeatable).")]
EvidenceOfOption = Annotated[str | None, typer.Option("--evidence-of", help="The day the evidence speaks of.")]


def diagram_command(*, out: OutOption = None) -> None:
    """Prints the states of a recommendation and the acts between them, as a Mermaid diagram.

    **Example**: clew plan diagram
    """
    write_text(mermaid(), out)


def find_command(
    plan: PlanArgument,
    finding: Annotated[str, typer.Argument(help="Its reference.")],
    *,
    criterion: Annotated[str, typer.Option("--criterion", help="What should have been.")],
    condition: Annotated[str, typer.Option("--condition", help="What was found instead.")],
    cause: Annotated[str, typer.Option("--cause", help="Why it was so.")],
    effect: Annotated[str, typer.Option("--effect", help="What follows from it.")],
    severity: Annotated[Severity, typer.Option("--severity", help="How grave it is.")],
    evidence: Annotated[list[Path], typer.Option("--evidence", help="A file it rests on (repeatable).")],
    found_on: Annotated[str, typer.Option("--found-on", help="The day of the finding.")],
    evidence_of: EvidenceOfOption = None,
) -> None:
    """Adds a finding to a plan of action, with the evidence it rests on and that evidence's digest.

    **Example**: clew plan find plan.json F-3 --criterion "Every death called not suspicious is reviewed within a day."
    --condition "105 in 1,000 were not." --cause "No rota." --effect "Errors stand." --severity high
    --evidence evaluation.json --found-on 2026-01-04
    """
    day = day_of(found_on, "--found-on")
    new = find(
        finding,
        criterion=criterion,
        condition=condition,
        cause=cause,
        effect=effect,
        severity=severity,
        evidence=_evidence(evidence, evidence_of, day),
        found_on=day,
    )
    print_json(plan_to_json(read_plan(plan).with_finding(new)), plan)
    typer.echo(f"{finding}: {severity.value}, on {len(evidence)} piece{'s' * (len(evidence) != 1)} of evidence")


def open_command(
    plan: PlanArgument,
    recommendation: Annotated[str, typer.Argument(help="Its reference.")],
    *,
    text: Annotated[str, typer.Option("--text", help="What should be done.")],
    addressee: Annotated[str, typer.Option("--addressee", help="The body it is addressed to.")],
    made: Annotated[str, typer.Option("--made", help="Its date; an answer is due 56 days after.")],
    finding: Annotated[list[str] | None, typer.Option("--finding", help="A finding behind it (repeatable).")] = None,
    control: Annotated[
        list[str] | None,
        typer.Option(
            "--control",
            help="A rule and its target, as R05=0.95, or R05=0.95@2026-03-01 with the day of the change (repeatable).",
        ),
    ] = None,
) -> None:
    """Adds a recommendation to a plan of action, and says when the answer is due.

    **Example**: clew plan open plan.json A-7 --text "Compare every note." --addressee "Chief Constable"
    --made 2026-01-05 --finding F-3 --control R05=0.95
    """
    new = recommend(
        recommendation,
        text=text,
        addressee=addressee,
        made=day_of(made, "--made"),
        findings=tuple(finding or []),
        controls=tuple(_control(each) for each in control or []),
    )
    print_json(plan_to_json(read_plan(plan).with_new(new)), plan)
    typer.echo(f"{recommendation}: an answer is due by {new.answer_due.isoformat()}")


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
    milestone: Annotated[
        str, typer.Option("--milestone", help="The milestone that is named, moved (slip) or reached.")
    ] = "",
    evidence: EvidenceOption = None,
    evidence_of: EvidenceOfOption = None,
    control_status: Annotated[
        Path | None,
        typer.Option("--control-status", help="What `clew control nightly` wrote: evidence that its controls operate."),
    ] = None,
) -> None:
    """Does one act on a recommendation, if its state and fairness allow it; everything done is kept.

    **Example**: clew plan act plan.json A-7 assign --by secretary --at 2026-02-01 --owner "Head of review"
    --due 2026-06-01
    """
    known = read_plan(plan)
    moment = parse_instant(at, ZONE, where="--at")
    local = moment.astimezone(ZONE).date()
    proof, operating = _evidence(evidence, evidence_of, local), tuple[str, ...]()
    if control_status is not None:
        item, operating = _control_status(control_status, recommendation)
        proof = (*proof, item)
    day = day_of(due, "--due") if due else None
    event = PlanEvent(act, by, moment, reason, owner, day, proof, milestone, operating)
    after = record(known.recommendation(recommendation), event)
    print_json(plan_to_json(known.with_changed(after)), plan)
    typer.echo(f"{recommendation} is {label_words(after.state)}")


def show_command(
    plan: PlanArgument,
    *,
    ics: Annotated[Path | None, typer.Option("--ics", help="Write what is still due as a calendar file.")] = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Shows where every recommendation stands: state, owner, due date, lateness, slips, milestones, late answers.

    **Example**: clew plan show plan.json --as-of 2026-07-01
    """
    day, known = day_of(as_of), read_plan(plan)
    rows = [standing(entry, as_at=day, zone=ZONE) for entry in known.recommendations]
    if ics is not None:
        stamp = datetime(day.year, day.month, day.day, tzinfo=UTC)
        write_text(calendar(due_dates(known.recommendations), stamp=stamp), ics, "--ics")
    if as_json:
        findings = plan_to_json(known)["findings"]
        print_json({"as_at": day.isoformat(), "findings": findings, "recommendations": rows}, out)
        return
    lines = []
    for row in rows:
        lines.append(
            f"{row['recommendation_id']}  {row['state']}  {row['addressee']}"
            + (f", owner {row['owner']}, due {row['due']}" if row["owner"] else f", answer due {row['answer_due']}")
            + (f", {row['days_overdue']} days past it" if row["days_overdue"] else "")
            + (f", moved {row['slips']} times" if row["slips"] else "")
        )
        for answer in row["answers"]:
            late = f", {answer['days_late']} days late" if answer["days_late"] else ""
            words = f": {answer['reason']}" if answer["reason"] else ""
            lines.append(f"    {answer['on']}  {answer['by']}: {answer['act'].replace('_', ' ')}{late}{words}")
        for step in row["milestones"]:
            state = f"reached {step['reached']}" if step["reached"] else f"due {step['due']}"
            moved = f", first due {step['first_due']}, moved {step['slips']} times" if step["slips"] else ""
            lines.append(f"    milestone {step['name']}: {state}{moved}")
    write_text("\n".join(lines) + "\n", out)


def day_of(text: str | None, where: str = "--as-of") -> date:
    """The local day named; how late an answer is depends on it, and the wall clock is never asked."""
    if text is None:
        raise UsageError(
            "No date was given to count from.",
            where=where,
            why="how late an answer is depends on the day it is asked",
            mend=f"give {where} 2026-03-01",
        )
    return parse_instant(text, ZONE, where=where).astimezone(ZONE).date()


def moment_of(at: str | None) -> datetime:
    """When something is done: what --at says, or now; the wall clock is read at the face, and nowhere below."""
    return parse_instant(at, ZONE, where="--at") if at else datetime.now(UTC)


def _control(text: str) -> NamedControl:
    rule, _, rest = text.rpartition("=")
    target, _, day = rest.partition("@")
    try:
        return NamedControl(rule, float(target), day_of(day, "--control") if day else None)
    except ValueError:
        raise UsageError(
            f"{text!r} is not RULE=TARGET or RULE=TARGET@DATE.", where="--control", mend="write R05=0.95"
        ) from None


def _evidence(paths: list[Path] | None, spoken_of: str | None, day: date) -> tuple[Evidence, ...]:
    of = day_of(spoken_of, "--evidence-of") if spoken_of else day
    return tuple(Evidence(path.name, _digest(path), of) for path in paths or [])


def _control_status(path: Path, recommendation: str) -> tuple[Evidence, tuple[str, ...]]:
    """The file of a night's look as evidence, and the rules it shows to be operating for `recommendation`."""
    digest = _digest(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != "clew control status v1":
            raise KeyError("format")
        own = [each for each in content["controls"] if each["recommendation"] == recommendation]
        operating = tuple(each["rule"] for each in own if each["status"] == "operating")
        return Evidence(path.name, digest, date.fromisoformat(content["as_of"])), operating
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(
            f"{path} is no status of controls.",
            where="--control-status",
            mend="give the file that `clew control nightly --out` wrote",
        ) from None


def _digest(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}.", where="--evidence") from error
