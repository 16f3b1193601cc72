"""``clew links state`` and ``clew links update``: keep the links at hand, and see at once what a new fact changes."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from clew.cli.console import (
    AsOfOption,
    JsonOption,
    OutOption,
    QuietOption,
    print_json,
    progress,
    write_bytes,
    write_text,
)
from clew.cli.frames import write_frame
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
from clew.cli.links_recurrences import recurrences_as_json, recurrences_table
from clew.core import UsageError, format_instant
from clew.links import DECOY_REPLICATES, STATEMENT, find_links, link_decisions
from clew.links.scoring import FAMILIES
from clew.links.updates.saved import SavedState, read_state, state_as_bytes
from clew.publish.wording import one_line

StateOut = Annotated[Path, typer.Option("--out", help="Write the state here.")]
StateArgument = Annotated[Path, typer.Argument(help="What clew links state wrote.", show_default=False)]
KeepOption = Annotated[
    Path | None, typer.Option("--keep", help="Write the state with the new facts here; may be STATE itself.")
]


def state_command(
    data: DataArgument,
    out: StateOut,
    as_of: AsOfOption = None,
    model: ModelOption = None,
    model_of_identity: IdentityModelOption = None,
    narrative: NarrativeOption = False,
    mapping: MappingOption = None,
    replicates: Annotated[
        int, typer.Option("--replicates", min=1, help="Decoy runs that chance rates come from.")
    ] = DECOY_REPLICATES,
    seed: SeedOption = 1,
    quiet: QuietOption = False,
) -> None:
    """Finds all links once and keeps what new facts are to be compared with, for `clew links update`.

    How common everything is stays as it was at this run: make the state again each night or week. It holds event
    numbers, places, hashes of what identifies people and, with `--narrative`, the words of the narratives: keep it as
    you keep the records.

    Example: clew links state DATA --out links.state
    """
    setup = link_setup(model, model_of_identity, narrative=narrative)
    known = open_known(data, mapping, as_of, quiet=quiet)
    with progress("Linking", quiet=quiet) as tick:
        links = find_links(known, setup, replicates=replicates, seed=seed, tick=tick)
    saved = SavedState.of(links)
    write_bytes(state_as_bytes(saved), out)
    if not quiet:
        at = format_instant(saved.at, saved.zone)
        write_text(f"{len(saved.state):,} events as known at {at} are kept in {out}.\n")


def update_command(
    state: StateArgument,
    data: DataArgument,
    as_of: AsOfOption = None,
    budget: Annotated[
        float, typer.Option("--budget", min=0, max=1e9, help="Links a year: those as rare are listed.")
    ] = 52.0,
    recurrences: Annotated[
        float, typer.Option("--recurrences", min=0, max=1e9, help="Recurrences a year: those as rare are listed too.")
    ] = 10.0,
    keep: KeepOption = None,
    mapping: MappingOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Lists the links of every event of which something was recorded since the state was kept, closed cases included,
    and the recurrences that hold one of them.

    DATA holds all that is known of these events, and may hold the others. Each such event is compared with every other
    one. Rates are those of the full run that the state was made by; what a person rejected stays down. `--out` writes
    .json, or the links alone as .csv or .parquet.

    Example: clew links update links.state DATA --keep links.state
    """
    if out is not None and out.suffix not in (".json", ".csv", ".parquet"):
        raise UsageError(
            f"{out.name!r} has no ending that says what to write.",
            where="--out",
            mend="end it in .json, .csv or .parquet",
        )
    if out is not None and os.path.realpath(out) in {os.path.realpath(one) for one in (state, keep) if one}:
        raise UsageError(
            f"{out} is named for the links and for the state.",
            where="--out",
            why="one would take the place of the other",
            mend="name two files",
        )
    held = read_state(state)
    known = open_known(data, mapping, as_of, quiet=quiet)
    saved, news = held.updated(known)
    decisions = link_decisions(known)
    rare = decisions.marked(news.links.filter(pl.col("seen_per_year") <= budget))
    told = _Told(
        saved=saved,
        since=held,
        links=rare.filter(~pl.col("stays_down")).drop("stays_down").with_columns(marking=pl.lit(saved.marking)),
        recurring=recurrences_table(news.parts, news.recurring(recurrences, decisions), saved.marking),
        events=len(news.events),
        budget=budget,
        recurrences=recurrences,
        down=int(rare["stays_down"].sum()),
    )
    if out is not None and out.suffix in (".csv", ".parquet"):
        write_frame(told.links, out)
    elif as_json or out is not None:
        print_json(_as_json(told), out)
    else:
        write_text(_as_text(told))
    if keep is not None:  # last: news that could not be told is still news
        write_bytes(state_as_bytes(saved), keep, "--keep")


