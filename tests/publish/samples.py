"""Reviews to show: a made-up force of a few hundred deaths, three of them connected, linked by the real engine."""

from __future__ import annotations

import functools
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl

from clew.links import FAMILIES, Links, explain_pair, find_links
from clew.records import TABLES, Counts, Dataset
from clew.review.model import Evidence, Item, LinkFacts, Reason, ReasonKind, Review, StandardFacts
from clew.review.wording import link_text
from tests.links.backgrounds import frame, null_background

AS_OF = datetime(2014, 9, 20, 23, tzinfo=UTC)
NOTICE = "A demonstration on a synthetic background, written with hindsight, not a validation."
MARKING = "OFFICIAL-SENSITIVE"


def dataset() -> Dataset:
    """A null background and five events more: K0 an allegation, K1 to K3 linked deaths, K4 without a place."""
    base = null_background(deaths=400, years=2.0, seed=5, people=30)
    at = [datetime(2012, 12, 31, 23, tzinfo=UTC), datetime(2014, 6, 18, 20, tzinfo=UTC)]
    at += [
        datetime(2014, 8, 27, 21, tzinfo=UTC),
        datetime(2014, 9, 19, 22, tzinfo=UTC),
        datetime(2014, 9, 1, tzinfo=UTC),
    ]
    ids = ["K0", "K1", "K2", "K3", "K4"]
    recorded = [datetime(2014, 6, 19, 9, tzinfo=UTC), *(moment + timedelta(hours=10) for moment in at[1:])]
    events = frame(
        "events",
        {
            "event_id": ids,
            "kind": ["allegation", "death", "death", "death", "death"],
            "occurred_from": at,
            "occurred_to": [None, *(moment + timedelta(hours=8) for moment in at[1:])],
            "recorded_at": recorded,
            "category": [None, "under_investigation", "not_suspicious", "not_suspicious", "under_investigation"],
            "area": ["East", "East", "East", "East", "West"],
            "place_type": ["home", "street", "churchyard", "churchyard", None],
            "address": [
                "Flat, Mill Street",
                "Outside flats, Mill Street",
                "Churchyard, Church Road",
                "Churchyard, Church Road",
                None,
            ],
            "lat": [51.536, 51.536, 51.535525, 51.535525, None],
            "lon": [0.0825, 0.0824, 0.076014, 0.076014, None],
            "location_uncertainty_m": [250.0, None, None, None, None],
            "narrative": [
                "Report of an assault at the flat.",
                "Male found seated against the wall of the flats. The caller said that he had been driving past.",
                None,
                "Found by the same dog walker as K2, in the same place and position. A note was in the left hand.",
                None,
            ],
        },
    )
    rows = [
        ("K0", "complainant", "p901", 24.0, "male"),
        ("K0", "suspect", "p900", None, None),
        ("K1", "deceased", None, 23.0, "male"),
        ("K1", "caller", "p900", None, None),
        ("K2", "deceased", None, 22.0, "male"),
        ("K2", "finder", "p902", None, None),
        ("K3", "deceased", None, 21.0, "male"),
        ("K3", "finder", "p902", None, None),
        ("K3", "last_contact", "p900", None, None),
        ("K4", "deceased", None, 80.0, "female"),
    ]
    people = frame(
        "people",
        {
            **{
                name: [row[place] for row in rows]
                for place, name in enumerate(("event_id", "role", "person_ref", "age", "sex"))
            },
            "recorded_at": [recorded[ids.index(row[0])] for row in rows],
        },
    )
    noted = [
        ("K1", "position", "seated_propped"),
        ("K2", "position", "seated_propped"),
        ("K3", "position", "seated_propped"),
        ("K2", "phone", "missing"),
        ("K3", "phone", "missing"),
        ("K3", "reference", "K2"),
    ]
    circumstances = frame(
        "circumstances",
        {
            **{name: [row[place] for row in noted] for place, name in enumerate(("event_id", "feature", "value"))},
            "source": ["scene"] * len(noted),
            "recorded_at": [recorded[ids.index(row[0])] for row in noted],
        },
    )
    own = {"events": events, "people": people, "circumstances": circumstances}
    tables = {name: pl.concat([base.tables[name], own[name]]) if name in own else base.tables[name] for name in TABLES}
    counts = Counts(rows_read=1_234, rows_quarantined=5, recorded_at_assumed=6)
    return replace(base, name="sample force", tables=tables, marking=MARKING, notice=NOTICE, counts=counts)


