"""The board pack: what was found, what was promised, where it stands, and whether it operates today; as plain views.

Page (`templates/board.html.j2`) and paper (`board_pdf`) lay out the same `BoardPack`. It is for the board, not for the
public: it holds the wording of findings, reasons and owners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from clew.assurance.control import ControlStatus
from clew.assurance.plan.files import Plan
from clew.assurance.plan.findings import Finding, Severity
from clew.assurance.plan.standing import SETTLED, standing
from clew.publish.control_page import ControlView
from clew.publish.pages import render_page


@dataclass(frozen=True, kw_only=True)
class BoardPack:
    """Everything the pack shows, worked out.

    rows: `standing` of each recommendation, what is overdue first. summary: terms and figures of the first page.
    samples: what a scored sample shows, in its own words.
    """

    title: str
    as_at: datetime
    zone: ZoneInfo
    marking: str
    notice: str
    summary: tuple[tuple[str, str], ...]
    findings: tuple[Finding, ...]
    rows: tuple[dict[str, Any], ...]
    controls: tuple[tuple[str, ControlView], ...]
    samples: tuple[str, ...]


def board_pack(
    plan: Plan,
    *,
    as_at: datetime,
    zone: ZoneInfo,
    controls: Sequence[tuple[str, ControlView]] = (),
    samples: Sequence[str] = (),
    marking: str = "",
    notice: str = "",
) -> BoardPack:
    """The pack of `plan` on the day of `as_at`; controls: (recommendation, its control as shown)."""
    day = as_at.astimezone(zone).date()
    rows = [standing(entry, as_at=day, zone=zone) for entry in plan.recommendations]
    order = {Severity(each).value: number for number, each in enumerate(Severity)}
    return BoardPack(
        title="Plan of action: board pack",
        as_at=as_at,
        zone=zone,
        marking=marking,
        notice=notice,
        summary=tuple(_summary(rows, [view for _, view in controls], day)),
        findings=tuple(sorted(plan.findings, key=lambda finding: (order[finding.severity], finding.finding_id))),
        rows=tuple(sorted(rows, key=lambda row: (-row["days_overdue"], row["recommendation_id"]))),
        controls=tuple(controls),
        samples=tuple(samples),
    )


def _summary(rows: Sequence[dict[str, Any]], controls: Sequence[ControlView], day: date) -> list[tuple[str, str]]:
    settled = {state.value for state in SETTLED}
    waiting = [row for row in rows if not row["answers"]]
    late = [row for row in waiting if row["answer_due"] < day.isoformat()]
    overdue = [row for row in rows if row["days_overdue"] and row["owner"]]
    reopened = [row for row in rows if row["state"] == "reopened"]
    found = [
        ("Recommendations", f"{len(rows)} ({sum(row['state'] in settled for row in rows)} settled)"),
        ("Without an answer on record", f"{len(waiting)} ({len(late)} past the date)"),
        ("Actions past their date", f"{len(overdue)} (dates moved: {sum(row['slips'] for row in rows)})"),
        ("Re-opened", str(len(reopened))),
    ]
    if controls:
        counts = {status: sum(view.status is status for view in controls) for status in ControlStatus}
        said = ", ".join(f"{count} {status.words}" for status, count in counts.items() if count)
        found.append(("Controls today", said))
    return found


def render_board(pack: BoardPack) -> str:
    """The pack as one self-contained page."""
    return render_page(
        "board.html.j2",
        zone=pack.zone,
        pack=pack,
        title=pack.title,
        as_at=pack.as_at,
        marking=pack.marking,
        notice=pack.notice,
    )
