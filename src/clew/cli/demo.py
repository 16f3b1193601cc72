"""``clew demo``: a made-up force with a public case woven in, written once and reviewed as at any morning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, progress, stderr
from clew.cli.inputs import open_known
from clew.cli.review import DEFAULT_STANDARD, BudgetOption, TopOption, run_review, write_review
from clew.core import UsageError
from clew.demonstration import NOTICE, write_demonstration
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
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Writes the demonstration dataset, once, and reviews it as at a morning; the report goes beside the data.

    A demonstration on a synthetic background, written with hindsight, not a validation.

    Example: clew demo clew-demo --as-of 2014-08-29
    """
    if not (folder / "clew.yaml").exists():
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(
                f"{folder} holds other files.",
                where="DIR",
                why="the demonstration would be mixed with them",
                mend="name a folder that is new or empty",
            )
        with progress("Writing three years of a made-up force", quiet=quiet):
            write_demonstration(folder)
        if not quiet:
            stderr.print(f"Wrote the demonstration dataset to {folder}.")
    known = open_known(folder, None, as_of, quiet=quiet)
    if known.dataset.notice != NOTICE:
        raise UsageError(
            f"{folder} holds another dataset, {known.dataset.name}.",
            where="DIR",
            mend="name a folder that is new or empty; or use `clew review` for your own records",
        )
    found = run_review(known, standard=DEFAULT_STANDARD, budget=budget, top=top, seed=1, quiet=quiet)
    write_review(found, out, as_json=as_json, quiet=quiet)
    if out is None:
        report = folder / "report.html"
        write_review(found, report, as_json=False, quiet=quiet)
