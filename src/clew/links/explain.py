"""Why two events are linked: a clause per family, the sentence, the rows, and what would settle it.

Everything said is computed from the rows named; a family that has nothing to say says what it lacks.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from clew.core import UsageError
from clew.links.evidence.circumstances import VALUE
from clew.links.evidence.people import ROLES
from clew.links.find import Links
from clew.links.scoring import FAMILIES
from clew.links.weights import SUBJECTS
from clew.records import Role

#: Parts as they are told.
ROLE_WORDS = {
    Role.DECEASED: "the deceased",
    Role.FINDER: "the finder",
    Role.CALLER: "the caller",
    Role.LAST_CONTACT: "the last contact",
    Role.COMPLAINANT: "the complainant",
    Role.WITNESS: "a witness",
    Role.SUSPECT: "the person named",
    Role.RELATIVE: "a relative",
    Role.RESIDENT: "a resident",
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """A row of a table of the dataset: table, source file, row in it."""

    table: str
    source: str
    row: int


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Why events a and b are, or are not, linked.

    factors: log10 Bayes factor by family. clauses: what each family says, or lacks, in words. sentence: the clauses
    that speak for the link, strongest first. rows: what they rest on. missing: facts that would settle it.
    """

    event_id_a: str
    event_id_b: str
    factors: dict[str, float]
    clauses: dict[str, str]
    sentence: str
    rows: tuple[Row, ...]
    missing: tuple[str, ...]
    set_apart: bool

    @property
    def log10_bayes_factor(self) -> float:
        """The sum of the families."""
        return sum(self.factors.values())


def explain_pair(links: Links, event_id_a: str, event_id_b: str) -> Explanation:
    """Explains the pair of events, whether or not it is among the links; raises `UsageError` for an unknown event."""
    pair = _Pair.of(links, event_id_a, event_id_b)
    return Explanation(
        event_id_a=event_id_a,
        event_id_b=event_id_b,
        factors=pair.factors,
        clauses={family: getattr(pair, family)() for family in FAMILIES},
        sentence=pair.sentence(),
        rows=tuple(dict.fromkeys(pair.rows())),
        missing=tuple(pair.missing()),
        set_apart=bool(pair.scored.apart[0]),
    )


def explain_in_a_sentence(links: Links, event_id_a: str, event_id_b: str) -> str:
    """The sentence of `explain_pair` alone, which needs no row looked up: for long lists."""
    return _Pair.of(links, event_id_a, event_id_b).sentence()


