"""The public report: tables as they may be shown, and where each recommendation and control stands. No free text.

Of a recommendation the reference, the body it is addressed to, its state and its dates; of a control the rule, the
target and the status. Not the wording of either, no reasons, no owners, no evidence: those can hold anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from clew.assurance.plan.files import Plan
from clew.assurance.plan.standing import standing
from clew.core import UsageError, format_instant
from clew.publish.disclosure import ALL
from clew.publish.pages import render_page
from clew.publish.release import LONGEST_LABEL, Columns, Release

FORMAT = "clew public report v1"
KEPT = ("recommendation_id", "addressee", "state", "made", "answer_due", "due", "days_overdue", "slips")


def public_json(
    release: Release | None,
    *,
    as_at: datetime,
    zone: ZoneInfo,
    plan: Plan | None = None,
    controls: Sequence[Mapping[str, Any]] = (),
    notice: str = "",
) -> dict[str, Any]:
    """The JSON object that is published: everything in it may be seen by everybody."""
    rows = []
    for entry in plan.recommendations if plan else ():
        full = standing(entry, as_at=as_at.astimezone(zone).date(), zone=zone)
        row = {name: full[name] for name in KEPT}
        row["answered_on"] = full["answers"][0]["on"] if full["answers"] else None
        row["answer_days_late"] = full["answers"][0]["days_late"] if full["answers"] else None
        row["reopened_on"] = full["reopened"][-1]["on"] if full["reopened"] else None
        for name in ("recommendation_id", "addressee"):
            if len(row[name]) > LONGEST_LABEL:
                raise UsageError(
                    f"The {name.replace('_', ' ')} {row[name][:30]!r}... is too long for a public report.",
                    where="plan of action",
                    why="a long name can hold anything",
                    mend="name the body, not more",
                )
        rows.append(row)
    return {
        "format": FORMAT,
        "as_at": format_instant(as_at, zone),
        "notice": notice,
        "tables": [table_json(release, columns) for columns in release.tables] if release else [],
        "scope": release.scope if release else "",
        "threshold": release.threshold if release else None,
        "rounding": release.rounding if release else 0,
        "columns_admitted_by_hand": list(release.by_hand) if release else [],
        "recommendations": rows,
        "controls": [
            {
                "recommendation": each["recommendation"],
                "rule": each["rule"],
                "target": each.get("target"),
                "status": each["status"],
                "since": each["changes"][-1]["at"][:10] if each["changes"] else None,
            }
            for each in controls
        ],
    }


def table_json(release: Release, columns: Columns) -> dict[str, Any]:
    """One table as shown: its labels, and rows of values with totals last; None where hidden."""
    row, column = columns[0], columns[1] if len(columns) == 2 else ""
    labels = {name: sorted({_value(cell, name) for cell in release.counts} - {ALL}) for name in columns}

    def shown(r: str, c: str) -> int | None:
        named = [f"{row}={r}"] * (r != ALL) + [f"{column}={c}"] * (bool(column) and c != ALL)
        return release.shown[(release.scope, *sorted(named))]

    across = [*labels[column], ALL] if column else [ALL]
    return {
        "row": row,
        "column": column,
        "column_labels": across,
        "rows": [{"label": r, "values": [shown(r, c) for c in across]} for r in [*labels[row], ALL]],
    }


def _value(cell: tuple[str, ...], name: str) -> str:
    found = [part.partition("=")[2] for part in cell[1:] if part.partition("=")[0] == name]
    return found[0] if found else ALL


def render_public(content: Mapping[str, Any], *, as_at: datetime, zone: ZoneInfo) -> str:
    """The public page of `content`, with nothing that is not in it."""
    hidden = any(value is None for table in content["tables"] for row in table["rows"] for value in row["values"])
    return render_page(
        "public.html.j2",
        zone=zone,
        as_at=as_at,
        title="Second look: public report",
        marking="",
        notice=content["notice"],
        report=content,
        hidden=hidden,
    )
