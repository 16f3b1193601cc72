"""Reads the text of a `where:` into `clew.standards.language.expression`, checking names and types on the way."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

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
    Scalar,
    TextTest,
)

#: Longest text and deepest nesting read: far above any rule a person would write, and a bound on what a hostile
#: file can cost.
MAXIMUM_LENGTH, MAXIMUM_DEPTH = 4_000, 50

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<number>-?\d+(?:\.\d+)?)
    | (?P<text>'[^']*'|"[^"]*")
    | (?P<quoted>`[^`]+`)
    | (?P<binding>\$[A-Za-z_]\w*)
    | (?P<word>[A-Za-z_]\w*)
    | (?P<symbol>==|!=|<=|>=|<|>|\(|\)|\[|\]|,)
    )""",
    re.VERBOSE,
)
_ORDERED = {Type.NUMBER, Type.INSTANT, Type.DATE}


class ExpressionError(Exception):
    """What is wrong with an expression: `what`, and how to mend it; the reader adds where."""

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what, self.mend = what, mend


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str


def _tokens(text: str) -> list[_Token]:
    if len(text) > MAXIMUM_LENGTH:
        raise ExpressionError(f"the condition is {len(text)} letters long", f"keep it below {MAXIMUM_LENGTH}")
    found: list[_Token] = []
    position, end = 0, len(text.rstrip())
    while position < end:
        token = _TOKEN.match(text, position)
        if token is None or token.lastgroup is None:
            raise ExpressionError(
                f"{text[position:].lstrip()[:20]!r} cannot be read",
                "write tests such as outcome == 'hit', joined by and, or, not",
            )
        found.append(_Token(token.lastgroup, token.group(token.lastgroup)))
        position = token.end()
    return found


def parse_expression(text: str, columns: Mapping[str, Type], bindings: Mapping[str, tuple[str, Type]]) -> Expression:
    """`text` as an expression over `columns` (name to type) and `bindings` (name to trigger column and type).

    Raises `ExpressionError` for anything that is not of the grammar, an unknown name, or types that do not agree.
    """
    return _Parser(_tokens(text), columns, bindings).whole()


