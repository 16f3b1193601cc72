"""The files of event logs as tables of texts, with `_row`: the row of the file, or the place of the event in it."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any, cast
from xml.etree import ElementTree

import polars as pl

from clew.core import ClewError

#: Of a file without a header worth the name, this much is looked at to find the separator.
_SNIFFED_BYTES = 65_536


def read_csv_log(path: Path, columns: Sequence[str], *, needed: Sequence[str]) -> pl.DataFrame:
    """The named columns of a CSV file (separated by comma, semicolon or tab) as texts."""
    try:
        with path.open("rb") as file:
            head = file.read(_SNIFFED_BYTES).decode("utf-8", errors="replace").partition("\n")[0]
        separator = max(",;\t", key=head.count)
        table = pl.read_csv(path, separator=separator, infer_schema=False, encoding="utf8")
    except (OSError, pl.exceptions.PolarsError, UnicodeDecodeError) as error:
        raise ClewError(
            f"{path.name} cannot be read as a CSV log: {str(error).partition(chr(10))[0]}.",
            where="--log",
            mend="give a UTF-8 CSV file with a header, a .xes or a .jsonocel file",
        ) from None
    missing = [name for name in columns if name not in table.columns]
    for name in missing:
        if name in needed or not name.startswith("org:"):
            raise ClewError(
                f"{path.name} has no column {name!r}.",
                where="--log",
                mend=f"say which with --case, --activity, --time; its columns are {', '.join(table.columns)}",
            )
    kept = [name for name in columns if name in table.columns]
    return table.select(kept).with_columns((pl.int_range(pl.len(), dtype=pl.Int64) + 2).alias("_row"))


def read_xes_log(path: Path, columns: Sequence[str]) -> pl.DataFrame:
    """The named attributes of an XES log as texts; those of a trace are named with `case:` in front."""
    try:
        with path.open("rb") as raw:
            file = cast(IO[bytes], gzip.GzipFile(fileobj=raw)) if path.suffix == ".gz" else raw
            _refuse_entities(file, path.name)
            records = list(_xes_events(file, frozenset(columns)))
    except (OSError, ElementTree.ParseError, EOFError, zlib.error) as error:
        raise ClewError(
            f"{path.name} cannot be read as XES: {error}.", where="--log", mend="check that the file is whole"
        ) from None
    schema = dict.fromkeys(columns, pl.String())
    return pl.DataFrame(records, schema=schema, orient="row").with_columns(
        (pl.int_range(pl.len(), dtype=pl.Int64) + 1).alias("_row")
    )


def _refuse_entities(file: IO[bytes], name: str) -> None:
    head = file.read(_SNIFFED_BYTES)
    if b"<!DOCTYPE" in head or b"<!ENTITY" in head:
        raise ClewError(
            f"{name} declares a document type or entities, which no XES log needs.",
            where="--log",
            why="entities can make a small file unfold without end",
            mend="take the declaration out",
        )
    file.seek(0)


def _xes_events(file: IO[bytes], wanted: frozenset[str]) -> Iterator[dict[str, str | None]]:
    trace: dict[str, str | None] = {}
    buffered: list[dict[str, str | None]] = []
    event: dict[str, str | None] | None = None
    depth = 0
    for happening, element in ElementTree.iterparse(file, events=("start", "end")):  # noqa: S314 - entities are refused
        tag = element.tag.rpartition("}")[2]
        if happening == "start":
            depth += 1
            if tag == "trace":
                trace, buffered = {}, []
            elif tag == "event":
                event = {}
            continue
        depth -= 1
        if tag == "event" and event is not None:
            buffered.append(event)
            event = None
            element.clear()
        elif tag == "trace":
            yield from ({**trace, **own} for own in buffered)
            element.clear()
        elif "key" in element.attrib:
            key = element.attrib["key"]
            # depth: log, trace, event, attribute. Attributes of attributes are not the event's own.
            if event is not None and depth == 3 and key in wanted:
                event[key] = element.attrib.get("value")
            elif event is None and depth == 2 and f"case:{key}" in wanted:
                trace[f"case:{key}"] = element.attrib.get("value")


def read_ocel_log(path: Path, case: str, columns: Sequence[str]) -> pl.DataFrame:
    """An OCEL 2.0 JSON log, a row for each event and each object of type `case` it relates to."""
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
        types = {entry["id"]: entry["type"] for entry in value["objects"]}
        events: list[Any] = value["events"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise ClewError(
            f"{path.name} is no OCEL 2.0 JSON log: {error!r}.", where="--log", mend="it needs objects and events"
        ) from None
    kinds = sorted(set(types.values()))
    if case not in kinds:
        raise ClewError(
            f"No object of {path.name} is of type {case!r}.",
            where="--case",
            mend=f"choose the object type that makes a case: {', '.join(kinds)}",
        )
    records: list[dict[str, object]] = []
    for number, event in enumerate(events, start=1):
        attributes = {entry["name"]: str(entry.get("value")) for entry in event.get("attributes", [])}
        own = {
            **{name: attributes.get(name) for name in columns},
            "concept:name": event.get("type"),
            "time:timestamp": event.get("time"),
            "_row": number,
        }
        related = (relation.get("objectId") for relation in event.get("relationships", []))
        records += [{**own, case: name} for name in related if types.get(name) == case]
    schema = {**dict.fromkeys([*columns, case, "concept:name", "time:timestamp"], pl.String()), "_row": pl.Int64()}
    return pl.DataFrame(records, schema=schema, orient="row")
