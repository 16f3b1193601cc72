"""``clew publish board`` and ``clew publish oscal``: the plan of action for a board, and for others' tools."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import polars as pl
import typer

from clew.assurance.control import check_plan, duties_known
from clew.assurance.control.acting import Checked, rules_of
from clew.assurance.plan import Plan, read_plan
from clew.cli.console import AsOfOption, QuietOption, print_json, write_bytes, write_text
from clew.cli.inputs import MappingOption, instant, open_dataset
from clew.cli.plan_acts import moment_of
from clew.core import UsageError, parse_instant
from clew.ledger import Entry, EntryType, digest_file, record
from clew.publish.board import board_pack, render_board
from clew.publish.board_pdf import board_pdf
from clew.publish.control_page import ControlView, history_view
from clew.publish.oscal import assessment_results, plan_of_action
from clew.publish.wording import counted
from clew.records import Dataset
from clew.standards import load_standard

ZONE = ZoneInfo("Europe/London")
PlanOption = Annotated[Path, typer.Option("--plan", help="The plan of action.")]
DataOption = Annotated[
    Path | None, typer.Argument(metavar="[DATA]", help="Dataset whose records say whether the controls operate.")
]
StandardOption = Annotated[str, typer.Option("--standard", "-s", help="A shipped standard's name, or a YAML file.")]
DEFAULT_STANDARD = "uk-unexpected-death"


def board_command(
    data: DataOption = None,
    *,
    plan: PlanOption,
    standard: StandardOption = DEFAULT_STANDARD,
    mapping: MappingOption = None,
    evaluation: Annotated[
        list[Path] | None, typer.Option("--evaluation", help="What `clew sample evaluate` wrote as JSON (repeatable).")
    ] = None,
    html: Annotated[Path | None, typer.Option("--html", help="Write the page here.")] = None,
    pdf: Annotated[Path | None, typer.Option("--pdf", help="Write the paper here.")] = None,
    marking: Annotated[
        str | None, typer.Option("--marking", help="The handling marking; default: the dataset's.")
    ] = None,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", help="Record in this ledger to whom the pack goes.")
    ] = None,
    recipient: Annotated[str, typer.Option("--recipient", help="To whom it goes, for the ledger.")] = "board",
    actor: Annotated[str, typer.Option("--actor", help="Who makes it, for the ledger: a role, no name.")] = "secretary",
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
) -> None:
    """Makes the board pack: findings, recommendations and where they stand, and whether each control operates today.

    **Example**: clew publish board clew-demo --plan plan.json --as-of 2015-06-01 --html board.html --pdf board.pdf
    """
    if html is None and pdf is None:
        raise UsageError("The pack goes nowhere.", where="board", mend="give --html, --pdf or both")
    known = read_plan(plan)
    dataset, at, zone = _opened(data, mapping, as_of, quiet=quiet)
    checked, duties = _checked(known, dataset, standard, at)
    loaded = load_standard(standard)
    views: list[tuple[str, ControlView]] = [
        (
            each.recommendation_id,
            history_view(each.history, duties, title=loaded.rule(each.control.rule).title, zone=zone, until=at),
        )
        for each in checked
        if each.history is not None
    ]
    made = board_pack(
        known,
        as_at=at,
        zone=zone,
        controls=views,
        samples=[_sentence(path) for path in evaluation or []],
        marking=(dataset.marking if dataset else "") or "" if marking is None else marking,
        notice=(dataset.notice if dataset else "") or "",
    )
    if html is not None:
        write_text(render_board(made), html, "--html")
    if pdf is not None:
        write_bytes(board_pdf(made), pdf, "--pdf")
    written = [path for path in (html, pdf) if path is not None]
    if ledger is not None:
        entries = [
            Entry(EntryType.EXPORT, moment_of(None), actor, digest_file(path), "board-pack", recipient=recipient)
            for path in written
        ]
        record(ledger, *entries)
    if not quiet:
        typer.echo(
            f"Board pack of {counted(len(known.recommendations), 'recommendation')}: {', '.join(map(str, written))}"
        )


def oscal_command(
    data: DataOption = None,
    *,
    plan: PlanOption,
    standard: StandardOption = DEFAULT_STANDARD,
    mapping: MappingOption = None,
    results: Annotated[Path | None, typer.Option("--results", help="Write assessment-results here.")] = None,
    poam: Annotated[Path | None, typer.Option("--poam", help="Write the plan of action and milestones here.")] = None,
    system_id: Annotated[str, typer.Option("--system-id", help="What the plan is about, as a short name.")] = "force",
    as_of: AsOfOption = None,
    quiet: QuietOption = False,
) -> None:
    """Writes OSCAL JSON for other tools: controls as assessment-results, the plan as a plan of action and milestones.

    **Example**: clew publish oscal clew-demo --plan plan.json --as-of 2015-06-01 --results ar.json --poam poam.json
    """
    if results is None and poam is None:
        raise UsageError("Nothing is to be written.", where="oscal", mend="give --results, --poam or both")
    known = read_plan(plan)
    dataset, at, zone = _opened(data, mapping, as_of, quiet=quiet)
    checked, _ = _checked(known, dataset, standard, at)
    if results is not None:
        histories = [each.history for each in checked if each.history is not None]
        href = f"#{poam.name}" if poam else "#plan"
        print_json(assessment_results(histories, title="Controls", plan_href=href, made_at=at, zone=zone), results)
    if poam is not None:
        document = plan_of_action(
            known.recommendations, title="Plan of action", system_id=system_id, made_at=at, zone=zone
        )
        print_json(document, poam)
    if not quiet:
        typer.echo(f"Written: {', '.join(str(path) for path in (results, poam) if path is not None)}")


def _opened(
    data: Path | None, mapping: str | None, as_of: str | None, *, quiet: bool
) -> tuple[Dataset | None, datetime, ZoneInfo]:
    if data is not None:
        dataset = open_dataset(data, mapping, quiet=quiet)
        return dataset, instant(dataset, as_of), dataset.zone
    if as_of is None:
        raise UsageError(
            "No date was given to count from.",
            where="--as-of",
            why="how late an answer is depends on the day it is asked",
            mend="give --as-of 2026-03-01",
        )
    return None, parse_instant(as_of, ZONE, where="--as-of"), ZONE


def _checked(plan: Plan, dataset: Dataset | None, standard: str, at: datetime) -> tuple[list[Checked], pl.DataFrame]:
    """The controls of `plan` as known at `at`; the plan itself is not changed here (clew control nightly does that)."""
    if dataset is None:
        return [], pl.DataFrame()
    rules = rules_of(plan.recommendations)
    duties = duties_known(dataset, load_standard(standard), rules, at=at)
    _, checked = check_plan(plan, duties, as_at=at, zone=dataset.zone)
    return checked, duties


def _sentence(path: Path) -> str:
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return str(content["sentence"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(
            f"{path} is no evaluation of a sample.", where="--evaluation", mend="write it: clew sample evaluate --json"
        ) from None
