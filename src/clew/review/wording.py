"""Plain words: the headline of an item, and the sentence of a link with its two numbers."""

from __future__ import annotations

from collections.abc import Sequence

from clew.links import Explanation
from clew.review.model import Reason, ReasonKind

#: What each family of evidence is about, as a phrase in a headline.
FAMILY_IN_WORDS = {
    "people": "a shared person or address",
    "reference": "one names the other",
    "place": "near each other",
    "time": "close in time",
    "profile": "alike in age and sex",
    "circumstances": "shared circumstances",
    "narrative": "rare words in both narratives",
}


def often(per_year: float) -> str:
    """A rate in words: ``4 a year``, ``0.3 a year``; two significant figures below 10."""
    if per_year >= 9.5:
        return f"{per_year:.0f} a year"
    return f"{per_year:.1f} a year" if per_year >= 0.095 else f"{per_year:.2g} a year"


def link_text(
    other: str, why: Explanation, seen_per_year: float, chance_per_year: float, *, more: int = 0, decided: str = ""
) -> str:
    """The link to `other` in words, with both its numbers. more: how many weaker links are not worded. decided: what
    people made of it, in words."""
    rest = f" {more} weaker links of this death are not worded here." if more > 0 else ""
    return (
        f"May be connected with {other}. {why.sentence} Links at least this strong: {often(seen_per_year)} seen by "
        f"this force; chance alone would make about {often(chance_per_year)}.{f' {decided}' if decided else ''}{rest}"
    )


def recurrence_text(said: str, seen_per_year: float, chance_per_year: float) -> str:
    """A recurrence in words, with both its numbers."""
    return (
        f"{said} Recurrences at least this strong: {often(seen_per_year)} seen by this force; persons and spots that "
        f"only differ in how often they are met would make about {often(chance_per_year)}."
    )


def headline(reasons: Sequence[Reason]) -> str:
    """What is most worth knowing about a death, in one line; never who did anything, always what to ask."""
    by_kind: dict[ReasonKind, list[Reason]] = {kind: [] for kind in ReasonKind}
    for reason in reasons:
        by_kind[reason.kind].append(reason)
    said = []
    links = [reason.link for reason in by_kind[ReasonKind.LINK] if reason.link is not None]
    if linked := [link for link in links if not link.confirmed]:
        others = list(dict.fromkeys(event_id for link in linked for event_id in link.other_event_ids))
        families = linked[0].families
        strongest = sorted(families, key=lambda family: -families[family])[:3]
        telling = ", ".join(FAMILY_IN_WORDS[family] for family in strongest if families[family] >= 0.3)
        said.append(f"May be connected with {_listed(others[:3], len(others))} ({telling})")
    if confirmed := list(dict.fromkeys(other for link in links if link.confirmed for other in link.other_event_ids)):
        said.append(f"link with {_listed(confirmed[:3], len(confirmed))} confirmed by a person")
    if conflicts := len(by_kind[ReasonKind.CONFLICT]):
        said.append(
            "one thing in the records does not fit"
            if conflicts == 1
            else f"{conflicts} things in the records do not fit"
        )
    if claims := len(by_kind[ReasonKind.CLAIM]):
        said.append(
            "a doubt from outside has no answer" if claims == 1 else f"{claims} doubts from outside have no answer"
        )
    if duties := [reason.standard for reason in by_kind[ReasonKind.STANDARD] if reason.standard is not None]:
        gates = sum(duty.gate for duty in duties)
        said.append(_duties(len(duties), gates))
    text = "; ".join(said)
    return f"{text[0].upper()}{text[1:]}"


def _duties(count: int, gates: int) -> str:
    """How many duties have no record, and how many of them must be done before the death may be closed."""
    if count == 1:
        return f"no record of one thing that should have been done{' before it may be closed' if gates else ''}"
    tail = ", all before it may be closed" if gates == count else f", {gates} of them before it may be closed"
    return f"no record of {count} things that should have been done{tail if gates else ''}"


def _listed(names: Sequence[str], in_all: int) -> str:
    more = f" and {in_all - len(names)} more" if in_all > len(names) else ""
    return ", ".join(names) + more
