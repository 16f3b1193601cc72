"""What may be published: tables of counts with no small cell, and no way to work one out, now or with what is out.

A release is one or more tables over one *scope* (what is counted, such as "deaths of 2014"): counts by one column or by
two. Tables of one scope share their totals, and an outsider holds all of them side by side; so a new release is
protected together with every earlier one of its scope. Three two-way tables whose columns form a ring (a by b, b by
c, c by a) say more together than by their shared totals; such a release is refused. Labels are checked, so that no free
text gets out as the name of a row.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from clew.core import UsageError
from clew.publish.disclosure import (
    THRESHOLD,
    Cell,
    CountTable,
    one_way_table,
    recovered,
    rounded,
    rounding_ranges,
    suppress,
    two_way_table,
)

ADMITTED = frozenset(
    [
        "area",
        "category",
        "characteristic",
        "kind",
        "month",
        "norm",
        "place_type",
        "quarter",
        "rule",
        "severity",
        "state",
        "status",
        "stratum",
        "unit",
        "value",
        "verdict",
        "view",
        "year",
    ]
)
"""Columns of closed vocabularies. Any other is admitted only by name, and the release says so."""

MOST_LABELS, LONGEST_LABEL = 100, 60
_TELLING = re.compile(r"@|\d{5,}|https?:|[\n\r\t]")
Columns = tuple[str, ...]

#: Counts up to here are exact as floating point.
_MOST = 2.0**53


@dataclass(frozen=True)
class Release:
    """Tables of one scope and how each cell is shown.

    tables: the columns of each, one or two. counts: every cell of the release with its true count (private). shown:
    what the public sees of each, None where hidden. rounding: the base, or 0 where counts are exact. by_hand: columns
    without a closed vocabulary that somebody admitted. relations: the counts with the sums that bind them.
    """

    scope: str
    tables: tuple[Columns, ...]
    counts: Mapping[Cell, int]
    shown: Mapping[Cell, int | None]
    threshold: int = THRESHOLD
    rounding: int = 0
    by_hand: tuple[str, ...] = ()
    relations: CountTable = field(default_factory=lambda: CountTable({}, ()))

    @property
    def hidden(self) -> frozenset[Cell]:
        """Cells that are not shown."""
        return frozenset(cell for cell, value in self.shown.items() if value is None)


def count_tables(rows: pl.DataFrame, tables: Sequence[Columns], *, scope: str, count: str | None = None) -> CountTable:
    """The joint table of counts of `rows` (one row a thing counted, or a column `count`) by each of `tables`."""
    weight = pl.len() if count is None else _whole_numbers(rows, count).sum()
    joint: CountTable | None = None
    for columns in tables:
        gone = [name for name in columns if name not in rows.columns]
        if gone or not 1 <= len(columns) <= 2 or len(set(columns)) < len(columns):
            raise UsageError(
                f"A table by {', '.join(columns) or 'nothing'} cannot be made.",
                where="--table",
                mend=f"name one or two columns among {', '.join(rows.columns)}",
            )
        text = [pl.col(name).cast(pl.String).fill_null("not recorded") for name in columns]
        counts = rows.group_by(text).agg(weight.alias("count"))
        made = (
            one_way_table(counts, row=columns[0], scope=scope)
            if len(columns) == 1
            else two_way_table(counts, row=columns[0], column=columns[1], scope=scope)
        )
        joint = made if joint is None else joint | made
    if joint is None:
        raise UsageError("No table is named.", where="--table", mend="give --table rule,verdict")
    return joint


def _whole_numbers(rows: pl.DataFrame, count: str) -> pl.Expr:
    """The column of counts as whole numbers; raises `UsageError` for the first that is none."""
    if count not in rows.columns:
        raise UsageError(
            f"There is no column {count!r}.", where="--count", mend=f"name one among {', '.join(rows.columns)}"
        )
    number = rows[count].cast(pl.Float64, strict=False)
    good = (number >= 0) & (number == number.floor()) & (number <= _MOST)
    if not (good := good.fill_null(value=False)).all():
        row = int((~good).arg_true()[0])
        raise UsageError(
            f"{str(rows[count][row])[:40]!r} is no count.",
            where=f"--count, row {row + 2}",
            why="a count left out or taken for 0 would make the totals wrong",
            mend="give whole numbers from 0",
        )
    return pl.col(count).cast(pl.Float64).cast(pl.Int64)


def check_labels(rows: pl.DataFrame, tables: Sequence[Columns], *, allowed: Sequence[str] = ()) -> tuple[str, ...]:
    """Refuses free text as a label; the columns that were admitted by hand."""
    names = list(dict.fromkeys(name for columns in tables for name in columns if name in rows.columns))
    strange = [name for name in names if name not in ADMITTED and name not in allowed]
    if strange:
        raise UsageError(
            f"Column {strange[0]!r} is not one of those with a closed vocabulary.",
            where="public report",
            why="free text could get out as the name of a row",
            mend=f"look at its values, then give --allow-column {strange[0]}; the release will say so",
        )
    for name in names:
        labels = rows[name].cast(pl.String).drop_nulls().unique().sort().to_list()
        telling = [label for label in labels if len(label) > LONGEST_LABEL or _TELLING.search(label)]
        if len(labels) > MOST_LABELS or telling:
            what = f"has {len(labels)} values" if len(labels) > MOST_LABELS else f"has the value {telling[0][:30]!r}"
            raise UsageError(
                f"Column {name!r} {what}.",
                where="public report",
                why="long labels, numbers and addresses can point at a person, and a hundred rows are no table",
                mend="map the column to a short list of plain words first",
            )
    return tuple(name for name in names if name not in ADMITTED)


def protect(
    joint: CountTable,
    tables: Sequence[Columns],
    *,
    scope: str,
    earlier: Sequence[Release] = (),
    threshold: int = THRESHOLD,
    rounding: int = 0,
    by_hand: tuple[str, ...] = (),
) -> Release:
    """How `joint` may be shown, given all `earlier` releases (those of other scopes are no concern of it).

    Raises `UsageError` where no cell can be hidden any more that would protect a small one.
    """
    before = [release for release in earlier if release.scope == scope]
    check_ring([*(columns for release in before for columns in release.tables), *tables])
    whole = joint
    for release in before:
        whole = whole | release.relations
    exact = _exactly_shown(before)
    if rounding:
        shown: dict[Cell, int | None] = dict(rounded(joint, base=rounding))
    else:
        old = {cell: 1e-3 for release in before for cell in release.hidden}
        done = suppress(whole, threshold=threshold, shown_before=exact, costs=old)
        shown = {cell: None if cell in done.hidden else count for cell, count in joint.counts.items()}
    made = Release(scope, tuple(tables), joint.counts, shown, threshold, rounding, by_hand, joint)
    check_safe([*before, made], threshold=threshold)
    return made


def check_safe(releases: Sequence[Release], *, threshold: int = THRESHOLD) -> None:
    """The outsider's attack on all releases of one scope side by side; raises `UsageError` if a small cell falls."""
    whole = releases[0].relations
    for release in releases[1:]:
        whole = whole | release.relations
    exact = _exactly_shown(releases)
    ranges: dict[Cell, tuple[int, int]] = {}
    for release in releases:
        if release.rounding:
            given = {cell: value for cell, value in release.shown.items() if value is not None}
            for cell, (low, high) in rounding_ranges(given, base=release.rounding).items():
                had = ranges.get(cell, (0, high))
                ranges[cell] = (max(low, had[0]), min(high, had[1]))
    hidden = [cell for cell in whole.counts if cell not in exact]
    small = {cell for cell in whole.counts if 0 < whole.counts[cell] < threshold}
    fallen = sorted(small & exact) or sorted(small & recovered(whole, hidden, ranges=ranges))
    if fallen:
        raise UsageError(
            f"Cell {' / '.join(fallen[0])} could be worked out.",
            where="this release beside the earlier ones",
            why="a small count that somebody can work out is not hidden",
            mend="join rows or columns, round, or leave the table out",
        )


def check_ring(tables: Sequence[Columns]) -> None:
    """Refuses two-way tables whose columns form a ring; trees and chains are safe with their shared totals."""
    joined: dict[str, str] = {}

    def root(name: str) -> str:
        while joined.setdefault(name, name) != name:
            name = joined[name]
        return name

    for one, other in sorted({tuple(sorted(columns)) for columns in tables if len(columns) == 2}):
        if root(one) == root(other):
            raise UsageError(
                f"A table by {one} and {other} closes a ring of tables.",
                where="this release beside the earlier ones",
                why="together they say more of single cells than their shared totals, and no check here covers that",
                mend="publish it under another scope with other rows, or leave it out",
            )
        joined[root(one)] = root(other)


def _exactly_shown(releases: Sequence[Release]) -> frozenset[Cell]:
    return frozenset(
        cell
        for release in releases
        if not release.rounding
        for cell, value in release.shown.items()
        if value is not None
    )
