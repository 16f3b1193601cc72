"""``clew sample``: plan a sample, promise a seed, fix a frame, draw, check the draw, evaluate what was scored."""

from __future__ import annotations

import os
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import typer

from clew.assurance.evaluation import evaluate
from clew.assurance.sampling import (
    Beacon,
    Frame,
    SeedCommitment,
    SeedSource,
    allocate,
    commitment_of,
    draw,
    draw_to_json,
    fix_frame,
    new_seed,
    read_draw,
    repeat,
    replace,
)
from clew.assurance.tables import read_table
from clew.cli.console import JsonOption, OutOption, print_json, write_text
from clew.core import UsageError, parse_instant
from clew.statistics.bounds import Likelihood
from clew.statistics.planning import plan_sample
from clew.statistics.sequential import SequentialPlan

ZONE = ZoneInfo("Europe/London")
app = typer.Typer(help="Draw a sample that nobody could steer and anybody can repeat.", no_args_is_help=True)

FrameArgument = Annotated[Path, typer.Argument(help="The frame: CSV, Parquet or Excel, one row an item.")]
IdOption = Annotated[str, typer.Option("--id", help="The column that names an item.")]
StratumOption = Annotated[list[str] | None, typer.Option("--stratum", help="A column to stratify by (repeatable).")]
FixedAtOption = Annotated[str, typer.Option("--fixed-at", help="The instant as known at which the frame was taken.")]
TolerableOption = Annotated[float, typer.Option("--tolerable", help="The error rate one could live with.")]
ConfidenceOption = Annotated[float, typer.Option("--confidence", help="One less the risk of false assurance.")]


