"""Identity in the links: a person who may be another says less, never more; the list says why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import polars as pl
import pytest

from clew.links import Weights, explain_pair, find_links
from clew.links.events import link_events
from clew.links.evidence.people import parts_played, shared_people
from clew.records import Dataset

from ..backgrounds import START, frame, null_background


def with_people(*rows: dict[str, object]) -> Dataset:
    """A background of 300 deaths in which these people appear as well."""
    data = null_background(deaths=300, years=3, seed=2)
    names = ("event_id", "role", "person_ref", "name", "birth_date", "phone", "recorded_at")
    added = {
        name: [row.get(name, START + timedelta(days=2000)) if name == "recorded_at" else row.get(name) for row in rows]
        for name in names
    }
    people = pl.concat([data.tables["people"], frame("people", added)])
    return replace(data, tables={**data.tables, "people": people})


CALLER = {"event_id": "X000010", "role": "caller", "name": "Marisol Quenby", "phone": "020 7946 0123"}
SUSPECT = {"event_id": "X000200", "role": "suspect", "name": "Marisol Qeunby", "birth_date": date(1971, 4, 9)}


def test_a_caller_known_by_telephone_is_the_person_named_elsewhere_and_the_sentence_says_why() -> None:
    data = with_people(CALLER, SUSPECT | {"phone": "+44 20 7946 0123"})
    links = find_links(data.as_known(data.last_recorded_at))
    why = explain_pair(links, "X000010", "X000200")
    assert why.factors["people"] > 1
    assert "the same person, by telephone and a name spelt differently; probability " in why.clauses["people"]
    assert {row.table for row in why.rows} >= {"people"}


def test_the_evidence_is_the_mixture_of_the_exact_evidence_and_of_none() -> None:
    data = with_people(CALLER, SUSPECT | {"phone": CALLER["phone"]})
    known = data.as_known(data.last_recorded_at)
    events = link_events(known)
    parts = parts_played(known, events)
    sure = replace(parts, certainty=np.ones_like(parts.certainty))
    found, exact = (shared_people(each, len(events), Weights().people, events.death) for each in (parts, sure))
    here = [np.flatnonzero((each.a == 10) & (each.b == 200)) for each in (found, exact)]
    assert len(here[0]) == len(here[1]) == 1
    doubted, certain = float(found.factor[here[0][0]]), float(exact.factor[here[1][0]])
    p = float(parts.probability(found.part_a[here[0]], found.part_b[here[0]])[0])
    assert 0.5 < p < 1
    assert doubted == pytest.approx(np.log10(p * 10**certain + 1 - p))
    assert doubted < certain


def test_who_is_who_at_t_owes_nothing_to_what_was_learnt_later() -> None:
    later = START + timedelta(days=1500)
    data = with_people(
        CALLER | {"recorded_at": START + timedelta(days=100)},
        SUSPECT | {"phone": CALLER["phone"], "recorded_at": later},
    )
    before = data.as_known(later - timedelta(seconds=1))
    without = replace(
        data, tables={**data.tables, "people": data.tables["people"].filter(pl.col("recorded_at") < later)}
    )
    parts = [parts_played(known, link_events(known)) for known in (before, without.as_known(before.at))]
    assert np.array_equal(parts[0].who, parts[1].who)
    assert np.array_equal(parts[0].certainty, parts[1].certainty)
    known = data.as_known(data.last_recorded_at)
    after = parts_played(known, link_events(known))
    assert len(np.unique(after.who)) == len(after.who) - 1


def test_two_spellings_of_an_address_are_one_address_in_the_people_family() -> None:
    data = with_people(CALLER, SUSPECT)
    table = data.tables["people"].with_columns(
        address=pl.when(pl.col("role") == "caller")
        .then(pl.lit("Flat 2, 12 High St."))
        .when(pl.col("role") == "suspect")
        .then(pl.lit("12 High Street Flat 2"))
    )
    data = replace(data, tables={**data.tables, "people": table.with_columns(name=pl.lit(None, dtype=pl.String))})
    known = data.as_known(data.last_recorded_at)
    parts = parts_played(known, link_events(known))
    assert len(np.unique(parts.who[parts.address])) == 1
