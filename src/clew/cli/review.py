"""``clew review``: the morning list; ``clew explain``: everything about one death or one pair."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, print_json, progress, stderr, write_text
from clew.cli.inputs import (
    DataArgument,
    IdentityModelOption,
    MappingOption,
    ModelOption,
    NarrativeOption,
    SeedOption,
    link_setup,
    open_known,
)
from clew.cli.link_explanation import print_pair
from clew.cli.recording import (
    DEFAULT_ACTOR,
    ActorOption,
    LedgerOption,
    PurposeOption,
    RecipientOption,
    Recording,
    record_run,
)
from clew.core import UsageError
from clew.ledger import EntryType
from clew.links.setup import DEFAULTS, LinkSetup
from clew.publish import print_review, render_report, review_csv
from clew.records import Known
from clew.review import DEFAULT_BUDGET_PER_YEAR, DEFAULT_TOP, Review, about_event, review
from clew.standards import load_standard

DEFAULT_STANDARD = "uk-unexpected-death"

StandardOption = Annotated[str, typer.Option("--standard", help="Name of a shipped standard, or a YAML file.")]
BudgetOption = Annotated[
    float, typer.Option("--budget", min=0, max=1e9, help="Links a year that the desk will look at.")
]
TopOption = Annotated[int, typer.Option("--top", min=1, help="How many deaths to show.")]
FailOnOption = Annotated[bool, typer.Option("--fail-on-items", help="Exit with code 1 if any death is on the list.")]


def review_command(
    data: DataArgument,
    as_of: AsOfOption = None,
    standard: StandardOption = DEFAULT_STANDARD,
    budget: BudgetOption = DEFAULT_BUDGET_PER_YEAR,
    top: TopOption = DEFAULT_TOP,
    mapping: MappingOption = None,
    model: ModelOption = None,
    model_of_identity: IdentityModelOption = None,
    narrative: NarrativeOption = False,
    seed: SeedOption = 1,
    out: OutOption = None,
    as_json: JsonOption = False,
    fail_on_items: FailOnOption = False,
    ledger: LedgerOption = None,
    actor: ActorOption = DEFAULT_ACTOR,
    purpose: PurposeOption = "",
    recipient: RecipientOption = "",
    quiet: QuietOption = False,
) -> None:
    """Lists the deaths that need a second look, as known at a time, each with its reasons and their evidence.

    --out writes report.html, list.csv or list.json by its ending. Without --as-of: as known at the last row recorded.

    Example: clew review DATA --as-of 2014-09-21 --out report.html
    """
    setup = link_setup(model, model_of_identity, narrative=narrative)
    known = open_known(data, mapping, as_of, quiet=quiet)
    found = run_review(known, standard=standard, budget=budget, top=top, seed=seed, quiet=quiet, setup=setup)
    write_review(found, out, as_json=as_json, quiet=quiet)
    result = found.as_json()
    record_run(
        Recording(folder=ledger, actor=actor, purpose=purpose, recipient=recipient),
        EntryType.REVIEW,
        dataset=known.dataset,
        standard=load_standard(standard),
        asked={"as_of": result["as_of"], "budget_per_year": budget, "top": top, "seed": seed} | setup.facts(),
        result=result,
        exported=out,
    )
    if fail_on_items and found.items:
        raise typer.Exit(code=1)


def explain_command(
    data: DataArgument,
    event: Annotated[str, typer.Argument(help="The death.", show_default=False)],
    other: Annotated[str | None, typer.Argument(help="Another event: explains the pair.", show_default=False)] = None,
    as_of: AsOfOption = None,
    standard: StandardOption = DEFAULT_STANDARD,
    budget: BudgetOption = DEFAULT_BUDGET_PER_YEAR,
    mapping: MappingOption = None,
    model: ModelOption = None,
    model_of_identity: IdentityModelOption = None,
    narrative: NarrativeOption = False,
    seed: SeedOption = 1,
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Gives everything known about one death: its facts, reasons, duties and rows; or, with two events, about the pair.

    Example: clew explain DATA D2 --as-of 2014-08-29
    """
    setup = link_setup(model, model_of_identity, narrative=narrative)
    known = open_known(data, mapping, as_of, quiet=quiet)
    if other is not None:
        print_pair(known, event, other, seed=seed, out=out, as_json=as_json, quiet=quiet, setup=setup)
        return
    with progress("Reviewing", quiet=quiet) as tick:
        found = about_event(
            known,
            event,
            standard=load_standard(standard),
            budget_per_year=budget,
            seed=seed,
            setup=setup,
            tick=tick,
        )
    if as_json:
        print_json(found.as_json(), out)
    else:
        write_text(found.as_text(), out)


def run_review(
    known: Known, *, standard: str, budget: float, top: int, seed: int, quiet: bool, setup: LinkSetup = DEFAULTS
) -> Review:
    """The review of `known`, with a progress bar."""
    rules = load_standard(standard)
    with progress("Reviewing", quiet=quiet) as tick:
        return review(known, standard=rules, budget_per_year=budget, top=top, seed=seed, setup=setup, tick=tick)


def write_review(found: Review, out: Path | None, *, as_json: bool, quiet: bool) -> None:
    """The review as its form asks: by the ending of `out`, else JSON or a table on the terminal."""
    if out is None:
        if as_json:
            print_json(found.as_json())
        else:
            print_review(found, Console())
        return
    ending = out.suffix.lower()
    forms = {".html": render_report, ".csv": review_csv}
    if ending == ".json" or as_json:
        print_json(found.as_json(), out)
    elif ending in forms:
        write_text(forms[ending](found), out)
    else:
        raise UsageError(
            f"{out.name!r} has no ending that says what to write.",
            where="--out",
            mend="end it in .html for the report, .csv for a spreadsheet or .json for other programs",
        )
    if not quiet:
        stderr.print(f"Wrote {out}.")
