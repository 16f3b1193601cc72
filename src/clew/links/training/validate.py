"""Validation on held-out series: what one half teaches is scored on all pairs of the other, again and again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.events import Flags, Floats, Integers
from clew.links.model import LinkModel
from clew.links.scoring import FAMILIES, Scorer
from clew.links.training.design import Reading
from clew.links.training.joint import fit_model
from clew.links.training.measures import NAMES, Figures, figures, mean, spread
from clew.links.training.solved import Solved

Value = TypeVar("Value", bound=np.generic)

#: Bins of the calibration, in log10: as wide as a factor of about three.
_BIN = 0.5


@dataclass(frozen=True, kw_only=True)
class HeldOut:
    """What scorers made of the held-out halves, one entry of `halves` a half, by scorer.

    calibration: bin (log10, its middle), expected (mean log10 Bayes factor in it), linked, unlinked (pairs), found
    (log10 of linked over unlinked, over the same of all pairs: what the factor should have been), found_low and
    found_high (95 %, as if pairs were independent: too narrow).
    """

    halves: dict[str, list[Figures]]
    calibration: pl.DataFrame

    def mean(self, scorer: str) -> Figures:
        """Mean of each figure over the halves."""
        return mean(self.halves[scorer])

    def spread(self, scorer: str) -> Figures:
        """Standard deviation of each figure over the halves."""
        return spread(self.halves[scorer])

    def paired(self, scorer: str, other: str) -> dict[str, tuple[float, float]]:
        """By figure: mean and standard deviation over the halves of what `scorer` has more than `other`."""
        both = list(zip(self.halves[scorer], self.halves[other], strict=True))
        more = {name: np.array([getattr(a, name) - getattr(b, name) for a, b in both]) for name in NAMES}
        return {name: (float(np.nanmean(each)), float(np.nanstd(each, ddof=1))) for name, each in more.items()}


def log10_factors(model: LinkModel, scorer: Scorer, pairs: Reading, event: Integers) -> Floats:
    """(p,) log10 Bayes factor of `pairs` under `model`, as the search computes it. event: of the solved events."""
    over = model.over(scorer.held, FAMILIES)
    given = over.contributions(pairs.factors, scorer.events, (event[pairs.a], event[pairs.b]))
    total: Floats = given.sum(axis=1)
    return total


def held_out(
    scorer: Scorer,
    pairs: Reading,
    linked: Flags,
    solved: Solved,
    *,
    folds: Iterable[tuple[Integers, Integers]],
    others: dict[str, LinkModel],
    seed: int,
    tick: Callable[[], None] | None = None,
) -> HeldOut:
    """Trains on each fold's first rows and scores all pairs of its second, beside the models `others`.

    pairs, linked: (p,) all pairs of `solved`, in the order of `numpy.triu_indices`.
    """
    halves: dict[str, list[Figures]] = {name: [] for name in ("trained", *others)}
    strengths: list[Floats] = []
    truths: list[Flags] = []
    ready = {name: square(log10_factors(model, scorer, pairs, solved.event)) for name, model in others.items()}
    for number, (learn, ask) in enumerate(folds):
        model, _ = fit_model(pairs, linked, solved, learn, seed=seed + number)
        score = square(log10_factors(model, scorer, pairs, solved.event))
        for name, each in {"trained": score, **ready}.items():
            halves[name].append(figures_of(each, linked, scorer, solved, ask))
        upper = np.triu_indices(len(ask), 1)
        strengths.append(score[np.ix_(ask, ask)][upper])
        truths.append(square(linked)[np.ix_(ask, ask)][upper])
        if tick is not None:
            tick()
    return HeldOut(halves=halves, calibration=calibration(np.concatenate(strengths), np.concatenate(truths)))


def square(values: NDArray[Value]) -> NDArray[Value]:
    """(m, m) symmetric, from its upper triangle in the order of `numpy.triu_indices`."""
    count = round((1 + float(np.sqrt(1 + 8 * len(values)))) / 2)
    filled = np.zeros((count, count), dtype=values.dtype)
    upper = np.triu_indices(count, 1)
    filled[upper] = values
    filled[upper[::-1]] = values
    return filled


def figures_of(score: Floats, linked: Flags, scorer: Scorer, solved: Solved, ask: Integers) -> Figures:
    """The figures of `score` (m, m) over the solved events `ask`."""
    event = solved.event[ask]
    inside = np.ix_(ask, ask)
    day = (scorer.events.from_day[event] + scorer.events.to_day[event]) / 2
    return figures(score[inside], square(linked)[inside], member=solved.member[ask], day=day)


def calibration(strength: Floats, linked: Flags) -> pl.DataFrame:
    """Binned by strength: the factors that were given, and what they should have been (`HeldOut.calibration`)."""
    number = np.clip(np.floor(strength / _BIN), -8, 8).astype(np.int64)
    frame = (
        pl.DataFrame({"number": number, "strength": strength, "linked": linked})
        .group_by("number")
        .agg(expected=pl.col("strength").mean(), linked=pl.col("linked").sum(), pairs=pl.len())
        .sort("number")
    )
    odds = float(np.log10(linked.sum() / (~linked).sum()))
    linked_, apart = pl.col("linked"), pl.col("pairs") - pl.col("linked")
    error = 1.96 / np.log(10) * (1 / (linked_ + 0.5) + 1 / (apart + 0.5)).sqrt()
    return frame.with_columns(
        bin=(pl.col("number") + 0.5) * _BIN,
        unlinked=apart,
        found=((linked_ + 0.5) / (apart + 0.5)).log10() - odds,
        error=error,
    ).select(
        "bin",
        "expected",
        "linked",
        "unlinked",
        "found",
        found_low=pl.col("found") - pl.col("error"),
        found_high=pl.col("found") + pl.col("error"),
    )
