"""``clew links train``: fits the link model to a force's own solved series, and checks it on series held out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from clew.cli.console import AsOfOption, JsonOption, QuietOption, print_json, progress, write_text
from clew.cli.inputs import (
    DataArgument,
    IdentityModelOption,
    MappingOption,
    ModelOption,
    identity_model,
    model_for,
    open_known,
)
from clew.core import format_instant
from clew.links.model.files import model_as_json
from clew.links.training import NAMES, REPEATS, Training, read_series, train
from clew.publish.calibration_plot import render_calibration
from clew.records import Known

_WORDS = {
    "auc": "AUC, all pairs",
    "average_precision": "average precision, all pairs",
    "top_1": "a linked event ranks 1st",
    "top_5": "  within 5",
    "top_10": "  within 10",
    "second_top_1": "second event: its link ranks 1st",
    "second_top_5": "  within 5",
    "second_top_10": "  within 10",
    "second_recall_2": "second event: found at 2 false alerts per 100 cases",
    "second_recall_5": "  at 5",
    "second_recall_10": "  at 10",
}


def train_command(
    data: DataArgument,
    series: Annotated[Path, typer.Option("--series", help="CSV of solved series: event_id, series_id.")],
    out: Annotated[Path, typer.Option("--out", help="Write the model here: a JSON file.")],
    model: ModelOption = None,
    model_of_identity: IdentityModelOption = None,
    plot: Annotated[Path | None, typer.Option("--plot", help="Draw the calibration here: an SVG file.")] = None,
    as_of: AsOfOption = None,
    mapping: MappingOption = None,
    repeats: Annotated[int, typer.Option("--repeats", min=2, help="Times that the series are halved.")] = REPEATS,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the halves.")] = 1,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Fits the link model to solved series, checks it on series held out, and writes it unless it is worse.

    --model names the model in use, without it the documented defaults: one that does worse is not written (exit code
    1).

    Example: clew links train DATA --series solved.csv --out model.json --plot calibration.svg
    """
    known = open_known(data, mapping, as_of, quiet=quiet)
    solved, in_use, who = read_series(series), model_for(model), identity_model(model_of_identity)
    with progress("Training", quiet=quiet) as tick:
        found = train(known, solved, in_use=in_use, identity_model=who, repeats=repeats, seed=seed, tick=tick)
    if plot is not None:
        write_text(render_calibration(found.held_out.calibration), plot, "--plot")
    if as_json:
        print_json(training_as_json(known, found, seed=seed))
    else:
        write_text(training_as_text(known, found, seed=seed))
    found.check()
    write_text(json.dumps(model_as_json(found.model), indent=2, ensure_ascii=False, allow_nan=False) + "\n", out)


def training_as_json(known: Known, found: Training, *, seed: int) -> dict[str, Any]:
    """What was trained from and how it did, as one JSON object."""
    held = found.held_out
    return {
        "data": known.dataset.name,
        "as_of": format_instant(known.at, known.dataset.zone),
        "seed": seed,
        "solved_events": len(found.solved),
        "not_known_events": found.solved.not_known,
        "pairs": found.pairs,
        "linked_pairs": found.linked_pairs,
        "halves": len(held.halves["trained"]),
        "figures": {
            name: {
                scorer: {"mean": getattr(held.mean(scorer), name), "spread": getattr(held.spread(scorer), name)}
                for scorer in held.halves
            }
            | {"gain": dict(zip(("mean", "spread"), held.paired("trained", "in_use")[name], strict=True))}
            for name in NAMES
        },
        "calibration": held.calibration.to_dicts(),
    }


def training_as_text(known: Known, found: Training, *, seed: int) -> str:
    """What was trained from and how it did, in words and a table."""
    held = found.held_out
    trained, in_use, spread = held.mean("trained"), held.mean("in_use"), held.spread("trained")
    lines = [known.dataset.marking] if known.dataset.marking else []
    lines += [
        f"{len(found.solved)} solved events, {found.linked_pairs} linked of {found.pairs:,} pairs, as known at "
        f"{format_instant(known.at, known.dataset.zone)}; seed {seed}.",
        f"Rows of the series file that name an event not known: {found.solved.not_known}.",
        f"Held out: {len(held.halves['trained'])} halves, parted by connected series, all pairs of each half.",
        "",
        f"{'':<52}{'trained':>9}{'spread':>9}{'in use':>9}{'gain':>9}{'spread':>9}",
    ]
    for name in NAMES:
        gain, gain_spread = held.paired("trained", "in_use")[name]
        values = (getattr(trained, name), getattr(spread, name), getattr(in_use, name))
        row = "".join(f"{value:>9.3f}" for value in values)
        lines.append(f"{_WORDS[name]:<52}{row}{gain:>+9.3f}{gain_spread:>9.3f}")
    lines += ["", "Spread: standard deviation over the halves, which overlap. Gain is paired on the same halves."]
    return "\n".join(lines) + "\n"
