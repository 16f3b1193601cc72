"""One tile of the background: a London of its own, with its own people, numbers and places."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.demonstration.chance import DAY_S, Flags, Integers, Numbers, Words, choose, delays_s, happens, stream
from clew.demonstration.deaths import Deaths, draw_deaths, period
from clew.demonstration.decisions import Decisions, draw_decisions
from clew.demonstration.distributions import conduct, recording
from clew.demonstration.distributions import incidents as incident_table
from clew.demonstration.distributions import scene as scene_table
from clew.demonstration.finishing import Background, finished
from clew.demonstration.groups import group_frame, plant
from clew.demonstration.incidents import KINDS, Incidents, draw_incidents, known_persons
from clew.demonstration.invented import FAMILY_NAMES, ranks
from clew.demonstration.investigation import investigate, officer_references
from clew.demonstration.lifecycle import event_versions, placed, recorded
from clew.demonstration.narrative import death_narratives, incident_narratives
from clew.demonstration.people import cast_deaths, cast_incidents
from clew.demonstration.persons import Register
from clew.demonstration.places import Places, addresses, located, make_places
from clew.demonstration.population import SmallAreas, small_areas
from clew.demonstration.rows import Rows
from clew.demonstration.scene import NOTES, Scene, draw_scene, incident_notes, scene_notes
from clew.demonstration.seen import people_frame

#: Tiles lie side by side, ten to a row, further apart than London is wide.
TILES_PER_ROW, TILE_LAT, TILE_LON = 10, 0.55, 0.95


@dataclass(frozen=True, kw_only=True)
class _Setting:
    seed: int
    tile: int
    areas: SmallAreas
    places: Places
    boroughs: pl.Series
    prefix: str

    def chance(self, subject: str) -> np.random.Generator:
        return stream(self.seed, self.tile, subject)

    def located(self, spot: Integers) -> tuple[Integers, Numbers, Numbers]:
        house, _ = located(spot, self.places)
        lat, lon = self.areas.points(house)
        row, column = divmod(self.tile, TILES_PER_ROW)
        return house, lat + row * TILE_LAT, lon + column * TILE_LON

    def place_facts(self, spot: Integers, kind: Words, subject: str) -> dict[str, pl.Series]:
        house, lat, lon = self.located(spot)
        north, east, radius = placed(self.chance(subject), lat, lon)
        return {
            "area": self.boroughs.gather(self.areas.borough[house // 800]),
            "place_type": pl.Series(kind),
            "address": addresses(spot, self.places, self.areas, self.boroughs),
            "lat": pl.Series(north, nan_to_null=True),
            "lon": pl.Series(east, nan_to_null=True),
            "location_uncertainty_m": pl.Series(radius, nan_to_null=True),
        }


def make_tile(*, seed: int, tile: int, years: Sequence[int], scale: float, tables: frozenset[str]) -> Background:
    """The tables of one tile (those named in `tables`) and its planted groups; equal arguments, equal tables."""
    setting = _setting(seed, tile)
    areas, places = setting.areas, setting.places
    drawn = draw_deaths(setting.chance("deaths"), years=years, scale=scale, areas=areas, places=places)
    planted = plant(setting.chance("groups"), drawn, years=years, scale=scale, areas=areas, places=places)
    deaths = planted.deaths
    register = Register(rng=setting.chance("persons"))
    register.add(
        male=deaths.male, age=deaths.age, at=deaths.found, house=deaths.home, family=_family_names(setting, deaths)
    )
    start = int(period(years)[0].timestamp())
    known = known_persons(setting.chance("known persons"), register, at=start, scale=scale, areas=areas)
    incidents = draw_incidents(
        setting.chance("incidents"),
        years=years,
        scale=scale,
        deaths=deaths,
        register=register,
        known=known,
        areas=areas,
        places=places,
    )
    first = deaths.count
    when = np.concatenate([deaths.found, incidents.at])
    reported = when + delays_s(setting.chance("reporting"), recording.REPORT_DELAY, len(when))
    held = recorded(setting.chance("recording"), reported)
    cast = cast_deaths(
        setting.chance("cast of deaths"),
        deaths=deaths,
        reported=held[:first],
        register=register,
        known=known,
        areas=areas,
        scale=scale,
    )
    parts, hoaxers = cast_incidents(
        setting.chance("cast of incidents"),
        incidents=incidents,
        first_event=first,
        reported=held[first:],
        register=register,
        known=known,
        areas=areas,
        scale=scale,
        years=years,
    )
    people = people_frame(
        setting.chance("people"),
        pl.concat([cast.parts, parts]),
        persons=register.persons(),
        event_at=when,
        areas=areas,
        places=places,
        boroughs=setting.boroughs,
        tile=tile,
        prefix=setting.prefix,
    )
    ids = _event_ids(setting.prefix, when, first)
    scene = draw_scene(setting.chance("scene"), deaths, held[:first])
    decisions = draw_decisions(setting.chance("decisions"), deaths, held[:first])
    versions = _versions(setting, deaths=deaths, incidents=incidents, reported=reported, held=held, decisions=decisions)
    notes = _notes(setting, deaths=deaths, incidents=incidents, held=held, scene=scene, ids=ids, kinds=planted.kinds)
    work = None
    if tables & {"actions", "exhibits"}:
        work = investigate(
            setting.chance("investigation"),
            deaths=deaths,
            scene=scene,
            cast=cast,
            seen=people.filter(pl.col("event") < first),
            decisions=decisions,
            reported=held[:first],
            hits=_met_before(people),
            earlier={
                "missing": _named_events(notes, "missing_report"),
                "place": _earlier_at_place(deaths, held, ids),
                "reference": _named_events(notes, "reference"),
            },
            prefix=setting.prefix,
        )
    groups = group_frame(planted, ids, setting.prefix)
    return finished(
        setting.chance("finishing"),
        ids=ids,
        held=held,
        versions=versions,
        people=people,
        notes=notes,
        work=work,
        officer=officer_references(cast, setting.prefix),
        prefix=setting.prefix,
        groups=pl.concat([groups, _shared(cast.groups + hoaxers, ids, setting.prefix)]),
        characteristics=_characteristics(setting, deaths, held),
        tables=tables,
    )


def _setting(seed: int, tile: int) -> _Setting:
    areas = small_areas()
    suffix = f" {tile:02d}" if tile else ""
    return _Setting(
        seed=seed,
        tile=tile,
        areas=areas,
        places=make_places(stream(seed, tile, "places"), areas),
        boroughs=pl.Series([name + suffix for name in areas.boroughs]),
        prefix=f"T{tile:02d}-" if tile else "",
    )


def _family_names(setting: _Setting, deaths: Deaths) -> Integers:
    """A rank of family name for each deceased: one name to a household of a planted group."""
    family = ranks(setting.chance("family names"), FAMILY_NAMES, deaths.count)
    rows = np.flatnonzero(deaths.group >= 0)
    _, leader, member = np.unique(deaths.home[rows], return_index=True, return_inverse=True)
    family[rows] = family[rows[leader[member]]]
    return family


def _event_ids(prefix: str, when: Integers, first: int) -> pl.Series:
    """Numbers as a force gives them: year, D for deaths and I for the others, running number."""
    year = when.astype("datetime64[s]").astype("datetime64[Y]").astype(np.int64) + 1970
    number = np.concatenate([np.arange(1, first + 1), np.arange(1, len(when) - first + 1)])
    letter = np.where(np.arange(len(when)) < first, "D", "I")
    return pl.select(
        pl.format(
            "{}{}-{}{}",
            pl.lit(prefix),
            pl.Series(year),
            pl.Series(letter),
            pl.Series(number).cast(pl.String).str.zfill(6),
        ).alias("event_id")
    )["event_id"]


def _versions(
    setting: _Setting,
    *,
    deaths: Deaths,
    incidents: Incidents,
    reported: Integers,
    held: Integers,
    decisions: Decisions,
) -> pl.DataFrame:
    first = deaths.count
    of_deaths = setting.place_facts(deaths.spot, deaths.kind, "death placing") | {
        "kind": np.full(first, "death"),
        "from": deaths.alive,
        "to": deaths.found,
        "reported": reported[:first],
        "narrative": death_narratives(
            setting.chance("narratives"), manner=deaths.manner, male=deaths.male, age=deaths.age, kind=deaths.kind
        ),
    }
    of_incidents = setting.place_facts(incidents.spot, incidents.kind, "incident placing") | {
        "kind": np.array([KINDS[each] for each in incidents.type.tolist()], dtype="<U20"),
        "from": incidents.at - 1800,
        "to": incidents.at,
        "reported": reported[first:],
        "narrative": incident_narratives(setting.chance("incident narratives"), type_=incidents.type),
    }
    chance = setting.chance("versions")
    shut = held[first:] + delays_s(chance, conduct.CLOSED_DELAY, incidents.count)
    return pl.concat(
        [
            event_versions(
                chance, first_event=0, facts=of_deaths, known=held[:first], decisions=decisions, closed=decisions.closed
            ),
            event_versions(
                chance, first_event=first, facts=of_incidents, known=held[first:], decisions=None, closed=shut
            ),
        ]
    )


def _notes(
    setting: _Setting,
    *,
    deaths: Deaths,
    incidents: Incidents,
    held: Integers,
    scene: Scene,
    ids: pl.Series,
    kinds: tuple[str, ...],
) -> pl.DataFrame:
    chance, first = setting.chance("notes"), deaths.count
    references = Rows(NOTES)
    before = _earlier_incident(incidents, first)
    rows = np.flatnonzero((before >= 0) & happens(chance, scene_table.STATED_REFERENCE, first))
    known = scene.noted[rows] + delays_s(chance, recording.PEOPLE_LATER_DELAY, len(rows))
    known = np.maximum(known, held[before[rows] + first])
    named = ids.gather(before[rows] + first)
    references.add(len(rows), event=rows, feature="reference", value=named, source="document", known=known)
    death, report, known = _missing_reports(deaths, incidents, held, ids)
    known = known + delays_s(chance, recording.SCENE_DELAY, len(death))
    references.add(len(death), event=death, feature="missing_report", value=report, source="document", known=known)
    return pl.concat(
        [
            scene_notes(chance, scene, deaths),
            references.frame(),
            incident_notes(chance, incidents, first, held[first:], _batch_marks(chance, deaths, incidents, kinds)),
        ]
    )


def _batch_marks(chance: np.random.Generator, deaths: Deaths, incidents: Incidents, kinds: tuple[str, ...]) -> Words:
    """A batch's mark on some of the overdoses survived in those two weeks."""
    marks = np.full(incidents.count, "", dtype="<U40")
    for number, kind in enumerate(kinds):
        if kind == "batch":
            members = np.flatnonzero(deaths.group == number)
            low, high = deaths.found[members].min(), deaths.found[members].max()
            near = (incidents.at >= low) & (incidents.at <= high) & (incidents.type == "overdose_survived")
            rows = np.flatnonzero(near)
            marks[rows[happens(chance, incident_table.BATCH_SURVIVED, len(rows))]] = deaths.mark[members[0]]
    return marks


