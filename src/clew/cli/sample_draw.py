"""``clew sample``, from promise to draw: each step can be recorded in the ledger, which then holds their order."""

from __future__ import annotations

import hashlib
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

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
from clew.assurance.sampling.promises import (
    Step,
    basis_of,
    check_beacon,
    check_draw,
    check_may_record,
    commitment_in,
    draw_digest,
    opened,
    steps_of,
    subject_of,
)
from clew.assurance.tables import read_table
from clew.cli.console import JsonOption, OutOption, print_json, write_text
from clew.core import UsageError, parse_instant
from clew.ledger import Entry, EntryType, read_entries, record

ZONE = ZoneInfo("Europe/London")

FrameArgument = Annotated[Path, typer.Argument(help="The frame: CSV, Parquet or Excel, one row an item.")]
DrawArgument = Annotated[Path, typer.Argument(help="The draw.")]
IdOption = Annotated[str, typer.Option("--id", help="The column that names an item.")]
StratumOption = Annotated[list[str] | None, typer.Option("--stratum", help="A column to stratify by (repeatable).")]
FixedAtOption = Annotated[str, typer.Option("--fixed-at", help="The instant as known at which the frame was taken.")]
LedgerOption = Annotated[Path | None, typer.Option("--ledger", help="Record this step in the ledger in this folder.")]
NameOption = Annotated[str, typer.Option("--name", help="The sample's name in the ledger: no spaces, no person.")]
ActorOption = Annotated[str, typer.Option("--actor", help="Who does it, for the ledger: a role or account, no name.")]
AtOption = Annotated[str | None, typer.Option("--at", help="When it is done, for the ledger; default: now.")]


