"""``clew equality``: is everyone served alike, by group of victim; the only command that reads `characteristics`."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from clew.assurance.equality import equality_measures, gaps, missingness
from clew.assurance.tables import read_duties, read_table
from clew.cli.console import JsonOption, OutOption, print_json, write_text

app = typer.Typer(help="Compare service across groups of victims, missing values first.", no_args_is_help=True)


@app.callback()
def _noun() -> None: ...


@app.command("measure")
def measure_command(
    duties: Annotated[Path, typer.Argument(help="What `clew standards evaluate --out` wrote.")],
    *,
    characteristics: Annotated[Path, typer.Option("--characteristics", help="event_id, characteristic, value.")],
    stratum: Annotated[
        list[str] | None, typer.Option("--stratum", help="A column of the duties to compare within (repeatable).")
    ] = None,
    margin: Annotated[
        float, typer.Option("--margin", help="A gap wider than this, beyond chance, is reported.")
    ] = 0.05,
    fail_on_gap: Annotated[bool, typer.Option("--fail-on-gap", help="Exit 1 if there is such a gap.")] = False,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Compares, for each rule, the share of duties met in time by group with all others, within strata.

    Says first how much is not recorded, and with each difference the smallest that could have been seen.

    **Example**: clew equality measure duties.csv --characteristics characteristics.csv --stratum area
    """
    frame = read_duties(duties)
    values = read_table(characteristics, needs=("event_id", "characteristic", "value"))
    unknown = missingness(frame, values)
    measures = equality_measures(frame, values, strata=tuple(stratum or ()))
    found = gaps(measures, margin=margin)
    if as_json:
        rows = [
            {
                name: None if isinstance(value, float) and math.isnan(value) else value
                for name, value in asdict(row).items()
            }
            for row in measures
        ]
        print_json({"missingness": [asdict(row) for row in unknown], "measures": rows, "gaps": list(found)}, out)
    else:
        lines = [
            f"{row.rule}, {row.characteristic}: not recorded for {row.share:.0%} of {row.duties}" for row in unknown
        ]
        lines += [measure.sentence for measure in measures]
        lines += ["Gaps beyond chance:", *found] if found else ["No gap beyond chance and margin."]
        write_text("\n".join(lines) + "\n", out)
    if fail_on_gap and found:
        raise typer.Exit(1)
