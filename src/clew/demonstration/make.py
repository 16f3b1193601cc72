"""Makes the demonstration: a synthetic background, and the case laid into it by knowledge time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from clew.core import UsageError
from clew.demonstration.assembling import assembled
from clew.demonstration.case import SERIES, case_tables
from clew.demonstration.deaths import period
from clew.demonstration.distributions import conduct
from clew.demonstration.planted import PlantedChange, planted
from clew.demonstration.tile import make_tile
from clew.records import TABLES, Counts, Dataset, Feed

SEED = 2014
YEARS = (2013, 2014, 2015)
NOTICE = "A demonstration on a synthetic background, written with hindsight, not a validation."
MAX_TILES = 100

#: Activities recorded as they happen besides the duties of `distributions.conduct`; `link_search.run` is not among
#: them: no force ran such a search, so nothing follows from its absence.
_OTHER_ACTIVITIES = (
    *("account.changed", "account.corroborated", "account.refers_to_earlier", "category.decided", "claim.received"),
    *("coroner.concern", "decision_maker.changed", "duty.waived", "family.concern", "inquest.concluded"),
    *("opinion.given", "pathologist.recommended", "person.arrested", "person.bailed", "person.charged"),
    *("person.convicted", "specialist.declined", "toxicology.reported"),
)
_GROUPS = {"group_id": pl.String(), "kind": pl.String(), "event_id": pl.String()}


@dataclass(frozen=True, kw_only=True)
class Demonstration(Dataset):
    """A dataset with what is known of it because it was made.

    labels: columns `series_id`, `event_id`: the one series. groups: columns `group_id`, `kind`, `event_id`: the
    planted innocent groups (fire, pact, collision, batch, spouses, same_finder, hoax_caller).
    """

    labels: pl.DataFrame = field(default_factory=pl.DataFrame)
    groups: pl.DataFrame = field(default_factory=pl.DataFrame)


def make_demonstration(
    *,
    seed: int = SEED,
    years: Sequence[int] = YEARS,
    scale: float = 1.0,
    with_case: bool = True,
    tables: Iterable[str] = tuple(TABLES),
    change: PlantedChange | None = None,
) -> Demonstration:
    """The demonstration in memory; equal arguments give equal tables.

    years: whole years, one after the other. scale: multiplies every number of events, people and groups (1.0: 10,978
    deaths and 15,000 incidents a year). with_case: whether D1 to D4, E0 and E1 are laid in (they lie in 2012 to 2015;
    what the force held only after the last of `years` is left out). tables: those to make, events always among them.
    change: planted in the background (see `planted`); nothing else differs. Raises `UsageError` for years or a scale
    that cannot be used.
    """
    return next(make_tiles(1, seed=seed, years=years, scale=scale, with_case=with_case, tables=tables, change=change))


def make_tiles(
    tiles: int,
    *,
    seed: int = SEED,
    years: Sequence[int] = YEARS,
    scale: float = 1.0,
    with_case: bool = True,
    tables: Iterable[str] = tuple(TABLES),
    change: PlantedChange | None = None,
) -> Iterator[Demonstration]:
    """`tiles` Londons, one at a time: side by side in space, with numbers and people of their own.

    The case lies in the first. Arguments and errors as for `make_demonstration`; one tile is held at a time.
    """
    wanted = frozenset(tables) | {"events"}
    _check(tiles, years, scale, wanted)
    for tile in range(tiles):
        case = with_case and tile == 0
        yield _one(tile, seed=seed, years=tuple(years), scale=scale, with_case=case, tables=wanted, change=change)


def _one(
    tile: int,
    *,
    seed: int,
    years: tuple[int, ...],
    scale: float,
    with_case: bool,
    tables: frozenset[str],
    change: PlantedChange | None,
) -> Demonstration:
    background = make_tile(seed=seed, tile=tile, years=years, scale=scale, tables=tables)
    parts = {name: [frame] for name, frame in background.tables.items()}
    if change is not None and "actions" in background.tables:
        parts["actions"] = [planted(background.tables["actions"], change, seed=seed, tile=tile)]
    if with_case:
        for name, frame in case_tables().items():
            if name in tables:
                parts.setdefault(name, []).append(frame)
    start, end = period(years)
    made = assembled(parts, until=end, files={name: f"{name}.parquet" for name in TABLES})
    assumed = sum(int(frame["recorded_at_assumed"].sum()) for frame in made.values())
    held = made["events"]["event_id"].unique()
    labels = pl.DataFrame({"series_id": ["case"] * len(SERIES), "event_id": list(SERIES)})
    return Demonstration(
        name="demonstration",
        tables=made,
        feeds=_feeds(start, end, tables),
        marking="DEMONSTRATION: NO REAL RECORDS",
        notice=NOTICE if change is None else f"{NOTICE} {change.sentence}",
        counts=Counts(rows_read=sum(frame.height for frame in made.values()), recorded_at_assumed=assumed),
        labels=labels.filter(pl.col("event_id").is_in(held.implode())),
        groups=background.groups.filter(pl.col("event_id").is_in(held.implode())),
    )


def _feeds(start: datetime, end: datetime, tables: frozenset[str]) -> tuple[Feed, ...]:
    names: list[str] = [name for name in ("events", "people", "circumstances", "exhibits") if name in tables]
    if "actions" in tables:
        names += [f"actions/{activity}" for activity in sorted({*conduct.DUTIES, *_OTHER_ACTIVITIES})]
    return tuple(Feed(name=name, complete_from=start, complete_to=end) for name in names)


def _check(tiles: int, years: Sequence[int], scale: float, tables: frozenset[str]) -> None:
    if not years or list(years) != list(range(min(years), min(years) + len(years))) or not 1970 < min(years) < 2100:
        raise UsageError(
            f"{list(years)} are not years one after the other.", where="years", mend="give for example 2013, 2014, 2015"
        )
    if not 0.001 <= scale <= 5:
        raise UsageError(
            f"{scale} is not a scale.", where="scale", mend="give a number from 0.001 to 5; for more use tiles"
        )
    if not 1 <= tiles <= MAX_TILES:
        raise UsageError(f"{tiles} is not a number of tiles.", where="tiles", mend=f"give 1 to {MAX_TILES}")
    if unknown := tables - set(TABLES):
        raise UsageError(f"There is no table {min(unknown)!r}.", where="tables", mend=f"give some of {list(TABLES)}")
