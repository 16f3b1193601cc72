"""What is noted at the scene, said, and measured afterwards. All rates are of deaths of the group named."""

from __future__ import annotations

from clew.demonstration.distributions.model import Delay, Rate, Shares

POSITION_NOTED = Rate(meaning="position of the body noted, unexpected deaths", value=0.6)
POSITION: dict[str, Shares] = {
    "indoors": Shares(
        meaning="position, indoors",
        shares={"lying_face_up": 47, "lying_face_down": 17, "on_side": 20, "seated_propped": 10, "in_bed": 6},
    ),
    "public": Shares(
        meaning="position, public place",
        shares={"lying_face_up": 52, "lying_face_down": 24, "on_side": 19, "seated_propped": 4, "in_water": 1},
    ),
}
TEMPERATURE_NOTED = Rate(meaning="body temperature to the touch noted, unexpected deaths", value=0.45)
COLD = Rate(meaning="cold, of those noted", value=0.62)
LIVIDITY_NOTED = Rate(meaning="lividity noted, unexpected deaths", value=0.2)
LIVIDITY_AGAINST = Rate(meaning="lividity against the position, of those noted", value=0.02)
INJURY: dict[str, Shares] = {
    "natural": Shares(
        meaning="injury, natural and drugs",
        shares={"": 55, "none": 38, "bruising": 6, "wound": 0.7, "bruising_moved": 0.3},
    ),
    "homicide": Shares(
        meaning="injury, homicide", shares={"wound": 74, "bruising": 20, "bruising_moved": 4, "none": 2}
    ),
    "other": Shares(
        meaning="injury, other manners",
        shares={"": 35, "none": 15, "bruising": 25, "wound": 24.5, "bruising_moved": 0.5},
    ),
}
PHONE_NOTED = Rate(meaning="something noted of the telephone, unexpected deaths", value=0.45)
PHONE_MISSING_PUBLIC = Rate(meaning="telephone missing, of those noted, public place", value=0.07)
PHONE_MISSING_INDOORS = Rate(meaning="telephone missing, of those noted, indoors", value=0.012)
NOTE_SUICIDE = Rate(
    meaning="a note found, suicides", value=0.3, source="assumed; about a third in published series [unverified]"
)
NOTE_OTHER = Rate(meaning="a note found, other unexpected deaths", value=0.002)
TEXTILE = Rate(meaning="cloth not the deceased's with the body, unexpected deaths", value=0.006)
TEXTILE_KIND = Shares(
    meaning="which cloth",
    shares={"blanket": 40, "towel": 25, "coat": 15, "sheet, white": 8, "sheet, blue": 2, "scarf": 6, "carpet": 4},
)
OBJECT = Rate(meaning="an object noted with the body, unexpected deaths", value=0.08)
OBJECT_KIND = Shares(
    meaning="which object",
    shares={
        **{"medication": 38, "alcohol bottle": 25, "syringe": 10, "foil": 6, "walking frame": 8, "small bottle": 3},
        **{"plastic bag": 4, "drug paraphernalia": 6},
    },
)
LOCAL_CONNECTION_NOTED = Rate(meaning="connection with the place noted, public place", value=0.65)
LOCAL_CONNECTION = Shares(meaning="connection with the place", shares={"resident": 68, "visitor": 20, "none": 12})
COMPANY_NOTED = Rate(meaning="company noted, unexpected deaths", value=0.5)
COMPANY = Shares(meaning="company", shares={"alone": 66, "known": 30, "unknown": 4})
ACCOUNT = Rate(meaning="somebody's account of what happened noted, unexpected deaths", value=0.16)
ACCOUNT_KIND = Shares(
    meaning="which account",
    shares={"alive_recently": 35, "fell": 24, "drunk": 14, "self_administered": 10, "seizure": 8, "felt_unwell": 9},
)
EXPLANATION = Rate(meaning="what the explanation rests on noted, unexpected deaths", value=0.2)
EXPLANATION_SOURCE = Shares(
    meaning="what the explanation rests on",
    shares={"independent": 78, "last_contact": 14, "caller": 6, "unauthenticated_document": 2},
)
MET_VIA = Rate(meaning="met the last contact through an app or website, aged 16 to 50", value=0.006)
MET_VIA_KIND = Shares(meaning="which app or website", shares={"dating app": 60, "escort website": 10, "chat room": 30})
OUT_OF_CHARACTER = Rate(meaning="family says the explanation does not fit, unexpected deaths under 65", value=0.025)
DOMESTIC_ABUSE = Rate(meaning="marker of domestic abuse, unexpected deaths of 16 to 75", value=0.03)
DOMESTIC_ABUSE_HOMICIDE = Rate(
    meaning="marker of domestic abuse, homicides", value=0.18, source="Metropolitan Police homicide table: 472 of 2,670"
)
HOUSING: dict[str, Shares] = {
    "natural": Shares(meaning="housing, natural", shares={"settled": 97, "hostel": 1.5, "street_homeless": 1.5}),
    "drugs": Shares(meaning="housing, drugs", shares={"settled": 74, "hostel": 15, "street_homeless": 11}),
    "other": Shares(meaning="housing, other", shares={"settled": 93, "hostel": 4, "street_homeless": 3}),
}
HOUSING_NOTED = Rate(
    meaning="housing noted, unexpected deaths (who dies in a hostel or care home is said to live there)", value=0.5
)
SUBSTANCE = Shares(
    meaning="substance measured, drug deaths (one in three has a second)",
    shares={
        **{"morphine": 30, "methadone": 17, "cocaine": 13, "alcohol": 14, "diazepam": 9, "amitriptyline": 4},
        **{"codeine": 5, "tramadol": 4, "MDMA": 2, "amphetamine": 1, "pregabalin": 1},
    },
)
TOXICOLOGY_OTHER = Rate(meaning="toxicology on other unexpected deaths", value=0.12)
SUBSTANCE_OTHER = Shares(
    meaning="substance measured, other deaths",
    shares={
        "alcohol": 48,
        "paracetamol": 14,
        "codeine": 10,
        "citalopram": 9,
        "diazepam": 7,
        "cocaine": 6,
        "mirtazapine": 6,
    },
)
SUSPECTED_DRUGS = Rate(meaning="drugs suspected at the scene, drug deaths", value=0.75)
TOXICOLOGY_DELAY = Delay(meaning="toxicology after the death", median_hours=45 * 24, log_spread=0.35)
STATED_REFERENCE = Rate(meaning="an earlier incident of the same person is named in the death's record", value=0.25)
