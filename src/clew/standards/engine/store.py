"""The facts of a dataset, laid out for the kernel: every version, sorted by label, case and time.

A `FactTable` holds one of the dataset's tables; only labels and columns that the standard reads are kept. Cases are
events, numbered in the order of their ids. A fact version holds from `recorded` until `until`, when a later version
or a retraction ends it; so one store serves every T.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from clew.records import TABLES, Dataset
from clew.records.dataset import fact_key
from clew.standards.engine.arrays import NEVER, Ints, offsets, sorted_in_groups
from clew.standards.language.expression import columns_of
from clew.standards.language.model import LABEL_COLUMNS, LINKS, Pattern, Rule, Standard

#: When a row of each table happened: earliest and latest column. Other tables' rows happen when they are recorded.
_TIMES: dict[str, tuple[str, str]] = {
    "events": ("occurred_from", "occurred_to"),
    "actions": ("at", "at_to"),
    "exhibits": ("found_at", "found_at"),
}


@dataclass(frozen=True, eq=False)
class FactTable:
    """One table. All arrays have a row a version, sorted by label, case, `low`.

    frame: the columns that conditions and correlations read. slices: label to begin and end. low, high: the interval
    in which it happened. recorded, until: from when and to when this version held. fact: which rows are versions of
    one fact; None if every fact has one version. row: the row of the source table.
    """

    name: str
    frame: pl.DataFrame
    slices: Mapping[str, tuple[int, int]]
    case: Ints
    low: Ints
    high: Ints
    recorded: Ints
    until: Ints | None
    fact: Ints | None
    row: Ints


@dataclass(frozen=True, eq=False)
class Store:
    """What the kernel runs on. cases: event ids by case number; sources: the tables that `row` points into."""

    cases: pl.Series
    tables: Mapping[str, FactTable]
    sources: Mapping[str, pl.DataFrame]


def patterns_of(rule: Rule) -> Iterable[Pattern]:
    """Every pattern a rule reads."""
    if rule.trigger:
        yield rule.trigger.pattern
    yield from (response.pattern for response in rule.responses)
    yield from (pattern for condition in rule.conditions for pattern in condition.options)
    if rule.pause:
        yield from (rule.pause.start, rule.pause.stop)
    if rule.waiver:
        yield rule.waiver.pattern


def labels_read(rules: Iterable[Rule]) -> dict[str, frozenset[str] | None]:
    """Per table the labels that `rules` read; None: any."""
    reads: dict[str, frozenset[str] | None] = {}
    for pattern in (pattern for rule in rules for pattern in patterns_of(rule)):
        known = reads.get(pattern.table, frozenset())
        reads[pattern.table] = known | frozenset(pattern.labels) if pattern.labels and known is not None else None
    return reads


def needed(standard: Standard) -> dict[str, tuple[frozenset[str] | None, frozenset[str]]]:
    """Per table the labels (None: all) and the columns that the standard's rules read."""
    labels: dict[str, set[str] | None] = {}
    columns: dict[str, set[str]] = {}
    for rule in standard.rules.values():
        for pattern in patterns_of(rule):
            known = labels.setdefault(pattern.table, set())
            if not pattern.labels:
                labels[pattern.table] = None
            elif known is not None:
                known.update(pattern.labels)
            columns.setdefault(pattern.table, set()).update(columns_of(pattern.where))
        if rule.trigger:
            own = columns[rule.trigger.pattern.table]
            own.update(rule.trigger.bind.values())
            own.update(value.deadline.column for value in standard.deadlines(rule) if value.deadline.column)
            for response in rule.responses:
                for correlation in (response.equals, response.differs):
                    if correlation:
                        own.add(correlation.trigger)
                        columns[response.pattern.table].add(correlation.response)
    return {
        table: (None if names is None else frozenset(names), frozenset(columns[table]))
        for table, names in labels.items()
    }


