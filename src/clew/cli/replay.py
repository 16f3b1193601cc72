"""``clew replay``: past mornings, each seeing only what was known then."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from clew.cli.console import JsonOption, OutOption, QuietOption, print_json, progress, write_text
from clew.cli.inputs import (
    DataArgument,
    IdentityModelOption,
    MappingOption,
    ModelOption,
    NarrativeOption,
    SeedOption,
    link_setup,
    open_dataset,
)
from clew.cli.recording import (
    DEFAULT_ACTOR,
    ActorOption,
    LedgerOption,
    PurposeOption,
    RecipientOption,
    Recording,
    record_run,
)
from clew.cli.review import DEFAULT_STANDARD, BudgetOption, StandardOption, TopOption
from clew.core import UsageError, parse_instant
from clew.ledger import EntryType
from clew.review import DEFAULT_BUDGET_PER_YEAR, DEFAULT_TOP, raised, replay, replay_as_json, replay_as_text
from clew.standards import load_standard


def replay_command(
    data: DataArgument,
    start: Annotated[str, typer.Option("--from", help="First morning.", show_default=False)],
    end: Annotated[str, typer.Option("--to", help="Up to, not including, this day.", show_default=False)],
    budget: BudgetOption = DEFAULT_BUDGET_PER_YEAR,
    labels: Annotated[
        Path | None, typer.Option(help="CSV of series_id, event_id: when was each series first raised?")
    ] = None,
    standard: StandardOption = DEFAULT_STANDARD,
    top: TopOption = DEFAULT_TOP,
    journal: Annotated[
        Path | None, typer.Option(help="Keeps each morning in this file; go on from it after a break.")
    ] = None,
    mapping: MappingOption = None,
    model: ModelOption = None,
    model_of_identity: IdentityModelOption = None,
    narrative: NarrativeOption = False,
    seed: SeedOption = 1,
    out: OutOption = None,
    as_json: JsonOption = False,
    ledger: LedgerOption = None,
    actor: ActorOption = DEFAULT_ACTOR,
    purpose: PurposeOption = "",
    recipient: RecipientOption = "",
    quiet: QuietOption = False,
) -> None:
    """Replays the desk's mornings, each knowing only what was known then, and says when each series was first raised.

    Example: clew replay DATA --from 2014-06-01 --to 2014-10-01 --labels DATA/labels.csv
    """
    setup = link_setup(model, model_of_identity, narrative=narrative)
    dataset = open_dataset(data, mapping, quiet=quiet)
    first = parse_instant(start, dataset.zone, where="--from")
    last = parse_instant(end, dataset.zone, where="--to")
    if first >= last:
        raise UsageError("--from is not before --to.", where="--from, --to", mend="name an earlier day first")
    labelled = read_labels(labels) if labels else pl.DataFrame(schema={"series_id": pl.String, "event_id": pl.String})
    rules = load_standard(standard)
    with progress("Replaying", quiet=quiet) as tick:
        shown = replay(
            dataset,
            start=first,
            end=last,
            standard=rules,
            budget_per_year=budget,
            top=top,
            seed=seed,
            setup=setup,
            journal=journal,
            tick=tick,
        )
    found = replay_as_json(
        dataset,
        shown,
        raised(dataset, labelled, shown),
        start=first,
        end=last,
        standard=rules,
        budget_per_year=budget,
    )
    if as_json:
        print_json(found, out)
    else:
        write_text(replay_as_text(found), out)
    asked = {
        "from": found["from"],
        "to": found["to"],
        "budget_per_year": budget,
        "top": top,
        "seed": seed,
    } | setup.facts()
    record_run(
        Recording(folder=ledger, actor=actor, purpose=purpose, recipient=recipient),
        EntryType.REPLAY,
        dataset=dataset,
        standard=rules,
        asked=asked,
        result=found,
        exported=out,
    )


def read_labels(path: Path) -> pl.DataFrame:
    """The labels of `path`: columns series_id, event_id; raises `UsageError` if it is not such a file."""
    try:
        frame = pl.read_csv(path, infer_schema=False)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise UsageError(f"Cannot read the labels: {error}.", where=str(path), mend="name a CSV file") from None
    if not {"series_id", "event_id"} <= set(frame.columns):
        raise UsageError(
            f"The labels have the columns {', '.join(frame.columns)}.",
            where=str(path),
            mend="give them a header line: series_id,event_id",
        )
    return frame.select("series_id", "event_id").drop_nulls().unique(maintain_order=True)