class _Parser:
    """Recursive descent, a method a line of the grammar."""

    def __init__(
        self, tokens: list[_Token], columns: Mapping[str, Type], bindings: Mapping[str, tuple[str, Type]]
    ) -> None:
        self.tokens, self.columns, self.bindings = tokens, columns, bindings
        self.position = self.depth = 0

    def whole(self) -> Expression:
        if not self.tokens:
            raise ExpressionError("the condition is empty", "leave `where` out if there is none")
        result = self.either()
        if self.position < len(self.tokens):
            raise ExpressionError(
                f"{self.tokens[self.position].text!r} is one word too many", "join tests with and, or"
            )
        return result

    def peek(self) -> str:
        return self.tokens[self.position].text if self.position < len(self.tokens) else ""

    def take(self, wanted: str = "") -> _Token:
        if self.position >= len(self.tokens):
            raise ExpressionError(f"the condition ends where {wanted or 'a value'} was expected")
        token = self.tokens[self.position]
        if wanted and token.text != wanted:
            raise ExpressionError(f"{token.text!r} stands where {wanted!r} was expected")
        self.position += 1
        return token

    def either(self) -> Expression:
        self.depth += 1
        if self.depth > MAXIMUM_DEPTH:
            raise ExpressionError("the condition is nested too deeply", "split the rule in two")
        items = [self.both()]
        while self.peek() == "or":
            self.take()
            items.append(self.both())
        self.depth -= 1
        return items[0] if len(items) == 1 else AnyOf(tuple(items))

    def both(self) -> Expression:
        items = [self.negation()]
        while self.peek() == "and":
            self.take()
            items.append(self.negation())
        return items[0] if len(items) == 1 else All(tuple(items))

    def negation(self) -> Expression:
        negations = 0
        while self.peek() == "not":
            self.take()
            negations += 1
        inner = self.test()
        return Not(inner) if negations % 2 else inner

    def test(self) -> Expression:
        token = self.take()
        if token.text == "(":
            inner = self.either()
            self.take(")")
            return inner
        if token.kind == "word" and self.peek() == "(":
            return self.call(token.text)
        left = self.operand(token)
        following = self.peek()
        if following in ("in", "not"):
            if following == "not":
                self.take()
            self.take("in")
            member = self.member(left)
            return Not(member) if following == "not" else member
        if following not in set(Operator):
            raise ExpressionError(
                f"{token.text!r} is not compared with anything", "write for example outcome == 'hit', or has(outcome)"
            )
        operator = Operator(self.take().text)
        return self.compared(operator, left, self.operand(self.take()))

    def operand(self, token: _Token) -> Operand:
        match token.kind:
            case "number":
                return Literal(float(token.text), Type.NUMBER)
            case "text":
                return Literal(token.text[1:-1], Type.TEXT)
            case "binding":
                return self.binding(token.text[1:])
            case "quoted":
                return self.column(token.text[1:-1])
            case "word":
                return self.column(token.text)
        raise ExpressionError(f"{token.text!r} stands where a value was expected")

    def column(self, name: str) -> Column:
        if name not in self.columns:
            raise ExpressionError(f"there is no column {name!r} here", _nearest(name, self.columns))
        return Column(name, self.columns[name])

    def binding(self, name: str) -> Binding:
        if name not in self.bindings:
            raise ExpressionError(
                f"the trigger binds no ${name}", f"add `bind: {{{name}: <column>}}` to the trigger, or correct the name"
            )
        column, kind = self.bindings[name]
        return Binding(name, column, kind)

    def call(self, function: str) -> Expression:
        self.take("(")
        token = self.take()
        column = self.column(token.text.strip("`"))
        if function == "has":
            self.take(")")
            return Has(column)
        if function in set(TextTest):
            if column.type is not Type.TEXT:
                raise ExpressionError(f"{function} needs a text column, and {column.name} is a {column.type}")
            self.take(",")
            text = self.take()
            if text.kind != "text":
                raise ExpressionError(f"{function} needs a text in quotes, not {text.text!r}")
            self.take(")")
            return Match(TextTest(function), column, text.text[1:-1])
        raise ExpressionError(f"there is no function {function!r}", "the functions are has, contains, starts_with")

    def member(self, left: Operand) -> Member:
        if not isinstance(left, Column):
            raise ExpressionError("only a column can be `in` a list")
        if left.type not in (Type.TEXT, Type.NUMBER):
            raise ExpressionError(f"{left.name} is a {left.type}: only texts and numbers can be `in` a list")
        self.take("[")
        values: list[Scalar] = []
        while True:
            value = self.operand(self.take())
            if not isinstance(value, Literal) or value.type is not left.type:
                raise ExpressionError(f"the list that {left.name} is looked up in must hold {left.type}s only")
            values.append(value.value)
            if self.take(self.peek() if self.peek() in (",", "]") else "]").text == "]":
                return Member(left, tuple(values))

    def compared(self, operator: Operator, left: Operand, right: Operand) -> Compare:
        if isinstance(left, Literal) and isinstance(right, Literal):
            raise ExpressionError("two constants are compared", "compare a column with a constant")
        left, right = _fitted(left, right), _fitted(right, left)
        if left.type is not right.type:
            raise ExpressionError(
                f"a {left.type} is compared with a {right.type}",
                "put texts in quotes and numbers without; write instants as '2014-06-20T09:00+01:00'",
            )
        if operator not in (Operator.EQUAL, Operator.NOT_EQUAL) and left.type not in _ORDERED:
            raise ExpressionError(f"texts cannot be compared with {operator}", "use ==, != or in [...]")
        return Compare(operator, left, right)


def _fitted(side: Operand, other: Operand) -> Operand:
    """A text constant compared with an instant or a date is read as one."""
    if isinstance(side, Literal) and side.type is Type.TEXT and other.type in (Type.INSTANT, Type.DATE):
        try:
            moment = datetime.fromisoformat(str(side.value))
        except ValueError:
            raise ExpressionError(f"{side.value!r} is not a date or time", "write it as '2014-06-20'") from None
        if other.type is Type.INSTANT and moment.tzinfo is None:
            raise ExpressionError(f"{side.value!r} does not say its offset", "write it as '2014-06-20T09:00+01:00'")
        return Literal(side.value, other.type)
    return side


def _nearest(name: str, known: Mapping[str, Type]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"the columns are {', '.join(known)}"
