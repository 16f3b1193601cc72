"""What a standard may not be although each part of it is well formed: circular, unreachable, at odds with itself."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date

from clew.records.schema import TABLES
from clew.records.vocabulary import ACTIVITIES, FEATURES
from clew.standards.language.document import Document, Path, StandardError
from clew.standards.language.model import Rule, Standard
from clew.standards.language.reachable import check_reachable
from clew.standards.verdict import Norm

_VOCABULARIES = {"circumstances": frozenset(FEATURES), "actions": frozenset(ACTIVITIES)}


def check_standard(standard: Standard, document: Document) -> Standard:
    """`standard` with its warnings; raises `StandardError` for cycles, dead rules and impossible dates."""
    if standard.effective_from and standard.effective_to and standard.effective_to <= standard.effective_from:
        raise document.error(
            ("standard", "effective"), "The standard ends before it begins.", mend="correct effective > from or to"
        )
    places: dict[str, Path] = {rule.id: ("rules", number) for number, rule in enumerate(standard.rules.values())}
    _check_requirements(standard, document, places)
    _check_states(standard, document)
    warnings: list[str] = []
    for rule in standard.rules.values():
        path = places[rule.id]
        check_reachable(rule, document, path)
        warnings += _warnings(rule, document, path, known_labels=not _reads_a_log(standard))
    used = {rule.within for rule in standard.rules.values() if isinstance(rule.within, str)}
    warnings += [
        f"{document.where(('parameters', name))}: the parameter {name} is used by no rule"
        for name in standard.parameters
        if name not in used
    ]
    return replace(standard, warnings=tuple(warnings))


def _reads_a_log(standard: Standard) -> bool:
    return bool(standard.log.attributes or standard.log.milestones) or standard.authority == "event log"


def _check_requirements(standard: Standard, document: Document, places: dict[str, Path]) -> None:
    for rule in standard.rules.values():
        for name in required_rules(standard, rule):
            if name not in standard.rules:
                raise document.error(
                    (*places[rule.id], "requires"),
                    f"{rule.id} requires {name}, and there is no such rule.",
                    mend=f"the rules are {', '.join(standard.rules)}",
                )
        if rule.norm is Norm.GATE and not required_rules(standard, rule):
            raise document.error(
                (*places[rule.id], "requires"),
                f"{rule.id} requires all gates, and no rule is marked `gate: true`: it could never bar anything.",
                mend="mark the rules that bar a change of category with gate: true",
            )
    for rule_id in standard.rules:
        cycle = _cycle(standard, (rule_id,))
        if cycle:
            raise document.error(
                (*places[cycle[0]], "requires"),
                f"The rules require each other in a circle: {' -> '.join(cycle)}.",
                why="none of them could ever be decided first",
                mend="take one of them out of `requires`",
            )


def required_rules(standard: Standard, rule: Rule) -> tuple[str, ...]:
    """Ids of the rules whose duties a gate needs closed; `gates` means all rules marked gate that are no gate norm."""
    if rule.requires == ("gates",):
        return tuple(
            other.id for other in standard.rules.values() if other.gate and other.decidable and other.norm != Norm.GATE
        )
    return rule.requires


def _cycle(standard: Standard, trail: tuple[str, ...]) -> tuple[str, ...]:
    for name in required_rules(standard, standard.rules[trail[-1]]):
        if name in trail:
            return (*trail[trail.index(name) :], name)
        if name in standard.rules and (found := _cycle(standard, (*trail, name))):
            return found
    return ()


def _check_states(standard: Standard, document: Document) -> None:
    if not standard.initial_state:
        return
    reached, frontier = {standard.initial_state}, [standard.initial_state]
    while frontier:
        state = frontier.pop()
        for transition in standard.transitions:
            if transition.source == state and transition.target not in reached:
                reached.add(transition.target)
                frontier.append(transition.target)
    categories = TABLES["events"].column("category").vocabulary
    for number, transition in enumerate(standard.transitions):
        path: Path = ("states", "transitions", number)
        for state in (transition.source, transition.target):
            if state not in categories:
                raise document.error(
                    path, f"There is no category {state!r}.", mend=f"the categories are {', '.join(categories)}"
                )
        if transition.source not in reached:
            raise document.error(
                path,
                f"{transition.source} can never be reached from {standard.initial_state}.",
                mend="add the transition that leads there, or leave this one out",
            )
        if transition.gate and (
            transition.gate not in standard.rules or standard.rules[transition.gate].norm is not Norm.GATE
        ):
            raise document.error((*path, "gate"), f"{transition.gate} is no rule of norm gate.")


def _warnings(rule: Rule, document: Document, path: Path, *, known_labels: bool) -> Iterable[str]:
    if rule.decidable and not rule.examples and known_labels:
        yield f"{document.where(path)}: {rule.id} has no examples; nothing shows that it says what it means"
    patterns = [rule.trigger.pattern] if rule.trigger else []
    patterns += [response.pattern for response in rule.responses]
    for pattern in patterns:
        for label in pattern.labels:
            if known_labels and label not in _VOCABULARIES.get(pattern.table, {label}):
                yield (
                    f"{document.where(path)}: {label} is not in Clew's vocabulary of {pattern.table}; "
                    "unless this force records it, the rule can never fire"
                )


def check_versions(standards: Sequence[Standard]) -> None:
    """Raises `StandardError` if two versions of one standard are in force on the same day."""
    for number, first in enumerate(standards):
        for second in standards[number + 1 :]:
            if first.id != second.id:
                continue
            begin = max(first.effective_from or date.min, second.effective_from or date.min)
            end = min(first.effective_to or date.max, second.effective_to or date.max)
            if begin < end:
                raise StandardError(
                    f"Two versions of {first.id} are in force at once from {begin.isoformat()}: "
                    f"{first.version} and {second.version}.",
                    where=f"{first.path}; {second.path}",
                    why="nobody could say which rule bound on that day",
                    mend="give the older one `effective: {to: ...}` on the day the newer one begins",
                )
