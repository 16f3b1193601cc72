"""Runs all rules of a standard in the order their requirements ask for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from clew.records import Feed
from clew.standards.engine.arrays import Bools
from clew.standards.engine.feeds import coverage
from clew.standards.engine.gates import Closings, closings_of
from clew.standards.engine.kernel import Kernel
from clew.standards.engine.matches import Instant, Matcher
from clew.standards.engine.opening import Frame
from clew.standards.engine.result import RuleDuties
from clew.standards.engine.store import Store, patterns_of
from clew.standards.language.checks import required_rules
from clew.standards.language.model import Pattern, Rule, Standard
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


def conditions(rules: Iterable[Rule]) -> dict[tuple[str, tuple[str, ...]], list[Pattern]]:
    """The patterns of `rules` that have a condition, by the rows it is on: table and labels."""
    found: dict[tuple[str, tuple[str, ...]], list[Pattern]] = {}
    for pattern in dict.fromkeys(pattern for rule in rules for pattern in patterns_of(rule)):
        if pattern.where is not None:
            found.setdefault((pattern.table, pattern.labels), []).append(pattern)
    return found


def run(
    store: Store,
    standard: Standard,
    *,
    at: Instant,
    view: View,
    feeds: Sequence[Feed] = (),
    only: Mapping[str, Bools] | None = None,
) -> Iterator[RuleDuties]:
    """Duties rule by rule, so that no more than one rule's need be held; gates come after what they require.

    at: T in microseconds, one or per case of the store. only: the rules to decide, each with the cases in which; a
    gate's cases must be among those of the rules it requires.
    """
    rules = in_order(standard)
    if only is not None:
        rules = [rule for rule in rules if rule.id in only]
    matcher = Matcher(store, at, conditions(rules))
    kernel = Kernel(Frame(standard, view, matcher, only), at, coverage(feeds, standard))
    wanted = {name for rule in rules for name in required_rules(standard, rule)}
    closings: dict[str, Closings] = {}
    for rule in rules:
        others = [closings[name] for name in required_rules(standard, rule) if name in closings]
        duties = kernel.duties(rule, others)
        if rule.id in wanted:
            closings[rule.id] = closings_of(duties)
        yield duties