def _earlier_incident(incidents: Incidents, first: int) -> Integers:
    """For each death the last incident that befell its deceased, -1 if none."""
    before = np.full(first, -1, dtype=np.int64)
    rows = np.flatnonzero(incidents.person < first)
    before[incidents.person[rows]] = rows
    return before


def _missing_reports(
    deaths: Deaths, incidents: Incidents, held: Integers, ids: pl.Series
) -> tuple[Integers, pl.Series, Integers]:
    """Deaths whose deceased had been reported missing within a month before, that report, when both were held."""
    first = deaths.count
    rows = np.flatnonzero((incidents.person < first) & (incidents.type == "missing_person"))
    rows = rows[deaths.found[incidents.person[rows]] - incidents.at[rows] < 30 * DAY_S]
    death = incidents.person[rows]
    return death, ids.gather(rows + first), np.maximum(held[death], held[rows + first])


def _earlier_at_place(deaths: Deaths, held: Integers, ids: pl.Series) -> tuple[Integers, pl.Series, Integers]:
    """Deaths with an earlier one at the same spot within a year, hospitals and care homes apart."""
    order = np.lexsort((deaths.found, deaths.spot))
    earlier, later = order[:-1], order[1:]
    near = (deaths.spot[earlier] == deaths.spot[later]) & (deaths.found[later] - deaths.found[earlier] < 365 * DAY_S)
    near &= ~np.isin(deaths.kind[later], ("hospital", "care_home")) & deaths.unexpected[later]
    return later[near], ids.gather(earlier[near]), held[later[near]]


