"""Walks an expression over one row: True, False, or None for unknown (Kleene)."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from clew.records import Type
from clew.standards.language.expression import (
    All,
    AnyOf,
    Column,
    Compare,
    Expression,
    Has,
    Literal,
    Match,
    Member,
    Not,
    Operand,
    Operator,
    TextTest,
)

Truth = bool | None
_COMPARE: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.EQUAL: operator.eq,
    Operator.NOT_EQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.LESS_OR_EQUAL: operator.le,
    Operator.GREATER: operator.gt,
    Operator.GREATER_OR_EQUAL: operator.ge,
}


def truth(expression: Expression | None, row: Mapping[str, Any]) -> Truth:  # noqa: PLR0911 - a case a form
    """Whether `row` satisfies `expression`."""
    match expression:
        case None:
            return True
        case Compare(comparison, left, right):
            values = _value(left, row), _value(right, row)
            return None if None in values else _COMPARE[comparison](*values)
        case Member(column, values):
            value = row.get(column.name)
            return None if value is None else value in values
        case Has(column):
            return row.get(column.name) is not None
        case Match(test, column, text):
            value = row.get(column.name)
            if value is None:
                return None
            found, wanted = str(value).lower(), text.lower()
            return wanted in found if test is TextTest.CONTAINS else found.startswith(wanted)
        case Not(item):
            inner = truth(item, row)
            return None if inner is None else not inner
        case All(items):
            return conjunction(truth(item, row) for item in items)
        case AnyOf(items):
            inner = conjunction(truth(Not(item), row) for item in items)
            return None if inner is None else not inner


def conjunction(truths: Iterable[Truth]) -> Truth:
    """Kleene's and."""
    every = list(truths)
    return False if False in every else None if None in every else True


def _value(operand: Operand, row: Mapping[str, Any]) -> Any:
    match operand:
        case Column(name):
            return row.get(name)
        case Literal(value, Type.INSTANT):
            return datetime.fromisoformat(str(value)).astimezone(UTC)
        case Literal(value, Type.DATE):
            return date.fromisoformat(str(value)[:10])
        case Literal(value):
            return value
    raise AssertionError("bindings are matched by correlation")