class _Pair:
    """One pair, with its rows at hand; each family's method words its clause."""

    def __init__(self, links: Links, a: int, b: int) -> None:
        self.links, self.events = links, links.scorer.events
        self.a, self.b = a, b
        self.ids = (str(self.events.event_id[a]), str(self.events.event_id[b]))
        self.scored = links.score_pairs(np.array([a]), np.array([b]))
        key = int(min(a, b)) * len(self.events) + int(max(a, b))
        place = int(np.searchsorted(links.shared.keys, key))
        held = place < len(links.shared.keys) and links.shared.keys[place] == key
        self.shared = place if held else None
        self.factors = {family: float(one) for family, one in zip(FAMILIES, self.scored.factors[0], strict=True)}

    @classmethod
    def of(cls, links: Links, event_id_a: str, event_id_b: str) -> _Pair:
        """The pair of two events; raises `UsageError` if they are one, or one is not known."""
        if event_id_a == event_id_b:
            raise UsageError(f"{event_id_a} is one event.", where="events", mend="name two events to explain the pair")
        return cls(links, links.index(event_id_a), links.index(event_id_b))

    @functools.cached_property
    def rows_of(self) -> dict[str, pl.DataFrame]:
        """The rows of both events by table."""
        return {name: self.links.known.rows_of(name, self.ids) for name in ("events", "people", "circumstances")}

    def sentence(self) -> str:
        """The clauses of the families that speak for the link, strongest first."""
        telling = sorted((name for name in FAMILIES if self.factors[name] >= 0.1), key=lambda name: -self.factors[name])
        said = "; ".join(getattr(self, family)() for family in telling) or "nothing known says that they are connected"
        return f"{said[0].upper()}{said[1:]}."

    def people(self) -> str:
        if self.shared is None:
            return self._people_not_weighed()
        parts, people = self.links.parts, self.links.known.people
        ends = (self.links.shared.part_lower[self.shared], self.links.shared.part_upper[self.shared])
        if self.a > self.b:
            ends = ends[::-1]
        person = parts.who[ends[0]]
        often = len(np.unique(parts.event[parts.who == person]))
        ref = people["person_ref"][int(parts.row[ends[0]])] or people["person_ref"][int(parts.row[ends[1]])]
        words = [ROLE_WORDS[Role(ROLES[parts.role[end]])] for end in ends]
        if parts.address[ends[0]]:
            what = f"one address is given for {words[0]} in {self.ids[0]} and for {words[1]} in {self.ids[1]}"
        else:
            who = f"the same person ({ref})" if ref else "the same person"
            if parts.identity is not None and parts.person[ends[0]] != parts.person[ends[1]]:
                who = f"{who}, {parts.identity.why(int(ends[0]), int(ends[1]))},"
            what = f"{who} is {words[0]} in {self.ids[0]} and {words[1]} in {self.ids[1]}"
        return f"{what}, and is in {often} of this force's {len(self.events):,} events"

    def _shared_appearances(self) -> int:
        """In how many events the person or address appears that both have and that appears most; 0 if none is."""
        parts = self.links.parts
        who = parts.who
        both = np.intersect1d(who[parts.event == self.a], who[parts.event == self.b])
        return max((len(np.unique(parts.event[who == person])) for person in both), default=0)

    def _people_not_weighed(self) -> str:
        often = self._shared_appearances()
        if not often:
            return "no person or address known to be shared"
        if not (self.events.death[self.a] or self.events.death[self.b]):
            return "a person or address is shared; not weighed, because neither event is a death"
        return f"a person or address is shared that is in {often} events: too many to say anything"

    def reference(self) -> str:
        named = self.links.named
        here = np.flatnonzero((named.a == min(self.a, self.b)) & (named.b == max(self.a, self.b)))
        if not len(here):
            return "neither's records name the other"
        says = str(self.links.known.circumstances["event_id"][int(named.row[here[0]])])
        other = self.ids[1] if says == self.ids[0] else self.ids[0]
        return f"the records of {says} name {other}"

    def place(self) -> str:
        apart_m = float(np.sqrt(((self.events.xyz_km[self.a] - self.events.xyz_km[self.b]) ** 2).sum())) * 1000
        if not np.isfinite(apart_m):
            return "the place of one is not known"
        unsure_m = 1000 * float(self.events.uncertainty_km[self.a] + self.events.uncertainty_km[self.b])
        near = "at the same spot" if apart_m < 25 else f"{_metres(apart_m)} apart"
        return near + (f" (places known to within {_metres(unsure_m)})" if unsure_m >= 25 else "")

    def time(self) -> str:
        days = (
            abs(
                float(self.events.from_day[self.a] + self.events.to_day[self.a])
                - float(self.events.from_day[self.b] + self.events.to_day[self.b])
            )
            / 2
        )
        return f"{days * 24:.0f} hours apart" if days < 2 else f"{days:.0f} days apart"

    def profile(self) -> str:
        ages = (self.events.age_years[self.a], self.events.age_years[self.b])
        sexes = (int(self.events.sex[self.a]), int(self.events.sex[self.b]))
        words = []
        if min(sexes) >= 0:
            words.append("both " + ("male" if sexes[0] else "female") if sexes[0] == sexes[1] else "of different sex")
        if np.isfinite(ages).all():
            words.append(f"aged {ages[0]:.0f} and {ages[1]:.0f}")
        return ", ".join(words) or "age and sex of one are not known"

    def narrative(self) -> str:
        words = self.links.scorer.words
        if not self.links.scorer.weights.narrative.on:
            return "narratives are not read"
        shared = [int(code) for code in words.codes[self.a] if code >= 0 and code in words.codes[self.b]]
        said = [f"“{words.names['value'][code]}” (in {words.holders[code]:,})" for code in shared]
        return "both narratives say " + ", ".join(said) if said else "the narratives share no rare word"

    def circumstances(self) -> str:
        held = self.links.scorer.held
        shared = [int(code) for code in held.codes[self.a] if code >= 0 and code in held.codes[self.b]]
        words = []
        for code in shared:
            noted = f"{held.names['feature'][code]} {held.names['value'][code]}".replace("_", " ")
            words.append(f"{noted} (in {held.holders[code]:,})")
        return "both have " + ", ".join(words) if words else "no circumstance noted in both"

    def rows(self) -> Iterator[Row]:
        """What the pair's evidence rests on: the events, the people, the circumstances, the reference."""
        known = self.links.known
        if self.shared is not None:
            for end in (self.links.shared.part_lower[self.shared], self.links.shared.part_upper[self.shared]):
                yield row_of("people", known.people, int(self.links.parts.row[end]))
        named = self.links.named
        for here in np.flatnonzero((named.a == min(self.a, self.b)) & (named.b == max(self.a, self.b))):
            yield row_of("circumstances", known.circumstances, int(named.row[here]))
        yield from rows_of("events", self.rows_of["events"])
        people = self.rows_of["people"]
        yield from rows_of("people", people.filter(pl.col("role").is_in([role.value for role in SUBJECTS])))
        held, noted = self.links.scorer.held, self.rows_of["circumstances"]
        written = list(noted.select("feature", VALUE, "source_file", "source_row").iter_rows())
        for code in held.codes[self.a]:
            if code >= 0 and code in held.codes[self.b]:
                shared = (held.names["feature"][int(code)], held.names["value"][int(code)])
                for feature, value, source, row in written:
                    if (feature, value) == shared:
                        yield Row(table="circumstances", source=source, row=row)

    def missing(self) -> Iterator[str]:
        """Facts not held that bear on the link, each as something to find out."""
        for place, event_id in zip((self.a, self.b), self.ids, strict=True):
            if not self.events.death[place]:
                continue
            noted = self.rows_of["circumstances"].filter(pl.col("event_id") == event_id)
            if not (noted["source"] == "toxicology").any():
                yield f"toxicology of {event_id}: no result is recorded"
            if not noted["feature"].is_in(["phone"]).any():
                yield f"the telephone of the deceased of {event_id}: not recorded whether it was found"
            present = self.rows_of["people"].filter(pl.col("event_id") == event_id)["role"]
            if not (present == Role.LAST_CONTACT.value).any():
                yield f"who was last with the deceased of {event_id}: not recorded"
        if self.shared is None and not self._shared_appearances():
            both = " and ".join(self.ids)
            yield f"whether any person, telephone or address is in both {both}: none is recorded"


def row_of(table: str, frame: pl.DataFrame, row: int) -> Row:
    """Row number `row` of `frame`, a table as known at T."""
    return Row(table=table, source=str(frame["source_file"][row]), row=int(frame["source_row"][row]))


def rows_of(table: str, frame: pl.DataFrame) -> Iterator[Row]:
    """All rows of `frame`, some rows of a table as known at T."""
    for source, row in frame.select("source_file", "source_row").iter_rows():
        yield Row(table=table, source=source, row=row)


def _metres(distance: float) -> str:
    if distance >= 10_000:
        return f"{distance / 1000:.0f} km"
    return f"{distance / 1000:.1f} km" if distance >= 1000 else f"{round(distance, -1):.0f} m"
