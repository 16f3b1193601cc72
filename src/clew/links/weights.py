"""Default weights of the link evidence, each with its source or the word *assumed*.

Every family gives a log10 Bayes factor: how much likelier the observed agreement is if two events are connected
than if they are two of this force's events at random. All share one principle (DESIGN.md): for an agreement that
a random event shows with probability ``p``, and a connected one shows for a reason of its own with probability
``m``, the factor is ``(m + (1 - m) * p) / p``. ``p`` is counted in the force's own records, so a rare thing says
much and a common one nothing; ``m`` is the default below. Nothing shared gives nothing; missing gives nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from clew.records import Role

#: Roles in which a person is the subject of an event rather than an onlooker or a helper.
SUBJECTS = (Role.DECEASED, Role.COMPLAINANT)


@dataclass(frozen=True, kw_only=True)
class PlaceWeights:
    """Distance between connected events: a bivariate power law, its scale widened by the location uncertainties.

    Density per km^2 at distance d: ``(b - 1) / (pi s^2) * (1 + d^2 / s^2)^-b``. Assumed: half of the mass within
    about 0.5 km (b = 1.5), the shape of journey-to-crime decay; on the crimelinkage data log distance alone has
    AUC .88 (research/linkage.md 1b). `share`: how often a connected event lies near at all.
    `neighbours`, `fewest`, `finest_km`: how the local background is read (`families.background`).
    """

    share: float = 0.6
    scale_km: float = 0.3
    exponent: float = 1.5
    neighbours: int = 16
    fewest: int = 5
    finest_km: float = 0.05


@dataclass(frozen=True, kw_only=True)
class TimeWeights:
    """Days between connected events: a Lomax density ``(a / s) * (1 + t / s)^-(a + 1)``. Assumed: median 35 days."""

    share: float = 0.8
    scale_days: float = 60.0
    exponent: float = 1.5


@dataclass(frozen=True, kw_only=True)
class ProfileWeights:
    """Age and sex of the subjects. Assumed: a series keeps to one sex 8 times in 10, and to about 10 years."""

    same_sex: float = 0.8
    age_share: float = 0.7
    age_scale_years: float = 8.0


@dataclass(frozen=True, kw_only=True)
class CircumstanceWeights:
    """Shared features. Assumed: a connected event repeats a given feature, for its own reason, 3 times in 10.

    `discount`: each further shared feature counts this much less than the one before, because features come together
    (a first remedy until weights are fitted jointly). Assumed: 0.8; less finds fewer planted series, and the
    crimelinkage data do not tell 0.6 from 1 (explanation/planted-series.md). `substance_cap`: the most that shared
    substances may say in all, since batches and fashions share them too; by themselves they never link (DOMAIN.md 2.5).
    """

    repeat: float = 0.3
    discount: float = 0.8
    per_event: int = 8
    substance_cap: float = 1.0


@dataclass(frozen=True, kw_only=True)
class PeopleWeights:
    """What a shared person says depends on the part played on both sides (DESIGN.md); all assumed.

    `roles`: the share of connected events that share a person in these two roles; a pair of roles not listed has
    `other`. Families, households and neighbours share people for innocent reasons, so relatives and residents say
    little; somebody present at one death and accused in another event says much.
    `frequent`: a person in more events than this is known by frequency (a professional, a hospital's switchboard)
    and says nothing. `address`: the share for an address given for a person being the place of another event.
    """

    roles: dict[frozenset[Role], float] = field(
        default_factory=lambda: {
            frozenset({Role.CALLER, Role.SUSPECT}): 0.3,
            frozenset({Role.FINDER, Role.SUSPECT}): 0.3,
            frozenset({Role.LAST_CONTACT, Role.SUSPECT}): 0.3,
            frozenset({Role.SUSPECT}): 0.2,
            frozenset({Role.LAST_CONTACT}): 0.3,
            frozenset({Role.LAST_CONTACT, Role.CALLER}): 0.2,
            frozenset({Role.LAST_CONTACT, Role.FINDER}): 0.2,
            frozenset({Role.CALLER, Role.FINDER}): 0.1,
            frozenset({Role.CALLER}): 0.05,
            frozenset({Role.FINDER}): 0.1,
            frozenset({Role.WITNESS, Role.SUSPECT}): 0.1,
            frozenset({Role.WITNESS, Role.LAST_CONTACT}): 0.1,
            frozenset({Role.DECEASED, Role.LAST_CONTACT}): 0.1,
            frozenset({Role.DECEASED, Role.FINDER}): 0.1,
            frozenset({Role.DECEASED, Role.COMPLAINANT}): 0.005,
            frozenset({Role.DECEASED, Role.SUSPECT}): 0.005,
            frozenset({Role.DECEASED, Role.RELATIVE}): 0.001,
            frozenset({Role.RELATIVE}): 0.0005,
            frozenset({Role.RESIDENT}): 0.001,
            frozenset({Role.RELATIVE, Role.RESIDENT}): 0.001,
        }
    )
    other: float = 0.01
    frequent: int = 25
    address: float = 0.01
    reference: float = 0.5


@dataclass(frozen=True, kw_only=True)
class NarrativeWeights:
    """Shared rare words of the narratives; all assumed.

    `on`: whether they are read at all: not by default. `repeat`: how often a connected event's narrative repeats a
    given rare word for its own reason. `discount`: each further shared word counts this much less. `most`: the most
    that words may say in all, since one pen writes many narratives. `rarest_share`: words in more of the narratives
    than this are turns of phrase and are not read.
    """

    on: bool = False
    repeat: float = 0.05
    discount: float = 0.6
    per_event: int = 8
    most: float = 2.0
    rarest_share: float = 0.01


@dataclass(frozen=True, kw_only=True)
class Weights:
    """All weights of the link evidence."""

    place: PlaceWeights = field(default_factory=PlaceWeights)
    time: TimeWeights = field(default_factory=TimeWeights)
    profile: ProfileWeights = field(default_factory=ProfileWeights)
    circumstances: CircumstanceWeights = field(default_factory=CircumstanceWeights)
    people: PeopleWeights = field(default_factory=PeopleWeights)
    narrative: NarrativeWeights = field(default_factory=NarrativeWeights)
