"""What the standard finds on each death: the duties of which there is no record, and every duty on request."""

from __future__ import annotations

import polars as pl

from clew.records import Known
from clew.standards import OPEN_VERDICTS, Standard, Verdict, evaluate

#: Of a missed duty: what is not on record, until when it was due, and the row it arose from.
SCHEMA: dict[str, pl.DataType] = {
    "event_id": pl.String(),
    "rule": pl.String(),
    "verdict": pl.String(),
    "due": pl.Datetime("us", "UTC"),
    "known_at": pl.Datetime("us", "UTC"),
    "text": pl.String(),
    "settle": pl.String(),
    "gate": pl.Boolean(),
    "table": pl.String(),
    "source": pl.String(),
    "row": pl.Int64(),
}


def missed_duties(known: Known, standard: Standard, *, links: pl.DataFrame) -> pl.DataFrame:
    """The duties that are missed as known at T, gates first, then the longest overdue (`SCHEMA`).

    links: a row a pair with event_id_a, event_id_b and known_at, for the rules that arise from a link.
    """
    duties = evaluate(known, standard, links=links, verdicts={Verdict.MISSED})
    gates = [rule.id for rule in standard.rules.values() if rule.gate]
    asks = {rule.id: rule.ask or rule.text for rule in standard.rules.values()}
    return duties.select(
        "event_id",
        "rule",
        pl.col("verdict").cast(pl.String),
        "due",
        "known_at",
        text=pl.concat_str(pl.col("rule"), pl.lit(": "), pl.col("reason")),
        settle=pl.col("rule").replace_strict(asks, return_dtype=pl.String),
        gate=pl.col("rule").is_in(gates),
        table=pl.col("trigger_table"),
        source=pl.col("trigger_file"),
        row=pl.col("trigger_row"),
    ).sort("event_id", "gate", "due", "rule", descending=[False, True, False, False], nulls_last=True)


def duties_of(known: Known, standard: Standard, event_id: str, *, links: pl.DataFrame) -> pl.DataFrame:
    """Every duty on one event, those that stand open first: rule, verdict, due, known_at, decided_at, text."""
    duties = evaluate(known, standard, links=links).filter(pl.col("event_id") == event_id)
    stands_open = pl.col("verdict").cast(pl.String).is_in([verdict.value for verdict in OPEN_VERDICTS])
    return duties.sort(stands_open, "rule", "due", descending=[True, False, False]).select(
        "rule", pl.col("verdict").cast(pl.String), "due", "known_at", "decided_at", text=pl.col("reason")
    )
