"""Turns an expression into a Polars one. Polars' null is *unknown*, and its `&`, `|`, `~` are Kleene's."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from functools import reduce
from operator import and_, eq, ge, gt, le, lt, ne, or_
from typing import Any

import polars as pl

from clew.records import Type
from clew.standards.language.expression import (
    All,
    AnyOf,
    Binding,
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

_OPERATORS: dict[Operator, Callable[[Any, Any], Any]] = {
    Operator.EQUAL: eq,
    Operator.NOT_EQUAL: ne,
    Operator.LESS: lt,
    Operator.LESS_OR_EQUAL: le,
    Operator.GREATER: gt,
    Operator.GREATER_OR_EQUAL: ge,
}


def to_polars(expression: Expression) -> pl.Expr:  # noqa: PLR0911 - a case a form of the grammar
    """A Boolean expression over a table's columns: true, false, or null for unknown."""
    match expression:
        case Compare(operator, left, right):
            result: pl.Expr = _OPERATORS[operator](_operand(left), _operand(right))
            return result
        case Member(column, values):
            found = pl.col(column.name).is_in(list(values))
            return pl.when(pl.col(column.name).is_not_null()).then(found)
        case Has(column):
            return pl.col(column.name).is_not_null()
        case Match(TextTest.CONTAINS, column, text):
            return pl.col(column.name).str.to_lowercase().str.contains(text.lower(), literal=True)
        case Match(_, column, text):
            return pl.col(column.name).str.to_lowercase().str.starts_with(text.lower())
        case Not(item):
            return ~to_polars(item)
        case All(items):
            return reduce(and_, map(to_polars, items))
        case AnyOf(items):
            return reduce(or_, map(to_polars, items))


def _operand(operand: Operand) -> pl.Expr:
    match operand:
        case Column(name):
            return pl.col(name)
        case Literal(value, Type.INSTANT):
            moment = datetime.fromisoformat(str(value)).astimezone(UTC)
            return pl.lit(moment).cast(pl.Datetime("us", "UTC"))
        case Literal(value, Type.DATE):
            return pl.lit(date.fromisoformat(str(value)[:10]))
        case Literal(value):
            return pl.lit(value)
        case Binding():
            raise AssertionError("bindings are matched by correlation, never inside an expression")