def build_store(dataset: Dataset, standard: Standard, *, links: pl.DataFrame | None = None) -> Store:
    """Lays out what `standard` reads of `dataset`. links: as `clew.standards.engine.links.link_facts` gives them."""
    wanted = needed(standard)
    sources = {name: dataset.tables[name] for name in wanted if name != LINKS and name in dataset.tables}
    if LINKS in wanted and links is not None:
        sources[LINKS] = links
    return lay_out(sources, wanted, source_order=tuple(sources))


def lay_out(
    sources: Mapping[str, pl.DataFrame],
    wanted: Mapping[str, tuple[frozenset[str] | None, frozenset[str]]],
    *,
    source_order: Sequence[str],
    cases: pl.Series | None = None,
) -> Store:
    """A store of `sources`, each cut to the labels and columns of `wanted`.

    cases: event ids by case number, where the sources have their rows' case numbers in a column `_case`.
    """
    versioned = {name: has_versions(sources[name], name) for name in source_order}
    picked = {name: _picked(sources[name], name, wanted[name], versioned[name]) for name in source_order}
    if cases is None:
        ids = [frame["event_id"].unique() for frame in picked.values()]
        cases = pl.concat(ids).unique().sort() if ids else pl.Series("event_id", [], dtype=pl.String)
    numbers = pl.DataFrame({"event_id": cases, "_case": np.arange(len(cases), dtype=np.int64)})
    tables = {
        name: _fact_table(name, frame, wanted[name][1], numbers, versioned[name]) for name, frame in picked.items()
    }
    return Store(cases=cases.alias("event_id"), tables=tables, sources=sources)


def _picked(
    source: pl.DataFrame, name: str, wanted: tuple[frozenset[str] | None, frozenset[str]], versioned: bool
) -> pl.DataFrame:
    """The rows with a wanted label, and of them only what is read or orders them."""
    labels, columns = wanted
    label = LABEL_COLUMNS[name]
    read = {"event_id", "_case", label, "recorded_at", "retracted_at", *_TIMES.get(name, ()), *columns}
    if versioned:
        read |= {
            "source_file",
            "source_row",
            *(root for key in fact_key(TABLES[name]) for root in key.meta.root_names()),
        }
    frame = source.select(column for column in source.columns if column in read).with_row_index("_row")
    if labels is None:
        return frame
    if not versioned:
        return frame.filter(pl.col(label).is_in(sorted(labels)))
    # A correction may have changed the label: keep every version of a fact of which one is wanted.
    keys = [expression.alias(f"_key{number}") for number, expression in enumerate(fact_key(TABLES[name]))]
    names = [f"_key{number}" for number in range(len(keys))]
    keyed = frame.with_columns(*keys)
    facts = keyed.filter(pl.col(label).is_in(sorted(labels))).select(names).unique()
    return keyed.join(facts, on=names, how="semi", nulls_equal=True, maintain_order="left").drop(names)


def has_versions(source: pl.DataFrame, name: str) -> bool:
    """Whether any fact of the table has more than one version."""
    if name not in TABLES:
        return False
    if name == "actions":  # one without a number is a fact of its own
        numbered = source.filter(pl.col("action_id").is_not_null())
        return bool(numbered.select(pl.struct("event_id", "action_id").hash().n_unique()).item() < numbered.height)
    keys = [expression.alias(f"_key{number}") for number, expression in enumerate(fact_key(TABLES[name]))]
    return bool(source.select(pl.struct(keys).hash().n_unique()).item() < source.height)


def _instants(column: str) -> pl.Expr:
    return pl.col(column).dt.timestamp("us")


