"""Reads `clew.yaml`, or a mapping that ships with Clew, into a `DatasetMapping`.

Every key is documented in docs/how-to/map-your-records.md. A key Clew does not know is refused with its line: a
misspelt `los_limit` that is silently ignored would change what is lost.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from importlib import resources
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import polars.exceptions

from clew.core import UsageError, parse_instant, parse_zone
from clew.records.dataset import Feed
from clew.records.mapping import EARLIEST, ColumnRule, Coordinates, DatasetMapping, TableSource
from clew.records.places import check_crs
from clew.records.schema import TABLES, Table
from clew.records.yaml_lines import Node, parse_yaml

FILE_NAME = "clew.yaml"

_TOP_KEYS = (
    "name", "marking", "notice", "time_zone", "crs", "decimal", "missing", "loss_limit", "plausible", "feeds", "tables",
)  # fmt: skip
_SOURCE_KEYS = ("file", "sheet", "delimiter", "encoding", "columns", "coordinates", "only_if")
_COLUMN_KEYS = (
    "column", "columns", "first", "constant", "separator", "extract", "find", "split", "lower", "patterns", "values",
    "otherwise", "empty", "units", "format", "day", "missing",
)  # fmt: skip


def shipped_mappings() -> tuple[str, ...]:
    """Names of the mappings that ship with Clew."""
    folder = resources.files("clew") / "mappings"
    return tuple(sorted(entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")))


def find_mapping(name: str) -> DatasetMapping:
    """The mapping called `name`: one that ships with Clew, or a path to a YAML file. Raises `UsageError`."""
    if name in shipped_mappings():
        text = (resources.files("clew") / "mappings" / f"{name}.yaml").read_text(encoding="utf-8")
        return parse_mapping(text, where=f"{name}.yaml")
    path = Path(name)
    if not path.is_file():
        raise UsageError(
            f"There is no mapping {name!r}.",
            where="--mapping",
            mend=f"name a YAML file, or one of those that ship with Clew: {', '.join(shipped_mappings())}",
        )
    return read_mapping(path)


def read_mapping(path: Path) -> DatasetMapping:
    """The mapping in the YAML file at `path`. Raises `UsageError`."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"Cannot read {path.name}: {error.strerror or error}.", where=str(path), mend="check the file's permissions"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path.name} is not UTF-8 text.", where=str(path), mend="save it as UTF-8") from None
    return parse_mapping(text, where=path.name)


def parse_mapping(text: str, *, where: str) -> DatasetMapping:
    """The mapping written in the YAML `text`; `where` names it in messages. Raises `UsageError` with the line."""
    top = parse_yaml(text, where=where).items(_TOP_KEYS)
    zone = parse_zone(top["time_zone"].text(), where=top["time_zone"].where) if "time_zone" in top else None
    zone = zone or DatasetMapping().zone
    crs = check_crs(top["crs"].text(), where=top["crs"].where) if "crs" in top else DatasetMapping().crs
    plausible = top["plausible"].items(("from", "to")) if "plausible" in top else {}
    return DatasetMapping(
        name=top["name"].text() if "name" in top else None,
        marking=top["marking"].text() if "marking" in top else DatasetMapping.marking,
        notice=top["notice"].text() if "notice" in top else "",
        zone=zone,
        crs=crs,
        decimal=_choice(top["decimal"], (".", ",")) if "decimal" in top else ".",
        missing=top["missing"].texts() if "missing" in top else (),
        loss_limits=_loss_limits(top["loss_limit"]) if "loss_limit" in top else {},
        earliest=_instant(plausible["from"], zone) if "from" in plausible else EARLIEST,
        latest=_instant(plausible["to"], zone) if "to" in plausible else None,
        feeds=tuple(_feed(node, zone) for node in top["feeds"].list()) if "feeds" in top else (),
        tables=_tables(top["tables"], crs) if "tables" in top else {},
        where=where,
    )


def _instant(node: Node, zone: ZoneInfo) -> datetime:
    return parse_instant(node.text(), zone, where=node.where)


def _choice(node: Node, allowed: tuple[str, ...]) -> str:
    if node.text() not in allowed:
        node.refuse(f"{node.text()!r} cannot stand here.", mend=f"write one of: {' '.join(allowed)}")
    return node.text()


def _loss_limits(node: Node) -> dict[str, float]:
    if not node.is_mapping:
        return {"*": node.number(0, 1)}
    return {table: share.number(0, 1) for table, share in node.items((*TABLES, "*")).items()}


def _feed(node: Node, zone: ZoneInfo) -> Feed:
    keys = node.items(("name", "complete_from", "complete_to"))
    for needed in ("name", "complete_from"):
        if needed not in keys:
            node.refuse(f"This feed has no {needed}.", mend="give `name` and `complete_from`")
    name = keys["name"].text()
    if name.partition("/")[0] not in TABLES:
        keys["name"].refuse(f"{name!r} is not a feed.", mend=f"begin it with a table's name: {', '.join(TABLES)}")
    until = keys.get("complete_to")
    return Feed(
        name=name,
        complete_from=_instant(keys["complete_from"], zone),
        complete_to=_instant(until, zone) if until and until.value is not None else None,
    )