def _named_events(notes: pl.DataFrame, feature: str) -> tuple[Integers, pl.Series, Integers]:
    """Deaths whose record names an earlier event, that event's id, and when it was named."""
    named = notes.filter(pl.col("feature") == feature)
    return named["event"].to_numpy(), named["value"], named["known"].to_numpy()


def _met_before(people: pl.DataFrame) -> Flags:
    """Per person, whether an incident names them as suspect, complainant or caller."""
    met = np.zeros(int(people["person"].max() or 0) + 1, dtype=np.bool_)  # type: ignore[arg-type]
    named = people.filter(pl.col("role").is_in(["suspect", "complainant"]))["person"].to_numpy()
    met[named] = True
    return met


def _shared(groups: tuple[tuple[str, tuple[int, ...]], ...], ids: pl.Series, prefix: str) -> pl.DataFrame:
    rows = [
        {"group_id": f"{prefix}{kind}-{number}", "kind": kind, "event_id": ids[event]}
        for number, (kind, events) in enumerate(groups)
        for event in events
    ]
    return pl.DataFrame(rows, schema={"group_id": pl.String, "kind": pl.String, "event_id": pl.String})


def _characteristics(setting: _Setting, deaths: Deaths, held: Integers) -> pl.DataFrame:
    chance, count = setting.chance("characteristics"), deaths.count
    table = Rows({"event": pl.Int64(), "characteristic": pl.String(), "value": pl.String(), "known": pl.Int64()})
    rows = np.flatnonzero(happens(chance, incident_table.ETHNICITY_RECORDED, count))
    value = choose(chance, incident_table.ETHNICITY, len(rows))
    known = held[rows] + delays_s(chance, recording.SCENE_DELAY, len(rows))
    table.add(len(rows), event=rows, characteristic="ethnicity", value=value, known=known)
    rows = np.flatnonzero(happens(chance, incident_table.DISABILITY_RECORDED, count))
    value = np.where(chance.random(len(rows)) < 0.24, "yes", "no")
    known = held[rows] + delays_s(chance, recording.SCENE_DELAY, len(rows))
    table.add(len(rows), event=rows, characteristic="disability", value=value, known=known)
    return table.frame()
