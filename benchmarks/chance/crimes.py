"""The crimelinkage data as arrays, the plain scorer of research/linkage.md 6, and the nulls that are compared.

The data (R package crimelinkage 0.0.4, GPL-3) are read where they lie and are never part of Clew.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date as day_of
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from clew.links.rates.strata import collapsed

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_NEW_YEAR = day_of(1993, 1, 1)
_SEASON_DAYS = 365.25 / 4


@dataclass(frozen=True, kw_only=True)
class Crimes:
    """n crimes: xy (n, 2); start, end (n,) days of 1993; manner (n, 3) codes of MO1 to MO3, -1 not known; group (n,)
    connected group of offenders, -1 unsolved; offender (n, o) whether o took part."""

    xy: Floats
    start: Floats
    end: Floats
    manner: Integers
    group: Integers
    offender: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.start)

    def take(self, rows: Integers) -> Crimes:
        """Only these crimes."""
        return Crimes(
            xy=self.xy[rows],
            start=self.start[rows],
            end=self.end[rows],
            manner=self.manner[rows],
            group=self.group[rows],
            offender=self.offender[rows],
        )

    def on_days_of(self, given: Integers) -> Crimes:
        """The same crimes, each moved by whole days to the day of another."""
        days = np.floor(self.start[given]) - np.floor(self.start)
        return replace(self, start=self.start + days, end=self.end + days)


def read_crimes(data: Path, reference: Path) -> tuple[Crimes, Integers]:
    """The crimes, and the folds (groups, 10): which half, 1 or 2, each group falls in, by repeat; row g: group g+1."""
    crimes = _rows(data / "crimelinkage_crimes.csv")
    place = {row["crimeID"]: number for number, row in enumerate(crimes)}
    series = _rows(reference / "crimelinkage_series.csv")
    offenders = {name: number for number, name in enumerate(sorted({row["offenderID"] for row in series}))}
    group = np.full(len(crimes), -1, dtype=np.int64)
    offender = np.zeros((len(crimes), len(offenders)), dtype=np.bool_)
    for row in series:
        group[place[row["crimeID"]]] = int(row["CG"])
        offender[place[row["crimeID"]], offenders[row["offenderID"]]] = True
    start = np.array([_day(row["DATE_FROM"], row["TIME_FROM"]) for row in crimes])
    end = np.array([_day(row["DATE_TO"], row["TIME_TO"]) for row in crimes])
    read = Crimes(
        xy=np.array([[float(row["X"]), float(row["Y"])] for row in crimes]),
        start=start,
        end=np.maximum(start, end),
        manner=np.column_stack([_codes([row[name] for row in crimes]) for name in ("MO1", "MO2", "MO3")]),
        group=group,
        offender=offender,
    )
    folds = _rows(reference / "crimelinkage_folds.csv")
    halves = np.zeros((max(int(row["CG"]) for row in folds), 10), dtype=np.int64)
    for row in folds:
        halves[int(row["CG"]) - 1] = [int(row[f"r{number}"]) for number in range(1, 11)]
    return read, halves


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _day(date: str, clock: str) -> float:
    hours, minutes = divmod(int(clock), 100)
    return (day_of.fromisoformat(date) - _NEW_YEAR).days + hours / 24 + minutes / 1440


def _codes(values: list[str]) -> Integers:
    known = {value: number for number, value in enumerate(sorted(set(values) - {"NA", ""}))}
    return np.array([known.get(value, -1) for value in values], dtype=np.int64)


def features(crimes: Crimes, a: Integers, b: Integers) -> Floats:
    """(p, 6) of each pair: log distance, log days, hours of the day apart, and whether MO1 to MO3 agree."""
    apart = np.hypot(*(crimes.xy[a] - crimes.xy[b]).T)
    middle, length = (crimes.start + crimes.end) / 2, crimes.end - crimes.start
    days = np.sqrt((middle[a] - middle[b]) ** 2 + (length[a] ** 2 + length[b] ** 2) / 12)
    hours = np.abs((middle[a] - middle[b]) % 1.0) * 24
    hours = np.minimum(hours, 24 - hours) - 6  # six hours apart is what two crimes at random are on average
    hours = np.where((length[a] < 0.5) & (length[b] < 0.5), hours, 0.0)
    agree = (crimes.manner[a] == crimes.manner[b]) & (crimes.manner[a] >= 0)
    return np.column_stack((np.log(apart + 50), np.log(days + 0.5), hours, agree))


def trained(crimes: Crimes) -> Floats:
    """(6,) weights of a plain logistic regression on all pairs of `crimes`: what each feature adds to a score."""
    a, b = np.triu_indices(len(crimes), k=1)
    table = features(crimes, a, b)
    spread = table.std(axis=0)
    fitted = LogisticRegression(C=10.0, max_iter=500).fit(
        (table - table.mean(axis=0)) / spread, linked(crimes, a, b).astype(int)
    )
    weights: Floats = fitted.coef_[0] / spread
    return weights


def linked(crimes: Crimes, a: Integers, b: Integers) -> NDArray[np.bool_]:
    """(p,) whether the pairs share an offender that is known."""
    both: NDArray[np.bool_] = (crimes.offender[a] & crimes.offender[b]).any(axis=1)
    return both


def shuffled_within(stratum: Integers, rng: np.random.Generator) -> Integers:
    """A permutation that maps each stratum onto itself."""
    order = np.argsort(stratum, kind="stable")
    given = np.empty(len(stratum), dtype=np.int64)
    given[order] = np.lexsort((rng.random(len(stratum)), stratum))
    return given


def strata(crimes: Crimes) -> Integers:
    """Clew's strata, of what these data have: area (nine cells of equal counts), season, manner (MO1)."""
    season = (crimes.start // _SEASON_DAYS).astype(np.int64)
    manner, area = crimes.manner[:, 0], _cells(crimes.xy, 3)
    return collapsed([(area, season, manner), (area, season), (season,), (np.zeros(len(crimes), dtype=np.int64),)])


def _cells(xy: Floats, across: int) -> Integers:
    cut = np.arange(1, across) / across
    column = np.searchsorted(np.quantile(xy[:, 0], cut), xy[:, 0])
    cell = np.zeros(len(xy), dtype=np.int64)
    for one in range(across):
        mine = column == one
        if mine.any():
            cell[mine] = one * across + np.searchsorted(np.quantile(xy[mine, 1], cut), xy[mine, 1])
    return cell


def _times(crimes: Crimes, given: Integers) -> Crimes:
    return replace(crimes, start=crimes.start[given], end=crimes.end[given])


def _every_field(crimes: Crimes, rng: np.random.Generator) -> Crimes:
    count = len(crimes)
    return replace(
        _times(crimes, rng.permutation(count)),
        xy=crimes.xy[rng.permutation(count)],
        manner=np.column_stack([crimes.manner[rng.permutation(count), field] for field in range(3)]),
    )


#: The nulls, by name; each gives a decoy of the crimes. The first two assume that fields are independent.
NULLS: dict[str, Callable[[Crimes, np.random.Generator], Crimes]] = {
    "every field shuffled": _every_field,
    "places shuffled": lambda crimes, rng: replace(crimes, xy=crimes.xy[rng.permutation(len(crimes))]),
    "dates shuffled": lambda crimes, rng: _times(crimes, rng.permutation(len(crimes))),
    "dates within MO1": lambda crimes, rng: _times(crimes, shuffled_within(crimes.manner[:, 0], rng)),
    "Clew: days within strata": lambda crimes, rng: crimes.on_days_of(shuffled_within(strata(crimes), rng)),
}


def decoy_scores(
    crimes: Crimes, weights: Floats, *, replicates: int, rng: np.random.Generator
) -> Iterator[tuple[str, Floats]]:
    """For each null, the scores of all pairs in each of `replicates` decoys, (replicates, p)."""
    a, b = np.triu_indices(len(crimes), k=1)
    parts = features(crimes, a, b) * weights
    marginal = [sum(parts[rng.permutation(len(a)), field] for field in range(6)) for _ in range(replicates)]
    yield "product of marginals", np.stack(marginal)
    for name, null in NULLS.items():
        yield name, np.stack([features(null(crimes, rng), a, b) @ weights for _ in range(replicates)])
