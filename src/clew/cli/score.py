"""``clew score``: assign a drawn sample to reviewers, and say how they agree and what their scores show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, TypeVar
from zoneinfo import ZoneInfo

import polars as pl
import typer

from clew.assurance.scoring import (
    Adjudication,
    Answer,
    Question,
    ReviewForm,
    Score,
    Sheet,
    assign,
    corrected_rate,
    form_of,
    rule_agreement,
)
from clew.assurance.tables import read_table
from clew.cli.console import JsonOption, OutOption, print_json, write_text
from clew.core import UsageError, parse_instant
from clew.standards import load_standard
from clew.statistics.agreement import Coefficient

ZONE = ZoneInfo("Europe/London")
Result = TypeVar("Result")
app = typer.Typer(help="Score a sample blind, measure agreement, correct for reviewer error.", no_args_is_help=True)


@app.command("assign")
def assign_command(
    items: Annotated[Path, typer.Argument(help="A table with a column item_id.")],
    *,
    reviewer: Annotated[list[str], typer.Option("--reviewer", help="A reviewer (repeatable).")],
    seed: Annotated[str, typer.Option("--seed", help="The draw's seed, in hexadecimal.")],
    involved: Annotated[Path | None, typer.Option("--involved", help="item_id, person: who worked on what.")] = None,
    double: Annotated[float, typer.Option("--double", help="The share scored twice.")] = 0.2,
    out: OutOption = None,
) -> None:
    """Assigns items to reviewers: nobody their own cases, about as many each, a share of them scored twice.

    **Example**: clew score assign drawn.csv --reviewer amber --reviewer blue --reviewer cyan --seed 00ff...
    """
    worked: dict[str, set[str]] = defaultdict(set)
    if involved is not None:
        for item, person in read_table(involved, needs=("item_id", "person")).select("item_id", "person").iter_rows():
            worked[item].add(person)
    try:
        secret = bytes.fromhex(seed)
    except ValueError:
        raise UsageError("The seed is not hexadecimal.", where="--seed", mend="copy it from the draw") from None
    names = read_table(items, needs=("item_id",))["item_id"].to_list()
    assigned = assign(names, reviewer, involved=worked, seed=secret, double_share=double)
    write_text(assigned.write_csv(), out)


@app.command("form")
def form_command(
    assignments: Annotated[Path, typer.Argument(help="What `clew score assign` wrote.")],
    *,
    reviewer: Annotated[str, typer.Option("--reviewer", help="Whose form.")],
    standard: Annotated[
        str, typer.Option("--standard", "-s", help="A shipped standard's name, or a YAML file.")
    ] = "uk-unexpected-death",
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Only this rule (repeatable).")] = None,
    out: OutOption = None,
) -> None:
    """Makes one reviewer's form: their own items, the standard's own questions, and room for the answers.

    It shows nobody else's items or answers. Filled in, it is what `clew score results` reads.

    **Example**: clew score form assignments.csv --reviewer amber --rule R26 --out amber.csv
    """
    mine = read_table(assignments, needs=("item_id", "reviewer", "part")).filter(pl.col("reviewer") == reviewer)
    if not mine.height:
        raise UsageError(
            f"Nothing is assigned to {reviewer}.", where=str(assignments), mend="name an assigned reviewer"
        )
    loaded = load_standard(standard)
    rules = [loaded.rule(name) for name in rule] if rule else list(loaded.rules.values())
    asked = [{"id": each.id, "ask": each.ask, "source": ", ".join(each.sources)} for each in rules]
    form = form_of(asked, standard=loaded.id, version=loaded.version)
    rows = [
        (item, reviewer, question.rule, question.text, question.source, "", "")
        for item in mine["item_id"].sort()
        for question in form.questions
    ]
    schema = ["item_id", "reviewer", "rule", "question", "source", "answer", "at"]
    write_text(pl.DataFrame(rows, schema=schema, orient="row").write_csv(), out)


@app.command("results")
def results_command(
    assignments: Annotated[Path, typer.Argument(help="What `clew score assign` wrote.")],
    scores: Annotated[Path, typer.Argument(help="item_id, reviewer, rule, answer, at: a row an answer.")],
    *,
    adjudications: Annotated[
        Path | None, typer.Option("--adjudications", help="item_id, rule, answer, by, reason, at.")
    ] = None,
    coefficient: Annotated[
        Coefficient, typer.Option("--coefficient", help="How agreement is measured beyond chance.")
    ] = Coefficient.AC,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Says for each rule how reviewers agree, the rate corrected for their errors, and what is still to be settled.

    **Example**: clew score results assignments.csv scores.csv --adjudications settled.csv
    """
    assigned = read_table(assignments, needs=("item_id", "reviewer", "part"))
    given = read_table(scores, needs=("item_id", "reviewer", "rule", "answer", "at"))
    rules = tuple(given["rule"].unique(maintain_order=True))
    sheet = Sheet(ReviewForm("", "", tuple(Question(rule, rule) for rule in rules)), assigned)
    for (item, reviewer), rows in given.partition_by("item_id", "reviewer", as_dict=True, maintain_order=True).items():
        if rows["rule"].is_duplicated().any():
            raise UsageError(
                f"{reviewer} scored item {item} twice.",
                where=str(scores),
                why="one of the two would have to be picked",
                mend="keep the first; a change of mind is for the adjudication",
            )
        answers = {rule: _answer(answer) for rule, answer in rows.select("rule", "answer").iter_rows()}
        sheet = sheet.submit(Score(str(item), str(reviewer), answers, _at(rows["at"][0])))
    if adjudications is not None:
        needs = ("item_id", "rule", "answer", "by", "reason", "at")
        for item, rule, answer, by, reason, at in read_table(adjudications, needs=needs).select(needs).iter_rows():
            sheet = sheet.adjudicate(Adjudication(item, rule, _answer(answer), by, reason or "", _at(at)))
    _report(sheet, rules, coefficient=coefficient, as_json=as_json, out=out)


