"""The board pack holds what was found, promised and shown, on a page and on paper, and hostile text stays text."""

from __future__ import annotations

import json
import re
import shlex
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import polars as pl
import pytest
from typer.testing import CliRunner

from clew.assurance.control import Control, ControlStatus, control_history
from clew.assurance.plan import Act, Evidence, NamedControl, Plan, PlanEvent, find, recommend, record
from clew.assurance.plan.calendar import calendar
from clew.assurance.plan.standing import due_dates
from clew.cli.app import app
from clew.publish.board import BoardPack, board_pack, render_board
from clew.publish.board_pdf import board_pdf, fit
from clew.publish.control_page import history_view

ROOT = Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Europe/London")
CHANGE = datetime(2026, 1, 1, tzinfo=UTC)
HOSTILE = '<script>alert(1)</script> & <b>"Ŵyn"</b>'


def plan() -> Plan:
    proof = Evidence("dip sample.csv", "a" * 64, date(2026, 1, 2))
    finding = find(
        "F-1",
        criterion="Each is reviewed.",
        condition=HOSTILE,
        cause="No rota.",
        effect="Errors stand.",
        severity="high",
        evidence=(proof,),
        found_on=date(2026, 1, 3),
    )
    entry = recommend(
        "A-7",
        text=HOSTILE,
        addressee="Chief Constable",
        made=date(2026, 1, 5),
        findings=("F-1",),
        controls=(NamedControl("R05", 0.9, date(2026, 1, 1)),),
    )
    steps = (
        (Act.ACCEPT, {}),
        (Act.ASSIGN, {"owner": "Head of review", "due": date(2026, 4, 1)}),
        (Act.MILESTONE, {"milestone": "rota", "due": date(2026, 2, 20)}),
        (Act.SLIP, {"due": date(2026, 6, 1), "reason": "late system"}),
    )
    for hour, (act, needs) in enumerate(steps):
        moment = CHANGE + timedelta(days=70, hours=hour)
        entry = record(entry, PlanEvent(act, "secretary", moment, **needs))  # type: ignore[arg-type]
    late = recommend("A-9", text="Answer.", addressee="Mayor's Office", made=date(2026, 1, 5))
    return Plan((finding,), (late, entry))


def pack() -> BoardPack:
    verdicts = ["met"] * 200 + ["missed", "met"] * 60
    at = [CHANGE + timedelta(hours=12 * (i + 1)) for i in range(len(verdicts))]
    duties = pl.DataFrame({"rule": "R05", "trigger_at": at, "verdict": verdicts, "decided_at": at})
    until = at[-1] + timedelta(days=1)
    history = control_history(duties, Control("R05", 0.9, CHANGE), as_at=until)
    view = history_view(history, duties, title="A title", zone=ZONE, until=until)
    assert view.status is ControlStatus.FAILED
    return board_pack(
        plan(),
        as_at=until,
        zone=ZONE,
        controls=[("A-7", view)],
        samples=["Of 9 items 4 were reviewed."],
        marking="OFFICIAL",
        notice="A demonstration, not a validation.",
    )


def test_the_page_holds_the_whole_plan_and_runs_nothing() -> None:
    page = render_board(pack())
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    for words in (
        "F-1",
        "a" * 64,
        "Head of review",
        "moved to 2026-06-01",
        "late system",
        "Milestone",
        "days late",
        "No answer on record",
        "Of 9 items",
        "not a validation",
        'class="band failed"',
    ):
        assert words in page, words
    assert not re.search(r'(?:src|href)="(?!#)', page)
    assert re.search(r"A-9</bdi> to <bdi>.*?<b>\d+ days</b>", page, re.DOTALL)  # the overdue one is first


def test_the_paper_is_the_same_each_time_and_has_the_same_words() -> None:
    made = board_pdf(pack())
    assert made.startswith(b"%PDF-")
    assert made == board_pdf(pack())
    assert len(made) > 4_000
    assert fit("Ŵyn – “x” ☃") == "Wyn – “x” ?"


def test_an_empty_plan_makes_a_pack_that_says_so() -> None:
    empty = board_pack(Plan(), as_at=CHANGE, zone=ZONE)
    assert "There are none" in render_board(empty)
    assert board_pdf(empty).startswith(b"%PDF-")


def test_an_independent_reader_reads_every_due_date_of_the_calendar_file() -> None:
    entries = due_dates(plan().recommendations)
    read = icalendar.Calendar.from_ical(calendar(entries, stamp=CHANGE))
    events = {str(each["UID"]): (each["DTSTART"].dt, str(each["SUMMARY"])) for each in read.walk("VEVENT")}
    assert events == {f"{name}@clew": (day, text) for name, day, text in entries}
    assert {name for name, _, _ in entries} == {"A-9-answer", "A-7-action", "A-7-milestone-1"}


def test_the_how_to_on_publishing_works_line_by_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/how-to/publish-safely.md, with the files it shows."""
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "how-to" / "publish-safely.md").read_text(encoding="utf-8")
    ran = 0
    for language, name, body in re.findall(r"```(\w+)(?: (\S+))?\n(.*?)```", text, re.DOTALL):
        if name:
            Path(name).write_text(body, encoding="utf-8")
        elif language == "sh":
            for line in body.strip().splitlines():
                result = CliRunner().invoke(app, shlex.split(line)[1:])
                assert result.exception is None, (line, result.exception, result.output)
                ran += 1
    assert ran >= 8
    assert Path("board.pdf").read_bytes().startswith(b"%PDF-")
    assert "plan-of-action-and-milestones" in json.loads(Path("poam.json").read_text(encoding="utf-8"))
    public = Path("public.html").read_text(encoding="utf-8")
    assert "··" in public
    assert "Compare every note" not in public
