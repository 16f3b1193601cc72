"""What is on record of one case as known at T: the facts that match a pattern, and those that did."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from clew.standards.language.model import Pattern
from clew.standards.oracle.facts import Case, Fact, Version
from clew.standards.oracle.logic import Truth, truth


@dataclass(frozen=True)
class Sighting:
    """A fact that matches a pattern as known at T: its version in force, since when it matched, whether surely."""

    version: Version
    known: int
    sure: bool


@dataclass
class OnRecord:
    """One case as known at `at`."""

    event_id: str
    case: Case
    at: int

    def facts(self, pattern: Pattern) -> Iterator[Fact]:
        """Every fact of the pattern's table."""
        yield from self.case.get(pattern.table, [])

    def matching(self, fact: Fact, pattern: Pattern) -> Iterator[tuple[Version, Truth]]:
        """Versions recorded by T that match, or may."""
        for version in fact:
            if version.recorded <= self.at and (not pattern.labels or version.label in pattern.labels):
                told = truth(pattern.where, version.row)
                if told is not False:
                    yield version, told

    def sightings(self, pattern: Pattern) -> list[Sighting]:
        """Facts whose version in force matches, or may."""
        result = []
        for fact in self.facts(pattern):
            versions = list(self.matching(fact, pattern))
            for version, told in versions:
                if version.holds(self.at):
                    known = min(other.recorded for other, its in versions if its or not told)
                    result.append(Sighting(version, known, bool(told)))
        return result

    def withdrawn(self, pattern: Pattern) -> list[tuple[Version, int]]:
        """The last matching version of each fact that no longer matches, and since when it had matched."""
        result = []
        for fact in self.facts(pattern):
            versions = list(self.matching(fact, pattern))
            sure = [version for version, told in versions if told]
            if sure and not any(version.holds(self.at) for version, _ in versions):
                last = max(sure, key=lambda version: (version.recorded, version.number))
                result.append((last, min(version.recorded for version in sure)))
        return result
