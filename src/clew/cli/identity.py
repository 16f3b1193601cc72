"""``clew links identity``: who is who in the records, and training a model of it."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import polars as pl
import typer

from clew.cli.console import AsOfOption, JsonOption, OutOption, QuietOption, print_json, progress, write_text
from clew.cli.inputs import DataArgument, IdentityModelOption, MappingOption, identity_model, open_known
from clew.cli.recording import dataset_digests
from clew.core import UsageError, format_instant, parse_instant
from clew.links.identity import Contradiction, Identity, resolve
from clew.links.identity.grouping import TIES_FROM
from clew.links.identity.training import Training, train
from clew.records import Known, Role, spreadsheet_safe

app = typer.Typer(help="Who is who in the records, each pair with a probability and a reason.", no_args_is_help=True)


@app.command("show")
def show(
    data: DataArgument,
    as_of: AsOfOption = None,
    mapping: MappingOption = None,
    model: IdentityModelOption = None,
    out: OutOption = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Lists the people who are one person by more than the force's own number, and numbers that contradict themselves.

    --out writes .csv (the pairs), .json or .txt by its ending.

    Example: clew links identity show DATA --as-of 2014-09-21 --out identity.csv
    """
    ending = _ending(out, as_json=as_json)
    chosen = identity_model(model)
    known = open_known(data, mapping, as_of, quiet=quiet)
    people, at = people_known(known)
    with progress("Resolving", quiet=quiet) as tick:
        tick(0, 1, "Comparing")
        identity = resolve(people, at, chosen)
        tick(1, 1, "Resolved")
    pairs = _pairs(people, identity)
    clashes = contradictions_as_json(people, identity.contradictions)
    if out is not None and ending == ".csv":
        try:
            spreadsheet_safe(pairs).write_csv(out)
        except OSError as error:
            raise UsageError(
                f"Cannot write {out}: {error}.", where="--out", mend="name a file that can be written"
            ) from None
        return
    counts = {
        "parts": people.height,
        "nominals": int(pl.Series(identity.nominal).n_unique()),
        "persons": int(pl.Series(identity.person).n_unique()),
        "contradictions": len(clashes),
    }
    at_text = format_instant(known.at, known.dataset.zone)
    if ending == ".json":
        rows = {"pairs": list(pairs.iter_rows(named=True)), "contradictions": clashes}
        print_json({"as_of": at_text, "marking": known.dataset.marking} | counts | rows, out)
    else:
        write_text(_text(known, at_text, counts, pairs, clashes), out)