def seed_command(
    file: Annotated[Path, typer.Argument(help="Where to keep the secret seed; readable by you only.")],
    *,
    ledger: LedgerOption = None,
    name: NameOption = "",
    actor: ActorOption = "auditor",
    at: AtOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Makes a secret seed and promises it: prints its commitment, and records that in a ledger if one is named.

    **Example**: clew sample seed audit-7.seed --ledger force-ledger --name audit-7
    """
    if ledger is not None:
        check_may_record(_steps(ledger, name), name, EntryType.SEED_PROMISED)
    seed = new_seed(os.urandom(32))
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as kept:
            kept.write(seed + "\n")
    except OSError as error:
        raise UsageError(
            f"Cannot write {file}: {error.strerror}.", where="seed", mend="name a new file in a folder you can write"
        ) from error
    commitment = commitment_of(bytes.fromhex(seed))
    found: dict[str, Any] = {"commitment": commitment}
    sentence = f"Record this before the frame is fixed: {commitment}"
    if ledger is not None:
        entry = _record(ledger, name, EntryType.SEED_PROMISED, commitment, actor, at)
        found["entry"] = entry
        sentence = f"Promised in ledger entry {entry}: {commitment}"
    show({**found, "sentence": sentence}, as_json, out)


def frame_command(
    frame: FrameArgument,
    *,
    fixed_at: FixedAtOption,
    id_column: IdOption = "event_id",
    stratum: StratumOption = None,
    ledger: LedgerOption = None,
    name: NameOption = "",
    actor: ActorOption = "auditor",
    at: AtOption = None,
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Fixes a frame: its strata, their sizes, and the digest by which any later change will show.

    **Example**: clew sample frame deaths.csv --stratum category --fixed-at 2026-03-02T12:00
    """
    fixed = _frame(frame, id_column, stratum, fixed_at)
    sentence = f"{fixed.items.height:,} items in {len(fixed.sizes)} strata; digest {fixed.digest}"
    found: dict[str, Any] = {"digest": fixed.digest, "fixed_at": fixed.fixed_at.isoformat(), "sizes": fixed.sizes}
    if ledger is not None:
        moment = _now(at)
        if fixed.fixed_at > moment:
            raise UsageError(
                "The frame is as known at an instant that has not come yet.",
                where="--fixed-at",
                why="what is not recorded yet cannot be fixed",
                mend="fix the frame at or before now",
            )
        check_may_record(_steps(ledger, name), name, EntryType.FRAME_FIXED)
        entry = _record(ledger, name, EntryType.FRAME_FIXED, fixed.digest, actor, at, payload={"sizes": fixed.sizes})
        found["entry"] = entry
        sentence += f"; in ledger entry {entry}"
    show({**found, "sentence": sentence}, as_json, out)


def draw_command(
    frame: FrameArgument,
    *,
    n: Annotated[int, typer.Option("--n", help="How many items.")],
    fixed_at: FixedAtOption,
    ledger: LedgerOption = None,
    name: NameOption = "",
    actor: ActorOption = "auditor",
    at: AtOption = None,
    revealed_at: Annotated[
        str | None, typer.Option("--revealed-at", help="When the seed was opened, or the value published.")
    ] = None,
    recorded_in: Annotated[str, typer.Option("--recorded-in", help="Where the promise or the value is found.")] = "",
    seed_file: Annotated[Path | None, typer.Option("--seed-file", help="The secret seed.")] = None,
    commitment: Annotated[
        str | None, typer.Option("--commitment", help="What was recorded for it, where no ledger is named.")
    ] = None,
    committed_at: Annotated[str | None, typer.Option("--committed-at", help="When that was recorded.")] = None,
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

    With --ledger the promise and the frame's digest are taken from there, and the opening of the seed and the draw are
    recorded. Exits 3 if the seed is not the one promised, or came at the wrong time.

    **Example**: clew sample draw deaths.csv --n 60 --fixed-at 2026-03-02 --ledger force-ledger --name audit-7
    --seed-file audit-7.seed --stratum category --oversample not_suspicious=2 --out draw.json
    """
    fixed = _frame(frame, id_column, stratum, fixed_at)
    revealed = _now(at) if ledger is not None and revealed_at is None else _instant(revealed_at or "", "--revealed-at")
    wanted = allocate(n, fixed.sizes, oversample=dict(_factor(text) for text in oversample or []))
    steps: dict[EntryType, Step] = {}
    if ledger is not None:
        steps = _steps(ledger, name)
        check_may_record(steps, name, EntryType.SEED_OPENED)
        fixed.check(steps[EntryType.FRAME_FIXED].value)
    source: SeedSource
    if beacon is not None:
        if ledger is not None:
            check_beacon(steps, revealed)
        seed, source = beacon.encode(), Beacon(beacon, revealed, recorded_in)
    else:
        seed = _seed(seed_file)
        source = (
            commitment_in(steps, name, fixed) if ledger is not None else _given(commitment, committed_at, recorded_in)
        )
    drawn = draw(fixed, seed=seed, source=source, wanted=wanted, revealed_at=revealed)
    if ledger is not None:
        _record(ledger, name, EntryType.SEED_OPENED, opened(seed), actor, at)
        payload = {"wanted": dict(drawn.wanted)}
        _record(ledger, name, EntryType.SAMPLE_DRAWN, draw_digest(drawn), actor, at, payload=payload)
    found = draw_to_json(drawn)
    if out is not None:
        print_json(found, out)
    if as_json and out is None:
        print_json(found)
    elif not as_json:
        count = drawn.selected.height
        typer.echo("\n".join(drawn.selected["item_id"].to_list()) if out is None else f"{count} items drawn: {out}")


def verify_command(
    draw_file: DrawArgument,
    frame: FrameArgument,
    *,
    id_column: IdOption = "event_id",
    stratum: StratumOption = None,
    ledger: Annotated[
        Path | None, typer.Option("--ledger", help="Also hold it against the steps recorded in this ledger.")
    ] = None,
    name: NameOption = "",
    as_json: JsonOption = False,
    out: OutOption = None,
) -> None:
    """Draws again from the frame and compares; exits 3 if the frame or any item differs.

    **Example**: clew sample verify draw.json deaths.csv --stratum category --ledger force-ledger --name audit-7
    """
    drawn = read_draw(draw_file)
    fixed = fix_frame(
        read_table(frame), id_column=id_column, fixed_at=drawn.frame_fixed_at, strata=tuple(stratum or ())
    )
    repeat(drawn, fixed)
    sentence = f"The draw follows from its frame and seed: {drawn.selected.height} items, digest {fixed.digest}"
    if ledger is not None:
        steps = _steps(ledger, name)
        check_draw(steps, name, drawn)
        entries = ", ".join(str(step.index) for step in sorted(steps.values(), key=lambda step: step.index))
        sentence += f"; ledger entries {entries} are of this draw and in order"
    show({"verified": True, "items": drawn.selected.height, "sentence": sentence}, as_json, out)


def replace_command(
    draw_file: DrawArgument,
    item: Annotated[str, typer.Argument(help="The item that cannot be reviewed.")],
    *,
    reason: Annotated[str, typer.Option("--reason", help="Why it cannot.")],
    by: Annotated[str, typer.Option("--by", help="Who says so.")],
    at: Annotated[str, typer.Option("--at", help="When.")],
    ledger: LedgerOption = None,
    name: NameOption = "",
    actor: ActorOption = "auditor",
    out: OutOption = None,
) -> None:
    """Lets the next item in order stand in for one that cannot be reviewed, and keeps who and why.

    **Example**: clew sample replace draw.json E104 --reason "file lost in 2019" --by auditor --at 2026-03-04
    """
    drawn = read_draw(draw_file)
    after = replace(drawn, item, reason=reason, by=by, at=_instant(at, "--at"))
    stood_in = after.replacements[-1].stood_in_by
    if ledger is not None:
        check_draw(_steps(ledger, name), name, drawn)
        # An item's number may be a person's: the tree gets its digest, the payload, which can be erased, the rest.
        value = f"item:{hashlib.sha256(item.encode()).hexdigest()}"
        payload = {"item": item, "stood_in_by": stood_in, "reason": reason, "by": by}
        entry = Entry(EntryType.ITEM_REPLACED, _instant(at, "--at"), actor, subject_of(name), value, payload=payload)
        record(ledger, entry)
    print_json(draw_to_json(after), out or draw_file)
    typer.echo(f"{stood_in} stands in for {item}")


def show(found: dict[str, Any], as_json: bool, out: Path | None) -> None:
    """Writes `found` as JSON, or its sentence."""
    if as_json:
        print_json(found, out)
    else:
        write_text(found["sentence"] + "\n", out)


def _steps(ledger: Path, name: str) -> dict[EntryType, Step]:
    if not name:
        raise UsageError(
            "The sample has no name.",
            where="--name",
            why="its steps could not be told from another's in the ledger",
            mend="give --name audit-7",
        )
    return steps_of(read_entries(ledger), name)


def _record(
    ledger: Path,
    name: str,
    kind: EntryType,
    value: str,
    actor: str,
    at: str | None,
    payload: dict[str, Any] | None = None,
) -> int:
    entry = Entry(kind, _now(at), actor, subject_of(name), basis_of(kind, value), payload=payload or {})
    return record(ledger, entry)[0]


def _now(at: str | None) -> datetime:
    """When the step is taken: the wall clock is read here, at the face, and nowhere below."""
    return _instant(at, "--at") if at else datetime.now(UTC)


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


def _seed(seed_file: Path | None) -> bytes:
    if seed_file is None:
        raise UsageError(
            "A draw needs a seed that was promised, or a public value.",
            where="draw",
            why="a seed chosen now could have been tried out",
            mend="give --seed-file with --ledger and --name (or with --commitment and --committed-at), or --beacon",
        )
    try:
        return bytes.fromhex(seed_file.read_text(encoding="utf-8").strip())
    except (OSError, ValueError):
        raise UsageError(
            f"{seed_file} holds no seed.", where="--seed-file", mend="make one: clew sample seed"
        ) from None


def _given(commitment: str | None, committed_at: str | None, recorded_in: str) -> SeedCommitment:
    if commitment is None or committed_at is None:
        raise UsageError(
            "Nothing says what was promised for this seed.",
            where="draw",
            why="a seed chosen now could have been tried out",
            mend="give --ledger and --name, or --commitment, --committed-at and --recorded-in",
        )
    return SeedCommitment(commitment, _instant(committed_at, "--committed-at"), recorded_in)
