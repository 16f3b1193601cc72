"""How somebody else's tracker is read: which column is what, how dates are written, what its statuses mean.

A mapping is a YAML file, so that a new tracker needs no programming. Those of three public trackers ship with Clew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from clew.assurance.plan.due import ResponseStatus
from clew.core import UsageError

COLUMNS = ("key", "reference", "addressee", "made", "due", "closed", "status", "recipients", "replies", "text")
DATES = ("made", "due", "closed")


@dataclass(frozen=True)
class FeedMapping:
    """One tracker's columns by Clew's names, its date formats, and its statuses.

    key: columns of the tracker that together name a row. columns: Clew's name to the tracker's. dates: Clew's name to a
    strptime format (none for Excel dates). leave_out: statuses of rows that are no rows; they are quarantined.
    skip_without_status: rows without a status are no rows either. days_to_answer: None when no date is set.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, str]
    statuses: Mapping[str, ResponseStatus]
    dates: Mapping[str, str] = field(default_factory=dict)
    days_to_answer: int | None = None
    sheet: str | None = None
    leave_out: tuple[str, ...] = ()
    skip_without_status: bool = False


def shipped_mappings() -> tuple[str, ...]:
    """The names of the mappings that come with Clew."""
    folder = resources.files(__package__) / "mappings"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def load_mapping(name_or_path: str) -> FeedMapping:
    """The mapping shipped under that name, or in that YAML file. Raises `UsageError` naming what is wrong in it."""
    shipped = name_or_path in shipped_mappings()
    try:
        text = (
            (resources.files(__package__) / "mappings" / f"{name_or_path}.yaml").read_text(encoding="utf-8")
            if shipped
            else Path(name_or_path).read_text(encoding="utf-8")
        )
        content = YAML(typ="safe").load(text)
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise UsageError(
            f"The mapping {name_or_path} cannot be read: {str(error).splitlines()[0]}.",
            where="--mapping",
            mend=f"name a YAML file, or one of {', '.join(shipped_mappings())}",
        ) from None
    return _mapping(name_or_path, content)


def _mapping(name: str, content: Any) -> FeedMapping:
    if not isinstance(content, dict):
        raise _fault(name, "it is not a table of settings", "see the shipped mappings for the form")
    known = {"name", "source", "key", "columns", "dates", "statuses", "days_to_answer", "sheet"}
    known |= {"leave_out", "skip_without_status"}
    for setting in content:
        if setting not in known:
            raise _fault(name, f"{setting!r} is not a setting", f"choose among {', '.join(sorted(known))}")
    columns = content.get("columns") or {}
    for column in columns:
        if column not in COLUMNS:
            raise _fault(name, f"{column!r} is not a column of a plan", f"choose among {', '.join(COLUMNS)}")
    for needed in ("status", "addressee", "made"):
        if needed not in columns:
            raise _fault(name, f"no column is mapped to {needed!r}", "name the tracker's column for it")
    statuses = content.get("statuses") or {}
    for word, meaning in statuses.items():
        if meaning not in list(ResponseStatus):
            raise _fault(name, f"status {word!r} means {meaning!r}", f"choose among {', '.join(ResponseStatus)}")
    key = content.get("key") or ()
    return FeedMapping(
        name=str(content.get("name", name)),
        key=tuple([key] if isinstance(key, str) else key),
        columns={str(ours): str(theirs) for ours, theirs in columns.items()},
        statuses={str(word): ResponseStatus(meaning) for word, meaning in statuses.items()},
        dates={str(column): str(text) for column, text in (content.get("dates") or {}).items()},
        days_to_answer=content.get("days_to_answer"),
        sheet=content.get("sheet"),
        leave_out=tuple(str(word) for word in content.get("leave_out") or ()),
        skip_without_status=bool(content.get("skip_without_status", False)),
    )


def _fault(name: str, what: str, mend: str) -> UsageError:
    return UsageError(f"The mapping {name} cannot be used: {what}.", where="--mapping", mend=mend)