def _tables(node: Node, crs: str) -> dict[str, tuple[TableSource, ...]]:
    return {
        name: tuple(_source(item, TABLES[name], crs) for item in block.list())
        for name, block in node.items(TABLES).items()
    }


def _source(node: Node, table: Table, crs: str) -> TableSource:
    keys = node.items(_SOURCE_KEYS) if node.value is not None else {}
    file = keys["file"].text() if "file" in keys else None
    if file is not None and (Path(file).is_absolute() or ".." in Path(file).parts):
        keys["file"].refuse(f"{file!r} lies outside the dataset.", mend="name a file inside the dataset's folder")
    rules = keys["columns"].items(table.names) if "columns" in keys else {}
    columns = {name: _rule(rule) for name, rule in rules.items()}
    many = [name for name, rule in columns.items() if rule.gives_many]
    if len(many) > 1:
        node.refuse(
            f"Both {many[0]} and {many[1]} give several rows of one source row.",
            mend="use `find` or `split` on one column, and a second block of this table for the other",
        )
    only_if = keys["only_if"].texts() if "only_if" in keys else ()
    _known(keys["only_if"], only_if, table.names) if only_if else None
    return TableSource(
        file=file,
        sheet=keys["sheet"].text() if "sheet" in keys else None,
        delimiter=_choice(keys["delimiter"], (",", ";", "\t", "|")) if "delimiter" in keys else None,
        encoding=keys["encoding"].text() if "encoding" in keys else None,
        columns=columns,
        coordinates=_coordinates(keys["coordinates"], table, crs) if "coordinates" in keys else None,
        only_if=(*only_if, *many),
        where=node.where,
    )


def _known(node: Node, names: Iterable[str], allowed: Iterable[str]) -> None:
    for name in names:
        if name not in allowed:
            node.refuse(f"{name!r} is not a column of the table.", mend=f"use one of: {', '.join(allowed)}")


def _coordinates(node: Node, table: Table, crs: str) -> Coordinates:
    keys = node.items(("x", "y", "crs"))
    if "lat" not in table.names or not {"x", "y"} <= keys.keys():
        node.refuse("Coordinates need `x` and `y`, and a table with lat and lon.", mend="give both, under events")
    own = check_crs(keys["crs"].text(), where=keys["crs"].where) if "crs" in keys else crs
    return Coordinates(x=keys["x"].text(), y=keys["y"].text(), crs=own)


def _rule(node: Node) -> ColumnRule:
    if not node.is_mapping:
        return ColumnRule(columns=(node.text(),))
    keys = node.items(_COLUMN_KEYS)
    origins = [key for key in ("column", "columns", "first", "constant") if key in keys]
    if len(origins) != 1:
        node.refuse("A column comes from exactly one place.", mend="give one of: column, columns, first, constant")
    origin = origins[0]
    texts = () if origin == "constant" else keys[origin].texts()
    patterns = keys["patterns"].items() if "patterns" in keys else {}
    for key, pattern in [(keys[k], keys[k].text()) for k in ("extract", "find", "split") if k in keys]:
        _check_pattern(key, pattern)
    for pattern, key in patterns.items():
        _check_pattern(key, pattern)
    return ColumnRule(
        columns=texts,
        constant=keys["constant"].text() if origin == "constant" else None,
        first=origin == "first",
        separator=keys["separator"].text() if "separator" in keys else " ",
        extract=keys["extract"].text() if "extract" in keys else None,
        find=keys["find"].text() if "find" in keys else None,
        split=keys["split"].text() if "split" in keys else None,
        lower=keys["lower"].flag() if "lower" in keys else False,
        patterns=tuple((pattern, value.optional_text()) for pattern, value in patterns.items()),
        values={k: v.optional_text() for k, v in keys["values"].items().items()} if "values" in keys else {},
        otherwise=keys["otherwise"].optional_text() if "otherwise" in keys else None,
        empty=keys["empty"].text() if "empty" in keys else None,
        units={k: v.number(0, 1e9) for k, v in keys["units"].items().items()} if "units" in keys else {},
        formats=keys["format"].texts() if "format" in keys else (),
        day=_choice(keys["day"], ("start", "end")) if "day" in keys else None,
        missing=keys["missing"].texts() if "missing" in keys else (),
    )


def _check_pattern(node: Node, pattern: str) -> None:
    try:
        re.compile(pattern)
        pl.Series([""]).str.contains(pattern)
    except (re.error, polars.exceptions.PolarsError) as error:
        node.refuse(
            f"{pattern!r} is not a regular expression: {str(error).splitlines()[-1]}.",
            mend="use the syntax common to Python and Rust: no look-around, no back-references",
        )
