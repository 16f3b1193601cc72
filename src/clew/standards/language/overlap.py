"""Whether a row that triggers a duty could also be taken for its answer."""

from __future__ import annotations

from clew.standards.language.model import Pattern


def overlaps(first: Pattern, second: Pattern) -> bool:
    """Whether one row may match both patterns, as far as table and labels tell."""
    if first.table != second.table:
        return False
    return not first.labels or not second.labels or not set(first.labels).isdisjoint(second.labels)
