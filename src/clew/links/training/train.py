"""Trains a link model on a force's own solved series, and refuses one that is worse than the model in use."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import polars as pl

import clew
from clew.core import ClewError, format_instant
from clew.links.events import Flags, Floats, link_events
from clew.links.evidence.people import parts_played
from clew.links.evidence.reference import references
from clew.links.find import scorer_of
from clew.links.identity import IdentityModel
from clew.links.model import IDENTITY, LinkModel
from clew.links.pair_keys import pair_keys
from clew.links.scoring import Scorer
from clew.links.setup import LinkSetup
from clew.links.training.design import Reading, reading
from clew.links.training.folds import halves
from clew.links.training.joint import Chosen, fit_model, provenance_of
from clew.links.training.measures import Figures, as_row
from clew.links.training.solved import Solved, digest_of, solved_events
from clew.links.training.validate import HeldOut, held_out
from clew.links.weights import Weights
from clew.records import Known

#: Times that the series are halved, unless asked otherwise.
REPEATS = 10


class WorseModelError(ClewError):
    """The trained model is worse on held-out series than the one in use."""

    exit_code = 1


@dataclass(frozen=True, kw_only=True)
class Training:
    """A trained model and what it is worth. held_out: scorers ``trained`` and ``in_use`` on the same halves."""

    model: LinkModel
    held_out: HeldOut
    solved: Solved
    pairs: int
    linked_pairs: int

    @property
    def gain(self) -> tuple[float, float]:
        """Mean and standard deviation over the halves of the average precision gained on the model in use."""
        return self.held_out.paired("trained", "in_use")["average_precision"]

    def check(self) -> None:
        """Raises `WorseModelError` if the model is worse on held-out series than the one in use."""
        gain, spread = self.gain
        if not gain >= 0:
            raise WorseModelError(
                f"The trained model is worse on held-out series than the one in use: {-gain:.3f} less in average "
                f"precision (standard deviation {spread:.3f} over {len(self.held_out.halves['trained'])} halves).",
                where="--series",
                why="what the desk is shown would be worse",
                mend="keep the model in use, or train on more solved series",
            )


@dataclass(frozen=True, kw_only=True)
class Material:
    """All pairs of the solved events, read once. linked: (p,) in the order of `numpy.triu_indices`."""

    scorer: Scorer
    solved: Solved
    pairs: Reading
    linked: Flags


def material(
    known: Known,
    series: pl.DataFrame,
    *,
    weights: Weights | None = None,
    identity_model: IdentityModel | None = None,
    seed: int = 1,
) -> Material:
    """What is trained from. series: event_id, series_id. Raises `UsageError` if they are too few."""
    weights = weights or Weights()
    events = link_events(known)
    scorer = scorer_of(known, events, weights=weights)
    solved = solved_events(series, events, seed=seed)
    rows = np.triu_indices(len(solved), 1)
    parts, named = parts_played(known, events, identity_model), references(known, events, weights.people)
    ends = (solved.event[rows[0]], solved.event[rows[1]])
    # Solved events are in order of index, and so are their pairs: the keys are sorted, as the scorer needs them.
    static = scorer.static(pair_keys(*ends, len(events)))
    factors: Floats = scorer.score(static, scorer.shared(parts), named, events).factors
    return Material(
        scorer=scorer,
        solved=solved,
        pairs=reading(scorer, factors, solved.event, rows),
        linked=solved.linked[rows],
    )


def train(
    known: Known,
    series: pl.DataFrame,
    *,
    in_use: LinkModel = IDENTITY,
    weights: Weights | None = None,
    identity_model: IdentityModel | None = None,
    repeats: int = REPEATS,
    seed: int = 1,
    tick: Callable[[int, int, str], None] | None = None,
) -> Training:
    """Trains on the solved `series` (event_id, series_id) among the events of `known`, and checks by halves of them.

    in_use: the model it is compared with on the same halves. identity_model: of who is who. The result is not refused
    here: `Training.check` does.
    """
    held = material(known, series, weights=weights, identity_model=identity_model, seed=seed)
    done = 0

    def one_more() -> None:
        nonlocal done
        done += 1
        if tick is not None:
            tick(done, 2 * repeats + 1, "Holding out series")

    checked = held_out(
        held.scorer,
        held.pairs,
        held.linked,
        held.solved,
        folds=halves(held.solved, repeats=repeats, seed=seed),
        others={"in_use": in_use},
        seed=seed,
        tick=one_more,
    )
    model, chosen = fit_model(held.pairs, held.linked, held.solved, np.arange(len(held.solved)), seed=seed)
    one_more()
    facts = _provenance(known, series, held, checked, chosen, repeats=repeats, seed=seed)
    facts |= LinkSetup(identity_model=identity_model).facts()
    return Training(
        model=LinkModel(curves=model.curves, provenance=facts),
        held_out=checked,
        solved=held.solved,
        pairs=len(held.linked),
        linked_pairs=int(held.linked.sum()),
    )


def _provenance(
    known: Known,
    series: pl.DataFrame,
    held: Material,
    checked: HeldOut,
    chosen: Chosen,
    *,
    repeats: int,
    seed: int,
) -> dict[str, object]:
    """Where a model comes from, for its file."""
    solved = held.solved
    return {
        "data": known.dataset.name,
        "data_sha256": data_digest(known),
        "as_of": format_instant(known.at, known.dataset.zone),
        "series_sha256": digest_of(series),
        "clew": clew.__version__,
        "seed": seed,
        "repeats": repeats,
        "solved_events": len(solved),
        "not_known_events": solved.not_known,
        "groups_of_series": len(solved.series_groups),
        "pairs": len(held.linked),
        "linked_pairs": int(held.linked.sum()),
        "log10_prior_odds": round(float(np.log10(held.linked.sum() / (~held.linked).sum())), 4),
        "chosen": provenance_of(chosen),
        "held_out": {
            name: {"mean": _rounded(checked.mean(name)), "spread": _rounded(checked.spread(name))}
            for name in checked.halves
        },
    }


def _rounded(one: Figures) -> dict[str, float]:
    return {name: round(value, 4) for name, value in as_row(one).items()}


def data_digest(known: Known) -> str:
    """SHA-256 of the rows that the engine reads, as known, whatever their order in the files."""
    digest = hashlib.sha256()
    for name in ("events", "people", "circumstances"):
        table = known.tables[name].drop("source_file", "source_row")
        digest.update(name.encode())
        digest.update(np.sort(table.hash_rows(seed=1).to_numpy()).tobytes())
    return digest.hexdigest()
