"""How many deaths, of what manner, of whom, in which kind of place, by what method."""

from __future__ import annotations

from clew.demonstration.distributions.model import Rate, Shares

STMF = "Human Mortality Database, weekly deaths of England and Wales 2013-2015 (GBRTENW)"
HMICFRS = "HMICFRS, April 2023: 10,978 death reports in 2022, 9,481 investigated"

DEATHS_A_YEAR = Rate(meaning="death reports", value=10_978, unit="a year, Poisson by day", source=HMICFRS)

SEASON = Shares(
    meaning="month of death (weight per day)",
    shares={
        **{"January": 1.25, "February": 1.12, "March": 1.06, "April": 1.06, "May": 0.94, "June": 0.92},
        **{"July": 0.89, "August": 0.88, "September": 0.93, "October": 0.97, "November": 1.01, "December": 0.96},
    },
    source=STMF,
)

MANNER = Shares(
    meaning="manner of death, as it turns out",
    shares={
        "natural": 7756,
        "expected": 10_978 - 9_481,
        "suicide": 490,
        "accident": 490,
        "drugs": 377,
        "road": 130,
        "homicide": 98,
        "drowning": 45,
        "fire": 45,
        "infant": 45,
    },
    source=(
        "expected: HMICFRS, April 2023, 10,978 less 9,481; drugs: ONS drug-poisoning deaths registered in London "
        "2013-2015 (320, 340, 472); homicide: Metropolitan Police homicide table 2013-2015 (98, 84, 112); the rest "
        "assumed"
    ),
)

_STMF_DEATHS = {
    **{"male 1-14": 1757, "male 15-44": 28613, "male 45-64": 109550, "male 65-74": 145783, "male 75-84": 233922},
    **{"male 85-105": 224545, "female 1-14": 1395, "female 15-44": 16040, "female 45-64": 73707},
    **{"female 65-74": 104070, "female 75-84": 212032, "female 85-105": 380221},
}
_SUDDEN = {"1-14": 0.5, "15-44": 2.0, "45-64": 2.0, "65-74": 1.3, "75-84": 1.0, "85-105": 0.6}

AGE_SEX: dict[str, Shares] = {
    "expected": Shares(meaning="sex and age, expected deaths", shares=_STMF_DEATHS, source=STMF),
    "natural": Shares(
        meaning="sex and age, unexpected natural deaths",
        shares={band: deaths * _SUDDEN[band.split()[1]] for band, deaths in _STMF_DEATHS.items()},
        source=f"{STMF}, times 0.5, 2, 2, 1.3, 1, 0.6 by age band (assumed: sudden deaths are of younger people)",
    ),
    "suicide": Shares(
        meaning="sex and age, suicides",
        shares={
            **{"male 15-29": 14, "male 30-44": 23, "male 45-64": 27, "male 65-90": 11},
            **{"female 15-29": 5, "female 30-44": 7, "female 45-64": 9, "female 65-90": 4},
        },
    ),
    "accident": Shares(
        meaning="sex and age, accidents other than road, fire, drowning and drugs",
        shares={
            **{"male 15-44": 14, "male 45-64": 15, "male 65-84": 18, "male 85-100": 10},
            **{"female 15-44": 4, "female 45-64": 6, "female 65-84": 15, "female 85-100": 18},
        },
    ),
    "drugs": Shares(
        meaning="sex and age, drug deaths",
        shares={
            **{"male 16-29": 14, "male 30-44": 32, "male 45-64": 24, "male 65-80": 2},
            **{"female 16-29": 4, "female 30-44": 10, "female 45-64": 12, "female 65-80": 2},
        },
    ),
    "road": Shares(
        meaning="sex and age, road deaths",
        shares={"male 5-29": 25, "male 30-64": 32, "male 65-90": 15, "female 5-29": 7, "female 30-90": 21},
    ),
    "homicide": Shares(
        meaning="sex and age, homicides",
        shares={
            **{"male 1-12": 9, "male 13-24": 60, "male 25-64": 112, "male 65-90": 20},
            **{"female 1-12": 8, "female 13-24": 28, "female 25-64": 47, "female 65-90": 10},
        },
        source=(
            "Metropolitan Police homicide table 2013-2015: 201 men and 93 women; 17 children, 88 adolescents or young "
            "adults, 159 adults, 30 elderly; the crossing of sex and age assumed"
        ),
    ),
    "drowning": Shares(
        meaning="sex and age, drownings",
        shares={"male 16-44": 45, "male 45-75": 30, "female 16-44": 12, "female 45-75": 13},
    ),
    "fire": Shares(
        meaning="sex and age, fire deaths",
        shares={
            "male 1-15": 5,
            "male 16-64": 30,
            "male 65-95": 22,
            "female 1-15": 5,
            "female 16-64": 14,
            "female 65-95": 24,
        },
    ),
    "infant": Shares(meaning="sex and age, infants", shares={"male 0-1": 56, "female 0-1": 44}, source=STMF),
}

