"""The table of duties: the contract other programs read, one row a duty.

Columns: duty_id, rule, event_id, trigger_at, known_at, due, verdict, decided_at, reason, view, then the evidence:
trigger_table, trigger_file, trigger_row, deciding_table, deciding_file, deciding_row. Instants are UTC. `decided_at`
is when what settled the verdict happened: the act, the waiver, the passing of the deadline, the withdrawal.
`due` and `decided_at` are empty where there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from clew.records import TABLES
from clew.standards.engine.arrays import NEVER, Ints
from clew.standards.engine.result import RuleDuties
from clew.standards.engine.store import Store
from clew.standards.language.model import Standard
from clew.standards.verdict import VERDICT_CODE, Reason, Verdict, View
from clew.standards.wording import sentences

_INSTANT = pl.Datetime("us", "UTC")
VERDICTS = pl.Enum([verdict.value for verdict in Verdict])
VIEWS = pl.Enum([view.value for view in View])

SCHEMA: dict[str, pl.DataType] = {
    "duty_id": pl.String(),
    "rule": pl.String(),
    "event_id": pl.String(),
    "trigger_at": _INSTANT,
    "known_at": _INSTANT,
    "due": _INSTANT,
    "verdict": VERDICTS,
    "decided_at": _INSTANT,
    "reason": pl.String(),
    "view": VIEWS,
    "trigger_table": pl.String(),
    "trigger_file": pl.String(),
    "trigger_row": pl.Int64(),
    "deciding_table": pl.String(),
    "deciding_file": pl.String(),
    "deciding_row": pl.Int64(),
}


def instant_text(moment_us: int, standard: Standard) -> str:
    """An instant in the standard's local time, to the minute."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=moment_us)
    return moment.astimezone(standard.zone).strftime("%Y-%m-%d %H:%M")


def duty_frame(
    store: Store,
    standard: Standard,
    results: Iterable[RuleDuties],
    *,
    at_us: int,
    view: View,
    verdicts: Collection[Verdict] | None = None,
) -> pl.DataFrame:
    """The table of duties. verdicts: only these, so that what nobody asked for is never written out."""
    codes = None if verdicts is None else np.array(sorted(VERDICT_CODE[verdict] for verdict in verdicts), dtype=np.int8)
    frames = []
    for duties in results:
        kept = duties if codes is None else duties.take(np.isin(duties.verdict, codes))
        if len(kept):
            frames.append(_rule_frame(store, standard, kept, at_us=at_us, view=view))
    if not frames:
        return pl.DataFrame(schema=SCHEMA)
    return pl.concat(frames)


def _instants(values: Ints) -> pl.Series:
    missing = (values >= NEVER) | (values <= -NEVER)
    series = pl.Series(np.where(missing, 0, values), dtype=pl.Int64)
    if missing.any():
        series = series.set(pl.Series(missing), None)
    return series.cast(_INSTANT)


def _rule_frame(store: Store, standard: Standard, duties: RuleDuties, *, at_us: int, view: View) -> pl.DataFrame:
    rule = standard.rules[duties.rule]
    count = len(duties)
    trigger_file, trigger_row = _provenance(store, duties.trigger_table, duties.position)
    table, file, row = _deciding(store, duties)
    event_id = store.cases.gather(duties.case)
    columns = {
        "duty_id": pl.select(
            pl.concat_str(pl.lit(f"{rule.id}/"), event_id, pl.lit("/"), _trigger_key(store, duties))
        ).to_series(),
        "rule": pl.repeat(rule.id, count, eager=True),
        "event_id": event_id,
        "trigger_at": _instants(duties.trigger_at),
        "known_at": _instants(duties.known),
        "due": _instants(duties.due),
        "verdict": _VERDICT_NAMES.gather(duties.verdict),
        "decided_at": _instants(duties.decided),
        "reason": _reasons(duties, standard, instant_text(at_us, standard)),
        "view": pl.repeat(view.value, count, dtype=pl.String(), eager=True).cast(VIEWS),
        "trigger_table": pl.repeat(duties.trigger_table, count, eager=True),
        "trigger_file": trigger_file,
        "trigger_row": trigger_row,
        "deciding_table": table,
        "deciding_file": file,
        "deciding_row": row,
    }
    return pl.DataFrame(columns, schema=SCHEMA)


