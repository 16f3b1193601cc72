"""A background in which nothing is linked: dates, places, people and circumstances drawn apart from each other.

For testing the chance rate of links (the decoy law): whatever is found in it is chance by construction. People are
still shared, some of them in many events, but who takes part has nothing to do with where, when or in what.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from clew.core import UsageError
from clew.demonstration.assembling import assembled
from clew.demonstration.chance import DAY_S, HOUR_S, choose, stream
from clew.demonstration.distributions import deaths as death_table
from clew.demonstration.distributions import incidents as incident_table
from clew.demonstration.distributions import scene as scene_table
from clew.demonstration.finishing import instant
from clew.demonstration.people import PARTS
from clew.demonstration.persons import Register
from clew.demonstration.places import make_places
from clew.demonstration.population import draw_ages, small_areas
from clew.demonstration.rows import Rows
from clew.demonstration.scene import NOTES
from clew.demonstration.seen import people_frame
from clew.records import TABLES, Dataset, Feed

_ROLES = {
    "death": ("finder", "caller", "last_contact", "relative", "witness"),
    "incident": ("complainant", "caller", "suspect", "witness"),
}
_FEATURES = {
    "position": scene_table.POSITION["public"],
    "phone": None,
    "object": scene_table.OBJECT_KIND,
    "account": scene_table.ACCOUNT_KIND,
    "company": scene_table.COMPANY,
    "substance": scene_table.SUBSTANCE,
    "method": death_table.METHOD["suicide"],
}


def null_background(
    *,
    seed: int,
    years: float = 2.0,
    deaths_per_year: float = 4000.0,
    incidents_per_year: float = 4000.0,
    known_persons: int = 3000,
    share_known: float = 0.3,
    start: datetime = datetime(2013, 1, 1, tzinfo=UTC),
) -> Dataset:
    """A dataset without any true link, with the tables of `make_demonstration` but actions and exhibits.

    Events: a Poisson number of deaths and incidents, times uniform over `years` from `start`, places by residents of
    London's small areas. Each role of an event is filled by one of `known_persons` with probability `share_known`,
    some being far more active than others, otherwise by a person of their own or nobody. Circumstances are drawn
    from the demonstration's distributions, feature by feature. Everything is recorded within the hour. Equal
    arguments give equal tables. Raises `UsageError` for numbers that cannot be used.
    """
    if not (0 < years <= 50 and deaths_per_year > 0 and incidents_per_year >= 0 and known_persons > 0):
        raise UsageError("There is nothing to draw.", where="null_background", mend="give numbers above zero")
    rng, areas = stream(seed, 0, "independent"), small_areas()
    counts = {"death": rng.poisson(deaths_per_year * years), "incident": rng.poisson(incidents_per_year * years)}
    kind = np.repeat(np.array(["death", "incident"]), [counts["death"], counts["incident"]])
    size = len(kind)
    at = int(start.timestamp()) + np.sort(rng.integers(int(years * 365.25 * DAY_S), size=size))
    rng.shuffle(kind)
    area = np.searchsorted(np.cumsum(areas.residents), rng.random(size) * areas.residents.sum(), side="right")
    house = area * 800 + rng.integers(800, size=size)
    lat, lon = areas.points(house)
    reported = at + rng.integers(1, HOUR_S, size=size)
    is_death = kind == "death"
    number = pl.Series(np.arange(1, size + 1)).cast(pl.String).str.zfill(6)
    ids = pl.select(pl.concat_str(pl.Series(np.where(is_death, "D", "I")), number).alias("event_id"))["event_id"]
    events = pl.DataFrame(
        {
            "event_id": ids,
            "kind": kind,
            "from": at - rng.integers(1, 12 * HOUR_S, size=size),
            "to": at,
            "reported": reported,
            "known": reported + 600,
            "category": pl.Series(np.where(is_death, "under_investigation", "")).replace("", None),
            "area": pl.Series(areas.boroughs).gather(areas.borough[area]),
            "place_type": choose(rng, death_table.PLACE["natural"], size),
            "address": pl.select(pl.format("Place {}", number).alias("a"))["a"],
            "lat": lat,
            "lon": lon,
            "location_uncertainty_m": np.full(size, 20.0),
            "status": np.full(size, "open"),
        }
    ).with_columns(
        occurred_from=instant("from"),
        occurred_to=instant("to"),
        reported_at=instant("reported"),
        recorded_at=instant("known"),
        narrative=pl.lit(None, dtype=pl.String),
    )
    register = Register(rng=rng)
    male, age = draw_ages(rng, incident_table.AGE_SEX["other"], size + known_persons)
    homes = areas.homes(rng, male=male, age=age)
    person = register.add(male=male, age=age, at=np.full(len(age), int(start.timestamp())), house=homes)
    parts = _parts(rng, is_death, person[:size], known=person[size:], share_known=share_known, reported=reported)
    people = people_frame(
        rng,
        parts,
        persons=register.persons(),
        event_at=at,
        areas=areas,
        places=make_places(rng, areas),
        boroughs=pl.Series(areas.boroughs),
        tile=0,
        prefix="",
    )
    tables = {
        "events": [events.select(TABLES["events"].names)],
        "people": [_numbered(people, ids).select(TABLES["people"].names)],
        "circumstances": [_numbered(_notes(rng, is_death, reported), ids).select(TABLES["circumstances"].names)],
    }
    end = start + timedelta(days=years * 365.25 + 1)
    return Dataset(
        name="independent background",
        tables=assembled(tables, until=end, files={name: f"{name}.parquet" for name in TABLES}),
        feeds=tuple(Feed(name=name, complete_from=start, complete_to=end) for name in tables),
        marking="DEMONSTRATION: NO REAL RECORDS",
        notice="Everything in it is independent of everything else: whatever links it shows are chance.",
    )


def _parts(
    rng: np.random.Generator,
    is_death: np.ndarray,
    own: np.ndarray,
    *,
    known: np.ndarray,
    share_known: float,
    reported: np.ndarray,
) -> pl.DataFrame:
    """Who takes part: the event's own person as deceased or complainant, known persons in the other roles."""
    running = np.cumsum(rng.pareto(incident_table.KNOWN_ACTIVITY.value, len(known)) + 0.1)
    parts = Rows(PARTS)
    deaths = np.flatnonzero(is_death)
    parts.add(len(deaths), event=deaths, role="deceased", person=own[deaths], known=reported[deaths] + 900)
    for kind, roles in _ROLES.items():
        events = deaths if kind == "death" else np.flatnonzero(~is_death)
        for role in roles:
            rows = events[rng.random(len(events)) < share_known]
            pick = np.searchsorted(running, rng.random(len(rows)) * running[-1], side="right")
            parts.add(len(rows), event=rows, role=role, person=known[pick], known=reported[rows] + 900)
    return parts.frame()


def _notes(rng: np.random.Generator, is_death: np.ndarray, reported: np.ndarray) -> pl.DataFrame:
    notes = Rows(NOTES)
    deaths = np.flatnonzero(is_death)
    for feature, shares in _FEATURES.items():
        rows = deaths[rng.random(len(deaths)) < 0.4]
        if shares is None:
            value = np.where(rng.random(len(rows)) < scene_table.PHONE_MISSING_PUBLIC.value, "missing", "present")
        else:
            value = choose(rng, shares, len(rows))
        notes.add(len(rows), event=rows, feature=feature, value=value, source="scene", known=reported[rows] + 1200)
    return notes.frame()


def _numbered(frame: pl.DataFrame, ids: pl.Series) -> pl.DataFrame:
    columns: dict[str, pl.Expr | pl.Series] = {"event_id": ids.gather(frame["event"]), "recorded_at": instant("known")}
    if "retracted" in frame.columns:
        columns["retracted_at"] = instant("retracted")
    return frame.with_columns(**columns)
