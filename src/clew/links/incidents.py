"""What is set apart before any link is spoken of: deaths of one incident, and households.

Deaths known to be one event (a fire, a collision, a pact) are shown as one incident, never alerted as a discovery;
families and households share people and addresses for innocent reasons (DESIGN.md, links).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from clew.links.events import Flags, Integers, LinkEvents
from clew.links.evidence.background import Spots
from clew.links.evidence.families import distance_km
from clew.links.evidence.people import ROLES, Parts, SharedPeople
from clew.links.keys import form_keys
from clew.links.weights import PlaceWeights
from clew.records import Known, Role

#: One incident: the same place within a day (DESIGN.md).
SAME_PLACE_KM = 0.1
WITHIN_DAYS = 1.0

#: Places not known better than this are no nearer for it, in km.
MOST_UNSURE_KM = 0.3

#: Numbers given one after the other: reported together.
NEXT_NUMBERS = 2

#: Assumed: no family home sees more deaths than this in a force's records.
HOUSEHOLD_DEATHS = 4

_KIN = np.array([role in (Role.RELATIVE, Role.RESIDENT, Role.DECEASED) for role in ROLES])
_OWN = np.array([role == Role.DECEASED for role in ROLES])

#: Parts from which an address is that of a home and not of somebody met, accused or last seen with the deceased.
_AT_HOME = np.array([role not in (Role.SUSPECT, Role.LAST_CONTACT, Role.FINDER) for role in ROLES])


def same_incident(events: LinkEvents, a: Integers, b: Integers) -> Flags:
    """Whether events `a` and `b` lie at one place within a day; in an institution that means nothing."""
    gap = np.maximum(events.from_day[a], events.from_day[b]) - np.minimum(events.to_day[a], events.to_day[b])
    flags: Flags = gap <= WITHIN_DAYS
    soon = np.flatnonzero(flags)  # few pairs are, and only they need a distance
    a, b = a[soon], b[soon]
    slack = np.minimum(events.uncertainty_km[a] + events.uncertainty_km[b], MOST_UNSURE_KM)
    near = distance_km(events, a, b) <= SAME_PLACE_KM + slack
    flags[soon] = near & ~events.institution[a] & ~events.institution[b]
    return flags


def incident_groups(events: LinkEvents) -> Integers:
    """(n,) the incident of each event: those that are one with a death among the two (`same_incident`), and whoever is
    one with those; an event alone is an incident of its own."""
    from clew.links.evidence import together  # noqa: PLC0415 - compiles; not for who only wants help

    known = np.isfinite(events.xyz_km).all(axis=1) & np.isfinite(events.from_day) & np.isfinite(events.to_day)
    rows = np.flatnonzero(known & ~np.isnan(events.uncertainty_km) & ~events.institution)
    group = np.arange(len(events))
    if not len(rows):
        return group
    spots, spot = Spots.of(events.xyz_km[rows], replace(PlaceWeights(), finest_km=SAME_PLACE_KM + MOST_UNSURE_KM))
    near_each_other = np.empty(len(spots.cells), dtype=np.int64)
    near_each_other[cKDTree(spots.cells, balanced_tree=False).indices] = np.arange(len(spots.cells))
    rows = rows[np.lexsort((events.from_day[rows], near_each_other[spot]))]
    leader = np.empty(len(rows), dtype=np.int64)
    columns = (events.xyz_km, events.from_day, events.to_day, events.uncertainty_km, events.death)
    together.join_near(*(column[rows] for column in columns), SAME_PLACE_KM, MOST_UNSURE_KM, WITHIN_DAYS, leader)
    group[rows] = rows[leader]
    return _dense(group)


def joined(a: Integers, b: Integers, count: int) -> Integers:
    """(count,) the incident of each of so many events, from pairs that are one."""
    ties = coo_array((np.ones(len(a), dtype=np.int8), (a, b)), shape=(count, count))
    groups: Integers = connected_components(ties, directed=False)[1].astype(np.int64)
    return groups


def with_hospital_victims(known: Known, events: LinkEvents, incident: Integers) -> Integers:
    """(n,) `incident`, joined by those who died of it in an institution, where the place of death hides the place.

    A death in an institution joins an incident of two or more if it has the injury date and manner of a member
    (features `injury_date`, `manner`) and stands within `NEXT_NUMBERS` of its number: they were reported together. On
    the medical examiner's register this joins 5 deaths, of whom 1 to 2 would be joined by chance.
    """
    noted = known.circumstances.filter(pl.col("feature").is_in(["injury_date", "manner"]))
    if not noted.height:
        return incident
    said = noted.group_by("event_id").agg(
        pl.col("value").filter(pl.col("feature") == feature).sort().first().alias(feature)
        for feature in ("injury_date", "manner")
    )
    table = pl.DataFrame(
        {
            "event_id": events.event_id,
            "event": np.arange(len(events)),
            "incident": incident,
            "together": np.bincount(incident)[incident] >= 2,
            "institution": events.institution,
        }
    )
    table = table.join(said, on="event_id", maintain_order="left").with_columns(
        series=pl.col("event_id").str.replace(r"\d+$", ""),
        number=pl.col("event_id").str.extract(r"(\d{1,15})$").cast(pl.Int64),
    )
    alone = table.filter(pl.col("institution") & ~pl.col("together")).drop("incident")
    members = table.filter("together").select("series", "injury_date", "manner", "incident", near="number")
    apart = (pl.col("number") - pl.col("near")).abs()
    joined = alone.join(members, on=["series", "injury_date", "manner"]).filter(apart <= NEXT_NUMBERS)
    joined = joined.sort("event", apart, "incident").unique("event", keep="first", maintain_order=True)
    with_victims = incident.copy()
    with_victims[joined["event"].to_numpy()] = joined["incident"].to_numpy()
    return _dense(with_victims)


def _dense(labels: Integers) -> Integers:
    """The same labels without gaps."""
    dense: Integers = np.unique(labels, return_inverse=True)[1].reshape(-1)
    return dense


def household(events: LinkEvents, parts: Parts, shared: SharedPeople) -> Flags:
    """(p,) whether what is shared is a household's, a family's, or one person's own history, and so no link.

    Kin on both sides (relative, resident, the deceased themselves), whatever else they are there: a widower often finds
    and calls too; an address that is a home on both sides; or the deceased of one event in an event that is no death:
    their own history, told with the death.
    """
    own, kin, home = (
        (plays(parts, shared.part_a, roles), plays(parts, shared.part_b, roles)) for roles in (_OWN, _KIN, _AT_HOME)
    )
    history = (own[0] & ~events.death[shared.b]) | (own[1] & ~events.death[shared.a])
    both: Flags = np.where(parts.address[shared.part_a], home[0] & home[1], (kin[0] & kin[1]) | history)
    return both


def kin_to(parts: Parts, some: Integers) -> Flags:
    """(k,) whether who plays each of `some` parts is kin to its event, by that part or another: a relative, a resident,
    or the deceased themselves."""
    return plays(parts, some, _KIN)


def plays(parts: Parts, some: Integers, roles: Flags) -> Flags:
    """(k,) whether who plays each of `some` parts, a person or an address, plays any of `roles` in that event: which of
    several parts is looked at says nothing."""
    who = parts.who
    wanted = np.zeros(int(who.max(initial=0)) + 1, dtype=np.bool_)
    wanted[who[some]] = True
    able = np.flatnonzero(wanted[who] & roles[parts.role])
    mine, theirs = ((parts.event[rows] * len(wanted) + who[rows]) * 2 + parts.address[rows] for rows in (some, able))
    played: Flags = np.isin(mine, theirs)
    return played


def home_codes(known: Known, events: LinkEvents) -> Integers:
    """(n,) code of the home address of each event's deceased, -1 where not known: equal codes are one household.

    An address of more than `HOUSEHOLD_DEATHS` deceased is a hostel or a care home, not a household.
    """
    deceased = known.people.filter(pl.col("role") == Role.DECEASED.value)
    homes = (
        deceased.select("event_id", key=form_keys(deceased["address"]))
        .filter(pl.col("key").is_not_null())
        .select("event_id", home=pl.col("key").rank("dense").cast(pl.Int64))
        .sort("event_id", "home")
        .unique("event_id", keep="first", maintain_order=True)
        .filter(pl.len().over("home") <= HOUSEHOLD_DEATHS)
    )
    index = pl.DataFrame({"event_id": events.event_id})
    codes: Integers = (
        index.join(homes, on="event_id", how="left", maintain_order="left")["home"].fill_null(-1).to_numpy()
    )
    return codes
