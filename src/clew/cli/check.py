"""``clew check``: reads a dataset and says all that is wrong with it, before anything is computed from it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, print_json, progress
from clew.cli.identity import contradiction_lines, contradictions_as_json, people_known
from clew.cli.inputs import DataArgument, MappingOption
from clew.core import UsageError, parse_instant
from clew.links.identity import contradictions
from clew.records import CheckResult, Effect, TableCheck, check_dataset, kinds_of_problem, write_report_csv


class FailOn(StrEnum):
    """From which effect on a problem makes the exit code 1."""

    ANY = "any"
    VALUE = "value"
    ROW = "row"


_CONTRADICTIONS_SHOWN = 5

_FAILING = {
    FailOn.ANY: frozenset(Effect),
    FailOn.VALUE: frozenset({Effect.VALUE_LEFT_OUT, Effect.ROW_SET_ASIDE, Effect.TABLE_REFUSED}),
    FailOn.ROW: frozenset({Effect.ROW_SET_ASIDE, Effect.TABLE_REFUSED}),
}


def check(
    data: DataArgument,
    *,
    mapping: MappingOption = None,
    show: Annotated[int, typer.Option("--show", min=0, help="Rows shown of each kind of problem.")] = 5,
    fail_on: Annotated[FailOn | None, typer.Option("--fail-on", help="Exit 1 if there is such a problem.")] = None,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
    quiet: QuietOption = False,
) -> None:
    """Reads a dataset and says all that is wrong with it: where, why, and how to mend it.

    Numbers of the force for people that contradict themselves are shown too; they are no problem of the form.

    With --out DIR it writes there quarantine.csv (every row set aside, as it stood), problems.csv (every problem) and
    summary.json. Exits 2 if the dataset cannot be used, or has lost more of a table than its loss limit.

    **Example**: clew check records/ --out checked/
    """
    with progress("Checking", quiet=quiet) as tick:
        result = check_dataset(data, mapping=mapping, tick=tick)
        summary = summarise(result, examples=show, as_of=as_of)
    if out is not None:
        _write(result, summary, out)
    if as_json:
        print_json(summary)
    elif not quiet:
        typer.echo("\n".join(_lines(summary, out)))
    if not result.usable:
        raise typer.Exit(2)
    if fail_on is not None and result.problems["effect"].is_in([effect.value for effect in _FAILING[fail_on]]).any():
        raise typer.Exit(1)


def summarise(result: CheckResult, *, examples: int, as_of: str | None = None) -> dict[str, Any]:
    """The JSON object that ``clew check --json`` prints."""
    kinds = kinds_of_problem(result.problems, examples=examples)
    summary: dict[str, Any] = {
        "dataset": result.dataset.name if result.dataset else None,
        "usable": result.usable,
        "failure": str(result.failure) if result.failure else None,
        "tables": [_table(check) for check in result.tables],
        "problems": result.problems.height,
        "kinds": [
            {name: value for name, value in kind.items() if name not in {"rows", "values"}}
            | {"examples": [{"row": r, "value": v} for r, v in zip(kind["rows"], kind["values"], strict=True)]}
            for kind in kinds.iter_rows(named=True)
        ],
        "unused_columns": {file: list(names) for file, names in result.unused.items()},
    }
    at = None
    if as_of is not None and result.dataset is not None:
        at = parse_instant(as_of, result.dataset.zone)
        known = {
            name: frame.filter(pl.col("recorded_at") <= at).height for name, frame in result.dataset.tables.items()
        }
        summary["rows_known"] = {"as_of": at.isoformat(), "tables": known}
    if result.dataset is not None and result.dataset.tables["people"].height:
        people, event_at = people_known(result.dataset.as_known(at or result.dataset.last_recorded_at))
        summary["contradicting_numbers"] = contradictions_as_json(people, contradictions(people, event_at))
    return summary


def _table(check: TableCheck) -> dict[str, Any]:
    return {
        "table": check.table,
        "rows_read": check.rows_read,
        "rows_kept": check.rows_kept,
        "rows_quarantined": check.rows_quarantined,
        "duplicates": check.duplicates,
        "recorded_at_assumed": check.recorded_at_assumed,
        "loss_limit": check.loss_limit,
        "lost_too_much": check.lost_too_much,
    }


def _write(result: CheckResult, summary: dict[str, Any], out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"Cannot make the folder {out}: {error.strerror or error}.", where="--out", mend="name another folder"
        ) from None
    write_report_csv(result.quarantine, out / "quarantine.csv")
    write_report_csv(result.problems, out / "problems.csv")
    print_json(summary, out / "summary.json")


def _lines(summary: dict[str, Any], out: Path | None) -> Iterator[str]:
    for table in summary["tables"]:
        yield _table_line(table)
    if "rows_known" in summary:
        known = summary["rows_known"]
        shown = ", ".join(f"{count:,} of {name}" for name, count in known["tables"].items() if count)
        yield f"Recorded by {known['as_of']}: {shown or 'nothing'}."
    for kind in summary["kinds"]:
        yield ""
        yield from _kind_lines(kind)
    if summary.get("contradicting_numbers"):
        yield ""
        yield from map(_printable, contradiction_lines(summary["contradicting_numbers"], _CONTRADICTIONS_SHOWN))
        yield "  The force's own numbers are used, and checked: `clew links identity show` says more."
    yield ""
    if out is not None:
        yield f"Written to {out}: quarantine.csv, problems.csv, summary.json."
    elif summary["problems"]:
        yield "With --out DIR every problem and every row set aside is written there."
    else:
        yield "No problem was found."
    if not summary["usable"]:
        yield "This dataset cannot be used as it is."


def _table_line(table: dict[str, Any]) -> str:
    line = f"{table['table']}: {table['rows_read']:,} rows read, {table['rows_kept']:,} kept"
    if table["rows_quarantined"]:
        share = table["rows_quarantined"] / table["rows_read"]
        limit = f"more than the limit of {table['loss_limit']:.1%}" if table["lost_too_much"] else "within the limit"
        line += f", {table['rows_quarantined']:,} set aside ({share:.1%}, {limit})"
    if table["duplicates"]:
        line += f", {table['duplicates']:,} written twice"
    if table["recorded_at_assumed"]:
        line += f"; recorded_at assumed on {table['recorded_at_assumed']:,}"
    return line + "."


def _kind_lines(kind: dict[str, Any]) -> Iterator[str]:
    where = " · ".join(part for part in (kind["table"], kind["source_file"], kind["column"]) if part)
    times = "" if kind["count"] == 1 else f" · {kind['count']:,} times"
    yield _printable(f"{where} · {kind['effect']}{times}")
    yield _printable(f"  why:  {kind['why']}")
    yield _printable(f"  mend: {kind['mend']}")
    rows = [example for example in kind["examples"] if example["row"] is not None]
    for example in rows:
        yield _printable(f"  row {example['row']}" + (f": {example['value']}" if example["value"] is not None else ""))
    if rows and kind["count"] > len(rows):
        yield f"  and {kind['count'] - len(rows):,} more"


def _printable(text: str) -> str:
    """`text` without what could steer the terminal: the data is not trusted."""
    return re.sub(r"[\x00-\x1f\x7f-\x9f]", "\ufffd", text)