@app.command("plan")
def plan_command(
    *,
    tolerable: TolerableOption = 0.05,
    confidence: ConfidenceOption = 0.95,
    population: Annotated[int | None, typer.Option("--population", help="Items in the frame.")] = None,
    expected: Annotated[float, typer.Option("--expected", help="The error rate expected.")] = 0.01,
    fixed: Annotated[bool, typer.Option("--fixed", help="A fixed size instead of one that may stop early.")] = False,
    errors: Annotated[int | None, typer.Option("--errors", help="With --fixed: survive this many errors.")] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of the simulated mean number of reviews.")] = 1,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Says how many items to review, for a stated risk and tolerable rate.

    Sequential unless --fixed: review in drawn order and stop as soon as enough is known; the risk holds all the same.

    **Example**: clew sample plan --population 2000 --tolerable 0.05
    """
    if fixed or population is None:
        kind = Likelihood.BINOMIAL if population is None else Likelihood.HYPERGEOMETRIC
        options: dict[str, Any] = {"expected_rate": expected} if errors is None else {"expected_errors": errors}
        chosen = plan_sample(
            tolerable=tolerable, confidence=confidence, likelihood=kind, population=population, **options
        )
        found: dict[str, Any] = {"kind": "fixed", "n": chosen.n, "errors": chosen.errors, "sentence": chosen.sentence}
    else:
        sequential = SequentialPlan(
            tolerable=tolerable, population=population, expected=expected, risk=round(1 - confidence, 12)
        )
        mean = sequential.expected_reviews(expected, rng=np.random.default_rng(seed), runs=200)
        sentence = (
            f"Review in drawn order, up to all {population:,}; if the true rate is {expected:.1%} expect about "
            f"{mean:.0f}. The chance of ever calling a rate of {tolerable:.1%} or more tolerable is at most "
            f"{1 - confidence:.0%}."
        )
        found = {"kind": "sequential", "mean_reviews": mean, "seed": seed, "sentence": sentence}
    _show({**found, "tolerable": tolerable, "confidence": confidence, "population": population}, as_json, out)


@app.command("seed")
def seed_command(
    file: Annotated[Path, typer.Argument(help="Where to keep the secret seed; readable by you only.")],
    *,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Makes a secret seed and prints the commitment to record in the ledger before the frame is fixed.

    **Example**: clew sample seed audit-7.seed
    """
    seed = new_seed(os.urandom(32))
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as kept:
            kept.write(seed + "\n")
    except OSError as error:
        raise UsageError(
            f"Cannot write {file}: {error.strerror}.", where="seed", mend="name a new file in a folder you can write"
        ) from error
    commitment = commitment_of(bytes.fromhex(seed))
    _show({"commitment": commitment, "sentence": f"Record this before the frame is fixed: {commitment}"}, as_json, out)


@app.command("frame")
def frame_command(
    frame: FrameArgument,
    *,
    fixed_at: FixedAtOption,
    id_column: IdOption = "event_id",
    stratum: StratumOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Fixes a frame: its strata, their sizes, and the digest by which any later change will show.

    **Example**: clew sample frame deaths.csv --stratum category --fixed-at 2026-03-02T12:00
    """
    fixed = _frame(frame, id_column, stratum, fixed_at)
    sentence = f"{fixed.items.height:,} items in {len(fixed.sizes)} strata; digest {fixed.digest}"
    found = {"digest": fixed.digest, "fixed_at": fixed.fixed_at.isoformat(), "sizes": fixed.sizes}
    _show({**found, "sentence": sentence}, as_json, out)


@app.command("draw")
def draw_command(
    frame: FrameArgument,
    *,
    n: Annotated[int, typer.Option("--n", help="How many items.")],
    fixed_at: FixedAtOption,
    revealed_at: Annotated[str, typer.Option("--revealed-at", help="When the seed was opened.")],
    recorded_in: Annotated[str, typer.Option("--recorded-in", help="Where the promise or the value is found.")],
    seed_file: Annotated[Path | None, typer.Option("--seed-file", help="The secret seed.")] = None,
    commitment: Annotated[str | None, typer.Option("--commitment", help="What was recorded for it.")] = None,
    committed_at: Annotated[str | None, typer.Option("--committed-at", help="When it was recorded.")] = None,
    beacon: Annotated[str | None, typer.Option("--beacon", help="A public random value, in place of a seed.")] = None,
    id_column: IdOption = "event_id",
    stratum: StratumOption = None,
    oversample: Annotated[
        list[str] | None, typer.Option("--oversample", help="A stratum and its factor, as NAME=2 (repeatable).")
    ] = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Draws items from a frame in the order of a seed promised before it, or of a public value published after it.

    Exits 3 if the seed is not the one promised, or came at the wrong time.

    **Example**: clew sample draw deaths.csv --n 60 --fixed-at 2026-03-02 --revealed-at 2026-03-03
    --beacon 9f2c... --recorded-in "beacon pulse 12" --stratum category --oversample not_suspicious=2 --out draw.json
    """
    fixed, revealed = _frame(frame, id_column, stratum, fixed_at), _instant(revealed_at, "--revealed-at")
    seed, source = _source(seed_file, commitment, committed_at, beacon, recorded_in, revealed)
    wanted = allocate(n, fixed.sizes, oversample=dict(_factor(text) for text in oversample or []))
    drawn = draw(fixed, seed=seed, source=source, wanted=wanted, revealed_at=revealed)
    found = draw_to_json(drawn)
    if out is not None:
        print_json(found, out)
    if as_json and out is None:
        print_json(found)
    elif not as_json:
        typer.echo("\n".join(drawn.selected["item_id"].to_list()) if out is None else f"{n} items drawn: {out}")


@app.command("verify")
def verify_command(
    draw_file: Annotated[Path, typer.Argument(help="The draw.")],
    frame: FrameArgument,
    *,
    id_column: IdOption = "event_id",
    stratum: StratumOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Draws again from the frame and compares; exits 3 if the frame or any item differs.

    **Example**: clew sample verify draw.json deaths.csv --stratum category
    """
    drawn = read_draw(draw_file)
    fixed = fix_frame(
        read_table(frame), id_column=id_column, fixed_at=drawn.frame_fixed_at, strata=tuple(stratum or ())
    )
    repeat(drawn, fixed)
    sentence = f"The draw follows from its frame and seed: {drawn.selected.height} items, digest {fixed.digest}"
    _show({"verified": True, "items": drawn.selected.height, "sentence": sentence}, as_json, out)


@app.command("replace")
def replace_command(
    draw_file: Annotated[Path, typer.Argument(help="The draw.")],
    item: Annotated[str, typer.Argument(help="The item that cannot be reviewed.")],
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it cannot.")],
    by: Annotated[str, typer.Option("--by", help="Who says so.")],
    at: Annotated[str, typer.Option("--at", help="When.")],
    out: OutOption = None,
) -> None:
    """Lets the next item in order stand in for one that cannot be reviewed, and keeps who and why.

    **Example**: clew sample replace draw.json E104 --reason "file lost in 2019" --by auditor --at 2026-03-04
    """
    after = replace(read_draw(draw_file), item, reason=reason, by=by, at=_instant(at, "--at"))
    print_json(draw_to_json(after), out or draw_file)
    typer.echo(f"{after.replacements[-1].stood_in_by} stands in for {item}")


@app.command("evaluate")
def evaluate_command(
    draw_file: Annotated[Path, typer.Argument(help="The draw.")],
    answers: Annotated[Path, typer.Argument(help="A table of item_id and answer.")],
    *,
    tolerable: Annotated[float | None, typer.Option("--tolerable", help="Say whether it is shown.")] = None,
    confidence: ConfidenceOption = 0.95,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Says what a scored sample shows: the rate, its limit, and how far what could not be decided might move it.

    Answers are met, not_met, not_applicable, cannot_tell; an item of the draw without one counts as cannot_tell.

    **Example**: clew sample evaluate draw.json answers.csv --tolerable 0.05
    """
    drawn = read_draw(draw_file)
    given = read_table(answers, needs=("item_id", "answer"))
    joined = drawn.selected.join(given.select("item_id", "answer"), on="item_id", how="left")
    outcomes = joined.with_columns(pl.col("answer").fill_null("cannot_tell"))
    sizes = {name: drawn.sizes[name] for name, count in drawn.wanted.items() if count}
    result = evaluate(outcomes, sizes=sizes, confidence=confidence, tolerable=tolerable)
    fields = ("rate", "upper", "best_rate", "worst_rate", "best_upper", "worst_upper", "sampled", "undecided")
    _show({**{name: getattr(result, name) for name in fields}, "sentence": result.sentence}, as_json, out)


def _frame(path: Path, id_column: str, strata: list[str] | None, fixed_at: str) -> Frame:
    moment = _instant(fixed_at, "--fixed-at")
    return fix_frame(read_table(path), id_column=id_column, fixed_at=moment, strata=tuple(strata or ()))


def _instant(text: str, where: str) -> datetime:
    return parse_instant(text, ZONE, where=where)


def _factor(text: str) -> tuple[str, float]:
    name, _, factor = text.rpartition("=")
    try:
        return name, float(factor)
    except ValueError:
        raise UsageError(f"{text!r} is not NAME=FACTOR.", where="--oversample", mend="write not_suspicious=2") from None


def _source(
    seed_file: Path | None,
    commitment: str | None,
    committed_at: str | None,
    beacon: str | None,
    recorded_in: str,
    revealed: datetime,
) -> tuple[bytes, SeedSource]:
    if beacon is not None:
        return beacon.encode(), Beacon(beacon, revealed, recorded_in)
    if seed_file is None or commitment is None or committed_at is None:
        raise UsageError(
            "A draw needs a seed that was promised, or a public value.",
            where="draw",
            why="a seed chosen now could have been tried out",
            mend="give --seed-file with --commitment and --committed-at, or --beacon",
        )
    try:
        seed = bytes.fromhex(seed_file.read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        raise UsageError(
            f"{seed_file} holds no seed.", where="--seed-file", mend="make one: clew sample seed"
        ) from None
    return seed, SeedCommitment(commitment, _instant(committed_at, "--committed-at"), recorded_in)


def _show(found: dict[str, Any], as_json: bool, out: Path | None) -> None:
    if as_json:
        print_json(found, out)
    else:
        write_text(found["sentence"] + "\n", out)
