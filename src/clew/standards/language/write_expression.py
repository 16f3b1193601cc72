"""An expression back as text, the way a person would have written it."""

from __future__ import annotations

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
    Scalar,
)


def text_of(expression: Expression) -> str:  # noqa: PLR0911 - a case a form of the grammar
    """The text of `expression`; reading it gives the same expression again."""
    match expression:
        case Compare(operator, left, right):
            return f"{_operand(left)} {operator} {_operand(right)}"
        case Member(column, values):
            return f"{_operand(column)} in [{', '.join(map(_literal, values))}]"
        case Has(column):
            return f"has({_operand(column)})"
        case Match(test, column, text):
            return f"{test}({_operand(column)}, {_literal(text)})"
        case Not(item):
            return f"not ({text_of(item)})"
        case All(items):
            return " and ".join(f"({text_of(item)})" if isinstance(item, AnyOf) else text_of(item) for item in items)
        case AnyOf(items):
            return " or ".join(f"({text_of(item)})" if isinstance(item, All) else text_of(item) for item in items)


def _operand(operand: Operand) -> str:
    match operand:
        case Column(name):
            return name if name.isidentifier() else f"`{name}`"
        case Binding(name):
            return f"${name}"
        case Literal(value):
            return _literal(value)


def _literal(value: Scalar) -> str:
    if isinstance(value, str):
        return f'"{value}"' if "'" in value else f"'{value}'"
    return f"{value:g}" if isinstance(value, float) else str(value)
