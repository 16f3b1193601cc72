"""The reference page of the tables, made from the schema: docs/reference/tables.md is this text; a test holds it so."""

from __future__ import annotations

from clew.records.consistency import FENCE_AT_LEAST, FENCE_RANGES, OLDEST_YEARS, ORDER
from clew.records.mapping import EARLIEST, LOSS_LIMIT
from clew.records.schema import TABLES, Column, Table, Type
from clew.records.values import ENDS_OF_DAY

_HEAD = """# The tables

*Made from `clew.records.schema` by `clew.records.documentation`; edit those, not this page.*

A dataset is a folder of these tables (CSV, Parquet or Excel, called as the table), or one file, and if need be a
`clew.yaml` ([how to map your records](../how-to/map-your-records.md)). Only `events` is required. One row is one
*version of a fact*: a later `recorded_at` for the same key corrects an earlier one, and nothing is overwritten.
"""

_RULES = f"""
## How values are read

- **text**: white space around it is taken off; a text of nothing else is missing. Control characters are taken out.
- **instant**: ISO 8601, or a `format:` of clew.yaml. Without an offset it is local time in the dataset's zone. An hour
  that the clock shows twice is its first; one it never shows is read with the offset before the change. Both are
  reported. A bare date is the start of that day, but its end in
  {", ".join(f"`{name}`" for name in ENDS_OF_DAY)}:
  nobody is taken to have known a thing before they can have.
- **date**: ISO 8601, or a `format:`. **number**: with a decimal point (or what `decimal:` says); thousands separators
  are left out and reported.

## What a fault costs

- A missing or unusable value of a **required** column, a row with too many or too few cells, and a row about an event
  that is not there: the row is **set aside**, goes to the quarantine file, and counts towards the loss limit
  ({LOSS_LIMIT:.0%} of a table unless clew.yaml says otherwise), past which the dataset is refused.
- An unusable value of **any other** column: the **value is left out** and the row kept. Unknown is not no.
- A row that stands twice counts once. Two rows that state one fact differently and were recorded at one instant are
  both kept; the last one holds.
- Every one of these is reported with file, row, column, value, reason and mend.

## What cannot be right

There is no wall clock in it: no date is judged by today.

- An instant before {EARLIEST:%Y}, or after the data's own outer fence: upper quartile of `occurred_from` plus
  {FENCE_RANGES:g} times the interquartile range, {FENCE_AT_LEAST.days} days at least. `plausible:` in clew.yaml sets
  both.
{{order}}
- A birth after the event, or more than {OLDEST_YEARS} years before it.
- A position at 0, 0; one of latitude and longitude without the other; both exchanged (exchanged they lie near the
  place that the dataset's time zone is named for); a projected position outside its CRS's area.
"""


def table_reference() -> str:
    """docs/reference/tables.md: every column with type, unit, meaning and vocabulary, and the rules of reading."""
    order = "\n".join(
        f"- In `{table}`, `{after}` before `{before}`: `{after}` is left out."
        for table, pairs in ORDER.items()
        for before, after in pairs
    )
    return _HEAD + "".join(_table(table) for table in TABLES.values()) + _RULES.replace("{order}", order)


def _table(table: Table) -> str:
    lines = [f"\n## `{table.name}`: one row is {table.meaning}\n"]
    lines.append(f"A fact is told from another by: {_names(table.key)}.")
    if table.name == "events":
        lines.append(
            f"Where `recorded_at` is missing, the first filled of {_names(table.stands_in)} stands in; it is counted.\n"
        )
    else:
        own = f"{_names(table.stands_in)}, else " if table.stands_in else ""
        lines.append(f"Where `recorded_at` is missing, {own}the event's own stands in; it is counted.\n")
    lines.append("| column | type | meaning |")
    lines.append("|---|---|---|")
    lines.extend(_column(column) for column in table.columns)
    return "\n".join(lines) + "\n"


def _column(column: Column) -> str:
    name = f"**`{column.name}`** (required)" if column.required else f"`{column.name}`"
    kind = f"{column.type}, {column.unit}" if column.unit else str(column.type)
    meaning = column.meaning
    if column.vocabulary:
        meaning += f". One of: {_names(column.vocabulary)}"
    if column.type is Type.NUMBER and column.low is not None and column.high is not None:
        meaning += f". From {column.low:g} to {column.high:g}"
    return f"| {name} | {kind} | {meaning} |"


def _names(names: tuple[str, ...]) -> str:
    return ", ".join(f"`{name}`" for name in names)
