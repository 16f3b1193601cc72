"""The score sheet: what each reviewer answered, who may see it when, and how a difference is settled.

A sheet is a value: each act returns a new one, and every act that blindness or fairness forbids is refused with its
reason. Nothing is overwritten: an adjudication stands beside the two answers, not in their place.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

import polars as pl

from clew.assurance.scoring.form import Answer, ReviewForm
from clew.core import UsageError


@dataclass(frozen=True)
class Score:
    """One reviewer's answers on one item, by rule."""

    item_id: str
    reviewer: str
    answers: Mapping[str, Answer]
    at: datetime


@dataclass(frozen=True)
class Adjudication:
    """A third person's answer where two differed, with the reason."""

    item_id: str
    rule: str
    answer: Answer
    by: str
    reason: str
    at: datetime


@dataclass(frozen=True, eq=False)
class Sheet:
    """A form, who was assigned (`item_id`, `reviewer`, `part`), and what has come in."""

    form: ReviewForm
    assignments: pl.DataFrame
    scores: tuple[Score, ...] = ()
    adjudications: tuple[Adjudication, ...] = ()

    @cached_property
    def _assigned(self) -> dict[str, tuple[str, ...]]:
        grouped: dict[str, tuple[str, ...]] = {}
        for item, reviewer in self.assignments.sort("item_id", "part").select("item_id", "reviewer").iter_rows():
            grouped[item] = (*grouped.get(item, ()), reviewer)
        return grouped

    @cached_property
    def _scored(self) -> dict[tuple[str, str], Score]:
        return {(score.item_id, score.reviewer): score for score in self.scores}

    def submit(self, score: Score) -> Sheet:
        """Takes one reviewer's answers, once and whole."""
        wanted = set(self.form.rules)
        faults = {
            "was not assigned to this reviewer": score.reviewer not in self._assigned.get(score.item_id, ()),
            "was already scored by this reviewer": (score.item_id, score.reviewer) in self._scored,
            "does not answer exactly the questions of the form": set(score.answers) != wanted,
        }
        fault = next((text for text, found in faults.items() if found), "")
        if fault:
            raise UsageError(
                f"Item {score.item_id} {fault}.",
                where=f"score by {score.reviewer}",
                why="one person, one assigned item, one whole set of answers: else scores could be picked",
                mend="score the items on your list once; ask for an adjudication to change an answer",
            )
        return replace(self, scores=(*self.scores, score))

    def is_open(self, item_id: str) -> bool:
        """Whether a score of this item is still to come; until then nobody sees another's answers."""
        return any((item_id, reviewer) not in self._scored for reviewer in self._assigned.get(item_id, ()))

    def seen_by(self, reviewer: str, item_id: str) -> tuple[Score, ...]:
        """The scores of `item_id` that `reviewer` may see now: own ones, and others' once all are in."""
        mine = (item_id, reviewer) in self._scored
        everyone = mine and not self.is_open(item_id)
        return tuple(
            score for score in self.scores if score.item_id == item_id and (everyone or score.reviewer == reviewer)
        )

    def differences(self) -> list[tuple[str, str]]:
        """(item, rule) pairs on which two reviewers differ and nobody has adjudicated."""
        settled = {(entry.item_id, entry.rule) for entry in self.adjudications}
        found = []
        for item, reviewers in self._assigned.items():
            if len(reviewers) < 2 or self.is_open(item):
                continue
            first, second = (self._scored[item, reviewer].answers for reviewer in reviewers)
            found += [(item, r) for r in self.form.rules if first[r] != second[r] and (item, r) not in settled]
        return found

    def adjudicate(self, entry: Adjudication) -> Sheet:
        """Settles a difference; by somebody who was neither reviewer, with a reason."""
        faults = {
            "is not a difference waiting to be settled": (entry.item_id, entry.rule) not in self.differences(),
            "cannot be settled by one of its two reviewers": entry.by in self._assigned.get(entry.item_id, ()),
            "cannot be settled without a reason": not entry.reason.strip(),
        }
        fault = next((text for text, found in faults.items() if found), "")
        if fault:
            raise UsageError(
                f"{entry.rule} of item {entry.item_id} {fault}.",
                where=f"adjudication by {entry.by}",
                mend="a third person settles each difference once and says why",
            )
        return replace(self, adjudications=(*self.adjudications, entry))

    def answers(self) -> pl.DataFrame:
        """Every answer that has come in: `item_id`, `rule`, `first`, `second`, `adjudicated`, `final`.

        `final` is null while a score or an adjudication is outstanding; `second` is null for items scored once.
        """
        settled = {(entry.item_id, entry.rule): entry.answer for entry in self.adjudications}
        rows = []
        for item, reviewers in self._assigned.items():
            given = [self._scored.get((item, reviewer)) for reviewer in reviewers]
            for rule in self.form.rules:
                each = [score.answers[rule].value if score else None for score in given]
                ruling = settled.get((item, rule))
                agreed = each[0] if len(set(each)) == 1 else None
                final = ruling.value if ruling else agreed
                second = each[1] if len(each) > 1 else None
                rows.append((item, rule, each[0], second, len(each) > 1, ruling.value if ruling else None, final))
        columns = ("item_id", "rule", "first", "second", "double", "adjudicated", "final")
        schema = {name: pl.Boolean if name == "double" else pl.String for name in columns}
        return pl.DataFrame(rows, schema=schema, orient="row")
