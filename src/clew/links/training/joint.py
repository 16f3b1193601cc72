"""Fits a link model to solved series: one logistic regression for all families, made into curves that add up.

The families are fitted together, so what two of them say of the same thing counts once. A pair's log odds are the log
prior odds (the share of linked pairs among the training pairs, taken out again), a constant, and the curves. The
default factor of a family that these series show too seldom is added as it is, and stays as it is in the model.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit
from threadpoolctl import threadpool_limits

from clew.links.events import Flags, Floats, Integers
from clew.links.model import Curve, LinkModel
from clew.links.scoring import FAMILIES
from clew.links.training.design import FORMS, Form, Part, Reading, parts
from clew.links.training.fit import fit_weights, smoothness
from clew.links.training.folds import parts as grouped_parts
from clew.links.training.solved import Solved

#: How strongly neighbouring slopes of one curve are held together. Assumed.
SMOOTH = 3.0

#: A series with n linked pairs counts as n ** this of them: many say more than few, but not all are news. Assumed.
SERIES_POWER = 0.5

#: Unlinked pairs used in one fit; of more, so many are drawn and weigh the more.
MOST_UNLINKED = 200_000

#: Choices are made on groups held out, in so many parts.
_INNER = 4

#: Few groups are parted more than once, up to so often, until so many were held out: one parting of a few says by luck
#: how far the weights are drawn in. Assumed.
_PARTINGS = 5
_GROUPS_ASKED = 200
_CONSTANTS = ("place", "time", "circumstances")
_CONSTANT_RIDGE = 0.1
_SHRINK = (0.2, 1.0)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """What the training series chose. loss: mean held-out log loss of each form, inside them. shrink: the slope of the
    truth on the held-out log odds, by which the curves are drawn in."""

    form: Form
    loss: dict[Form, float]
    shrink: float
    shift: float


def fit_model(pairs: Reading, linked: Flags, solved: Solved, rows: Integers, *, seed: int) -> tuple[LinkModel, Chosen]:
    """A model of the solved events `rows`. pairs, linked: (p,) all pairs of the solved events; only those within
    `rows` are looked at. Form and shrinkage are chosen by groups held out inside `rows`. The same seed gives the same
    model.
    """
    rng = np.random.default_rng(seed)
    with threadpool_limits(limits=1):  # small matrices: threads that wait for one another cost more than they save
        inside = np.zeros(len(solved), dtype=np.bool_)
        inside[rows] = True
        folds = _partings(solved, rows, rng)
        held = _Held(pairs=pairs, linked=linked, group=solved.group)
        chosen = _choose(held, inside, folds[:, solved.group], rng)
        fitted = _Fit.of(held, inside, chosen.form, rng)
        return LinkModel(curves=tuple(fitted.curves(chosen))), chosen


@dataclass(frozen=True, kw_only=True)
class _Held:
    """All pairs of the solved events, whether each is linked, and the group of each event."""

    pairs: Reading
    linked: Flags
    group: Integers


@dataclass(frozen=True, kw_only=True)
class _Fit:
    """One fit: the parts, their weights, the constants by family, and the pairs it was made from."""

    parts: list[Part]
    weights: list[Floats]
    constants: dict[str, float]
    pairs: Reading
    linked: Flags

    @classmethod
    def of(cls, held: _Held, inside: Flags, form: Form, rng: np.random.Generator) -> _Fit:
        """The fit of `form` to the pairs of events that are `inside`."""
        rows, weight = _used(held, inside, rng)
        mine, truth = held.pairs.take(rows), held.linked[rows]
        chosen = parts(mine, truth, held.group[mine.a], form=form)
        known = _known(mine)
        columns = [part.columns(mine.read(part)) for part in chosen] + [known[name][:, None] for name in known]
        widths = [part.width for part in chosen] + [1] * len(known)
        sign = np.concatenate([np.full(part.width, part.sign) for part in chosen] + [np.zeros(len(known), dtype=int)])
        fitted = fit_weights(
            np.concatenate(columns, axis=1),
            truth.astype(np.float64),
            weight,
            penalty=smoothness(widths, [part.ridge for part in chosen] + [_CONSTANT_RIDGE] * len(known), smooth=SMOOTH),
            sign=sign,
            offset=_log_prior_odds(truth, weight) + _unfitted(mine, chosen),
        )
        split = np.split(fitted, np.cumsum(widths)[:-1])
        return cls(
            parts=chosen,
            weights=split[: len(chosen)],
            constants={name: float(each[0]) for name, each in zip(known, split[len(chosen) :], strict=True)},
            pairs=mine,
            linked=truth,
        )

    def log_odds(self, pairs: Reading) -> Floats:
        """(p,) log odds of `pairs` over the prior."""
        total = _unfitted(pairs, self.parts)
        for part, weights in zip(self.parts, self.weights, strict=True):
            total += part.columns(pairs.read(part)) @ weights
        for name, known in _known(pairs, self.constants).items():
            total += known * self.constants[name]
        return total

    def curves(self, chosen: Chosen) -> list[Curve]:
        """The curves, drawn in by `chosen.shrink`, with the constants shared out among the families."""
        weights = [each * chosen.shrink for each in self.weights]
        constants = self._shared_out(weights, chosen)
        made = []
        shifted: set[str] = set()
        for part, each in zip(self.parts, weights, strict=True):
            first = part.family in ("place", "time") and part.feature.startswith("log_")
            made.append(part.curve(each, constants.get(part.family, 0.0) if first else 0.0))
            shifted |= {part.family} if first else set()
        if "circumstances" in {part.family for part in self.parts}:
            noted = (0.0, constants["circumstances"])
            made.append(Curve(family="circumstances", feature="both_noted", knots=(0.0, 1.0), values=noted))
        return made

    def _shared_out(self, weights: Sequence[Floats], chosen: Chosen) -> dict[str, float]:
        """The constant of each family, log10: such that it is near to a factor of mean 1 over unlinked pairs, as
        factors are, and what is left over in equal parts. Families not known of some pairs keep their own."""
        fitted = {name: value * chosen.shrink / np.log(10) for name, value in self.constants.items()}
        fitted["time"] += chosen.shift / np.log(10)
        known = _known(self.pairs, _CONSTANTS)
        free = [name for name in _CONSTANTS if name == "time" or name not in self.constants]
        free = [name for name in free if name in {part.family for part in self.parts}]
        wanted = {}
        for name in free:
            given = np.zeros(len(self.linked))
            for part, each in zip(self.parts, weights, strict=True):
                if part.family == name:
                    given += part.columns(self.pairs.read(part)) @ each
            rows = ~self.linked & (known[name] > 0)
            wanted[name] = -float(np.log10(np.mean(np.exp(given[rows])))) if rows.any() else 0.0
        left = fitted["time"] - sum(wanted.values())
        return fitted | {name: value + left / len(free) for name, value in wanted.items()}


def _partings(solved: Solved, rows: Integers, rng: np.random.Generator) -> Integers:
    """(partings, groups) the part of each group that has events in `rows`, -1 for the others."""
    mine = solved.take(rows)
    linked = int(np.count_nonzero(np.bincount(mine.group) >= 2))
    partings = int(np.clip(_GROUPS_ASKED // max(linked, 1), 1, _PARTINGS))
    folds = np.full((partings, int(solved.group.max()) + 1), -1)
    for parting in folds:
        fold = grouped_parts(mine, _INNER, rng)
        parting[: len(fold)] = fold
    return folds


def _choose(held: _Held, inside: Flags, folds: Integers, rng: np.random.Generator) -> Chosen:
    """The form with the least log loss on groups held out inside the training events, and how far to draw it in.

    folds: (partings, events) the part of each event, in each parting of the groups.
    """
    loss: dict[Form, float] = {}
    odds: dict[Form, tuple[Floats, Flags, Floats]] = {}
    for form in FORMS:
        asked = []
        for fold, number in itertools.product(folds, range(_INNER)):
            learn, ask = inside & (fold != number), inside & (fold == number)
            rows = np.flatnonzero(ask[held.pairs.a] & ask[held.pairs.b])
            fitted = _Fit.of(held, learn, form, rng)
            asked.append((fitted.log_odds(held.pairs.take(rows)), rows))
        rows = np.concatenate([each for _, each in asked])
        truth, weight = held.linked[rows], _series_weight(held.linked[rows], held.group[held.pairs.a[rows]])
        z = np.concatenate([each for each, _ in asked])
        odds[form] = (z, truth, weight)
        loss[form] = _log_loss(z + _log_prior_odds(truth, weight), truth, weight)
    best = min(FORMS, key=lambda form: loss[form])
    shift, shrink = _slope(*odds[best])
    return Chosen(form=best, loss=loss, shrink=shrink, shift=shift)


def _slope(z: Floats, truth: Flags, weight: Floats) -> tuple[float, float]:
    """Shift and slope of the truth on held-out log odds over the prior (Cox 1958), the slope kept within `_SHRINK`."""
    free = np.zeros(2, dtype=np.int64)
    prior = np.full(len(z), _log_prior_odds(truth, weight))
    columns = np.column_stack((np.ones(len(z)), z))
    said = truth.astype(np.float64)
    shift, slope = fit_weights(columns, said, weight, penalty=1e-6 * np.eye(2), sign=free, offset=prior)
    if not _SHRINK[0] <= slope <= _SHRINK[1]:
        slope = float(np.clip(slope, *_SHRINK))
        prior = prior + slope * z
        shift = fit_weights(columns[:, :1], said, weight, penalty=1e-6 * np.eye(1), sign=free[:1], offset=prior)[0]
    return float(shift), float(slope)


def _used(held: _Held, inside: Flags, rng: np.random.Generator) -> tuple[Integers, Floats]:
    """The pairs used in a fit, and the weight of each."""
    pairs, linked = held.pairs, held.linked
    rows = np.flatnonzero(inside[pairs.a] & inside[pairs.b])
    weight = _series_weight(linked[rows], held.group[pairs.a[rows]])
    apart = np.flatnonzero(~linked[rows])
    if len(apart) > MOST_UNLINKED:
        kept = rng.choice(apart, MOST_UNLINKED, replace=False)
        weight[apart] *= len(apart) / MOST_UNLINKED
        chosen = np.sort(np.concatenate((np.flatnonzero(linked[rows]), kept)))
        rows, weight = rows[chosen], weight[chosen]
    return rows, weight


def _series_weight(linked: Flags, group: Integers) -> Floats:
    """(p,) 1 for an unlinked pair; a linked one of n in a group n ** (SERIES_POWER - 1), in all as many as they are."""
    weight = np.ones(len(linked))
    count = np.bincount(group[linked], minlength=int(group.max(initial=0)) + 1).astype(np.float64)
    share = count[group[linked]] ** (SERIES_POWER - 1)
    weight[linked] = share * len(share) / max(share.sum(), 1e-300)
    return weight


def _log_prior_odds(linked: Flags, weight: Floats) -> float:
    """ln of the odds that a training pair is linked: taken out of every fit, so that what is left is evidence."""
    return float(np.log(weight[linked].sum() / weight[~linked].sum()))


def _log_loss(z: Floats, truth: Flags, weight: Floats) -> float:
    share = np.clip(expit(z), 1e-12, 1 - 1e-12)
    return float(-(weight * np.where(truth, np.log(share), np.log(1 - share))).sum() / weight.sum())


def _unfitted(pairs: Reading, chosen: Sequence[Part]) -> Floats:
    """(p,) natural logarithm of the default factors of the families that have no part."""
    fitted = {part.family for part in chosen}
    rest = [number for number, family in enumerate(FAMILIES) if family not in fitted]
    total: Floats = pairs.factors[:, rest].sum(axis=1) * np.log(10)
    return total


def _known(pairs: Reading, wanted: Sequence[str] | dict[str, float] | None = None) -> dict[str, Floats]:
    """Whether each family's features are known, for those that have a constant: time, and what some pairs lack."""
    known = {
        "place": np.isfinite(pairs.features["log_distance"]).astype(np.float64),
        "time": np.ones(len(pairs.a)),
        "circumstances": pairs.features["both_noted"],
    }
    if wanted is not None:
        return {name: known[name] for name in wanted}
    return {name: each for name, each in known.items() if name == "time" or 0 < each.mean() < 1}


def provenance_of(chosen: Chosen) -> dict[str, object]:
    """What was chosen inside the training series, for the model's file."""
    form = chosen.form
    return {
        "value_ridge": form.value_ridge,
        "shrinkage": round(chosen.shrink, 4),
        "series_power": SERIES_POWER,
        "smoothness": SMOOTH,
    }
