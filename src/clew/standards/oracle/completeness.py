"""Whether absence may be read as absence: every feed that could hold an answer is complete past the deadline."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clew.records import Feed
from clew.standards.language.model import Rule, Standard
from clew.standards.oracle.facts import microseconds


def complete(feeds: Sequence[Feed], standard: Standard, rule: Rule, *, start: int, due: int | None, at: int) -> bool:
    """Whether every label that could answer the rule is complete from `start` past `due`, its lag included."""
    if due is None:
        return False
    return all(
        _label_complete(feeds, standard, response.pattern.table, label, span=(start, due), at=at)
        for response in rule.responses
        for label in response.pattern.labels or ("",)
    )


def _label_complete(
    feeds: Sequence[Feed], standard: Standard, table: str, label: str, *, span: tuple[int, int], at: int
) -> bool:
    start, due = span
    own, declared = f"{table}/{label}", standard.feeds
    lags = [declared[name].lag_us for name in (own, table) if name in declared and declared[name].lag_us]
    late = due + (lags[0] if lags else 0)
    for name in (own, table):
        spans = _spans(feeds, standard, name, table)
        if spans:
            return any(start >= begin and late <= at and (end is None or late <= end) for begin, end in spans)
    return False


def _spans(feeds: Sequence[Feed], standard: Standard, name: str, table: str) -> list[tuple[int, int | None]]:
    given = [(_moment(feed.complete_from), _end(feed)) for feed in feeds if feed.name == name]
    rule = standard.feeds.get(name)
    if rule is None or rule.complete_from is None:
        return given
    begins = _moment(rule.complete_from)
    inherited = given or [(_moment(feed.complete_from), _end(feed)) for feed in feeds if feed.name == table]
    return [(max(begins, begin), end) for begin, end in inherited] or [(begins, None)]


def _end(feed: Feed) -> int | None:
    return microseconds(feed.complete_to)


def _moment(moment: datetime) -> int:
    result = microseconds(moment)
    assert result is not None  # noqa: S101 - an instant was handed in
    return result
