"""Who takes part in an event: how often somebody has each role, and who that is."""

from __future__ import annotations

from clew.demonstration.distributions.model import Rate

FINDER = Rate(meaning="a finder recorded, unexpected deaths outside hospitals and care homes", value=0.7)
FINDER_IS_RELATIVE = Rate(meaning="the finder is the relative, where there is one and the place is private", value=0.55)
CALLER = Rate(meaning="a caller recorded, unexpected deaths outside hospitals and care homes", value=0.8)
CALLER_IS_FINDER = Rate(meaning="the caller is the finder", value=0.65)
LAST_CONTACT = Rate(meaning="a last contact recorded, unexpected deaths", value=0.45)
LAST_CONTACT_IS_RELATIVE = Rate(meaning="the last contact is the relative, where there is one", value=0.45)
RELATIVE = Rate(meaning="a relative recorded, deaths", value=0.6)
RELATIVE_SAME_NAME = Rate(meaning="the relative bears the family name", value=0.65)
WITNESS = Rate(meaning="a witness recorded, unexpected deaths", value=0.12)
RESIDENT = Rate(meaning="another resident recorded, deaths in hostels", value=0.6)
SUSPECT = Rate(meaning="a suspect recorded, homicides", value=0.85)
INCIDENT_CALLER = Rate(meaning="a caller recorded, incidents", value=0.45)
INCIDENT_WITNESS = Rate(meaning="a witness recorded, incidents", value=0.15)
LAST_SEEN_BY = Rate(meaning="a last contact recorded, missing persons", value=0.5)
WITH_OVERDOSE = Rate(meaning="a last contact recorded, overdoses survived", value=0.3)
SAME_HOUSE: dict[str, Rate] = {
    role: Rate(meaning=f"{role}, if new, lives in the same house (else near by)", value=value)
    for role, value in (
        *(("relative", 0.4), ("finder", 0.15), ("caller", 0.15), ("last contact", 0.2), ("suspect", 0.15)),
        *(("witness", 0.1), ("resident", 0.9)),
    )
}

#: Officials of each borough; deaths fall on the first of them most often.
OFFICIALS_OF_A_BOROUGH = {"officer": 70, "second officer": 70, "doctor": 4, "undertaker": 4, "coroner's officer": 2}
OFFICIALS: dict[str, Rate] = {
    name: Rate(meaning=f"{name} recorded, deaths ({OFFICIALS_OF_A_BOROUGH[name]} to a borough)", value=value)
    for name, value in (
        *(("officer", 0.95), ("second officer", 0.4), ("doctor", 0.6), ("undertaker", 0.6)),
        ("coroner's officer", 0.5),
    )
}