@app.command("train")
def train_model(
    data: DataArgument,
    out: Annotated[Path, typer.Option("--out", help="The model file to write.")],
    as_of: AsOfOption = None,
    mapping: MappingOption = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the pairs drawn at random.")] = 1,
    dated: Annotated[
        str | None,
        typer.Option("--dated", help="Date to write into the file; the time it is as known at, if not given."),
    ] = None,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Trains an identity model on your own records, as a file with its provenance; no other command trains one.

    Example: clew links identity train DATA --seed 1 --out identity-model.json
    """
    known = open_known(data, mapping, as_of, quiet=quiet)
    people, at = people_known(known)
    when = known.at if dated is None else parse_instant(dated, known.dataset.zone, where="--dated")
    digest = dataset_digests(known.dataset)["people"] if people.height else ""
    provenance = {
        "data": known.dataset.name,
        "people_digest": digest,
        "as_of": format_instant(known.at, known.dataset.zone),
        "dated": format_instant(when, known.dataset.zone),
        "versions": {name: version(name) for name in ("clew", "duckdb", "polars")},
        "events": known.events.height,
        "parts": people.height,
    }
    with progress("Training", quiet=quiet) as tick:
        tick(0, 1, "Comparing")
        trained = train(people, at, seed=seed, provenance=provenance)
        tick(1, 1, "Trained")
    write_text(trained.model.as_json(), out)
    if as_json:
        print_json(trained.model.provenance)
    elif not quiet:
        write_text(_trained_text(trained, out, seed))


def _ending(out: Path | None, *, as_json: bool) -> str:
    """What is written: ".csv", ".json" or ".txt"; raises `UsageError` for an ending that is none of them."""
    ending = (".json" if as_json else ".txt") if out is None else out.suffix.lower()
    if out is not None and ending not in (".csv", ".json", ".txt"):
        raise UsageError(
            f"{out.name!r} has no ending that says what to write.",
            where="--out",
            mend="end it in .csv for the pairs as a spreadsheet, .json for other programs or .txt for the text",
        )
    if as_json and ending == ".csv":
        raise UsageError(
            f"--json was asked for, and {str(out)!r} is a spreadsheet.",
            where="--out, --json",
            mend="end it in .json, or leave out --json",
        )
    return ".json" if as_json else ending


def people_known(known: Known) -> tuple[pl.DataFrame, pl.Series]:
    """Everybody but professionals, in an order that does not depend on how rows arrived, and when it happened."""
    people = (
        known.people.filter(pl.col("role") != Role.PROFESSIONAL.value)
        .join(known.events.select("event_id", "occurred_from"), on="event_id")
        .sort("event_id", "role", "person_ref", "name", "phone", "source_file", "source_row")
    )
    return people, people["occurred_from"]


def _pairs(people: pl.DataFrame, identity: Identity) -> pl.DataFrame:
    """The tied pairs of nominals, surest first: who, in which events and roles, probability, reason."""
    tied = identity.ties.filter(pl.col("probability") >= TIES_FROM)
    a, b = tied["a"].to_numpy(), tied["b"].to_numpy()
    tied = tied.filter(pl.Series(identity.person_of[a] == identity.person_of[b]))
    rows: list[dict[str, Any]] = []
    told = people.select("event_id", "role", "person_ref", "name").rows(named=True)
    for one, other in tied.select("a", "b").iter_rows():
        ends = {f"{name}_{end}": told[part][name] for end, part in (("a", one), ("b", other)) for name in told[part]}
        rows.append(ends | {"probability": identity.probability(one, other), "why": identity.why(one, other)})
    columns = [f"{name}_{end}" for end in "ab" for name in ("event_id", "role", "person_ref", "name")]
    schema: dict[str, Any] = dict.fromkeys(columns, pl.String) | {"probability": pl.Float64, "why": pl.String}
    return pl.DataFrame(rows, schema=schema).sort("probability", *columns, descending=[True] + [False] * len(columns))


def contradictions_as_json(people: pl.DataFrame, contradictions: tuple[Contradiction, ...]) -> list[dict[str, Any]]:
    """Each number that contradicts itself, whether it still ties, and two of its parts as they were written."""
    found = []
    for clash in contradictions:
        ends = people[list(clash.parts)].select(
            "event_id", "name", pl.col("birth_date").cast(pl.String), "sex", "source_file", "source_row"
        )
        found.append({"person_ref": clash.ref, "ties": clash.ties, "parts": list(ends.iter_rows(named=True))})
    return found


def contradiction_lines(clashes: list[dict[str, Any]], most: int) -> list[str]:
    """The first `most` of `contradictions_as_json`, a line each, and how many there are."""
    lines = [f"Numbers that contradict themselves: {len(clashes)}"]
    for clash in clashes[:most]:
        one, other = ([part[name] or "not known" for name in ("name", "birth_date", "sex")] for part in clash["parts"])
        what = "Kept as one person; look." if clash["ties"] else "Not tied."
        lines.append(f"  {clash['person_ref']}: {', '.join(one)}; and {', '.join(other)}. {what}")
    if len(clashes) > most:
        lines.append(f"  and {len(clashes) - most:,} more")
    return lines


def _text(
    known: Known, at: str, counts: dict[str, int], pairs: pl.DataFrame, clashes: list[dict[str, Any]], most: int = 40
) -> str:
    lines = [known.dataset.marking, *([known.dataset.notice] if known.dataset.notice else [])]
    lines.append(
        f"{counts['parts']:,} parts as known at {at}: {counts['nominals']:,} by the force's own numbers, "
        f"{counts['persons']:,} persons."
    )
    lines += (
        ["", f"One person by more than a number ({pairs.height:,} pairs, the surest first):"] if pairs.height else []
    )
    for row in pairs.head(most).iter_rows(named=True):
        ends = [f"{row[f'name_{end}'] or 'no name'} ({row[f'role_{end}']} in {row[f'event_id_{end}']})" for end in "ab"]
        lines.append(f"  {ends[0]} and {ends[1]}: {row['why']}")
    if pairs.height > most:
        lines.append(f"  and {pairs.height - most:,} more: --out FILE.csv has all.")
    lines += ["", *contradiction_lines(clashes, most)]
    lines += [
        "",
        "A tie is a candidate with a probability. It joins records and accuses nobody.",
        known.dataset.marking,
    ]
    return "\n".join(lines) + "\n"


def _trained_text(trained: Training, out: Path, seed: int) -> str:
    how = trained.model.provenance["m"]
    return (
        f"{out}: trained on {trained.mentions:,} mentions ({how}; {trained.labelled:,} pairs with one number, "
        f"{trained.compared:,} pairs compared); seed {seed}.\n"
        f"Use it with --identity-model {out}.\n"
    )
