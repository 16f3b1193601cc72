"""A full run on backgrounds held fixed: every pair scored, by the arrays of the engine. The oracle of `LinkState`.

Shares with it what is held fixed (`Frozen`) and the codes of values, and nothing of how facts are looked up or
followed.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl

from clew.links.events import LinkEvents, link_events
from clew.links.evidence.circumstances import VALUE, Circumstances
from clew.links.evidence.people import ROLES, Parts
from clew.links.evidence.reference import References
from clew.links.evidence.words import words_of
from clew.links.find import Links
from clew.links.identity import address_keys
from clew.links.incidents import home_codes, joined, same_incident
from clew.links.keys import keys_of
from clew.links.model import IDENTITY
from clew.links.pair_keys import pair_keys
from clew.links.scoring import FAMILIES, Scorer, linkable
from clew.links.updates.codes import Codes
from clew.links.updates.frozen import Frozen, noted_values
from clew.links.updates.recurrences import Whole
from clew.records import Known


def full_run(known: Known, frozen: Frozen, run: Links) -> dict[tuple[str, str], list[float]]:
    """The factors, in order of FAMILIES, of every link that may be shown, by its two ids in order.

    run: what `frozen` is of."""
    events, weights = link_events(known, frozen.mapped), frozen.weights
    held = _held(known, events.event_id, frozen)
    scorer = Scorer(
        events=events,
        usual=frozen.usual_of(events),
        held=held,
        words=_told(known, events.event_id, frozen),
        homes=home_codes(known, events),
        weights=weights,
        model=frozen.model.over(held, FAMILIES),
    )
    parts = _played(known, events.event_id, run)
    static = scorer.static(pair_keys(*_with_a_death(events), len(events)))
    shared = scorer.shared(parts, event_count=frozen.event_count)
    scored = scorer.score(static, shared, _named(known, events.event_id, frozen), events)
    incident = _incidents(events)
    keep = linkable(scored) & (incident[scored.a] != incident[scored.b]) & (scored.total >= frozen.floor)
    found = scored.take(keep)
    return {
        (str(events.event_id[one]), str(events.event_id[two])): factors
        for one, two, factors in zip(found.a, found.b, found.factors.tolist(), strict=True)
    }


def whole(known: Known, frozen: Frozen, run: Links) -> Whole:
    """What recurrences are counted from."""
    events = link_events(known, frozen.mapped)
    return Whole(
        events=events,
        parts=_played(known, events.event_id, run),
        incident=_incidents(events),
        homes=home_codes(known, events),
    )


def _with_a_death(events: LinkEvents) -> tuple[np.ndarray, np.ndarray]:
    a, b = np.triu_indices(len(events), k=1)
    wanted = events.death[a] | events.death[b]
    return a[wanted], b[wanted]


def _incidents(events: LinkEvents) -> np.ndarray:
    a, b = _with_a_death(events)
    together = same_incident(events, a, b)
    return joined(a[together], b[together], len(events))


def _played(known: Known, event_id: np.ndarray, run: Links) -> Parts:
    """Who plays which part: whom `run` found for a part that it read, else whoever was called so, one by one."""
    before, of = run.known.people.to_dicts(), run.parts
    read: dict[tuple[object, ...], list[int]] = {}
    bearers: dict[str, set[int]] = {}
    for row, nominal, address in zip(of.row.tolist(), of.person.tolist(), of.address.tolist(), strict=True):
        if not address:
            read.setdefault(_said(before[row]), []).append(nominal)
        for name in _address(before[row]) if address else _called(before[row]):
            bearers.setdefault(name, set()).add(nominal)

    def whose(name: str) -> tuple[int | str, int | str, float] | None:
        """Person, nominal and certainty; None if several persons bore that name."""
        mine = bearers.get(name)
        if mine is None:
            return name, name, 1.0
        surest = max(sorted(mine), key=lambda one: of.certainty[one])
        person = int(of.resolved[surest])
        return (
            (person, surest, float(of.certainty[surest])) if len({int(of.resolved[one]) for one in mine}) == 1 else None
        )

    rows = []
    for part in known.people.to_dicts():
        if part["role"] == "professional":
            continue
        event, role = int(np.searchsorted(event_id, part["event_id"])), ROLES.index(part["role"])
        if read.get(_said(part)):
            nominal = read[_said(part)].pop(0)
            found = [(int(of.resolved[nominal]), nominal, float(of.certainty[nominal]))]
        else:
            names = _called(part)
            found = [whose(name) for name in sorted(names, key=lambda name: name not in bearers)]
        somebody = [one for one in found if one is not None]
        rows += [(False, event, role, *somebody[0])] if somebody else []
        rows += [(True, event, role, *whose(name)) for name in _address(part)]
    rows.sort(key=lambda row: (row[:3], str(row[3])))
    address, event, role, person, nominal, certainty = zip(*rows, strict=True)
    numbers = {one: number for number, one in enumerate(dict.fromkeys(nominal))}
    persons = {one: number for number, one in enumerate(dict.fromkeys(person))}
    return Parts(
        event=np.array(event),
        role=np.array(role),
        person=np.array([numbers[one] for one in nominal]),
        row=np.zeros(len(rows), dtype=np.int64),
        address=np.array(address),
        resolved=np.array([persons[dict(zip(nominal, person, strict=True))[one]] for one in numbers]),
        certainty=np.array([dict(zip(nominal, certainty, strict=True))[one] for one in numbers]),
    )


def _said(part: dict[str, object]) -> tuple[object, ...]:
    """All that a record says of a part."""
    return tuple(value for name, value in part.items() if not name.startswith(("recorded_at", "source_")))


def _called(part: dict[str, object]) -> list[str]:
    """What identifies who plays a part, the best first."""
    phone = re.sub(r"\D", "", str(part["phone"] or ""))[-9:]
    name = re.sub(r"[^a-z ]", "", str(part["name"] or "").lower()).strip()
    told = {
        "ref": part["person_ref"],
        "phone": phone if len(phone) >= 7 else None,
        "email": part["email"] and str(part["email"]).lower().strip(),
        "handle": part["handle"] and str(part["handle"]).lower().strip(),
        "vehicle": part["vehicle"] and re.sub(r"\s", "", str(part["vehicle"]).upper()),
        "born": f"{name}|{part['birth_date']}" if part["name"] is not None and part["birth_date"] is not None else None,
    }
    return [f"{kind}:{value}" for kind, value in told.items() if value is not None]


def _address(part: dict[str, object]) -> list[str]:
    """The address given for a part, in its one form."""
    return [
        f"address:{form}" for form in address_keys(pl.Series([part["address"]], dtype=pl.String)) if form is not None
    ]


def _held(known: Known, event_id: np.ndarray, frozen: Frozen) -> Circumstances:
    values = noted_values(known).collect().filter(pl.len().over("key") >= 2)
    codes, per_event = Codes(frozen.held, frozen.model), frozen.weights.circumstances.per_event
    rows = np.full((len(event_id), per_event), -1, dtype=np.int32)
    for (event,), mine in values.group_by("event_id"):
        pairs = mine.select("key", "substance").iter_rows()
        rows[int(np.searchsorted(event_id, event))] = codes.row(pairs, per_event)
    noted = known.circumstances.select("feature", value=VALUE).drop_nulls().unique()
    keys = noted.select(keys_of(pl.col("feature"), pl.col("value")).alias("key"))["key"]
    given = {int(key): codes.of(key, substance=False) for key in keys if int(key) in set(values["key"])}
    names = noted.with_columns(code=keys.replace_strict(given, default=-2, return_dtype=pl.Int64))
    return replace(codes.held(rows), names=names)


def _told(known: Known, event_id: np.ndarray, frozen: Frozen) -> Circumstances:
    """The words of every narrative, read and counted one by one: those that say something, and new ones held twice."""
    language, per_event = frozen.language, frozen.weights.narrative.per_event
    rows = np.full((len(event_id), per_event), -1, dtype=np.int32)
    if language is None:
        return Codes(frozen.held, IDENTITY).held(rows[:, :0])
    terms = {}
    for event, text in known.events.select("event_id", "narrative").iter_rows():
        words = language.spelling.read(words_of(text or ""))
        mine = {word for word in words if word and word not in language.silent}
        mine |= {f"{one} {two}" for one, two in pairwise(words) if f"{one} {two}" in language.telling}
        terms[event] = mine
    holders = Counter(term for mine in terms.values() for term in mine)
    codes = Codes(language.values, IDENTITY)
    for event, mine in terms.items():
        shared = pl.DataFrame({"term": [term for term in mine if holders[term] >= 2]}, schema={"term": pl.String})
        keys = shared.select(keys_of(pl.col("term")).alias("key"))["key"].to_list()
        rows[int(np.searchsorted(event_id, event))] = codes.row([(key, False) for key in keys], per_event)
    return codes.held(rows)


def _named(known: Known, event_id: np.ndarray, frozen: Frozen) -> References:
    called = {str(one): {str(one)} for one in event_id}
    for row in known.people.filter(pl.col("role").is_in(["deceased", "complainant"])).iter_rows(named=True):
        if row["person_ref"] is not None:
            called[row["event_id"]].add(row["person_ref"])
    says = {str(one): set() for one in event_id}
    for row in known.circumstances.filter(pl.col("feature") == "reference").iter_rows(named=True):
        says[row["event_id"]].add(row["value"])
    weight, strongest = frozen.weights.people.reference, {}
    for named, names in called.items():
        sayers = [one for one, said in says.items() if one != named and said & names]
        for one in sayers:
            usual = len(sayers) / frozen.event_count
            pair = tuple(int(np.searchsorted(event_id, end)) for end in sorted((one, named)))
            factor = float(np.log10((weight + (1 - weight) * usual) / usual))
            strongest[pair] = max(factor, strongest.get(pair, 0.0))
    pairs = sorted(strongest)
    a, b = (np.array([pair[side] for pair in pairs], dtype=np.int64) for side in (0, 1))
    return References(a=a, b=b, factor=np.array([strongest[pair] for pair in pairs]), row=np.zeros_like(a))
