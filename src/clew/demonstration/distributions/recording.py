"""How records come in: lags, missing times, typing errors, several numbers for one person."""

from __future__ import annotations

from clew.demonstration.distributions.model import Delay, Rate

FOUND_DELAY = Delay(meaning="last known alive to found", median_hours=9, log_spread=1.3)
REPORT_DELAY = Delay(meaning="found to reported", median_hours=0.25, log_spread=0.9)
RECORD_DELAY = Delay(meaning="reported (or noted) to recorded", median_hours=0.6, log_spread=0.8)
LATE_RECORD = Rate(meaning="an event recorded days late", value=0.01)
LATE_DELAY = Delay(meaning="lag of those", median_hours=90, log_spread=0.8)
SCENE_DELAY = Delay(meaning="reported to noted at the scene", median_hours=1.5, log_spread=0.6)
PEOPLE_LATER = Rate(meaning="a person's part is learnt only days later", value=0.08)
PEOPLE_LATER_DELAY = Delay(meaning="lag of those", median_hours=60, log_spread=0.9)
TIME_MISSING = Rate(meaning="recorded_at missing (never of what was learnt later)", value=0.012)
ADDRESS_ERROR = Rate(
    meaning="address mistyped in the first version of an event and corrected with the next", value=0.03
)
UNPLACED = Rate(meaning="event without coordinates", value=0.015)
ROUGHLY_PLACED = Rate(meaning="event placed within 100 to 500 metres only", value=0.05)
NAME_TYPING_ERROR = Rate(meaning="one letter wrong in a name", value=0.025)
NAME_SWAPPED = Rate(meaning="given and family name swapped", value=0.006)
NAME_INITIAL = Rate(meaning="initial for the given name", value=0.03)
BIRTH_DAY_MONTH_SWAPPED = Rate(meaning="day and month of birth swapped where possible", value=0.01)
SECOND_NUMBER = Rate(meaning="a person holds a second number", value=0.04)
SECOND_NUMBER_USED = Rate(meaning="it is used, of those", value=0.5)
PHONE_REUSED = Rate(meaning="a telephone number held by another person before", value=0.015)
CORRECTED = Rate(meaning="a numbered person's name put right by a later version", value=0.02)
WITHDRAWN = Rate(meaning="a thing noted at the scene is withdrawn later", value=0.004)
MOVED = Rate(meaning="another address given than the home", value=0.04)

#: role -> how often each detail is filled.
FILLED: dict[str, dict[str, float]] = {
    "deceased": {
        "person_ref": 0.7,
        "name": 0.97,
        "birth_date": 0.9,
        "age": 0.9,
        "sex": 0.99,
        "address": 0.9,
        "phone": 0.4,
        "email": 0.08,
        "handle": 0.02,
        "vehicle": 0.04,
    },
    "finder": {
        "person_ref": 0.85,
        "name": 0.95,
        "birth_date": 0.55,
        "age": 0.3,
        "sex": 0.8,
        "address": 0.75,
        "phone": 0.8,
        "email": 0.1,
        "handle": 0.0,
        "vehicle": 0.02,
    },
    "caller": {
        "person_ref": 0.75,
        "name": 0.85,
        "birth_date": 0.35,
        "age": 0.2,
        "sex": 0.7,
        "address": 0.5,
        "phone": 0.9,
        "email": 0.03,
        "handle": 0.0,
        "vehicle": 0.02,
    },
    "last_contact": {
        "person_ref": 0.85,
        "name": 0.95,
        "birth_date": 0.6,
        "age": 0.4,
        "sex": 0.85,
        "address": 0.7,
        "phone": 0.75,
        "email": 0.1,
        "handle": 0.03,
        "vehicle": 0.04,
    },
    "complainant": {
        "person_ref": 0.9,
        "name": 0.95,
        "birth_date": 0.85,
        "age": 0.6,
        "sex": 0.97,
        "address": 0.85,
        "phone": 0.8,
        "email": 0.25,
        "handle": 0.03,
        "vehicle": 0.02,
    },
    "witness": {
        "person_ref": 0.7,
        "name": 0.9,
        "birth_date": 0.4,
        "age": 0.2,
        "sex": 0.7,
        "address": 0.55,
        "phone": 0.7,
        "email": 0.15,
        "handle": 0.0,
        "vehicle": 0.02,
    },
    "suspect": {
        "person_ref": 0.85,
        "name": 0.9,
        "birth_date": 0.7,
        "age": 0.5,
        "sex": 0.95,
        "address": 0.65,
        "phone": 0.4,
        "email": 0.05,
        "handle": 0.08,
        "vehicle": 0.08,
    },
    "relative": {
        "person_ref": 0.7,
        "name": 0.95,
        "birth_date": 0.4,
        "age": 0.1,
        "sex": 0.7,
        "address": 0.75,
        "phone": 0.85,
        "email": 0.2,
        "handle": 0.0,
        "vehicle": 0.0,
    },
    "resident": {
        "person_ref": 0.6,
        "name": 0.9,
        "birth_date": 0.4,
        "age": 0.2,
        "sex": 0.7,
        "address": 0.9,
        "phone": 0.3,
        "email": 0.0,
        "handle": 0.0,
        "vehicle": 0.0,
    },
    "professional": {
        "person_ref": 1.0,
        "name": 0.6,
        "birth_date": 0.0,
        "age": 0.0,
        "sex": 0.0,
        "address": 0.0,
        "phone": 0.25,
        "email": 0.0,
        "handle": 0.0,
        "vehicle": 0.0,
    },
}
