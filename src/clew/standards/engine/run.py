"""Runs all rules of a standard in the order their requirements ask for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from clew.records import Feed
from clew.standards.engine.feeds import coverage
from clew.standards.engine.gates import Closings, closings_of
from clew.standards.engine.kernel import Kernel
from clew.standards.engine.matches import Instant, Matcher
from clew.standards.engine.opening import Frame
from clew.standards.engine.result import RuleDuties
from clew.standards.engine.store import Store
from clew.standards.language.checks import required_rules
from clew.standards.language.model import Rule, Standard
from clew.standards.verdict import View


def in_order(standard: Standard) -> list[Rule]:
    """Decidable rules, each after those it requires; the reader has refused circles."""
    done: dict[str, Rule] = {}

    def visit(rule: Rule) -> None:
        if rule.id in done or not rule.decidable:
            return
        for name in required_rules(standard, rule):
            visit(standard.rules[name])
        done[rule.id] = rule

    for rule in standard.rules.values():
        visit(rule)
    return list(done.values())


def run(
    store: Store, standard: Standard, *, at: Instant, view: View, feeds: Sequence[Feed] = ()
) -> Iterator[RuleDuties]:
    """Duties rule by rule, so that no more than one rule's need be held; gates come after what they require.

    at: T in microseconds, one or per case of the store.
    """
    matcher = Matcher(store, at)
    kernel = Kernel(Frame(standard, view, matcher), at, coverage(feeds, standard))
    rules = in_order(standard)
    wanted = {name for rule in rules for name in required_rules(standard, rule)}
    closings: dict[str, Closings] = {}
    for rule in rules:
        others = [closings[name] for name in required_rules(standard, rule) if name in closings]
        duties = kernel.duties(rule, others)
        if rule.id in wanted:
            closings[rule.id] = closings_of(duties)
        yield duties
