"""``clew demo``: a made-up force with a public case woven in, written once and reviewed as at any morning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, progress, stderr
from clew.cli.inputs import IdentityModelOption, NarrativeOption, link_setup, open_known
from clew.cli.review import DEFAULT_STANDARD, BudgetOption, TopOption, run_review, write_review
from clew.core import UsageError, parse_instant, parse_zone
from clew.demonstration import NOTICE, PlantedChange, write_demonstration
from clew.review import DEFAULT_BUDGET_PER_YEAR

#: The morning after the third of the four deaths: the list that nobody had.
DEFAULT_AS_OF = "2014-09-21"
DEFAULT_FOLDER = Path("clew-demo")


def demo_command(
    folder: Annotated[
        Path, typer.Argument(metavar="[DIR]", help="Where the dataset is written, once.")
    ] = DEFAULT_FOLDER,
    as_of: AsOfOption = DEFAULT_AS_OF,
    budget: BudgetOption = DEFAULT_BUDGET_PER_YEAR,
    top: TopOption = 10,
    plant_change: Annotated[
        str | None, typer.Option("--plant-change", help="Plant a change of second reviews (R26) from this date.")
    ] = None,
    decay: Annotated[str | None, typer.Option("--decay", help="Let the planted change decay from this date.")] = None,
    model_of_identity: IdentityModelOption = None,
    narrative: NarrativeOption = False,
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Writes the demonstration dataset, once, and reviews it as at a morning; the report goes beside the data.

    A demonstration on a synthetic background, written with hindsight, not a validation.

    Example: clew demo clew-demo --as-of 2014-08-29
    """
    change = _change(plant_change, decay)
    setup = link_setup(None, model_of_identity, narrative=narrative)
    if not (folder / "clew.yaml").exists():
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(
                f"{folder} holds other files.",
                where="DIR",
                why="the demonstration would be mixed with them",
                mend="name a folder that is new or empty",
            )
        with progress("Writing three years of a made-up force", quiet=quiet):
            write_demonstration(folder, change=change)
        if not quiet:
            stderr.print(f"Wrote the demonstration dataset to {folder}.")
    known = open_known(folder, None, as_of, quiet=quiet)
    notice = known.dataset.notice or ""
    if not notice.startswith(NOTICE):
        raise UsageError(
            f"{folder} holds another dataset, {known.dataset.name}.",
            where="DIR",
            mend="name a folder that is new or empty; or use `clew review` for your own records",
        )
    if change is not None and change.sentence not in notice:
        raise UsageError(
            f"{folder} holds the demonstration without that change.",
            where="--plant-change",
            why="a dataset that was written is not overwritten",
            mend="name a folder that is new or empty",
        )
    found = run_review(known, standard=DEFAULT_STANDARD, budget=budget, top=top, seed=1, quiet=quiet, setup=setup)
    write_review(found, out, as_json=as_json, quiet=quiet)
    if out is None:
        report = folder / "report.html"
        write_review(found, report, as_json=False, quiet=quiet)


def _change(made: str | None, decay: str | None) -> PlantedChange | None:
    if made is None and decay is not None:
        raise UsageError("Nothing is planted that could decay.", where="--decay", mend="give --plant-change too")
    if made is None:
        return None
    zone = parse_zone("Europe/London")
    ends = None if decay is None else parse_instant(decay, zone, where="--decay")
    return PlantedChange(made_at=parse_instant(made, zone, where="--plant-change"), decays_at=ends)