@dataclass(frozen=True, kw_only=True)
class _Told:
    """What is told. since: the state before. links, recurring: those within `budget` and `recurrences` a year. events:
    how many have news. down: how many links stay down."""

    saved: SavedState
    since: SavedState
    links: pl.DataFrame
    recurring: pl.DataFrame
    events: int
    budget: float
    recurrences: float
    down: int


def _as_json(told: _Told) -> dict[str, Any]:
    saved, links = told.saved, []
    for row in told.links.iter_rows(named=True):
        families = {name: row.pop(name) for name in FAMILIES}
        links.append(row | {"families": families})
    return {
        "as_of": format_instant(saved.at, saved.zone),
        "since": format_instant(told.since.at, saved.zone),
        "full_run_at": format_instant(saved.full_run_at, saved.zone),
        "marking": saved.marking,
        "notice": saved.notice,
        "statement": STATEMENT,
        "link_model": saved.state.frozen.model_digest,
        "narrative": saved.state.frozen.language is not None,
        "budget_per_year": told.budget,
        "recurrences_per_year": told.recurrences,
        "events_with_news": told.events,
        "rejected_and_kept_down": told.down,
        "links": links,
        "recurrences": recurrences_as_json(told.recurring, saved.zone),
    }


def _as_text(told: _Told) -> str:
    saved = told.saved
    lines = [saved.marking] + ([saved.notice] if saved.notice else [])
    news = f"{told.events:,} {'event has' if told.events == 1 else 'events have'} news"
    lines.append(
        f"{news} from {format_instant(told.since.at, saved.zone)} to {format_instant(saved.at, saved.zone)}; "
        f"{told.links.height} of their links are within {told.budget:g} a year. Rates as at the full run of "
        f"{format_instant(saved.full_run_at, saved.zone)}."
    )
    if saved.state.frozen.model_digest is not None:
        lines.append(f"By the trained model of SHA-256 {saved.state.frozen.model_digest}.")
    if saved.state.frozen.language is not None:
        lines.append("Narratives are read, by the words of the full run's.")
    if told.down:
        stay = "stays" if told.down == 1 else "stay"
        lines.append(f"{told.down} more {stay} down: rejected, with no new fact since.")
    for row in told.links.iter_rows(named=True):
        said = ", ".join(f"{name} {row[name]:+.1f}" for name in FAMILIES if abs(row[name]) >= 0.05)
        lines.append(
            f"  {one_line(row['event_id_a'])} {one_line(row['event_id_b'])}: log10 {row['log10_bayes_factor']:.1f} "
            f"({said}); {_rates(row)}"
        )
    if told.recurring.height:
        lines.append(f"Recurrences that hold one of them, within {told.recurrences:g} a year, the newest first:")
    lines += [
        f"  {one_line(row['text'])} log10 {row['log10_bayes_factor']:.1f}; {_rates(row)}"
        for row in told.recurring.iter_rows(named=True)
    ]
    if told.links.height:
        lines.append("Why: clew links explain DATA EVENT EVENT.")
    return "\n".join([*lines, STATEMENT, saved.marking]) + "\n"


def _rates(row: dict[str, Any]) -> str:
    return (
        f"seen {row['seen_per_year']:.1f} a year, by chance {row['chance_per_year']:.1f} "
        f"({row['chance_low']:.1f} to {row['chance_high']:.1f})"
    )
