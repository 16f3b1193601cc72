"""The lesser incidents around the deaths, the people they share, and the planted groups."""

from __future__ import annotations

from clew.demonstration.distributions.model import Rate, Shares

INCIDENTS_A_YEAR = Rate(
    meaning="lesser incidents that a death desk would look back on", value=15_000, unit="a year, Poisson by day"
)
TYPE = Shares(
    meaning="type of incident",
    shares={
        **{"overdose_survived": 16, "collapse": 18, "assault": 20, "theft_from_person": 15, "missing_person": 17},
        **{"sexual_offence": 9, "concern_for_welfare": 5},
    },
)
AGE_SEX: dict[str, Shares] = {
    "missing_person": Shares(
        meaning="sex and age, missing persons",
        shares={
            "male 10-17": 28,
            "female 10-17": 29,
            "male 18-60": 22,
            "female 18-60": 13,
            "male 61-90": 5,
            "female 61-90": 3,
        },
    ),
    "sexual_offence": Shares(
        meaning="sex and age, sexual-offence complainants",
        shares={"female 13-24": 47, "female 25-60": 40, "male 13-24": 6, "male 25-60": 7},
    ),
    "other": Shares(
        meaning="sex and age, other incidents",
        shares={
            "male 16-29": 25,
            "male 30-44": 21,
            "male 45-64": 14,
            "female 16-29": 17,
            "female 30-44": 13,
            "female 45-90": 10,
        },
    ),
}
PLACE: dict[str, Shares] = {
    "overdose_survived": Shares(
        meaning="place, overdose survived",
        shares={"home": 62, "hostel": 14, "street": 13, "park": 3, "station": 3, "hotel": 3, "public_toilet": 2},
    ),
    "collapse": Shares(
        meaning="place, collapse", shares={"street": 52, "station": 20, "shop": 12, "park": 8, "hostel": 4, "home": 4}
    ),
    "assault": Shares(
        meaning="place, assault", shares={"street": 45, "home": 38, "hostel": 4, "park": 4, "station": 5, "shop": 4}
    ),
    "theft_from_person": Shares(
        meaning="place, theft from the person", shares={"street": 60, "station": 25, "shop": 15}
    ),
    "missing_person": Shares(
        meaning="place, missing person", shares={"home": 82, "hospital": 10, "hostel": 6, "care_home": 2}
    ),
    "sexual_offence": Shares(
        meaning="place, sexual offence",
        shares={"home": 68, "street": 10, "hotel": 6, "park": 5, "vehicle": 5, "hostel": 6},
    ),
    "concern_for_welfare": Shares(meaning="place, concern for welfare", shares={"home": 85, "hostel": 10, "bridge": 5}),
}
SUSPECT_NAMED = Rate(meaning="a suspect recorded, assaults and sexual offences", value=0.55)
DRUG_FACILITATED = Rate(meaning="drugs or drink spoken of, sexual offences", value=0.22)
OFFENCE_PHONE_MISSING = Rate(meaning="the telephone was taken, thefts from the person", value=0.6)
COLLAPSE_SUBSTANCE = Rate(meaning="a substance spoken of, collapses (overdoses survived: always)", value=0.3)
MET_VIA_OFFENCE = Rate(meaning="met through an app or website, sexual offences", value=0.06)
ASSAULT_DOMESTIC = Rate(meaning="marker of domestic abuse, assaults", value=0.3)
BATCH_SURVIVED = Rate(meaning="a batch's mark on overdoses survived anywhere in its weeks", value=0.02)
KNOWN_PERSON = Rate(meaning="the person of an incident is drawn from those known to the force", value=0.35)
SOON_DECEASED = Rate(meaning="the person of an incident is one of the later dead (under 75)", value=0.05)
KNOWN_SUSPECT = Rate(meaning="the suspect is drawn from those known to the force", value=0.7)
KNOWN_LAST_CONTACT = Rate(meaning="the last contact of a drug death or homicide is known to the force", value=0.3)
KNOWN_ELSEWHERE = Rate(
    meaning="finder, caller or other last contact of a death is known to the force",
    value=0.02,
    source="assumed; by chance alone about 1%: 85,000 parts in three years of incidents among 9.0 million residents",
)
KNOWN_PERSONS = Rate(meaning="people known to the force, per incident a year", value=1.3, unit="persons")
KNOWN_ACTIVITY = Rate(
    meaning="how unequal their activity is: shape of a Pareto distribution of their weights", value=2.2, unit="shape"
)
FIRES_A_YEAR = Rate(meaning="house fires with two to four dead", value=5, unit="a year")
PACTS_A_YEAR = Rate(meaning="suicide pacts of two", value=3, unit="a year")
COLLISIONS_A_YEAR = Rate(meaning="road collisions with two or three dead", value=5, unit="a year")
BATCHES_A_YEAR = Rate(
    meaning="overdose clusters from one batch: 4 to 7 dead, one borough, two weeks", value=3, unit="a year"
)
SPOUSES_A_YEAR = Rate(
    meaning="spouses who die apart in time at one address, with relatives in common", value=60, unit="a year"
)
DOG_WALKERS = Rate(meaning="walkers who find two unrelated bodies in one park", value=12, unit="in the whole period")
HOAX_CALLERS = Rate(meaning="hoax callers, each in 5 to 40 events", value=6, unit="in the whole period")
ETHNICITY = Shares(
    meaning="ethnic group of the deceased (characteristics only)",
    shares={"white": 59.8, "asian": 18.5, "black": 13.3, "mixed": 5.0, "other": 3.4},
    source="ONS, Census 2011, London",
)
ETHNICITY_RECORDED = Rate(meaning="ethnic group recorded", value=0.85)
DISABILITY_RECORDED = Rate(meaning="disability recorded (yes in 24%)", value=0.4)
