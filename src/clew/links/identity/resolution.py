"""Who is who: the parts that people play, resolved into nominals and persons, each pair with its reason."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.identity.candidates import candidate_pairs
from clew.links.identity.comparisons import COMPARISONS
from clew.links.identity.grouping import TIES_FROM
from clew.links.identity.mentions import VALUES, distinct, mentions
from clew.links.identity.model import IdentityModel, default_model
from clew.links.identity.nominals import Contradiction, nominals
from clew.links.identity.persons import impossible, persons
from clew.links.identity.reasons import reason, written
from clew.links.identity.scoring import score_pairs

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Identity:
    """Who plays each of m parts.

    nominal: (m,) the nominal of each part: parts with one number of the force, or the part alone; named by its first
    part. person_of, certainty_of: (m,) by nominal (at the number of its first part): the person, named by its lowest
    nominal, and how surely the nominal is that person.
    ties: pairs of nominals `a` < `b` that were compared and may be one person, with `probability` and the level of each
    comparison. contradictions: numbers of the force that contradict themselves.
    """

    nominal: Integers
    person_of: Integers
    certainty_of: Floats
    ties: pl.DataFrame
    contradictions: tuple[Contradiction, ...]

    @property
    def person(self) -> Integers:
        """(m,) the person who plays each part."""
        person: Integers = self.person_of[self.nominal]
        return person

    def probability(self, one: int, other: int) -> float:
        """That parts `one` and `other` are played by one person, as the evidence uses it; 0 if they are not tied."""
        a, b = self.nominal[one], self.nominal[other]
        if a == b:
            return 1.0
        return float(self.certainty_of[a] * self.certainty_of[b]) if self.person_of[a] == self.person_of[b] else 0.0

    def why(self, one: int, other: int) -> str:
        """Why parts `one` and `other` are one person, in words; empty if they are not."""
        a, b = sorted((int(self.nominal[one]), int(self.nominal[other])))
        if a == b:
            return "by the force's own number"
        if self.person_of[a] != self.person_of[b]:
            return ""
        direct = self.ties.filter((pl.col("a") == a) & (pl.col("b") == b))
        sure = self.probability(one, other)
        if not direct.height or direct["probability"][0] < TIES_FROM:
            return f"through the records of other events; probability {written(sure)}"
        return reason({each.name: direct[each.name][0] for each in COMPARISONS}, sure)


def resolve(people: pl.DataFrame, at: pl.Series, model: IdentityModel | None = None) -> Identity:
    """Resolves the parts in `people` (columns of the table, in an order of their own) into persons.

    at: (m,) instants at which each part's event happened; null where not known. Nothing is trained; the same rows give
    the same persons.
    """
    model = model or default_model()
    told = mentions(people, at)
    nominal, contradictions = nominals(told, people.height)
    told = distinct(told.with_columns(nominal=pl.Series(nominal)[told["part"]]))
    scored = score_pairs(told.select("mention", *VALUES), candidate_pairs(told, model.matches), model)
    ties = _ties(scored, told["nominal"])
    found = persons(ties, told.select("nominal", "born"), people.height, model.matches)
    return Identity(
        nominal=nominal,
        person_of=found.person,
        certainty_of=found.certainty,
        ties=ties,
        contradictions=contradictions,
    )


def contradictions(people: pl.DataFrame, at: pl.Series) -> tuple[Contradiction, ...]:
    """The force's own numbers in `people` that contradict themselves, as `resolve` finds them."""
    return nominals(mentions(people, at), people.height)[1]


def _ties(scored: pl.DataFrame, nominal: pl.Series) -> pl.DataFrame:
    """Pairs of nominals with the surest pair of their mentions; a pair that cannot be is left out altogether."""
    one, other = nominal[scored["l"]], nominal[scored["r"]]
    levels = [comparison.name for comparison in COMPARISONS]
    frame = scored.with_columns(
        a=pl.Series(np.minimum(one, other)),
        b=pl.Series(np.maximum(one, other)),
        never=impossible(),
    )
    return (
        frame.filter(~pl.col("never").any().over("a", "b"))
        .sort("a", "b", "probability", "l", "r", descending=[False, False, True, False, False])
        .unique(["a", "b"], keep="first", maintain_order=True)
        .select("a", "b", "probability", *levels)
    )
