"""``clew standards``: list, show, test, evaluate, explain and compare standards, and the deadlines to come."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, print_json, write_text
from clew.cli.inputs import MappingOption, open_dataset
from clew.cli.standards_files import (
    DEFAULT,
    DataArgument,
    LinksOption,
    StandardOption,
    as_of_or_last,
    csv_text,
    read_links,
    write_duties,
)
from clew.cli.standards_gate import gate
from clew.cli.standards_history import history
from clew.core import UsageError, format_instant
from clew.records import Dataset
from clew.standards import Standard, Verdict, View, count_verdicts, evaluate, load_standard, shipped
from clew.standards.difference import difference
from clew.standards.examples import run_examples
from clew.standards.exchange import LogOptions, read_log
from clew.standards.explain import explain as explain_duty
from clew.standards.explain import explanation_lines
from clew.standards.load import load_folder
from clew.standards.queue import coming_deadlines
from clew.standards.render import render_standard

app = typer.Typer(
    help="Standards as code: rules that can be read, cited, and tested on every case as known at T.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

StandardArgument = Annotated[str, typer.Argument(help="A shipped standard's name, or a YAML file.")]
ViewOption = Annotated[View, typer.Option("--view", help="From where one looks; every output bears it.")]
LogOption = Annotated[Path | None, typer.Option("--log", help="An event log in place of DATA: .xes, .jsonocel, .csv.")]


@app.command("list")
def list_standards(
    folder: Annotated[Path | None, typer.Argument(help="A force's own folder of standards.")] = None,
    json_: JsonOption = False,
) -> None:
    """Lists the standards that ship with Clew, or those of a folder; two versions in force at once are an error.

    Example: clew standards list
    """
    standards = [load_standard(name) for name in shipped()] if folder is None else load_folder(folder)
    if json_:
        print_json(
            [
                {"id": item.id, "version": item.version, "title": item.title, "rules": len(item.rules)}
                for item in standards
            ]
        )
        return
    for item in standards:
        typer.echo(f"{item.id} {item.version}: {item.title} ({len(item.rules)} rules)")


@app.command()
def show(standard: StandardArgument = DEFAULT, out: OutOption = None) -> None:
    """Renders a standard as a page to read.

    Example: clew standards show uk-unexpected-death
    """
    write_text(render_standard(load_standard(standard)) + "\n", out)


@app.command("test")
def run_tests(standard: StandardArgument = DEFAULT, json_: JsonOption = False) -> None:
    """Runs the examples that a standard's rules carry; exits 1 if one does not hold.

    Example: clew standards test my-force.yaml
    """
    loaded = load_standard(standard)
    outcomes = run_examples(loaded)
    failed = [outcome for outcome in outcomes if not outcome.holds]
    if json_:
        print_json(
            {
                "standard": loaded.label,
                "examples": len(outcomes),
                "failed": [
                    {
                        "rule": item.rule,
                        "example": item.name,
                        "line": item.line,
                        "expected": list(item.expected),
                        "found": list(item.found),
                    }
                    for item in failed
                ],
                "warnings": list(loaded.warnings),
            }
        )
    else:
        for warning in loaded.warnings:
            typer.echo(f"warning: {warning}")
        for item in failed:
            typer.echo(
                f"{loaded.path}, line {item.line} ({item.rule}: {item.name}): expected "
                f"{', '.join(item.expected) or 'no duty'}, found {', '.join(item.found) or 'no duty'}"
            )
        typer.echo(f"{len(outcomes) - len(failed)} of {len(outcomes)} examples hold in {loaded.label}.")
    if failed:
        raise typer.Exit(1)


@app.command("evaluate")
def evaluate_command(
    data: Annotated[Path | None, typer.Argument(help="A dataset: a folder with clew.yaml, or a file.")] = None,
    standard: StandardOption = DEFAULT,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    view: ViewOption = View.LIVE,
    log: LogOption = None,
    case: Annotated[str, typer.Option("--case", help="Case column of a CSV log; object type of an OCEL log.")] = "",
    activity: Annotated[str, typer.Option("--activity", help="Activity column of a CSV log.")] = "",
    time: Annotated[str, typer.Option("--time", help="Time column of a CSV log.")] = "",
    time_to: Annotated[str, typer.Option("--time-to", help="Latest time, where a CSV log gives intervals.")] = "",
    links: LinksOption = None,
    out: OutOption = None,
    json_: JsonOption = False,
    fail_on: Annotated[
        list[Verdict] | None, typer.Option("--fail-on", help="Exit 1 if any duty has this verdict; may be repeated.")
    ] = None,
    quiet: QuietOption = False,
) -> None:
    """Decides every duty of a dataset or event log as known at T.

    Writes a row a duty to --out (.csv, .parquet, .oscal.json, .ocel.json); prints how many there are of each verdict.

    Example: clew standards evaluate demo --standard uk-unexpected-death --as-of 2014-06-20 --out duties.csv
    """
    loaded = load_standard(standard)
    columns = {name: value for name, value in (("case", case), ("activity", activity), ("time", time)) if value}
    dataset = _log_or_dataset(data, log, loaded, LogOptions(**columns, time_to=time_to), mapping=mapping, quiet=quiet)
    at = as_of_or_last(as_of, loaded, dataset)
    pairs = read_links(links, dataset)
    if out is not None:
        write_duties(evaluate(dataset, loaded, at=at, view=view, links=pairs), loaded, dataset, at, out)
    counts = count_verdicts(dataset, loaded, at=at, view=view, links=pairs)
    if json_:
        print_json(
            {
                "standard": loaded.label,
                "dataset": dataset.name,
                "as_of": format_instant(at, loaded.zone),
                "view": view.value,
                "duties": sum(sum(row.values()) for row in counts.values()),
                "rules": counts,
            }
        )
    elif not quiet:
        _print_counts(counts, f"{loaded.label} on {dataset.name}, {view.value} view, as known at {at.isoformat()}")
    if fail_on and any(item.value in row for row in counts.values() for item in fail_on):
        raise typer.Exit(1)


@app.command()
def queue(
    data: DataArgument,
    standard: StandardOption = DEFAULT,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3650, help="How many days to look ahead.")] = 7,
    links: LinksOption = None,
    out: OutOption = None,
    json_: JsonOption = False,
) -> None:
    """Lists the deadlines that are coming, earliest first.

    Example: clew standards queue clew-demo --as-of 2014-09-21 --days 3
    """
    loaded = load_standard(standard)
    dataset = open_dataset(data, mapping, quiet=True)
    at = as_of_or_last(as_of, loaded, dataset)
    duties = evaluate(dataset, loaded, at=at, links=read_links(links, dataset), verdicts={Verdict.PENDING})
    coming = coming_deadlines(duties, loaded, at=at, until=at + timedelta(days=days))
    columns = ["due", "duty_id", "rule", "event_id", "severity", "gate", "reason"]
    if out is not None:
        write_text(csv_text(coming.select(columns)), out)
    if json_:
        print_json(
            {
                "standard": loaded.label,
                "as_of": format_instant(at, loaded.zone),
                "view": View.LIVE.value,
                "coming": [{name: _plain(row[name]) for name in columns} for row in coming.to_dicts()],
            }
        )
    elif out is None:
        for row in coming.to_dicts():
            typer.echo(f"{format_instant(row['due'], loaded.zone)}  {row['duty_id']}  {row['reason']}")
        typer.echo(f"{coming.height} deadlines in the next {days} days (live view).")


@app.command()
def explain(
    data: DataArgument,
    duty: Annotated[str, typer.Argument(help="The duty's id, as evaluate gives it.")],
    standard: StandardOption = DEFAULT,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    view: ViewOption = View.LIVE,
    links: LinksOption = None,
    json_: JsonOption = False,
) -> None:
    """Lays one duty open: its rule, trigger, clock and deadline, and what was considered.

    Example: clew standards explain demo R10/D3/note=found:scene --as-of 2014-10-01
    """
    loaded = load_standard(standard)
    dataset = open_dataset(data, mapping, quiet=True)
    at = as_of_or_last(as_of, loaded, dataset)
    explanation = explain_duty(dataset, loaded, duty, at=at, view=view, links=read_links(links, dataset))
    if not json_:
        typer.echo("\n".join(explanation_lines(explanation)))
        return
    print_json(
        {
            "duty": {name: _plain(value) for name, value in explanation.duty.items()},
            "rule": {
                "id": explanation.rule.id,
                "text": explanation.rule.text,
                "sources": [loaded.sources.get(name, name) for name in explanation.rule.sources],
            },
            "considered": [
                {
                    "table": item.act.table,
                    "source": item.act.row["source_file"],
                    "row": item.act.row["source_row"],
                    "counts": item.counts,
                    "why": item.why,
                }
                for item in explanation.considered
            ],
        }
    )


@app.command()
def diff(
    data: DataArgument,
    before: Annotated[str, typer.Option("--before", help="The standard as it is: a name or a file.")],
    after: Annotated[str, typer.Option("--after", help="The standard that would replace it: a name or a file.")],
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    links: LinksOption = None,
    out: OutOption = None,
    json_: JsonOption = False,
) -> None:
    """Shows which duties change verdict if one version of a standard replaces another.

    Example: clew standards diff demo --before uk-unexpected-death --after my-force.yaml
    """
    old, new = load_standard(before), load_standard(after)
    dataset = open_dataset(data, mapping, quiet=True)
    at = as_of_or_last(as_of, new, dataset)
    changed = difference(dataset, old, new, at=at, links=read_links(links, dataset))
    if out is not None:
        write_text(csv_text(changed), out)
    if json_:
        print_json(
            {
                "before": old.label,
                "after": new.label,
                "as_of": format_instant(at, new.zone),
                "view": View.COUNTERFACTUAL.value,
                "changed": [{name: _plain(value) for name, value in row.items()} for row in changed.to_dicts()],
            }
        )
        return
    for row in changed.to_dicts():
        typer.echo(f"{row['duty_id']}: {row['verdict_before'] or 'no duty'} -> {row['verdict_after'] or 'no duty'}")
    typer.echo(f"{changed.height} duties differ between {old.label} and {new.label} (counterfactual view).")


app.command()(history)
app.command()(gate)


def _log_or_dataset(
    data: Path | None, log: Path | None, standard: Standard, options: LogOptions, *, mapping: str | None, quiet: bool
) -> Dataset:
    if (data is None) == (log is None):
        raise UsageError(
            "Give either DATA or --log.", where="clew standards", mend="DATA is a dataset's folder, --log an event log"
        )
    if log is not None:
        return read_log(log, options, standard)
    assert data is not None  # noqa: S101 - one of the two is given
    return open_dataset(data, mapping, quiet=quiet)


def _print_counts(counts: dict[str, dict[str, int]], title: str) -> None:
    used = [verdict.value for verdict in Verdict if any(verdict.value in row for row in counts.values())]
    table = Table(title=title)
    table.add_column("rule")
    for verdict in used:
        table.add_column(verdict.replace("_", " "), justify="right")
    for rule, row in counts.items():
        table.add_row(rule, *(str(row.get(verdict, 0)) for verdict in used))
    Console().print(table)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