@functools.cache
def links() -> Links:
    """The links of `dataset` as at `AS_OF`."""
    return find_links(dataset().as_known(AS_OF), replicates=2, seed=1)


def review(*, found: Links | None = None) -> Review:
    """A list of three deaths with reasons of all four kinds; `found` is `links` unless given."""
    found = found or links()
    series = {"S-K1": ("K1", "K2", "K3")}
    third = (
        _link(found, "K3", ("K2",), series_id="S-K1"),
        _link(found, "K3", ("K1",), series_id="S-K1"),
        Reason(
            kind=ReasonKind.STANDARD,
            text="No record of a senior officer's review as at 21 Sep 2014, 00:00; it was due by 20 Sep 2014, 12:00.",
            evidence=(Evidence(table="events", source="events.csv", row=405),),
            settle=("A record of the review, or a waiver with its reason.",),
            standard=StandardFacts(
                rule="R07",
                verdict="missed",
                due=AS_OF - timedelta(hours=12),
                known_at=AS_OF - timedelta(hours=15),
                gate=True,
            ),
        ),
    )
    first = (
        _link(found, "K1", ("K0",), series_id=None),
        Reason(
            kind=ReasonKind.CONFLICT,
            text="The caller said that the man had had a seizure; the body was seated, propped and cold.",
            evidence=(
                Evidence(table="circumstances", source="circumstances.csv", row=2),
                Evidence(table="circumstances", source="circumstances.csv", row=3),
                Evidence(table="circumstances", source="circumstances.csv", row=4),
            ),
        ),
    )
    claim = Reason(
        kind=ReasonKind.CLAIM,
        text="A relative asked on 3 Sep 2014 whether the telephone had been found; no answer is recorded.",
        evidence=(Evidence(table="actions", source="actions.csv", row=9),),
    )
    items = (
        Item(
            rank=1,
            event_id="K3",
            headline="Man, 21, in a churchyard: the spot and the finder are those of K2, 23 days before",
            reasons=third,
            settle=(
                "Comparison of the note's handwriting with known writing of K3.",
                "Toxicology of K3: no result is recorded.",
            ),
        ),
        Item(
            rank=2,
            event_id="K1",
            headline="Man, 23, outside flats: the caller is named in an allegation at the same flats",
            reasons=first,
            settle=("The caller's account, taken again with the allegation in hand.",),
        ),
        Item(
            rank=3,
            event_id="K4",
            headline="Woman, 80: a relative's question without an answer",
            reasons=(claim,),
            settle=(),
        ),
    )
    return Review(
        known=found.known,
        links=found,
        standard="uk-unexpected-death 2026-01",
        standards_title="Unexpected deaths, proposed duties",
        budget_per_year=52.0,
        items=items,
        items_in_all=214,
        series=series,
    )


def _link(found: Links, event_id: str, others: tuple[str, ...], *, series_id: str | None) -> Reason:
    pair = explain_pair(found, event_id, others[0])
    ends = [event_id, others[0]]
    row = found.frame.filter(pl.col("event_id_a").is_in(ends) & pl.col("event_id_b").is_in(ends))
    return Reason(
        kind=ReasonKind.LINK,
        text=link_text(others[0], pair, float(row["seen_per_year"][0]), float(row["chance_per_year"][0])),
        evidence=tuple(Evidence(table=row.table, source=row.source, row=row.row) for row in pair.rows),
        settle=pair.missing[:2],
        link=LinkFacts(
            other_event_ids=others,
            seen_per_year=float(row["seen_per_year"][0]),
            chance_per_year=float(row["chance_per_year"][0]),
            chance_low=float(row["chance_low"][0]),
            chance_high=float(row["chance_high"][0]),
            known_at=row["known_at"][0],
            log10_bayes_factor=pair.log10_bayes_factor,
            families={family: pair.factors[family] for family in FAMILIES},
            series_id=series_id,
        ),
    )
