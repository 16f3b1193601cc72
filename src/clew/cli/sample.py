"""``clew sample``: plan a sample, promise a seed, fix a frame, draw, check the draw, evaluate what was scored."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from clew.assurance.evaluation import evaluate
from clew.assurance.sampling import read_draw
from clew.assurance.tables import read_table
from clew.cli import sample_draw
from clew.cli.console import JsonOption, OutOption
from clew.cli.sample_draw import show
from clew.statistics.bounds import Likelihood
from clew.statistics.planning import plan_sample
from clew.statistics.sequential import SequentialPlan

app = typer.Typer(help="Draw a sample that nobody could steer and anybody can repeat.", no_args_is_help=True)
app.command("seed")(sample_draw.seed_command)
app.command("frame")(sample_draw.frame_command)
app.command("draw")(sample_draw.draw_command)
app.command("verify")(sample_draw.verify_command)
app.command("replace")(sample_draw.replace_command)

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
        there, edge = sequential.prospect(expected), sequential.prospect(tolerable)
        mean = there.mean_reviews
        sentence = (
            f"Review in drawn order, up to all {population:,}; if the true rate is {expected:.1%} expect about "
            f"{mean:.0f}. The chance of ever calling a rate of {tolerable:.1%} or more tolerable is at most "
            f"{1 - confidence:.0%} (at exactly {tolerable:.1%} it is {edge.assured:.2%})."
        )
        found = {
            "kind": "sequential",
            "mean_reviews": mean,
            "false_assurance": edge.assured + edge.slack,
            "sentence": sentence,
        }
    show({**found, "tolerable": tolerable, "confidence": confidence, "population": population}, as_json, out)


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
    show({**{name: getattr(result, name) for name in fields}, "sentence": result.sentence}, as_json, out)
