"""Reads one rule of a standard's document into a `Rule`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any
from zoneinfo import ZoneInfo

from clew.core import ClewError, parse_instant
from clew.records import TABLES, Type
from clew.standards.language.deadline import Deadline, DeadlineKind
from clew.standards.language.document import Document, Path
from clew.standards.language.expression import (
    All,
    Binding,
    Column,
    Compare,
    Expression,
    Has,
    Literal,
    Member,
    Operator,
    bindings_of,
)
from clew.standards.language.model import (
    LINKS,
    PATTERN_TABLES,
    Condition,
    Correlation,
    Example,
    Parameter,
    Pattern,
    Pause,
    Response,
    Rule,
    Trigger,
    Waiver,
)
from clew.standards.language.overlap import overlaps
from clew.standards.language.parse_expression import ExpressionError, parse_expression
from clew.standards.language.read_deadline import DeadlineReader
from clew.standards.language.schema import short
from clew.standards.verdict import Clock, Norm, Severity

#: Columns a rule may ask of a link between this event and another.
LINK_COLUMNS: dict[str, Type] = {
    "other_event_id": Type.TEXT,
    "distance_m": Type.NUMBER,
    "days_apart": Type.NUMBER,
    "shared_features": Type.NUMBER,
    "same_finder": Type.TEXT,
    "log10_bayes_factor": Type.NUMBER,
    "people": Type.NUMBER,
    "reference": Type.NUMBER,
    "place": Type.NUMBER,
    "circumstances": Type.NUMBER,
}
Bindings = Mapping[str, tuple[str, Type]]


class RuleReader:
    """Reads rules of one document. columns: per table, what a condition may name."""

    def __init__(
        self,
        *,
        document: Document,
        zone: ZoneInfo,
        columns: Mapping[str, Mapping[str, Type]],
        deadlines: DeadlineReader,
        parameters: Mapping[str, Parameter],
        sources: Mapping[str, str],
    ) -> None:
        self.document, self.zone, self.deadlines = document, zone, deadlines
        self.parameters, self.sources = parameters, sources
        self.columns = {**columns, LINKS: LINK_COLUMNS}

    def rule(self, item: Mapping[str, Any], path: Path) -> Rule:
        """The rule at `path`; raises `StandardError`."""
        norm = Norm(item["norm"])
        self._check_parts(norm, item, path)
        trigger, bindings = self._trigger(item["trigger"], (*path, "trigger")) if "trigger" in item else (None, {})
        key = "forbid" if norm is Norm.PROHIBITION or "forbid" in item else "oblige"
        written = item.get(key, [])
        entries = [((*path, key), written)] if isinstance(written, Mapping) else _numbered(written, (*path, key))
        responses = tuple(self._response(entry, place, bindings) for place, entry in entries)
        for number, source in enumerate(item.get("sources", [])):
            if source.partition("#")[0].partition(" ")[0] not in self.sources:
                raise self.document.error(
                    (*path, "sources", number),
                    f"The source {source!r} is not among the standard's sources.",
                    mend=f"list it under standard > sources; there are {', '.join(self.sources) or 'none'}",
                )
        self._check_matching(norm, item, path, trigger, responses)
        return Rule(
            id=item["id"],
            norm=norm,
            text=item["text"],
            title=item.get("title", item["id"]),
            what=item.get("what", ""),
            ask=item.get("ask", ""),
            severity=Severity(item.get("severity", "medium")),
            gate=item.get("gate", False),
            sources=tuple(item.get("sources", [])),
            conditions=tuple(
                self._condition(entry, (*path, "applies_when", number))
                for number, entry in enumerate(item.get("applies_when", []))
            ),
            trigger=trigger,
            responses=responses,
            within=self._within(item["within"], (*path, "within"), trigger) if "within" in item else None,
            after=self.deadlines.read(item["after"], (*path, "after")) if "after" in item else None,
            at_most=item.get("at_most", 0),
            pause=Pause(
                start=self._pattern(item["pause"]["from"], (*path, "pause", "from")),
                stop=self._pattern(item["pause"]["to"], (*path, "pause", "to")),
            )
            if "pause" in item
            else None,
            waiver=_waiver(item["id"], item["waiver"]) if "waiver" in item else None,
            requires=("gates",) if item.get("requires") == "gates" else tuple(item.get("requires", [])),
            unknown_trigger_counts=item.get("missing", {}).get("trigger", "indeterminate") == "indeterminate",
            examples=tuple(
                self._example(entry, (*path, "examples", number))
                for number, entry in enumerate(item.get("examples", []))
            ),
            line=self.document.line(path),
        )

    def _check_parts(self, norm: Norm, item: Mapping[str, Any], path: Path) -> None:
        needed = {
            Norm.GATE: ("trigger", "requires"),
            Norm.JUDGEMENT: ("ask",),
            Norm.PROHIBITION: ("trigger", "forbid", "within"),
            Norm.PRECEDENCE: ("trigger", "oblige"),
        }.get(norm, ("trigger", "within"))
        for name in needed:
            if name not in item:
                raise self.document.error(
                    path, f"A rule of norm {norm} needs `{name}`.", mend=f"add {name}: ..., or choose another norm"
                )
        if norm not in (Norm.GATE, Norm.JUDGEMENT) and ("oblige" in item) == ("forbid" in item):
            raise self.document.error(path, "A rule says either `oblige` or `forbid`.", mend="keep one of the two")
        if norm is Norm.FOUR_EYES and "differs" not in str(item.get("oblige")):
            raise self.document.error(
                (*path, "oblige"),
                "Four eyes need `differs`: the column that two people differ in.",
                mend="add differs: actor",
            )
        if norm is Norm.RELATED_EVENT and "link" not in item["trigger"]:
            raise self.document.error(
                (*path, "trigger"), "A related_event rule is triggered by a link.", mend="write trigger: {link: any}"
            )
        for name, norms in _ONLY_FOR.items():
            if name in item and norm not in norms:
                raise self.document.error(
                    (*path, name), f"`{name}` means nothing in a rule of norm {norm}.", mend="leave it out"
                )

    def _check_matching(
        self, norm: Norm, item: Mapping[str, Any], path: Path, trigger: Trigger | None, responses: tuple[Response, ...]
    ) -> None:
        """Refuses what could not be decided in one way only."""
        for response in responses:
            if trigger and overlaps(trigger.pattern, response.pattern):
                if norm is Norm.PRECEDENCE or response.look_back:
                    raise self.document.error(
                        path, "An act cannot be asked to come before itself.", mend="tell the two acts apart by label"
                    )
                if not response.shared and not item.get("at_most"):
                    raise self.document.error(
                        path,
                        "The act that answers may itself trigger the rule, so it answers every duty before it.",
                        mend="say shared: true",
                    )
        if "pause" in item and "within" in item:
            for value in self._values(item["within"], path):
                if value.kind in (DeadlineKind.WORKING_DAYS, DeadlineKind.END_OF_DAY):
                    raise self.document.error(
                        (*path, "pause"),
                        "A clock that counts whole days cannot be paused.",
                        mend="write the deadline as P7D, PT48H or working_time",
                    )
        if norm is Norm.PRECEDENCE and "within" in item:
            for value in self._values(item["within"], path):
                if value.kind is not DeadlineKind.DURATION:
                    raise self.document.error(
                        (*path, "within"), "How far a precedence looks back must be a plain duration.", mend="write P7D"
                    )

    def _values(self, item: Any, path: Path) -> list[Deadline]:
        if isinstance(item, str) and item in self.parameters:
            return [value.deadline for value in self.parameters[item].values]
        return [self.deadlines.read(item, (*path, "within"))]

    def _pattern(self, item: Mapping[str, Any], path: Path, bindings: Bindings | None = None) -> Pattern:
        kinds = [name for name in PATTERN_TABLES if name in item]
        if len(kinds) != 1:
            raise self.document.error(
                path,
                "A pattern names exactly one of event, person, circumstance, action, exhibit, link.",
                mend="write for example {action: check.intelligence}",
            )
        table, label_column = PATTERN_TABLES[kinds[0]]
        written = item[kinds[0]]
        labels = (written,) if isinstance(written, str) else tuple(written)
        labels = () if labels == ("any",) else labels
        vocabulary = TABLES[table].column(label_column).vocabulary if table in TABLES else ("any",)
        for label in labels:
            if vocabulary and label not in vocabulary:
                near = difflib.get_close_matches(label, vocabulary, n=1)
                raise self.document.error(
                    (*path, kinds[0]),
                    f"No {kinds[0]} is ever {label!r}, so this can never match.",
                    mend=f"did you mean {near[0]}?" if near else f"there are {', '.join(vocabulary)}",
                )
        where = None
        if "where" in item:
            try:
                where = parse_expression(item["where"], self.columns[table], bindings or {})
            except ExpressionError as fault:
                raise self.document.error(
                    (*path, "where"), f"In the condition {short(item['where'])}: {fault.what}.", mend=fault.mend
                ) from None
        return Pattern(table=table, labels=labels, where=where)

    def _trigger(self, item: Mapping[str, Any], path: Path) -> tuple[Trigger, Bindings]:
        pattern = self._pattern(item, path)
        columns = self.columns[pattern.table]
        bindings: dict[str, tuple[str, Type]] = {}
        for name, column in item.get("bind", {}).items():
            if column not in columns:
                raise self.document.error(
                    (*path, "bind", name),
                    f"{pattern.table} has no column {column!r}.",
                    mend=f"its columns are {', '.join(columns)}",
                )
            bindings[name] = (column, columns[column])
        clock = Clock(item.get("clock", "known"))
        return Trigger(pattern=pattern, clock=clock, bind=item.get("bind", {})), bindings

    def _response(self, item: Mapping[str, Any], path: Path, bindings: Bindings) -> Response:
        whole = self._pattern(item, path, bindings)
        plain, equals, differs = self._split(whole.where, path)
        if "differs" in item:
            if differs is not None:
                raise self.document.error(path, "`differs` and a != $name cannot both be given.", mend="keep one")
            column = item["differs"]
            if self.columns[whole.table].get(column) is not Type.TEXT:
                raise self.document.error((*path, "differs"), f"{whole.table} has no text column {column!r}.")
            differs = Correlation(response=column, trigger=column)
        at_least = item.get("at_least", 1)
        if at_least > 1 and differs:
            raise self.document.error(path, "A count cannot also ask for `differs`.", mend="make two rules of it")
        shared = item.get("shared", at_least > 1 or differs is not None)
        if not shared and (at_least > 1 or differs):
            raise self.document.error(
                (*path, "shared"), "With `at_least` or `differs`, an act is always shared.", mend="leave shared out"
            )
        return Response(
            pattern=Pattern(table=whole.table, labels=whole.labels, where=plain),
            equals=equals,
            differs=differs,
            at_least=at_least,
            look_back=self.deadlines.read(item["look_back"], (*path, "look_back")) if "look_back" in item else None,
            shared=shared,
        )

    def _split(
        self, where: Expression | None, path: Path
    ) -> tuple[Expression | None, Correlation | None, Correlation | None]:
        """The part of a condition without $names, and its one == $name and one != $name."""
        plain: list[Expression] = []
        found: dict[Operator, Correlation] = {}
        for item in _conjuncts(where):
            if not bindings_of(item):
                plain.append(item)
                continue
            pair = _correlation(item)
            if pair is None or pair[0] in found:
                raise self.document.error(
                    (*path, "where"),
                    "A $name may stand once as `column == $name` and once as `column != $name`, joined by and.",
                    why="only so can each act be matched with its duty in a bounded number of steps",
                    mend="move the $name to the top of the condition, or make two rules of it",
                )
            found[pair[0]] = pair[1]
        rest = None if not plain else plain[0] if len(plain) == 1 else All(tuple(plain))
        return rest, found.get(Operator.EQUAL), found.get(Operator.NOT_EQUAL)

    def _condition(self, item: Mapping[str, Any], path: Path) -> Condition:
        entries = _numbered(item["any"], (*path, "any")) if "any" in item else [(path, item)]
        return Condition(
            options=tuple(self._pattern(entry, place) for place, entry in entries), before="before" in item
        )

    def _within(self, item: Any, path: Path, trigger: Trigger | None) -> str | Deadline:
        if isinstance(item, str) and not item.startswith("P"):
            if item not in self.parameters:
                near = difflib.get_close_matches(item, self.parameters, n=1)
                raise self.document.error(
                    path,
                    f"There is no parameter {item!r}.",
                    mend=f"did you mean {near[0]}?" if near else "define it under parameters, or write PT4H",
                )
            return item
        deadline = self.deadlines.read(item, path)
        if deadline.kind is DeadlineKind.COLUMN:
            columns = self.columns[trigger.pattern.table] if trigger else {}
            if columns.get(deadline.column) is not Type.INSTANT:
                raise self.document.error(
                    (*path, "until"),
                    f"The trigger has no instant column {deadline.column!r}.",
                    mend="name a column of the trigger's table that holds a date-time",
                )
        return deadline

    def _example(self, item: Mapping[str, Any], path: Path) -> Example:
        try:
            at = parse_instant(item["at"], self.zone)
        except ClewError as error:
            raise self.document.error((*path, "at"), error.what, mend=error.mend) from None
        expect = item["expect"]
        return Example(
            name=item["name"],
            at=at,
            tables={
                name: tuple(item[name])
                for name in ("events", "people", "circumstances", "actions", "exhibits", LINKS)
                if name in item
            },
            expect=() if expect == "none" else (expect,) if isinstance(expect, str) else tuple(expect),
            line=self.document.line(path),
            feeds_complete=item.get("feeds_complete", True),
        )


_ONLY_FOR: dict[str, frozenset[Norm]] = {
    "requires": frozenset({Norm.GATE}),
    "at_most": frozenset({Norm.COUNT, Norm.PROHIBITION}),
    "forbid": frozenset({Norm.PROHIBITION, Norm.COUNT}),
    "pause": frozenset({Norm.OBLIGATION, Norm.COUNT, Norm.FOUR_EYES, Norm.RELATED_EVENT}),
    "oblige": frozenset(Norm) - {Norm.GATE, Norm.JUDGEMENT, Norm.PROHIBITION},
}


def _numbered(items: Iterable[Mapping[str, Any]], path: Path) -> list[tuple[Path, Mapping[str, Any]]]:
    return [((*path, number), item) for number, item in enumerate(items)]


def _conjuncts(where: Expression | None) -> tuple[Expression, ...]:
    if where is None:
        return ()
    return where.items if isinstance(where, All) else (where,)


def _correlation(item: Expression) -> tuple[Operator, Correlation] | None:
    match item:
        case Compare(Operator.EQUAL | Operator.NOT_EQUAL as operator, Column(column), Binding(column=bound)):
            return operator, Correlation(response=column, trigger=bound)
        case Compare(Operator.EQUAL | Operator.NOT_EQUAL as operator, Binding(column=bound), Column(column)):
            return operator, Correlation(response=column, trigger=bound)
    return None


def _waiver(rule_id: str, item: Mapping[str, Any]) -> Waiver:
    """A waiver is an act `duty.waived` about the rule, with a reason, by one of the roles that may."""
    text = Type.TEXT
    tests: list[Expression] = [
        Compare(Operator.EQUAL, Column("about", text), Literal(rule_id, text)),
        Has(Column("reason", text)),
        Member(Column("actor_role", text), tuple(item["by"])),
    ]
    if item.get("reasons"):
        tests.append(Member(Column("reason", text), tuple(item["reasons"])))
    return Waiver(
        pattern=Pattern(table="actions", labels=("duty.waived",), where=All(tuple(tests))),
        roles=tuple(item["by"]),
        reasons=tuple(item.get("reasons", [])),
    )
