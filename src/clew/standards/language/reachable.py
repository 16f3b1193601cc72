"""Finds rules that could never arise, apply or be met, because a condition contradicts itself or a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from clew.records.schema import TABLES
from clew.standards.language.document import Document, Path
from clew.standards.language.expression import (
    All,
    Column,
    Compare,
    Expression,
    Has,
    Literal,
    Member,
    Not,
    Operator,
    Scalar,
)
from clew.standards.language.model import Pattern, Rule

_FLIPPED = {
    Operator.LESS: Operator.GREATER,
    Operator.LESS_OR_EQUAL: Operator.GREATER_OR_EQUAL,
    Operator.GREATER: Operator.LESS,
    Operator.GREATER_OR_EQUAL: Operator.LESS_OR_EQUAL,
}


def check_reachable(rule: Rule, document: Document, path: Path) -> None:
    """Raises `StandardError` where a pattern of `rule` can never match, so that the rule means nothing."""
    for name, options, so in _needed(rule):
        columns = [impossible(pattern) for pattern in options]
        if columns and all(columns):
            raise document.error(
                (*path, name),
                f"The condition on {columns[0]} can never be true, so {rule.id} could never {so}.",
                mend="correct the condition; the reference lists the values each column may hold",
            )


def _needed(rule: Rule) -> Iterator[tuple[str, tuple[Pattern, ...], str]]:
    """Where in the rule patterns stand of which at least one has to match, and what could not happen otherwise."""
    if rule.trigger:
        yield "trigger", (rule.trigger.pattern,), "arise"
    for condition in rule.conditions:
        yield "applies_when", condition.options, "apply"
    if rule.responses:
        forbids = rule.norm.value == "prohibition" or bool(rule.at_most)
        patterns = tuple(response.pattern for response in rule.responses)
        yield ("forbid", patterns, "be broken") if forbids else ("oblige", patterns, "be met")
    if rule.pause:
        yield "pause", (rule.pause.start,), "pause its clock"


def impossible(pattern: Pattern) -> str:
    """The column that a pattern asks to be two things at once, or something it never is; '' if none."""
    table = TABLES.get(pattern.table)
    facts = list(_conjuncts(pattern.where))
    for name in dict.fromkeys(column for fact in facts for column in _columns(fact)):
        vocabulary = table.column(name).vocabulary if table is not None and name in table.names else ()
        own = [fact for fact in facts if _columns(fact) == (name,)]
        if _contradict(own, vocabulary):
            return name
    return ""


def _conjuncts(where: Expression | None) -> Iterable[Expression]:
    if where is None:
        return ()
    return where.items if isinstance(where, All) else (where,)


def _columns(fact: Expression) -> tuple[str, ...]:
    """The one column that a simple fact is about; none for anything that is not understood here."""
    match fact:
        case Compare(_, Column(name), Literal()) | Compare(_, Literal(), Column(name)):
            return (name,)
        case Member(Column(name), _) | Has(Column(name)) | Not(Has(Column(name))):
            return (name,)
        case _:
            return ()


def _contradict(facts: list[Expression], vocabulary: Iterable[Scalar]) -> bool:
    """Whether no value fulfils all of `facts` about one column."""
    allowed: set[Scalar] | None = set(vocabulary) or None
    absent = any(isinstance(fact, Not) for fact in facts)
    if absent:
        return len(facts) > sum(isinstance(fact, Not) for fact in facts)
    bounds: list[tuple[Operator, Scalar]] = []
    for fact in facts:
        match fact:
            case Compare(Operator.EQUAL, Column(), Literal(value)) | Compare(Operator.EQUAL, Literal(value), Column()):
                allowed = {value} if allowed is None else allowed & {value}
            case Member(_, listed):
                allowed = set(listed) if allowed is None else allowed & set(listed)
            case Compare(operator, Column(), Literal(value)):
                bounds.append((operator, value))
            case Compare(operator, Literal(value), Column()):
                bounds.append((_FLIPPED.get(operator, operator), value))
            case _:
                pass
    if allowed is not None:
        return not any(all(_holds(value, *bound) for bound in bounds) for value in allowed)
    return _empty(bounds)


def _holds(value: Scalar, operator: Operator, bound: Scalar) -> bool:
    """Whether `value` keeps within the bound; texts and instants have an order of their own, which is not judged."""
    if operator is Operator.NOT_EQUAL:
        return value != bound
    if isinstance(value, str) or isinstance(bound, str):
        return True
    return not _empty([(operator, bound), (Operator.LESS_OR_EQUAL, value), (Operator.GREATER_OR_EQUAL, value)])


def _empty(bounds: list[tuple[Operator, Scalar]]) -> bool:
    """Whether a lower bound lies above an upper one. Numbers only: texts and instants have an order of their own."""
    numbers = [(operator, value) for operator, value in bounds if isinstance(value, int | float)]
    below = [(value, operator is Operator.LESS) for operator, value in numbers if operator.value.startswith("<")]
    above = [(value, operator is Operator.GREATER) for operator, value in numbers if operator.value.startswith(">")]
    return any(
        low > high or (low == high and (low_open or high_open)) for high, high_open in below for low, low_open in above
    )