PLACE: dict[str, Shares] = {
    "expected": Shares(meaning="place, expected", shares={"home": 76, "care_home": 19, "hospital": 5}),
    "natural": Shares(
        meaning="place, unexpected natural",
        shares={
            **{"home": 79.0, "care_home": 5.0, "hospital": 6.5, "street": 3.2, "hostel": 1.4, "vehicle": 0.8},
            **{"workplace": 0.8, "shop": 0.9, "hotel": 0.6, "station": 0.5, "park": 0.8, "churchyard": 0.1},
            **{"canal": 0.1, "squat": 0.3},
        },
    ),
    "suicide": Shares(
        meaning="place, suicide",
        shares={
            **{"home": 64.0, "station": 9.0, "bridge": 7.0, "park": 7.0, "hospital": 3.0, "hotel": 3.0, "street": 3.0},
            **{"hostel": 2.0, "vehicle": 1.5, "churchyard": 0.5},
        },
    ),
    "accident": Shares(
        meaning="place, accident",
        shares={
            **{"home": 61.0, "care_home": 9.0, "hospital": 10.0, "street": 8.0, "workplace": 5.0, "station": 2.0},
            **{"park": 1.5, "shop": 1.5, "hostel": 2.0},
        },
    ),
    "drugs": Shares(
        meaning="place, drug deaths",
        shares={
            **{"home": 66.0, "hostel": 12.0, "street": 6.0, "hotel": 2.5, "squat": 3.0, "park": 3.0, "hospital": 3.0},
            **{"public_toilet": 2.0, "station": 1.0, "vehicle": 1.0, "churchyard": 0.5},
        },
    ),
    "road": Shares(meaning="place, road", shares={"street": 90, "hospital": 10}),
    "homicide": Shares(
        meaning="place, homicide", shares={"home": 48, "street": 37, "park": 6, "vehicle": 3, "hostel": 2, "shop": 4}
    ),
    "drowning": Shares(meaning="place, drowning", shares={"bridge": 45, "canal": 35, "home": 10, "park": 10}),
    "fire": Shares(meaning="place, fire", shares={"home": 88, "hostel": 5, "vehicle": 4, "care_home": 3}),
    "infant": Shares(meaning="place, infant", shares={"home": 92, "hospital": 8}),
}

METHOD: dict[str, Shares] = {
    "suicide": Shares(
        meaning="method, suicide",
        shares={"hanging": 55, "jump": 13, "railway": 12, "self_poisoning": 10, "laceration": 4, "asphyxia": 6},
    ),
    "accident": Shares(
        meaning="method, accident", shares={"fall": 74, "choking": 10, "crush": 6, "cold": 5, "other": 5}
    ),
    "homicide": Shares(
        meaning="method, homicide",
        shares={"knife": 162, "assault": 40, "shooting": 25, "blunt_object": 24, "other": 43},
        source="Metropolitan Police homicide table 2013-2015",
    ),
}

#: Kinds of place that stand open to anybody.
PUBLIC_PLACES = ("street", "park", "churchyard", "station", "bridge", "canal", "public_toilet")

INSTITUTIONS = Shares(
    meaning="places that recur: how many for a million residents",
    shares={
        **{"hospital": 5.0, "care_home": 85.0, "hostel": 18.0, "station": 70.0, "bridge": 8.0, "park": 110.0},
        **{"churchyard": 60.0, "canal": 8.0, "hotel": 60.0, "squat": 30.0, "public_toilet": 40.0},
    },
)
INSTITUTION_SPREAD = Rate(
    meaning="how unequal recurring places of a kind are: shape of a gamma distribution of their weights",
    value=0.7,
    unit="shape",
)
GHB_DEATHS = Rate(
    meaning="deaths with GHB and no link between them, male but for one in twenty, aged 20 to 45, spread by population",
    value=58,
    unit="in the whole period",
    source="DOMAIN 2.5: 58 London GHB deaths June 2011 to October 2015, no link found (here all within the years made)",
)
