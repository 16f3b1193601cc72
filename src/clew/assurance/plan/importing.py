"""Reads a tracker's file, sets bad rows aside with their reason, and refuses a feed that is broken as a whole.

A feed that has silently lost nine tenths of its rows would make nine tenths of a plan look done. So: a status nobody
mapped, dates in two formats, a column gone, too many bad rows, or too many known rows missing refuse the whole feed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from clew.assurance.plan.due import ResponseStatus
from clew.assurance.plan.mapping import DATES, FeedMapping
from clew.core import UsageError

MOST_BAD_SHARE = 0.05
"""More bad rows than this and the feed, not its rows, is at fault."""

MOST_LOST_SHARE = 0.05
"""More known rows missing than this and the feed is cut short."""

OTHER_FORMATS = ("%d/%m/%Y", "%m/%d/%Y", "%Y-%m-%d", "%d.%m.%Y", "%d %B %Y", "%d-%b-%Y")

_NEEDS_NO_ANSWER = (ResponseStatus.WITHDRAWN.value, ResponseStatus.NOT_KNOWN.value, ResponseStatus.NOT_SENT.value)


@dataclass(frozen=True, eq=False)
class Import:
    """What a feed said.

    rows: `key`, `reference`, `addressee`, `made`, `due`, `closed` (dates), `status` (`ResponseStatus`), `recipients`,
    `replies`, `text`, `source_row` (1 is the first row under the heading). quarantine: rows set aside, and flags on
    rows kept: `source_row`, `column`, `value`, `why`, `kept`. refusals: why the whole feed must be refused, if it must.
    """

    name: str
    digest: str
    rows: pl.DataFrame
    quarantine: pl.DataFrame
    rows_read: int
    refusals: tuple[str, ...] = ()


def import_feed(paths: list[Path], mapping: FeedMapping, *, as_at: date) -> Import:
    """Reads one feed, which may come in several files. Nothing is refused here: see `check_feed`."""
    digest, parts = hashlib.sha256(), []
    for path in paths:
        try:
            content = path.read_bytes()
            digest.update(hashlib.sha256(content).digest())
            part = _read(path, mapping)
        except (OSError, pl.exceptions.PolarsError, ValueError) as error:
            raise UsageError(
                f"{path.name} cannot be read: {str(error).splitlines()[0]}.",
                where="import",
                mend="give a CSV file in UTF-8 or an Excel workbook",
            ) from None
        parts.append(part)
    needed = dict.fromkeys((*mapping.key, *mapping.columns.values()))
    for path, part in zip(paths, parts, strict=True):
        gone = [column for column in needed if column not in part.columns]
        if gone:
            raise UsageError(
                f"{path.name} has no column {gone[0]!r}.",
                where="import",
                why="the tracker has changed its form, and guessing would misfile its rows",
                mend=f"map one of {', '.join(part.columns[:12])}",
            )
    raw = pl.concat([part.select(list(needed)) for part in parts]).with_row_index("source_row", offset=1)
    return _typed(raw, mapping, digest.hexdigest(), as_at)


def check_feed(feed: Import, *, previous: Import | None = None) -> Import:
    """The feed, if it can be believed; raises `UsageError` with every reason if not.

    `previous` is the last accepted import: a feed that has lost more than a twentieth of its rows is refused.
    """
    reasons = list(feed.refusals)
    bad = feed.quarantine.filter(~pl.col("kept"))["source_row"].n_unique()
    if bad > MOST_BAD_SHARE * max(1, feed.rows_read):
        reasons.append(f"{bad:,} of {feed.rows_read:,} rows are bad")
    if previous is not None:
        lost = previous.rows.join(feed.rows, on="key", how="anti").height
        if lost > MOST_LOST_SHARE * previous.rows.height:
            reasons.append(f"{lost:,} of the {previous.rows.height:,} rows of the last import are gone")
    if reasons:
        raise UsageError(
            f"The feed {feed.name} is refused: {'; '.join(reasons)}.",
            where="import",
            why="a plan of action rebuilt from a broken feed would hide what is still owed",
            mend="ask for the whole file again, or change the mapping if the tracker has changed its words",
        )
    return feed


def _read(path: Path, mapping: FeedMapping) -> pl.DataFrame:
    if path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        frame = pl.read_excel(path, sheet_name=mapping.sheet) if mapping.sheet else pl.read_excel(path)
        return frame.select(pl.all().cast(pl.String))
    return pl.read_csv(path, infer_schema_length=0)


def _typed(raw: pl.DataFrame, mapping: FeedMapping, digest: str, as_at: date) -> Import:
    def source(ours: str) -> pl.Expr:
        theirs = mapping.columns.get(ours)
        return pl.col(theirs).str.strip_chars().replace("", None) if theirs else pl.lit(None, pl.String)

    text = raw.select(
        "source_row",
        pl.concat_str([pl.col(name).fill_null("") for name in mapping.key or ["source_row"]], separator=" | ").alias(
            "key"
        ),
        *(source(name).alias(name) for name in ("reference", "addressee", "status", "text")),
        *(source(name).alias(name) for name in DATES),
        *(source(name).alias(name) for name in ("recipients", "replies")),
    )
    skipped = text.filter(pl.col("status").is_null()) if mapping.skip_without_status else text.clear()
    text = text.join(skipped, on="source_row", how="anti")
    dated = text.with_columns(_date(name, mapping).alias(f"{name}_date") for name in DATES)
    counted = dated.with_columns(
        pl.col(name).cast(pl.Int64, strict=False).alias(f"{name}_count") for name in ("recipients", "replies")
    )
    meaning = {word: status.value for word, status in mapping.statuses.items()}
    full = counted.with_columns(
        pl.col("status").replace_strict(meaning, default=None, return_dtype=pl.String).alias("meaning")
    )
    if mapping.days_to_answer is not None:
        due = pl.col("made_date") + pl.duration(days=mapping.days_to_answer)
        full = full.with_columns(pl.coalesce("due_date", due).alias("due_date"))
    quarantine = _problems(full, mapping, as_at)
    refusals = [f"status {word!r} is not in the mapping" for word in _unmapped(full, mapping)]
    refusals += [reason for name in DATES if (reason := _two_formats(full, name, mapping))]
    out = quarantine.filter(~pl.col("kept"))["source_row"].unique()
    rows = full.filter(~pl.col("source_row").is_in(out.implode())).select(
        "key",
        "reference",
        "addressee",
        *(pl.col(f"{name}_date").alias(name) for name in DATES),
        pl.col("meaning").alias("status"),
        *(pl.col(f"{name}_count").alias(name) for name in ("recipients", "replies")),
        "text",
        pl.col("source_row").cast(pl.Int64),
    )
    return Import(mapping.name, digest, rows, quarantine, text.height, tuple(refusals))


def _date(name: str, mapping: FeedMapping) -> pl.Expr:
    style = mapping.dates.get(name, "%Y-%m-%d")
    if "%H" in style:  # a stamp: its own calendar day counts, whatever its offset
        return pl.when(pl.col(name).str.to_datetime(style, strict=False).is_not_null()).then(
            pl.col(name).str.slice(0, 10).str.to_date("%Y-%m-%d", strict=False)
        )
    return pl.col(name).str.to_date(style, strict=False)


def _unmapped(full: pl.DataFrame, mapping: FeedMapping) -> list[str]:
    words = full.filter(pl.col("meaning").is_null() & pl.col("status").is_not_null())["status"].unique()
    return sorted(set(words) - set(mapping.leave_out))


def _two_formats(full: pl.DataFrame, name: str, mapping: FeedMapping) -> str:
    failed = full.filter(
        pl.col(name).is_not_null() & pl.col(f"{name}_date").is_null() & ~pl.col("status").is_in(mapping.leave_out)
    )[name]
    for style in OTHER_FORMATS:
        other = failed.str.to_date(style, strict=False).drop_nulls()
        if other.len():
            declared = mapping.dates.get(name, "%Y-%m-%d")
            return f"dates of {name!r} are in two formats: {declared} and {style} (as in {failed[0]})"
    return ""


def _problems(full: pl.DataFrame, mapping: FeedMapping, as_at: date) -> pl.DataFrame:
    """One row per problem; each rule is (column, when it holds, why, whether the row is kept)."""
    needs_answer = ~pl.col("meaning").is_in(_NEEDS_NO_ANSWER)
    left_out = pl.col("status").is_in(mapping.leave_out)
    rules: list[tuple[str, pl.Expr, str, bool]] = [
        ("status", left_out, "the mapping leaves rows with this status out", False),
        ("status", pl.col("status").is_null(), "no status", False),
        (
            "status",
            pl.col("meaning").is_null() & ~left_out & pl.col("status").is_not_null(),
            "status not mapped",
            False,
        ),
        ("key", pl.col("key").is_duplicated() & ~pl.col("key").is_first_distinct() & ~left_out, "repeats a row", False),
        ("addressee", pl.col("addressee").is_null() & needs_answer & ~left_out, "no addressee on record", True),
        ("made", pl.col("made_date") > as_at, "dated after the import", True),
        ("made", pl.col("made").is_null() & needs_answer & ~left_out, "no date", True),
    ]
    for name in DATES:
        unread = pl.col(name).is_not_null() & pl.col(f"{name}_date").is_null() & ~left_out
        rules.append((name, unread, "not a date in the mapping's format", False))
    for name in ("recipients", "replies"):
        unread = pl.col(name).is_not_null() & pl.col(f"{name}_count").is_null() & ~left_out
        rules.append((name, unread, "not a number", False))
    found = [
        full.filter(holds).select(
            pl.col("source_row").cast(pl.Int64),
            pl.lit(column).alias("column"),
            pl.col(column).cast(pl.String).alias("value"),
            pl.lit(why).alias("why"),
            pl.lit(kept).alias("kept"),
        )
        for column, holds, why, kept in rules
    ]
    return pl.concat(found).sort("source_row")
