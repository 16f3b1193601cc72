"""The review form: the same questions the rules ask, put to a person who reads the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from clew.core import UsageError


class Answer(StrEnum):
    """What a reviewer may answer. CANNOT_TELL is not "no" (law 5): it is bounded both ways."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_APPLICABLE = "not_applicable"
    CANNOT_TELL = "cannot_tell"


@dataclass(frozen=True)
class Question:
    """One question: the rule it comes from, its words, and the rule's source."""

    rule: str
    text: str
    source: str = ""


@dataclass(frozen=True)
class ReviewForm:
    """The questions of one version of one standard, in the standard's order."""

    standard: str
    version: str
    questions: tuple[Question, ...]

    @property
    def rules(self) -> tuple[str, ...]:
        """The rules asked about."""
        return tuple(question.rule for question in self.questions)


def form_of(rules: Iterable[Mapping[str, str]], *, standard: str, version: str) -> ReviewForm:
    """The form of `rules`, each with `rule` (or `id`), `ask` and perhaps `source`; rules that ask nothing are left out.

    Raises `UsageError` if no rule asks anything, or two rules share a name.
    """
    questions = tuple(
        Question(rule.get("rule", rule.get("id", "")), rule["ask"].strip(), rule.get("source", ""))
        for rule in rules
        if rule.get("ask", "").strip()
    )
    names = [question.rule for question in questions]
    if not questions or len(set(names)) < len(names) or "" in names:
        raise UsageError(
            f"No form can be made of {standard} {version}.",
            where="rules",
            why="no rule asks a question" if not questions else "a rule has no name, or a name comes twice",
            mend="give each rule its own id and an `ask`",
        )
    return ReviewForm(standard, version, questions)