_VERDICT_NAMES = pl.Series([verdict.value for verdict in Verdict]).cast(VERDICTS)


def _reasons(duties: RuleDuties, standard: Standard, at: str) -> pl.Series:
    """The sentence of each duty, built reason by reason so that no text is made which is not wanted."""
    rule, zone = standard.rules[duties.rule], standard.zone
    parts, places = [], []
    for code, reason in enumerate(Reason):
        chosen = np.flatnonzero(duties.reason == code)
        if chosen.size:
            due, decided = duties.due[chosen], duties.decided[chosen]
            parts.append(sentences(reason, rule, at=at, due=due, decided=decided, zone=zone))
            places.append(chosen)
    order = np.empty(len(duties), dtype=np.int64)
    order[np.concatenate(places)] = np.arange(len(duties))
    return pl.concat(parts).gather(order)


def _source_rows(store: Store, table: str, positions: Ints, columns: Sequence[str]) -> pl.DataFrame:
    rows = store.tables[table].row[positions]
    return store.sources[table].select(columns)[rows.astype(np.uint32)]


def _provenance(store: Store, table: str, positions: Ints) -> tuple[pl.Series, pl.Series]:
    source = store.sources[table]
    rows = store.tables[table].row[positions]
    return source["source_file"].gather(rows), source["source_row"].gather(rows)


def _deciding(store: Store, duties: RuleDuties) -> tuple[pl.Series, pl.Series, pl.Series]:
    names = pl.Series([*duties.tables], dtype=pl.String)
    has = duties.deciding >= 0
    table = (
        names.gather(np.where(has, duties.deciding_table, 0))
        if len(names)
        else pl.Series([None] * len(duties), dtype=pl.String)
    )
    table = table.set(pl.Series(~has), None)
    file = pl.Series([None] * len(duties), dtype=pl.String)
    row = pl.Series([None] * len(duties), dtype=pl.Int64)
    for name in set(duties.tables):
        numbers = [number for number, other in enumerate(duties.tables) if other == name]
        chosen = np.flatnonzero(has & np.isin(duties.deciding_table, numbers))
        if chosen.size:
            files, rows = _provenance(store, name, duties.deciding[chosen])
            file = file.scatter(chosen, files)
            row = row.scatter(chosen, rows)
    return table, file, row


def _trigger_key(store: Store, duties: RuleDuties) -> pl.Series:
    """What names the trigger inside its event, in words: the same however often the force re-exports its data."""
    if duties.trigger_table not in TABLES:
        return _source_rows(store, duties.trigger_table, duties.position, ["other_event_id"]).to_series()
    columns, key = _TRIGGER_KEYS[duties.trigger_table]
    return _source_rows(store, duties.trigger_table, duties.position, columns).select(key).to_series()


_ROW = pl.concat_str(pl.lit("row "), pl.col("source_file"), pl.lit("#"), pl.col("source_row"))
_PLACE = ("source_file", "source_row")
_PERSON = ("person_ref", "name", "phone", "handle")
#: Per table the columns that name a row inside its event, and the name they make.
_TRIGGER_KEYS: dict[str, tuple[tuple[str, ...], pl.Expr]] = {
    "events": (("kind",), pl.col("kind")),
    "people": (
        ("role", *_PERSON, *_PLACE),
        pl.concat_str(pl.col("role"), pl.lit(":"), pl.coalesce(*_PERSON, _ROW)),
    ),
    "circumstances": (
        ("feature", "value", "source"),
        pl.concat_str(pl.col("feature"), pl.lit("="), pl.col("value"), pl.lit(":"), pl.col("source").fill_null("")),
    ),
    "actions": (
        ("action_id", "activity", *_PLACE),
        pl.coalesce("action_id", pl.concat_str(pl.col("activity"), pl.lit(":"), _ROW)),
    ),
    "exhibits": (("exhibit_id",), pl.col("exhibit_id")),
}
