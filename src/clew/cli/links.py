"""``clew links``: find links between events, and explain one."""

from __future__ import annotations

from typing import Annotated

import typer

from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, progress, stderr
from clew.cli.identity import app as identity_app
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
from clew.cli.link_listing import FormOption, form_of, print_listing, remarks, write_listing
from clew.cli.links_recurrences import recurrences_command
from clew.cli.links_state import state_command, update_command
from clew.cli.links_train import train_command
from clew.links import DECOY_REPLICATES, find_links, list_links

app = typer.Typer(help="Links between events, each with its evidence and a stated chance rate.", no_args_is_help=True)
app.add_typer(identity_app, name="identity")

app.command("train")(train_command)
app.command("state")(state_command)
app.command("update")(update_command)
app.command("recurrences")(recurrences_command)

ReplicatesOption = Annotated[int, typer.Option("--replicates", min=1, help="Decoy runs that chance rates come from.")]


@app.command("find")
def find(
    data: DataArgument,
    as_of: AsOfOption = None,
    budget: Annotated[
        float, typer.Option(min=0, max=1e9, help="Links a year: the strongest so many are listed.")
    ] = 52.0,
    above: Annotated[
        float | None, typer.Option("--all-pairs-above", help="List every link of this log10 strength instead.")
    ] = None,
    show_rejected: Annotated[
        bool, typer.Option("--show-rejected", help="Also list links that a person rejected, with nothing new since.")
    ] = False,
    mapping: MappingOption = None,
    replicates: ReplicatesOption = DECOY_REPLICATES,
    seed: SeedOption = 1,
    narrative: NarrativeOption = False,
    model: ModelOption = None,
    model_of_identity: IdentityModelOption = None,
    out: OutOption = None,
    form: FormOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Lists the strongest links known at a time, each with how often links that strong are seen and made by chance.

    --out writes .csv, .parquet, .json, .html (a page with map, graph and time-line), .geojson, .graphml or .ftm.json
    (FollowTheMoney) by its ending.

    Example: clew links find DATA --as-of 2014-09-21 --budget 52 --out links.csv
    """
    setup = link_setup(model, model_of_identity, narrative=narrative)
    known = open_known(data, mapping, as_of, quiet=quiet)
    with progress("Linking", quiet=quiet) as tick:
        links = find_links(
            known,
            setup,
            replicates=replicates,
            seed=seed,
            at_least=above,
            tick=tick,
        )
    listing = list_links(
        links,
        budget_per_year=None if above is not None else budget,
        with_rejected=show_rejected,
    )
    chosen = form_of(out, asked=form, as_json=as_json)
    if chosen is None:
        print_listing(listing)
        return
    write_listing(listing, chosen, out)
    if not quiet and (remark := remarks(listing)):
        stderr.print(remark)


@app.command("explain")
def explain(
    data: DataArgument,
    event_a: Annotated[str, typer.Argument(help="One event.", show_default=False)],
    event_b: Annotated[str, typer.Argument(help="The other event.", show_default=False)],
    as_of: AsOfOption = None,
    mapping: MappingOption = None,
    seed: SeedOption = 1,
    narrative: NarrativeOption = False,
    model: ModelOption = None,
    model_of_identity: IdentityModelOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Explains what connects two events: each family's evidence, the rows, and how often chance does it.

    --out draws the evidence as a waterfall where its name ends in .html or .svg; .json and any other ending hold the
    same as the terminal.

    Example: clew links explain DATA D2 D3 --as-of 2014-09-21
    """
    setup = link_setup(model, model_of_identity, narrative=narrative)
    known = open_known(data, mapping, as_of, quiet=quiet)
    print_pair(known, event_a, event_b, seed=seed, out=out, as_json=as_json, quiet=quiet, setup=setup)
