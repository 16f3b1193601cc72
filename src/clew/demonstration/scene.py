"""What is noted of each death: at the scene, by witnesses, by the pathologist, by the laboratory weeks later."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.demonstration.chance import DAY_S, Flags, Integers, Words, choose, delays_s, happens
from clew.demonstration.deaths import Deaths
from clew.demonstration.distributions import Rate, Shares, recording
from clew.demonstration.distributions import incidents as incident_table
from clew.demonstration.distributions import scene as table
from clew.demonstration.incidents import Incidents
from clew.demonstration.rows import Rows

NOTES: dict[str, pl.DataType] = {
    "event": pl.Int64(),
    "feature": pl.String(),
    "value": pl.String(),
    "quantity": pl.Float64(),
    "unit": pl.String(),
    "source": pl.String(),
    "known": pl.Int64(),
    "retracted": pl.Int64(),
}

#: feature -> who notes it
SOURCES = {
    "position": "scene",
    "body_temperature": "scene",
    "lividity": "scene",
    "injury": "pathology",
    "phone": "scene",
    "note": "document",
    "textile": "scene",
    "object": "scene",
    "local_connection": "witness",
    "company": "witness",
    "account": "witness",
    "explanation_source": "document",
    "met_via": "witness",
    "out_of_character": "witness",
    "domestic_abuse": "document",
    "housing": "document",
    "method": "scene",
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """`values`: feature -> one word per death, "" where nothing was noted; `known`: feature -> when the force held it
    (seconds since 1970 UTC); `noted`: when the scene was seen; `suspected`: drugs suspected there (known like
    "substance"); `tested`: deaths with toxicology, `result`: when its result came.
    """

    values: dict[str, Words]
    known: dict[str, Integers]
    noted: Integers
    suspected: Flags
    tested: Flags
    result: Integers

    def has(self, feature: str, value: str | None = None) -> Flags:
        """Deaths of which the feature (with that value, if one is given) was noted."""
        return np.asarray(self.values[feature] != "" if value is None else self.values[feature] == value)


def draw_scene(rng: np.random.Generator, deaths: Deaths, reported: Integers) -> Scene:
    """What is noted of every unexpected death, at the documented rates."""
    count, unexpected, public, manner = deaths.count, deaths.unexpected, deaths.public, deaths.manner
    blank = np.full(count, "", dtype="<U40")

    def noted(rate: Rate, among: Flags, shares: Shares) -> Words:
        return np.where(among & happens(rng, rate, count), choose(rng, shares, count), blank)

    def flagged(rate: Rate, among: Flags, word: str) -> Words:
        return np.where(among & happens(rng, rate, count), word, blank)

    position_noted = unexpected & happens(rng, table.POSITION_NOTED, count)
    position = np.where(
        public, choose(rng, table.POSITION["public"], count), choose(rng, table.POSITION["indoors"], count)
    )
    position = np.where(deaths.method == "hanging", "hanging", position)
    account = noted(table.ACCOUNT, unexpected, table.ACCOUNT_KIND)
    cold = happens(rng, table.COLD, count) & ((account != "alive_recently") | (rng.random(count) < 0.06))
    injury = choose(rng, table.INJURY["other"], count)
    injury = np.where(np.isin(manner, ("natural", "drugs")), choose(rng, table.INJURY["natural"], count), injury)
    injury = np.where(manner == "homicide", choose(rng, table.INJURY["homicide"], count), injury)
    housing = choose(rng, table.HOUSING["other"], count)
    housing = np.where(manner == "natural", choose(rng, table.HOUSING["natural"], count), housing)
    housing = np.where(manner == "drugs", choose(rng, table.HOUSING["drugs"], count), housing)
    housing = np.where(deaths.kind == "care_home", "care_home", np.where(housing == "care_home", "settled", housing))
    housing = np.where(deaths.kind == "hostel", "hostel", housing)
    phone_missing = np.where(
        public, happens(rng, table.PHONE_MISSING_PUBLIC, count), happens(rng, table.PHONE_MISSING_INDOORS, count)
    )
    suicide = manner == "suicide"
    found_note = np.where(suicide, happens(rng, table.NOTE_SUICIDE, count), happens(rng, table.NOTE_OTHER, count))
    abuse = np.where(
        manner == "homicide",
        happens(rng, table.DOMESTIC_ABUSE_HOMICIDE, count),
        happens(rng, table.DOMESTIC_ABUSE, count),
    )
    working_age = unexpected & (deaths.age >= 16) & (deaths.age < 75)
    drugs = manner == "drugs"
    values = {
        "position": np.where(position_noted, position, blank),
        "body_temperature": np.where(
            unexpected & happens(rng, table.TEMPERATURE_NOTED, count), np.where(cold, "cold", "warm"), blank
        ),
        "lividity": np.where(
            unexpected & happens(rng, table.LIVIDITY_NOTED, count),
            np.where(happens(rng, table.LIVIDITY_AGAINST, count), "inconsistent_with_position", "consistent"),
            blank,
        ),
        "injury": np.where(unexpected, injury, blank),
        "phone": np.where(
            unexpected & happens(rng, table.PHONE_NOTED, count), np.where(phone_missing, "missing", "present"), blank
        ),
        "note": np.where(unexpected & found_note, "found", blank),
        "textile": noted(table.TEXTILE, unexpected, table.TEXTILE_KIND),
        "object": np.where(deaths.mark != "", deaths.mark, noted(table.OBJECT, unexpected, table.OBJECT_KIND)),
        "local_connection": noted(table.LOCAL_CONNECTION_NOTED, unexpected & public, table.LOCAL_CONNECTION),
        "company": noted(table.COMPANY_NOTED, unexpected, table.COMPANY),
        "account": account,
        "explanation_source": noted(table.EXPLANATION, unexpected, table.EXPLANATION_SOURCE),
        "met_via": noted(table.MET_VIA, unexpected & (deaths.age >= 16) & (deaths.age < 50), table.MET_VIA_KIND),
        "out_of_character": flagged(table.OUT_OF_CHARACTER, unexpected & (deaths.age < 65), "stated"),
        "domestic_abuse": np.where(working_age & abuse, "marker", blank),
        "housing": np.where(unexpected & happens(rng, table.HOUSING_NOTED, count), housing, blank),
        "method": np.where(unexpected, deaths.method, blank),
    }
    seen = reported + delays_s(rng, recording.SCENE_DELAY, count)
    known = {
        feature: seen + delays_s(rng, recording.RECORD_DELAY, count) + (2 * DAY_S if source == "pathology" else 0)
        for feature, source in (*SOURCES.items(), ("substance", "scene"))
    }
    tested = drugs | (unexpected & happens(rng, table.TOXICOLOGY_OTHER, count))
    return Scene(
        values=values,
        known=known,
        noted=seen,
        suspected=drugs & happens(rng, table.SUSPECTED_DRUGS, count),
        tested=tested,
        result=reported + delays_s(rng, table.TOXICOLOGY_DELAY, count),
    )


def scene_notes(rng: np.random.Generator, scene: Scene, deaths: Deaths) -> pl.DataFrame:
    """The circumstances of the deaths, columns of `NOTES`."""
    notes = Rows(NOTES)
    for feature, source in SOURCES.items():
        rows = np.flatnonzero(scene.has(feature))
        known = scene.known[feature][rows]
        withdrawn = happens(rng, recording.WITHDRAWN, len(rows))
        until = known + delays_s(rng, recording.PEOPLE_LATER_DELAY, len(rows))
        notes.add(
            len(rows),
            event=rows,
            feature=feature,
            value=scene.values[feature][rows],
            source=source,
            known=known,
            retracted=pl.Series(until).set(pl.Series(~withdrawn), None),
        )
    rows = np.flatnonzero(scene.suspected)
    known = scene.known["substance"][rows]
    notes.add(len(rows), event=rows, feature="substance", value="drugs_suspected", source="scene", known=known)
    _toxicology(rng, notes, scene, deaths)
    return notes.frame()


def _toxicology(rng: np.random.Generator, notes: Rows, scene: Scene, deaths: Deaths) -> None:
    drugs = deaths.manner == "drugs"
    first = np.where(
        drugs, choose(rng, table.SUBSTANCE, deaths.count), choose(rng, table.SUBSTANCE_OTHER, deaths.count)
    ).astype("<U20")
    second = choose(rng, table.SUBSTANCE, deaths.count)
    first[deaths.ghb] = "GHB"
    has_second = drugs & (rng.random(deaths.count) < 1 / 3) & (second != first)
    for tested, substance in ((scene.tested, first), (has_second, second)):
        rows = np.flatnonzero(tested)
        level = rng.lognormal(0, 0.8, len(rows)) * np.where(substance[rows] == "GHB", 250, 0.6)
        alcohol = substance[rows] == "alcohol"
        notes.add(
            len(rows),
            event=rows,
            feature="substance",
            value=substance[rows],
            quantity=np.round(np.where(alcohol, rng.gamma(4, 50, len(rows)), level), 2),
            unit=np.where(alcohol, "mg/100ml", "mg/l"),
            source="toxicology",
            known=scene.result[rows],
        )


def incident_notes(
    rng: np.random.Generator, incidents: Incidents, first_event: int, reported: Integers, marks: Words
) -> pl.DataFrame:
    """The circumstances of the incidents, columns of `NOTES`; `marks`: a batch's mark per incident, or ""."""
    notes = Rows(NOTES)
    known = reported + delays_s(rng, recording.SCENE_DELAY, incidents.count)
    events = np.arange(first_event, first_event + incidents.count)

    def add(rows: Integers, feature: str, value: Words | str, source: str) -> None:
        notes.add(len(rows), event=events[rows], feature=feature, value=value, source=source, known=known[rows])

    kinds = incidents.type
    for each in ("assault", "theft_from_person", "sexual_offence"):
        add(np.flatnonzero(kinds == each), "offence", each, "document")
    rows = np.flatnonzero(kinds == "theft_from_person")
    add(rows[happens(rng, incident_table.OFFENCE_PHONE_MISSING, len(rows))], "phone", "missing", "witness")
    rows = np.flatnonzero(
        np.isin(kinds, ("overdose_survived",))
        | ((kinds == "collapse") & happens(rng, incident_table.COLLAPSE_SUBSTANCE, len(kinds)))
    )
    add(rows, "substance", choose(rng, table.SUBSTANCE, len(rows)), "witness")
    rows = np.flatnonzero((kinds == "sexual_offence") & happens(rng, incident_table.DRUG_FACILITATED, len(kinds)))
    add(rows, "substance", np.where(rng.random(len(rows)) < 0.7, "alcohol", "unnamed drug"), "witness")
    rows = np.flatnonzero((kinds == "sexual_offence") & happens(rng, incident_table.MET_VIA_OFFENCE, len(kinds)))
    add(rows, "met_via", choose(rng, table.MET_VIA_KIND, len(rows)), "witness")
    rows = np.flatnonzero((kinds == "assault") & happens(rng, incident_table.ASSAULT_DOMESTIC, len(kinds)))
    add(rows, "domestic_abuse", "marker", "document")
    rows = np.flatnonzero(marks != "")
    add(rows, "object", marks[rows], "scene")
    return notes.frame()
