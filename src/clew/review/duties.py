"""What the standard finds on each death: the duties of which there is no record, and every duty on request."""

from __future__ import annotations

import polars as pl

from clew.records import TABLES, Known
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
    # A duty that arises from a link has no row of its own: it rests on the row of its event.
    events = known.events.select("event_id", event_file="source_file", event_row="source_row")
    duties = duties.join(events, on="event_id", how="left", maintain_order="left")
    from_link = ~pl.col("trigger_table").is_in(list(TABLES))
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
        table=pl.when(from_link).then(pl.lit("events")).otherwise("trigger_table"),
        source=pl.when(from_link).then("event_file").otherwise("trigger_file"),
        row=pl.when(from_link).then("event_row").otherwise("trigger_row"),
    ).sort("event_id", "gate", "due", "rule", descending=[False, True, False, False], nulls_last=True)


def duties_of(known: Known, standard: Standard, event_id: str, *, links: pl.DataFrame) -> pl.DataFrame:
    """Every duty on one event, those that stand open first: rule, verdict, due, known_at, decided_at, text."""
    duties = evaluate(known, standard, links=links).filter(pl.col("event_id") == event_id)
    stands_open = pl.col("verdict").cast(pl.String).is_in([verdict.value for verdict in OPEN_VERDICTS])
    return duties.sort(stands_open, "rule", "due", descending=[True, False, False]).select(
        "rule", pl.col("verdict").cast(pl.String), "due", "known_at", "decided_at", text=pl.col("reason")
    )
