"""``clew standards gate``: whether a category may be changed now, and what stands in the way."""

from __future__ import annotations

from typing import Annotated

import polars as pl
import typer

from clew.cli.console import AsOfOption, JsonOption, print_json
from clew.cli.inputs import MappingOption, open_dataset
from clew.cli.standards_files import DEFAULT, DataArgument, LinksOption, StandardOption, as_of_or_last, read_links
from clew.core import UsageError, format_instant
from clew.records import Known
from clew.standards import OPEN_VERDICTS, evaluate, load_standard
from clew.standards.gates import check_transition

_COLUMNS = ("duty_id", "rule", "verdict", "due", "reason")


def gate(
    data: DataArgument,
    event: Annotated[str, typer.Argument(help="The event whose category somebody would change.")],
    to: Annotated[str, typer.Option("--to", help="The category it would get.")],
    standard: StandardOption = DEFAULT,
    mapping: MappingOption = None,
    as_of: AsOfOption = None,
    links: LinksOption = None,
    json_: JsonOption = False,
) -> None:
    """Says whether an event's category may be changed, and what stands open in the way; exits 1 if it is barred.

    Example: clew standards gate clew-demo EVENT --to not_suspicious --as-of 2014-10-01
    """
    loaded = load_standard(standard)
    dataset = open_dataset(data, mapping, quiet=True)
    at = as_of_or_last(as_of, loaded, dataset)
    source = _category(dataset.as_known(at), event)
    duties = evaluate(dataset, loaded, at=at, links=read_links(links, dataset), verdicts=OPEN_VERDICTS)
    barrier = check_transition(duties, loaded, event_id=event, source=source, target=to)
    rows = barrier.open_duties.sort("rule", "duty_id").with_columns(pl.col("verdict").cast(pl.String))
    if json_:
        print_json(
            {
                "standard": loaded.label,
                "event_id": event,
                "from": source,
                "to": to,
                "as_of": format_instant(at, loaded.zone),
                "view": "live",
                "barred": barrier.barred,
                "open": [
                    {**row, "due": row["due"] and format_instant(row["due"], loaded.zone)}
                    for row in rows.select(_COLUMNS).to_dicts()
                ],
            }
        )
    else:
        for row in rows.to_dicts():
            typer.echo(f"{row['duty_id']}: {row['verdict']}. {row['reason']}")
        says = f"barred by {rows.height} open duties" if barrier.barred else "nothing stands in the way"
        typer.echo(
            f"{event}, from {source} to {to}: {says} (live view, as known at {format_instant(at, loaded.zone)})."
        )
    if barrier.barred:
        raise typer.Exit(1)


def _category(known: Known, event: str) -> str:
    rows = known.events.filter(pl.col("event_id") == event)
    if not rows.height:
        raise UsageError(
            f"There is no event {event!r} as known then.", where="EVENT", mend="give an event_id, or a later --as-of"
        )
    # DESIGN.md: a new death is under investigation until its gates are met.
    return rows["category"][0] or "under_investigation"
