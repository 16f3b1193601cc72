"""What was written about each event: a few plain sentences, with the usual turns of phrase."""

from __future__ import annotations

import numpy as np
import polars as pl

from clew.demonstration.chance import Flags, Numbers, Words

_OPENINGS = (
    "Call from the address.",
    "Ambulance on scene, life pronounced extinct.",
    "Officers called to the location.",
    "Unit assigned by control.",
    "Attended with ambulance.",
    "Report of a person not breathing.",
    "Concern raised, entry gained.",
    "Deceased found on arrival.",
)
_CLOSINGS = (
    "Coroner's officer informed.",
    "Property secured.",
    "No sign of disturbance.",
    "Next of kin being traced.",
    "Medication listed.",
    "Doctor's surgery to be contacted.",
    "Neighbours spoken to.",
    "Premises left secure.",
    "Undertaker attended.",
    "Nothing further at scene.",
)
_BY_MANNER = {
    "expected": "Known terminal illness, under the care of the doctor.",
    "natural": "History of illness given.",
    "suicide": "Indications of intent.",
    "accident": "Appears to be an accident.",
    "drugs": "Signs of drug use about the room.",
    "road": "Struck by or in a vehicle, collision unit attended.",
    "homicide": "Injuries seen, scene closed.",
    "drowning": "Recovered from the water.",
    "fire": "Fire brigade attended, seat of fire under examination.",
    "infant": "Infant found unresponsive in the cot.",
}
_BY_TYPE = {
    "overdose_survived": "Taken ill after drugs, conveyed to hospital.",
    "collapse": "Collapsed, came round, advice given.",
    "assault": "Assault reported.",
    "theft_from_person": "Property taken from the person.",
    "missing_person": "Reported missing, risk assessed.",
    "sexual_offence": "Sexual offence alleged, specialist officer assigned.",
    "concern_for_welfare": "Welfare check requested.",
}


def death_narratives(rng: np.random.Generator, *, manner: Words, male: Flags, age: Numbers, kind: Words) -> pl.Series:
    """One narrative per death."""
    size = len(manner)
    return pl.select(
        pl.format(
            "{} {}, aged {}, found at {}. {} {}",
            pl.Series(np.array(_OPENINGS)[rng.integers(len(_OPENINGS), size=size)]),
            pl.Series(np.where(male, "Male", "Female")),
            pl.Series(age.astype(np.int64)),
            pl.Series(kind).str.replace_all("_", " ", literal=True),
            pl.Series(manner).replace_strict(_BY_MANNER),
            pl.Series(np.array(_CLOSINGS)[rng.integers(len(_CLOSINGS), size=size)]),
        ).alias("narrative")
    )["narrative"]


def incident_narratives(rng: np.random.Generator, *, type_: Words) -> pl.Series:
    """One narrative per incident."""
    closing = np.array((*_CLOSINGS[5:8], "Report taken.", "Victim care leaflet left."))
    return pl.select(
        pl.format(
            "{} {}", pl.Series(type_).replace_strict(_BY_TYPE), pl.Series(closing[rng.integers(5, size=len(type_))])
        ).alias("narrative")
    )["narrative"]
