"""The expression language of `where:`: small, typed and total. No loops, no clock, no reading or writing.

Grammar, from loosest to tightest::

    or      := and ("or" and)*
    and     := not ("and" not)*
    not     := "not" not | test
    test    := operand [("==" | "!=" | "<" | "<=" | ">" | ">=") operand | ["not"] "in" "[" literal, ... "]"]
    operand := literal | name | $binding | has(name) | contains(name, 'text') | starts_with(name, 'text') | "(" or ")"

A name is a column (`outcome`, or quoted with backticks if it has odd letters). Every test has three outcomes, true,
false and unknown (Kleene): a test of an empty cell is unknown, `has` never is. Only the forms above exist, so every
expression ends; `clew.standards.engine.expressions` turns it into Polars, `clew.standards.oracle` walks it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from clew.records import Type


class Operator(StrEnum):
    """A comparison."""

    EQUAL = "=="
    NOT_EQUAL = "!="
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


class TextTest(StrEnum):
    """A test on a text column; both ignore case."""

    CONTAINS = "contains"
    STARTS_WITH = "starts_with"


Scalar = str | float | bool


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the row under test."""

    name: str
    type: Type


@dataclass(frozen=True, slots=True)
class Binding:
    """A value that the trigger bound, written ``$name``; `column` is the trigger's column it comes from."""

    name: str
    column: str
    type: Type


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant. An instant or date is held as its ISO 8601 text."""

    value: Scalar
    type: Type | None


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands compared; unknown if either is empty."""

    operator: Operator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class Member:
    """Whether a column is one of some constants; unknown if it is empty."""

    column: Column
    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Has:
    """Whether a column is filled; never unknown."""

    column: Column


@dataclass(frozen=True, slots=True)
class Match:
    """A text test; unknown if the column is empty."""

    test: TextTest
    column: Column
    text: str


@dataclass(frozen=True, slots=True)
class Not:
    """Kleene negation."""

    item: Expression


@dataclass(frozen=True, slots=True)
class All:
    """Kleene conjunction."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Kleene disjunction."""

    items: tuple[Expression, ...]


Operand = Column | Binding | Literal
Expression = Compare | Member | Has | Match | Not | All | AnyOf


def columns_of(expression: Expression | None) -> frozenset[str]:
    """Names of the columns that `expression` reads."""
    match expression:
        case None:
            return frozenset()
        case Compare(_, left, right):
            return frozenset(side.name for side in (left, right) if isinstance(side, Column))
        case Member(column, _) | Has(column) | Match(_, column, _):
            return frozenset({column.name})
        case Not(item):
            return columns_of(item)
        case All(items) | AnyOf(items):
            return frozenset().union(*(columns_of(item) for item in items))


def bindings_of(expression: Expression | None) -> frozenset[Binding]:
    """The trigger's values that `expression` uses."""
    match expression:
        case Compare(_, left, right):
            return frozenset(side for side in (left, right) if isinstance(side, Binding))
        case Not(item):
            return bindings_of(item)
        case All(items) | AnyOf(items):
            return frozenset().union(*(bindings_of(item) for item in items))
        case _:
            return frozenset()