def _fact_table(
    name: str, frame: pl.DataFrame, columns: frozenset[str], numbers: pl.DataFrame, versioned: bool
) -> FactTable:
    label = LABEL_COLUMNS[name]
    fact, until, first = _versions(name, frame, versioned)
    low, high = _TIMES.get(name, ("", ""))
    kept = [column for column in sorted(columns) if column in frame.columns]
    happened = pl.col("_first") if low not in frame.columns else pl.coalesce(_instants(low), pl.col("_first"))
    ends = (
        happened if high not in frame.columns else pl.max_horizontal(pl.coalesce(_instants(high), happened), happened)
    )
    # As numbers in the order of the alphabet, which are sorted much faster than texts.
    labels = pl.Enum(frame[label].fill_null("").unique().sort())
    words = labels.categories.to_list()
    if "_case" not in frame.columns:
        frame = frame.join(numbers, on="event_id", how="left", maintain_order="left")
    laid = (
        frame.with_columns(
            _instants("recorded_at").alias("_recorded"),
            pl.Series("_first", first if first is not None else np.empty(0, dtype=np.int64))
            if first is not None
            else _instants("recorded_at").alias("_first"),
            *([pl.Series("_fact", fact)] if fact is not None else []),
            *([pl.Series("_until", until)] if until is not None else []),
        )
        .with_columns(happened.alias("_low"), ends.alias("_high"))
        .select(
            *kept,
            pl.col(label).fill_null("").cast(labels).to_physical().alias("_label"),
            "_case",
            "_low",
            "_high",
            # Nothing is known to have happened before it happened.
            pl.max_horizontal("_recorded", "_low").alias("_recorded"),
            *(["_until"] if until is not None else []),
            *(["_fact"] if fact is not None else []),
            pl.col("_row").cast(pl.Int64),
        )
    )
    code = laid["_label"].to_numpy()
    laid = laid[_order(code, laid["_case"].to_numpy(), laid["_low"].to_numpy()).astype(np.uint32)]
    begins = offsets(code, len(words)).tolist()
    return FactTable(
        name=name,
        frame=laid.select(kept),
        slices={word: (begins[i], begins[i + 1]) for i, word in enumerate(words)},
        case=laid["_case"].to_numpy(),
        low=laid["_low"].to_numpy(),
        high=laid["_high"].to_numpy(),
        recorded=laid["_recorded"].to_numpy(),
        until=laid["_until"].to_numpy() if until is not None else None,
        fact=laid["_fact"].to_numpy() if fact is not None else None,
        row=laid["_row"].to_numpy(),
    )


def _order(label: npt.NDArray[Any], case: Ints, low: Ints) -> Ints:
    """Places of rows in order of label, case and `low`, ties as they come."""
    # Rows that come case by case, as an increment's do, are merged, not sorted.
    order = np.argsort(case, kind="stable")
    if not sorted_in_groups(case[order], low[order]):
        order = np.lexsort((low, case))
    # Few labels: sixteen bits are sorted by counting.
    narrow = label[order].astype(np.uint16 if label.max(initial=0) < 2**16 else np.int64)
    return order[np.argsort(narrow, kind="stable")]


def _versions(name: str, frame: pl.DataFrame, versioned: bool) -> tuple[Ints | None, Ints | None, Ints | None]:
    """Fact number, end, and first record of each version; None where every row is a fact of its own."""
    retracted = None
    if "retracted_at" in frame.columns and frame["retracted_at"].null_count() < frame.height:
        retracted = frame["retracted_at"].dt.timestamp("us").fill_null(NEVER).to_numpy()
    if not versioned:
        if retracted is None:
            return None, None, None
        return np.arange(frame.height, dtype=np.int64), retracted, None
    keys = [expression.alias(f"_key{number}") for number, expression in enumerate(fact_key(TABLES[name]))]
    names = [f"_key{number}" for number in range(len(keys))]
    versions = (
        frame.select(*keys, "recorded_at", "source_file", "source_row")
        .with_columns(pl.struct(names).rank("dense").cast(pl.Int64).alias("_fact"), pl.int_range(pl.len()).alias("_at"))
        .sort("_fact", "recorded_at", "source_file", "source_row", maintain_order=True)
        .with_columns(
            pl.col("recorded_at").shift(-1).over("_fact").dt.timestamp("us").fill_null(NEVER).alias("_until"),
            pl.col("recorded_at").first().over("_fact").dt.timestamp("us").alias("_first"),
        )
        .sort("_at")
    )
    until = versions["_until"].to_numpy()
    if retracted is not None:
        until = np.minimum(until, retracted)
    return versions["_fact"].to_numpy(), until, versions["_first"].to_numpy()