def _report(sheet: Sheet, rules: tuple[str, ...], *, coefficient: Coefficient, as_json: bool, out: Path | None) -> None:
    table, found, lines = sheet.answers(), [], []
    for rule in rules:
        agreed, why = _if_possible(lambda rule=rule: rule_agreement(table, rule, coefficient=coefficient))  # type: ignore[misc]
        rate, fault = _if_possible(lambda rule=rule: corrected_rate(table, rule))  # type: ignore[misc]
        lines += [rate.sentence if rate else f"{rule}: {fault}", f"  {agreed.sentence if agreed else why}"]
        found.append(
            {
                "rule": rule,
                "agreement": agreed and {"value": agreed.value, "lower": agreed.lower, "upper": agreed.upper},
                "as_scored": rate and rate.as_scored,
                "corrected": rate and rate.corrected,
                "lower": rate and rate.lower,
                "upper": rate and rate.upper,
                "without": [text for text in (why, fault) if text],
            }
        )
    open_items = [item for item in sheet.assignments["item_id"].unique().sort() if sheet.is_open(item)]
    lines.append(
        f"{len(open_items)} items are still to be scored, {len(sheet.differences())} differences to be settled."
    )
    if as_json:
        result: dict[str, Any] = {"rules": found, "open": open_items, "differences": sheet.differences()}
        print_json(result, out)
    else:
        write_text("\n".join(lines) + "\n", out)


def _if_possible(measure: Callable[[], Result]) -> tuple[Result | None, str]:
    """The measure, or why there is none: one rule without enough scores must not hide the others."""
    try:
        return measure(), ""
    except UsageError as error:
        return None, error.what


def _answer(text: str | None) -> Answer:
    try:
        return Answer((text or "").strip())
    except ValueError:
        raise UsageError(
            f"{text!r} is not an answer.", where="answer", mend=f"write one of {', '.join(Answer)}"
        ) from None


def _at(text: str) -> datetime:
    return parse_instant(text, ZONE, where="at")
