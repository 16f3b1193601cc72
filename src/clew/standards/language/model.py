"""A standard in typed form: what the YAML is read into, and what kernel and oracle both run on. Nothing here computes.

Every class is frozen; every reference (parameter, calendar, source, rule) has been resolved or refused by the
reader, so that whoever holds a `Standard` need not check it again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from clew.core import UsageError
from clew.records import Type
from clew.standards.language.deadline import Deadline
from clew.standards.language.expression import Expression
from clew.standards.verdict import Clock, Norm, Severity

#: The table of links handed in beside a dataset; its label is always this word.
LINKS = "links"

#: What a pattern's key is called in YAML, the table it reads, and the column its labels are in.
PATTERN_TABLES: dict[str, tuple[str, str]] = {
    "event": ("events", "kind"),
    "person": ("people", "role"),
    "circumstance": ("circumstances", "feature"),
    "action": ("actions", "activity"),
    "exhibit": ("exhibits", "kind"),
    "link": (LINKS, "kind"),
}

LABEL_COLUMNS: dict[str, str] = dict(PATTERN_TABLES.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """Which rows are meant: a table, labels (kinds, roles, features, activities; empty: any) and a condition."""

    table: str
    labels: tuple[str, ...] = ()
    where: Expression | None = None
    _hash: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        # Patterns are looked up all the time, and a condition may be deep.
        object.__setattr__(self, "_hash", hash((self.table, self.labels, self.where)))

    def __hash__(self) -> int:
        return self._hash


@dataclass(frozen=True, slots=True, kw_only=True)
class Correlation:
    """A column of the response that must equal (or differ from) a column of the trigger."""

    response: str
    trigger: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What discharges a duty (or breaks a prohibition).

    equals, differs: correlations with the trigger, at most one of each. at_least: how many are needed.
    look_back: how long before the trigger an act still counts. shared: one act may answer several triggers;
    otherwise acts are taken in order of time, each answering the oldest duty still unanswered.
    """

    pattern: Pattern
    equals: Correlation | None = None
    differs: Correlation | None = None
    at_least: int = 1
    look_back: Deadline | None = None
    shared: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What makes a duty arise: one duty a matching row. `clock` says when its clock starts; `bind`: name to column."""

    pattern: Pattern
    clock: Clock = Clock.KNOWN
    bind: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A row of any of `options` must be on record; if `before`, one that happened before the trigger was known."""

    options: tuple[Pattern, ...]
    before: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pause:
    """The clock stands still from a row matching `start` to the next one matching `stop`."""

    start: Pattern
    stop: Pattern


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """What lifts a duty: a row of `pattern` recorded by the deadline; its role and reason are in the condition."""

    pattern: Pattern
    roles: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """A parameter's value from a date on (None: from ever)."""

    start: date | None
    deadline: Deadline


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A named length of time with dated values. status: proposed or sourced; source: who says so."""

    name: str
    values: tuple[Value, ...]
    meaning: str = ""
    status: str = "proposed"
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCalendar:
    """Which hours are worked. holidays: country code of the `holidays` package, with subdivision (GB-ENG)."""

    name: str
    holidays: str = ""
    working_days: tuple[int, ...] = (0, 1, 2, 3, 4)
    opens: time = time(0, 0)
    closes: time | None = None
    extra_closed: tuple[date, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRule:
    """From when a table's absence may be read as absence, and how late its rows may come in."""

    name: str
    complete_from: datetime | None = None
    lag_us: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A change of category that a gate rule guards."""

    source: str
    target: str
    gate: str = ""
    says: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A small case and the verdicts that must come out; `line` is where it stands in the file."""

    name: str
    at: datetime
    tables: Mapping[str, tuple[Mapping[str, object], ...]]
    expect: tuple[str, ...]
    line: int = 0
    feeds_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule.

    gate: while its duties stand open, a guarded change of category is barred. what: the thing owed, as a phrase
    that follows "No record of". conditions: all of them must hold in the case.
    requires: of a gate rule, the rules whose duties must be closed. at_most: of a count, how many are allowed.
    unknown_trigger_counts: whether a trigger that cannot be told makes an indeterminate duty, or none.
    """

    id: str
    norm: Norm
    text: str
    title: str = ""
    what: str = ""
    ask: str = ""
    severity: Severity = Severity.MEDIUM
    gate: bool = False
    sources: tuple[str, ...] = ()
    conditions: tuple[Condition, ...] = ()
    trigger: Trigger | None = None
    responses: tuple[Response, ...] = ()
    within: str | Deadline | None = None
    after: Deadline | None = None
    at_most: int = 0
    pause: Pause | None = None
    waiver: Waiver | None = None
    requires: tuple[str, ...] = ()
    unknown_trigger_counts: bool = True
    examples: tuple[Example, ...] = ()
    line: int = 0

    @property
    def decidable(self) -> bool:
        """Whether records can decide it: a judgement is a reviewer's question and yields no duties."""
        return self.norm is not Norm.JUDGEMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class LogColumns:
    """How an event log is read: extra attributes with their types, and case attributes that are acts in time."""

    attributes: Mapping[str, tuple[str, Type]] = field(default_factory=dict)
    milestones: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standard:
    """A dated, sourced set of rules. `rules` by id, in the order of the file."""

    id: str
    version: str
    title: str
    zone: ZoneInfo
    rules: Mapping[str, Rule]
    published: date | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    supersedes: str = ""
    authority: str = ""
    sources: Mapping[str, str] = field(default_factory=dict)
    calendars: Mapping[str, WorkCalendar] = field(default_factory=dict)
    feeds: Mapping[str, FeedRule] = field(default_factory=dict)
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    initial_state: str = ""
    transitions: tuple[Transition, ...] = ()
    log: LogColumns = field(default_factory=LogColumns)
    path: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Id and version, as every output bears them."""
        return f"{self.id} {self.version}"

    def rule(self, rule_id: str) -> Rule:
        """The rule called `rule_id`; raises `UsageError` naming those there are."""
        if rule_id not in self.rules:
            raise UsageError(
                f"There is no rule {rule_id!r} in {self.label}.",
                mend=f"the rules are {', '.join(self.rules)}",
            )
        return self.rules[rule_id]

    def deadlines(self, rule: Rule) -> tuple[Value, ...]:
        """The dated lengths of time that `rule` allows, earliest first; empty where it has none."""
        if rule.within is None:
            return ()
        if isinstance(rule.within, Deadline):
            return (Value(start=None, deadline=rule.within),)
        return self.parameters[rule.within].values
