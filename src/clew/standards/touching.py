"""Which rules a new row, or the passing of an instant, may change: what an increment has to decide anew."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
import polars as pl

from clew.standards.engine.arrays import NEVER, Bools, Ints
from clew.standards.engine.result import RuleDuties
from clew.standards.engine.run import in_order
from clew.standards.engine.store import Store, labels_read
from clew.standards.language.checks import required_rules
from clew.standards.language.model import Standard
from clew.standards.verdict import Norm, Verdict

#: In place of a rule's number: every rule.
EVERY_RULE = -1
_MAY_CHANGE = np.array([verdict in (Verdict.PENDING, Verdict.INDETERMINATE) for verdict in Verdict])


def _none() -> Ints:
    return np.empty(0, dtype=np.int64)


class Reading:
    """Who reads what. rules: the ids of the decidable rules, each after those it requires."""

    def __init__(self, standard: Standard) -> None:
        rules = in_order(standard)
        self.rules = [rule.id for rule in rules]
        self._reads = [labels_read([rule]) for rule in rules]
        number = {rule.id: place for place, rule in enumerate(rules)}
        self._required = {
            number[rule.id]: [number[name] for name in required_rules(standard, rule) if name in number]
            for rule in rules
            if rule.norm is Norm.GATE
        }
        self._readers: dict[tuple[str, str | None], list[int]] = {}

    def readers(self, table: str, label: str | None) -> list[int]:
        """Numbers of the rules that read rows of `table` with this label; None: with any label."""
        key = (table, label)
        if key not in self._readers:
            self._readers[key] = [
                rule
                for rule, reads in enumerate(self._reads)
                if table in reads and (label is None or reads[table] is None or label in (reads[table] or ()))
            ]
        return self._readers[key]

    def mark_instants(self, touched: Bools, passed: Changes, place: Ints) -> None:
        """Marks in `touched` (rules by cases) what instants that have passed may change; place: of every case."""
        every = passed.rule == EVERY_RULE
        touched[:, place[passed.case[every]]] = True
        touched[passed.rule[~every], place[passed.case[~every]]] = True

    def mark_rows(self, touched: Bools, table: str, labels: pl.Series, cases: Ints) -> None:
        """Marks in `touched` (rules by cases) what new rows of `table`, each with its label and case, may change."""
        words = pl.Enum(labels.drop_nulls().unique())
        codes = labels.cast(words).to_physical().cast(pl.Int64).fill_null(-1).to_numpy()
        for code, label in [*enumerate(words.categories.to_list()), (-1, None)]:
            own = cases[codes == code]
            if own.size and (rules := self.readers(table, label)):
                touched[np.array(rules)[:, None], own] = True

    def mark_every_reader(self, touched: Bools, table: str, cases: Ints) -> None:
        """Marks every rule that reads `table` at all, in `cases`."""
        for rule in self.readers(table, None):
            touched[rule, cases] = True

    def close(self, touched: Bools) -> None:
        """Marks every gate of which a required rule is marked, then every rule that a marked gate requires."""
        for gate, required in self._required.items():
            touched[gate] |= touched[required].any(axis=0)
        for gate, required in reversed(self._required.items()):
            touched[required] |= touched[gate]


@dataclass(frozen=True, eq=False)
class Changes:
    """Instants to come at which a clock alone changes a verdict: rule (its number, or `EVERY_RULE`), case, instant."""

    rule: Ints = field(default_factory=_none)
    case: Ints = field(default_factory=_none)
    at: Ints = field(default_factory=_none)

    def take(self, picked: Bools) -> Changes:
        """Only the picked ones."""
        return Changes(self.rule[picked], self.case[picked], self.at[picked])

    def replaced(self, number: Ints, touched: Bools, fresh: Changes) -> Changes:
        """`fresh`, and of these what concerns nothing that was decided anew.

        number: for every case its place in `touched` (rules by cases), -1 if it has none.
        """
        place = number[self.case]
        gone = place >= 0
        gone[gone] = (self.rule[gone] == EVERY_RULE) | touched[self.rule[gone], place[gone]]
        kept = self.take(~gone)
        return Changes(
            np.concatenate([kept.rule, fresh.rule]),
            np.concatenate([kept.case, fresh.case]),
            np.concatenate([kept.at, fresh.at]),
        )


def changes_to_come(
    results: Iterable[RuleDuties], store: Store, *, rules: Mapping[str, int], lags: Iterable[int], moment: int
) -> Changes:
    """When, after `moment`, a clock alone changes a verdict among `results`; cases as the store numbers them.

    lags: how late rows of some feed may come in, in microseconds.
    """
    found = [Changes()]
    for duties in results:
        waits = np.flatnonzero(_MAY_CHANGE[duties.verdict] & (duties.latest_due < NEVER))
        case, due = duties.case[waits], duties.latest_due[waits]
        for lag in sorted({1, *lags}):
            coming = due > moment - lag
            own = np.full(int(coming.sum()), rules[duties.rule], dtype=np.int64)
            found.append(Changes(own, case[coming], due[coming] + lag))
    for table in store.tables.values():
        # A row may say itself that it begins or ceases to hold later.
        for instants in (table.recorded, table.until):
            if instants is not None:
                coming = (instants > moment) & (instants < NEVER)
                case = table.case[coming]
                found.append(Changes(np.full(case.size, EVERY_RULE, dtype=np.int64), case, instants[coming]))
    return Changes(*(np.concatenate([getattr(item, name) for item in found]) for name in ("rule", "case", "at")))
