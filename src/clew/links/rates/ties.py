"""What a link rests on: a person by the parts played, a record that names the other, a spot, nearness, what was noted.

A small classification, so that a force's own history says how often links of one kind are seen, and decoys how often
chance makes one. Where innocent structure makes such links (one finder who walks one path, a hostel, a family under two
names) the two differ, and `why_they_differ` says so of each link.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from clew.links.events import Floats, Integers, LinkEvents
from clew.links.evidence.families import distance_km
from clew.links.evidence.people import ROLES, Parts
from clew.links.scoring import FAMILIES, Scored, SharedKeys

#: What no person ties, in order of code; a shared address; then two roles that one person plays, at _ROLES_FROM.
_OTHER = ("nothing", "reference", "place:one_spot", "place:near", "circumstances", "narrative", "people:address")
_ROLES_FROM = len(_OTHER)

#: Two events this near lie at one spot (`incidents.SAME_PLACE_KM`).
ONE_SPOT_KM = 0.1

_ROLE_WORDS = {
    "deceased": "dead",
    "finder": "the finder",
    "caller": "the caller",
    "last_contact": "the last contact",
    "complainant": "the complainant",
    "witness": "a witness",
    "suspect": "the person named",
    "relative": "a relative",
    "resident": "a resident",
}

_WORDS = {
    "nothing": "nothing that can be named",
    "reference": "one record naming the other",
    "place:one_spot": "one spot",
    "place:near": "places near each other",
    "circumstances": "what was noted of both",
    "narrative": "rare words in both narratives",
    "people:address": "an address that both have",
}

_EXCHANGED = {
    "people": (
        "Decoys exchange people and so break that tie: what they make is coincidence, and the rest has a cause of its "
        "own, most often an innocent one (a path, a hostel, a family, a trade)"
    ),
    "reference": (
        "Decoys exchange which event a record names and so break that tie: the rest was named for a reason, most often "
        "an innocent one"
    ),
    "place": (
        "Decoys leave places as they are and exchange dates: what a place makes at all times is in the chance rate, "
        "and the rest came close together in time, as near repeats do, most often innocently"
    ),
    "circumstances": (
        "Decoys leave what was noted as it is and exchange dates and people: what is common is in the chance rate, and "
        "the rest came together for a reason, most often an innocent one (a batch, a fashion in recording)"
    ),
}


def kinds_of(scored: Scored, events: LinkEvents, shared: SharedKeys, parts: Parts) -> Integers:
    """(p,) code of what each pair rests on most: `kind_name` gives its name. events: with the dates scored at."""
    named = {family: scored.factors[:, number] for number, family in enumerate(FAMILIES)}
    near = np.where(distance_km(events, scored.a, scored.b) <= ONE_SPOT_KM, 2, 3)
    families: list[tuple[str, Integers | int]] = [
        ("reference", 1),
        ("place", near),
        ("circumstances", 4),
        ("narrative", 5),
    ]
    kind = np.zeros(len(scored.a), dtype=np.int64)
    most: Floats = np.zeros(len(scored.a))
    for family, code in [("people", _people_codes(scored, events, shared, parts)), *families]:
        if family in named:
            stronger = named[family] > most
            kind = np.where(stronger, code, kind)
            most = np.maximum(most, named[family])
    return kind


def _people_codes(scored: Scored, events: LinkEvents, shared: SharedKeys, parts: Parts) -> Integers:
    keys = scored.a * len(events) + scored.b
    place = np.minimum(np.searchsorted(shared.keys, keys), max(len(shared.keys) - 1, 0))
    codes = np.zeros(len(keys), dtype=np.int64)
    hit = np.flatnonzero(shared.keys[place] == keys) if len(shared.keys) else np.empty(0, dtype=np.int64)
    lower, upper = shared.part_lower[place[hit]], shared.part_upper[place[hit]]
    one, two = np.sort(np.stack((parts.role[lower], parts.role[upper])), axis=0)
    roles = _ROLES_FROM + one * len(ROLES) + two
    codes[hit] = np.where(parts.address[lower], _OTHER.index("people:address"), roles)
    return codes


def kind_name(code: int) -> str:
    """``people:caller+finder``, ``people:address``, ``reference``, ``place:one_spot``, ``place:near``, ..."""
    if code < _ROLES_FROM:
        return _OTHER[code]
    one, two = divmod(code - _ROLES_FROM, len(ROLES))
    return f"people:{'+'.join(sorted((ROLES[one], ROLES[two])))}"


def kind_in_words(kind: str) -> str:
    """What links of this kind rest on: ``one person who is the finder in both``."""
    if kind in _WORDS:
        return _WORDS[kind]
    one, two = kind.removeprefix("people:").split("+")
    if one == two:
        return f"one person who is {_ROLE_WORDS.get(one, one)} in both"
    return f"one person who is {_ROLE_WORDS.get(one, one)} in one and {_ROLE_WORDS.get(two, two)} in the other"


def why_they_differ(link: dict[str, Any]) -> str:
    """Of a row of `Links.frame`: how often links of its kind, at least as strong, are seen and made by chance, and why
    the two differ where they do."""
    seen, chance = link["seen_of_kind_per_year"], link["chance_of_kind_per_year"]
    said = (
        f"Of these, the links that rest on {kind_in_words(link['kind'])}: {_rate(seen)} seen, "
        f"about {_rate(chance)} by chance."
    )
    if seen <= 2 * chance:
        return f"{said} That is about what chance makes."
    if link["seen_of_kind_low"] <= link["chance_of_kind_high"]:
        return f"{said} So few are not told from chance by their number."
    return f"{said} {_EXCHANGED.get(link['kind'].split(':')[0], _EXCHANGED['circumstances'])}."


def _rate(per_year: float) -> str:
    return f"{per_year:.0f} a year" if per_year >= 9.5 else f"{per_year:.1f} a year"
