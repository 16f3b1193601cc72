"""How a command opens its dataset: the path, the mapping, and T."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from clew.cli.console import progress, stderr
from clew.core import parse_instant
from clew.links import IDENTITY, LinkModel, NarrativeWeights, Weights
from clew.links.identity import IdentityModel, read_model
from clew.links.model.files import read_model as read_link_model
from clew.links.setup import LinkSetup
from clew.records import Dataset, Known, read_dataset

DataArgument = Annotated[Path, typer.Argument(help="Folder or file of the dataset.", show_default=False)]
MappingOption = Annotated[
    str | None, typer.Option("--mapping", help="A mapping file, or the name of one that ships with Clew.")
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="Seed of the decoys that chance rates come from.")]

NarrativeOption = Annotated[
    bool, typer.Option("--narrative", help="Also read rare words of the narratives; off unless asked for.")
]


IdentityModelOption = Annotated[
    Path | None,
    typer.Option("--identity-model", help="A file of `clew links identity train`, in place of the one that ships."),
]


def identity_model(path: Path | None) -> IdentityModel | None:
    """The identity model in the file `path`; None for the one that ships."""
    return None if path is None else read_model(path)


ModelOption = Annotated[
    Path | None, typer.Option("--model", help="A trained link model to use; without it, the documented defaults.")
]


def model_for(path: Path | None) -> LinkModel:
    """The link model in the file at `path`; the defaults if it is None."""
    return IDENTITY if path is None else read_link_model(path)


def link_setup(model: Path | None, who: Path | None, *, narrative: bool = False) -> LinkSetup:
    """What the options --model, --identity-model and --narrative ask for."""
    weights = Weights(narrative=NarrativeWeights(on=narrative))
    return LinkSetup(weights=weights, model=model_for(model), identity_model=identity_model(who))


def open_dataset(data: Path, mapping: str | None, *, quiet: bool) -> Dataset:
    """The dataset at `data`, with a progress bar while it is read; says on stderr if rows had to be set aside."""
    with progress("Reading", quiet=quiet) as tick:
        dataset = read_dataset(data, mapping=mapping, tick=tick)
    if (aside := dataset.counts.rows_quarantined) and not quiet:
        rows = "1 row was" if aside == 1 else f"{aside:,} rows were"
        stderr.print(f"{rows} set aside as unusable, of {dataset.counts.rows_read:,}; `clew check` says which and why.")
    return dataset


def open_known(data: Path, mapping: str | None, as_of: str | None, *, quiet: bool) -> Known:
    """What was known at `as_of`; without it, at the last row recorded."""
    dataset = open_dataset(data, mapping, quiet=quiet)
    return dataset.as_known(instant(dataset, as_of))


def instant(dataset: Dataset, as_of: str | None, *, where: str = "--as-of") -> datetime:
    """T in the dataset's zone; the last row recorded if `as_of` is None."""
    return dataset.last_recorded_at if as_of is None else parse_instant(as_of, dataset.zone, where=where)
