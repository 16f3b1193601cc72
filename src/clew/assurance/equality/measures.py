"""For each rule and group: the share of duties met in time, against all others, within strata and over many rules.

Difference with Newcombe's score interval, ratio on the log scale, Mantel-Haenszel odds ratio across strata (place,
year, kind of scene) so that a group is not blamed for where it dies, Benjamini-Hochberg over every comparison made, and
the smallest difference that a sample of this size would have shown four times in five. A wide interval is not equality.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import special

from clew.core import UsageError
from clew.statistics.contingency import (
    benjamini_hochberg,
    mantel_haenszel_counts,
    risk_difference,
    risk_ratio,
)

Cells = NDArray[Any]
NOT_RECORDED = "not recorded"
MET, DECIDED = "met", ("met", "met_late", "missed")
POWER, SIGNIFICANCE = 0.8, 0.05
LEAST_GROUP = 5
"""Groups smaller than this are counted but not compared: any rate of theirs is an anecdote, and could name somebody."""


@dataclass(frozen=True)
class Missingness:
    """How many duties of a rule have no value recorded for a characteristic; said before anything else."""

    rule: str
    characteristic: str
    duties: int
    not_recorded: int

    @property
    def share(self) -> float:
        """The share not recorded."""
        return self.not_recorded / self.duties if self.duties else math.nan


@dataclass(frozen=True)
class GroupMeasure:
    """One group against all others on one rule.

    rate, others: shares met in time of the duties decided. difference, ratio with lower and upper ends; odds_ratio is
    Mantel-Haenszel across strata. p_value is of the stratified test, adjusted_p over every comparison made at once.
    detectable: the smallest difference seen with power 0.8 at this size. waived, indeterminate: shown apart.
    """

    rule: str
    characteristic: str
    group: str
    duties: int
    met: int
    waived: int
    indeterminate: int
    rate: float
    others: float
    difference: float
    difference_lower: float
    difference_upper: float
    ratio: float
    ratio_lower: float
    ratio_upper: float
    odds_ratio: float
    odds_ratio_lower: float
    odds_ratio_upper: float
    p_value: float
    adjusted_p: float
    detectable: float

    @property
    def sentence(self) -> str:
        """The measure as a board can read it."""
        if math.isnan(self.difference):
            return f"{self.rule}, {self.characteristic} {self.group}: {self.duties} duties, too few to compare."
        return (
            f"{self.rule}, {self.characteristic} {self.group}: met in {self.rate:.0%} of {self.duties} duties, "
            f"{self.others:.0%} for all others; difference {self.difference:+.1%} "
            f"({self.difference_lower:+.1%} to {self.difference_upper:+.1%}). "
            f"A difference below {self.detectable:.1%} would probably not have been seen."
        )


def missingness(duties: pl.DataFrame, characteristics: pl.DataFrame) -> list[Missingness]:
    """For each rule and characteristic, the duties whose event has no value recorded."""
    counts = _counts(duties, characteristics, strata=())
    grouped = counts.group_by("rule", "characteristic").agg(
        pl.col("all").sum(), pl.col("all").filter(pl.col("group") == NOT_RECORDED).sum().alias("missing")
    )
    return [Missingness(*row) for row in grouped.sort("rule", "characteristic").iter_rows()]


def equality_measures(
    duties: pl.DataFrame, characteristics: pl.DataFrame, *, strata: Sequence[str] = (), confidence: float = 0.95
) -> list[GroupMeasure]:
    """Every group of every characteristic against all others, for every rule.

    `duties`: `rule`, `event_id`, `verdict` and the `strata` columns, one row a duty. `characteristics`: `event_id`,
    `characteristic`, `value`, one row a value in force; an event without a row is "not recorded".
    """
    counts = _counts(duties, characteristics, strata=strata)
    measures = [
        measure
        for (rule, characteristic), part in counts.partition_by("rule", "characteristic", as_dict=True).items()
        for measure in _compare(str(rule), str(characteristic), part, confidence)
    ]
    tested = [i for i, measure in enumerate(measures) if not math.isnan(measure.p_value)]
    adjusted = benjamini_hochberg([measures[i].p_value for i in tested]).tolist() if tested else []
    for i, p in zip(tested, adjusted, strict=True):
        measures[i] = replace(measures[i], adjusted_p=p)
    return sorted(measures, key=lambda m: (m.rule, m.characteristic, m.group == NOT_RECORDED, m.group))


def gaps(measures: Sequence[GroupMeasure], *, margin: float = 0.05) -> tuple[str, ...]:
    """Sentences for groups served worse by more than `margin` beyond chance: what keeps a control from operating."""
    return tuple(
        measure.sentence
        for measure in measures
        if measure.adjusted_p < SIGNIFICANCE and measure.difference <= -margin and measure.group != NOT_RECORDED
    )


def detectable_difference(rate: float, n: float, others: float) -> float:
    """The smallest difference in rate that groups of `n` and `others` show with power 0.8 at the 5% level."""
    z = float(special.ndtri(1 - SIGNIFICANCE / 2) + special.ndtri(POWER))
    return min(1.0, z * math.sqrt(rate * (1 - rate) * (1 / n + 1 / others)))


def _counts(duties: pl.DataFrame, characteristics: pl.DataFrame, *, strata: Sequence[str]) -> pl.DataFrame:
    """Duties by rule, characteristic, group and stratum: `all`, `met`, `decided`, `waived`, `indeterminate`."""
    for frame, needed, name in (
        (duties, ("rule", "event_id", "verdict", *strata), "duties"),
        (characteristics, ("event_id", "characteristic", "value"), "characteristics"),
    ):
        gone = [column for column in needed if column not in frame.columns]
        if gone:
            raise UsageError(f"The {name} have no column {gone[0]!r}.", where="equality")
    outcome = {
        "all": pl.len(),
        "met": (pl.col("verdict") == MET).sum(),
        "decided": pl.col("verdict").is_in(DECIDED).sum(),
        "waived": (pl.col("verdict") == "waived").sum(),
        "indeterminate": (pl.col("verdict") == "indeterminate").sum(),
    }
    kept = duties.filter(pl.col("verdict").is_in([*DECIDED, "waived", "indeterminate"]))
    parts = []
    for (name,), values in characteristics.partition_by("characteristic", as_dict=True).items():
        if values["event_id"].n_unique() < values.height:
            raise UsageError(
                f"An event has two values of {name}.",
                where="characteristics",
                why="it would be counted in two groups",
                mend="hand in the values as known at one instant, one row each",
            )
        joined = kept.lazy().join(values.lazy().select("event_id", "value"), on="event_id", how="left")
        group = pl.col("value").fill_null(NOT_RECORDED).alias("group")
        counted = (
            joined.group_by("rule", group, *strata)
            .agg(expression.cast(pl.Int64).alias(column) for column, expression in outcome.items())
            .with_columns(pl.lit(name).alias("characteristic"))
            .collect()
        )
        parts.append(counted)
    if not parts:
        return pl.DataFrame(
            schema={"rule": pl.String, "characteristic": pl.String, "group": pl.String, "all": pl.Int64}
        )
    return pl.concat(parts)


def _compare(rule: str, characteristic: str, counts: pl.DataFrame, confidence: float) -> list[GroupMeasure]:
    cells = ("all", "met", "decided", "waived", "indeterminate")
    keys = [name for name in counts.columns if name not in (*cells, "group", "rule", "characteristic")]
    stratum = (
        counts.select(pl.struct(keys).rank("dense") - 1).to_series() if keys else pl.zeros(counts.height, eager=True)
    )
    index = stratum.cast(pl.Int64).to_numpy()
    names = counts["group"].to_numpy()
    table = {name: counts[name].to_numpy() for name in cells}
    width = int(index.max()) + 1
    met_of = np.bincount(index, table["met"], width)
    decided_of = np.bincount(index, table["decided"], width)
    found = []
    for group in sorted(set(names)):
        own = names == group
        a = np.bincount(index[own], table["met"][own], width)
        n = np.bincount(index[own], table["decided"][own], width)
        c, m = met_of - a, decided_of - n
        totals = {name: int(table[name][own].sum()) for name in cells}
        about = {"rule": rule, "characteristic": characteristic, "group": str(group)}
        found.append(_measure(about, totals, (a, n - a, c, m - c), confidence))
    return found


def _measure(
    about: dict[str, str],
    totals: dict[str, int],
    cells: tuple[Cells, Cells, Cells, Cells],
    confidence: float,
) -> GroupMeasure:
    a, b, c, d = (float(cell.sum()) for cell in cells)
    comparable = a + b >= LEAST_GROUP and c + d >= LEAST_GROUP
    nan = math.nan
    difference = ratio = None
    stratified = None
    if comparable:
        table = ((a, b), (c, d))
        difference = risk_difference(table, confidence=confidence)
        ratio = risk_ratio(table, confidence=confidence)
        stratified = mantel_haenszel_counts(*cells, confidence=confidence)
    return GroupMeasure(
        **about,
        duties=totals["decided"],
        met=totals["met"],
        waived=totals["waived"],
        indeterminate=totals["indeterminate"],
        rate=a / (a + b) if a + b else nan,
        others=c / (c + d) if c + d else nan,
        difference=difference.value if difference else nan,
        difference_lower=difference.lower if difference else nan,
        difference_upper=difference.upper if difference else nan,
        ratio=ratio.value if ratio else nan,
        ratio_lower=ratio.lower if ratio else nan,
        ratio_upper=ratio.upper if ratio else nan,
        odds_ratio=stratified.odds_ratio if stratified else nan,
        odds_ratio_lower=stratified.lower if stratified else nan,
        odds_ratio_upper=stratified.upper if stratified else nan,
        p_value=stratified.p_value_uncorrected if stratified else nan,
        adjusted_p=nan,
        detectable=detectable_difference((a + c) / (a + b + c + d), a + b, c + d) if comparable else nan,
    )
