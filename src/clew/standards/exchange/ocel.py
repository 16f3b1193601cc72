"""Verdicts as an OCEL 2.0 log (JSON): duties are objects, arising and being settled are events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import polars as pl

from clew.standards.language.model import Standard

_EPOCH = "1970-01-01T00:00:00Z"
_ARISES, _SETTLED = "duty arises", "duty settled"


def to_ocel(duties: pl.DataFrame, standard: Standard) -> dict[str, Any]:
    """The OCEL 2.0 object of `duties` (as `clew.standards.evaluate` gives them)."""
    rows = duties.with_columns(pl.col("verdict", "view").cast(pl.String)).to_dicts()
    cases = [{"id": f"event:{name}", "type": "event"} for name in sorted({row["event_id"] for row in rows})]
    return {
        "objectTypes": [
            {"name": "event", "attributes": []},
            {
                "name": "duty",
                "attributes": [
                    {"name": name, "type": "string"} for name in ("rule", "verdict", "reason", "view", "standard")
                ]
                + [{"name": "due", "type": "time"}],
            },
        ],
        "eventTypes": [
            {"name": _ARISES, "attributes": [{"name": "rule", "type": "string"}]},
            {"name": _SETTLED, "attributes": [{"name": "verdict", "type": "string"}]},
        ],
        "objects": [
            *({**case, "attributes": [], "relationships": []} for case in cases),
            *(_duty(row, standard) for row in rows),
        ],
        "events": [event for row in rows for event in _events(row)],
    }


def _time(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _duty(row: dict[str, Any], standard: Standard) -> dict[str, Any]:
    values = {name: row[name] for name in ("rule", "verdict", "reason", "view")} | {"standard": standard.label}
    if row["due"] is not None:
        values["due"] = _time(row["due"])
    return {
        "id": f"duty:{row['duty_id']}",
        "type": "duty",
        "attributes": [{"name": name, "time": _EPOCH, "value": value} for name, value in values.items()],
        "relationships": [{"objectId": f"event:{row['event_id']}", "qualifier": "arises in"}],
    }


def _events(row: dict[str, Any]) -> list[dict[str, Any]]:
    both = [
        {"objectId": f"duty:{row['duty_id']}", "qualifier": "duty"},
        {"objectId": f"event:{row['event_id']}", "qualifier": "event"},
    ]
    happenings = [
        {
            "id": f"arises:{row['duty_id']}",
            "type": _ARISES,
            "time": _time(row["known_at"]),
            "attributes": [{"name": "rule", "value": row["rule"]}],
            "relationships": both,
        }
    ]
    if row["decided_at"] is not None:
        happenings.append(
            {
                "id": f"settled:{row['duty_id']}",
                "type": _SETTLED,
                "time": _time(row["decided_at"]),
                "attributes": [{"name": "verdict", "value": row["verdict"]}],
                "relationships": both,
            }
        )
    return happenings
