"""The table of duties: the contract other programs read, one row a duty.

Columns: duty_id, rule, event_id, trigger_at, known_at, due, verdict, decided_at, reason, view, then the evidence:
trigger_table, trigger_file, trigger_row, deciding_table, deciding_file, deciding_row. Instants are UTC. `decided_at`
is when what settled the verdict happened: the act, the waiver, the passing of the deadline, the withdrawal.
`due` and `decided_at` are empty where there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import polars as pl

from clew.standards.engine.arrays import NEVER, Ints
from clew.standards.engine.result import RuleDuties
from clew.standards.engine.store import Store
from clew.standards.language.model import Standard
from clew.standards.places import Places, nullable, repeated
from clew.standards.verdict import VERDICT_CODE, Verdict, View
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

#: One rule's rows are written while the next rule is decided; both leave Python's lock for most of their time.
_WRITERS = 2
_WORTH_A_WRITER = 10_000


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
    frames: list[pl.DataFrame | Future[pl.DataFrame]] = []
    write = partial(_rule_frame, Places(store), standard, at_us=at_us, view=view)
    with ThreadPoolExecutor(_WRITERS) as writers:
        for duties in results:
            kept = duties if codes is None else duties.take(np.isin(duties.verdict, codes))
            if len(kept) >= _WORTH_A_WRITER:
                frames.append(writers.submit(write, kept))
            elif len(kept):
                frames.append(write(kept))
        written = [frame if isinstance(frame, pl.DataFrame) else frame.result() for frame in frames]
    return pl.concat(written) if written else pl.DataFrame(schema=SCHEMA)


def instants(values: Ints) -> pl.Series:
    """Microseconds as instants in UTC; empty where there is none (`NEVER`, `EVER`)."""
    return nullable(values, (values < NEVER) & (values > -NEVER)).cast(_INSTANT)


def _rule_frame(places: Places, standard: Standard, duties: RuleDuties, *, at_us: int, view: View) -> pl.DataFrame:
    rule, count = standard.rules[duties.rule], len(duties)
    trigger_file, trigger_row = places.provenance(duties.trigger_table, duties.position)
    table, file, row = places.deciding(duties)
    columns = {
        "duty_id": places.names(duties.trigger_table, duties.position, before=f"{rule.id}/"),
        "rule": repeated(rule.id, count),
        "event_id": places.store.cases.gather(duties.case),
        "trigger_at": instants(duties.trigger_at),
        "known_at": instants(duties.known),
        "due": instants(duties.due),
        "verdict": pl.Series(duties.verdict.view(np.uint8)).cat.to(VERDICTS),
        "decided_at": instants(duties.decided),
        "reason": sentences(
            duties.reason,
            rule,
            at=instant_text(at_us, standard),
            due=duties.due,
            decided=duties.decided,
            zone=standard.zone,
        ),
        "view": pl.Series([view.value], dtype=VIEWS).new_from_index(0, count),
        "trigger_table": repeated(duties.trigger_table, count),
        "trigger_file": trigger_file,
        "trigger_row": trigger_row,
        "deciding_table": table,
        "deciding_file": file,
        "deciding_row": row,
    }
    return pl.DataFrame(columns, schema=SCHEMA)
