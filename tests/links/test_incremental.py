"""An event that is new or changed gives, in whichever order facts arrive, the links of a full run on one background."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.core import UsageError
from clew.demonstration import make_demonstration
from clew.links import Weights, find_links
from clew.links.model import FACTOR, IDENTITY, Curve, LinkModel
from clew.links.recurrence import find_recurrences
from clew.links.scoring import FAMILIES
from clew.links.setup import LinkSetup
from clew.links.updates.codes import ROOM, Codes
from clew.links.updates.incremental import LinkState
from clew.links.updates.recurrences import FrozenRecurrence
from clew.links.updates.saved import SavedState, state_as_bytes
from clew.links.weights import NarrativeWeights, PeopleWeights
from clew.records import TABLES, Dataset, Known, empty_frame
from tests.links.backgrounds import START, frame, null_background
from tests.links.full_run import full_run, whole

#: A person in more than four events says nothing: so that among few events some cross that line.
WEIGHTS = Weights(people=PeopleWeights(frequent=4))
#: The same, with narratives; so that among few some words are too common and some rows too short.
NARRATED = replace(WEIGHTS, narrative=NarrativeWeights(on=True, rarest_share=0.2, repeat=0.6, per_event=3))
#: Curves over every feature there is, one of two values that may come late, and over factors of families.
TRAINED = LinkModel(
    curves=(
        Curve(family="place", feature="log_distance", knots=(-2.0, 1.0, 4.0), values=(1.6, 0.5, -0.6)),
        Curve(family="time", feature="log_gap", knots=(0.0, 3.0, 6.0), values=(0.9, 0.2, -0.3)),
        Curve(family="time", feature=FACTOR, knots=(-1.0, 0.0, 2.0), values=(-0.2, 0.0, 0.7)),
        Curve(family="time", feature="hours_apart", knots=(0.0, 12.0), values=(0.2, -0.1)),
        Curve(family="circumstances", feature="shared_rarity", knots=(0.0, 4.0), values=(0.0, 2.2)),
        Curve(family="circumstances", feature="both_noted", knots=(0.0, 1.0), values=(0.0, -0.2)),
        Curve(
            family="circumstances",
            feature="values",
            of=("mark", "an anchor", "an anchor"),
            knots=(0.0, 1.0),
            values=(0.0, 3.0),
        ),
        Curve(
            family="circumstances",
            feature="values",
            of=("feature 2", "yes", "yes"),
            knots=(0.0, 1.0),
            values=(0.0, 1.1),
        ),
        Curve(family="people", feature=FACTOR, knots=(0.0, 3.0), values=(0.0, 2.0)),
    )
)
END = START + timedelta(days=400)
FLOOR = 0.8


def _records(seed: int) -> dict[str, pl.DataFrame]:
    """64 deaths and incidents with every kind of thing that two events can share, and much missing."""
    rng = np.random.default_rng(seed)
    tables = dict(null_background(deaths=64, years=1, seed=seed, people=30).tables)
    events = tables["events"].sort("event_id")
    ids = events["event_id"].to_list()
    number = pl.int_range(pl.len())
    at_one_place = number % 9 == 0  # and in pairs within a day: incidents
    start = pl.col("occurred_from").first() + pl.duration(hours=number // 18 * 300)
    events = events.with_columns(
        kind=pl.when((number % 5 == 0) | (number % 18 == 9)).then(pl.lit("incident")).otherwise(pl.col("kind")),
        lat=pl.when(number % 11 == 0).then(None).when(at_one_place).then(51.5).otherwise(pl.col("lat")),
        lon=pl.when(number % 11 == 0).then(None).when(at_one_place).then(0.1).otherwise(pl.col("lon")),
        occurred_from=pl.when(at_one_place).then(start).otherwise(pl.col("occurred_from")),
        location_uncertainty_m=(number % 4) * 50.0,
        place_type=pl.when(at_one_place | (number % 7 == 0)).then(pl.lit("park")),
        address=pl.when((number % 11 == 0) | at_one_place).then(pl.format("{} Old Street", number % 2)),
    ).with_columns(occurred_to=pl.col("occurred_from") + pl.duration(hours=number % 70))
    late = [END - timedelta(days=1)]

    def some(count: int) -> list[str]:
        return [ids[int(place)] for place in rng.integers(0, len(ids), count)]

    people = frame(
        "people",
        {
            "event_id": some(60),
            "role": [("deceased", "caller", "suspect", "relative", "last_contact")[n % 5] for n in range(60)],
            "person_ref": [None if n % 3 else f"r{n % 4}" for n in range(60)],
            "phone": [None if n % 2 else f"0770090{n % 14:04d}" for n in range(60)],
            "name": ["A N Other"] * 60,
            "address": [f"{n % 6} Some Road" if n % 4 == 0 else None for n in range(60)],
            "recorded_at": late * 60,
        },
    )
    spelt = ("Jonathan Pemberton", "Jonathon Pemberton", "Pemberton, Jonathan", "J Pemberton")
    alike = frame(
        "people",
        {
            "event_id": some(16),
            "role": [("finder", "caller", "suspect", "relative", "last_contact")[n % 5] for n in range(16)],
            "name": [spelt[n // 2 % 4] for n in range(16)],
            "birth_date": [None if n % 8 == 7 else date(1970 + 9 * (n % 2), 4, 9) for n in range(16)],
            "email": ["j.p@example.org" if n % 4 == 1 else None for n in range(16)],
            "recorded_at": late * 16,
        },
    )
    noted = frame(
        "circumstances",
        {
            "event_id": some(70),
            "feature": [("reference", "object", "substance", "mark")[n % 4] for n in range(70)],
            "value": [some(1)[0] if n % 4 == 0 else f"odd {n % 13}" for n in range(70)],
            "recorded_at": late * 70,
        },
    )
    elsewhere = frame(
        "circumstances",
        {
            "event_id": some(8),
            "feature": ["happened_at"] * 8,
            "value": ["0 Old St.", "7 New Road", "51.5, 0.1", "an alley"] * 2,
            "recorded_at": late * 8,
        },
    )
    tables["events"] = events.with_columns(narrative=pl.Series(_narratives(len(ids), rng), dtype=pl.String))
    tables["people"] = pl.concat([tables["people"], people, alike])
    tables["circumstances"] = pl.concat([tables["circumstances"], noted, elsewhere])
    return tables


def _narratives(count: int, rng: np.random.Generator) -> list[str | None]:
    """Accounts of which some share a word, or a phrase, some misspell or deny it, some use one that comes late."""
    words = ["lighthouse", "lighthuose", "blue tarpaulin", "no tarpaulin", "anchor", "cemetery", "cemetary", "ferryman"]
    words += ["without anchor", "quayside", "quaysied", "velvet ribbon", "orchard", "towpath", "candle", "scaffold"]
    seldom = ["oak", "elm", "yew", "fir", "bay", "fig", "rye", "ivy", "sloe", "hemp", "reed", "moss"]
    told = []
    for number in range(count):
        some = [words[int(one)] for one in rng.integers(0, len(words), 3)]
        late = [seldom[int(rng.integers(0, len(seldom)))]] if number % 3 == 0 else []
        told.append(None if number % 7 == 0 else f"Officers called; {', '.join([*some, *late])}.")
    return told


def _known(tables: dict[str, pl.DataFrame], ids: list[str], *, half: Collection[str] = ()) -> Known:
    """What is known of the events `ids`; of `half` some people and circumstances only, no place and no account."""
    kept = {name: table.filter(pl.col("event_id").is_in(ids)) for name, table in tables.items()}
    later = pl.col("event_id").is_in(list(half))
    for name in ("people", "circumstances"):
        kept[name] = kept[name].filter(~later | (pl.int_range(pl.len()) % 2 == 0))
    absent = [pl.when(later).then(None).otherwise(pl.col(name)).alias(name) for name in ("lat", "lon", "narrative")]
    kept["events"] = kept["events"].with_columns(absent)
    full = {name: kept.get(name, empty_frame(table)) for name, table in TABLES.items()}
    return Dataset(name="made", tables=full).as_known(END)


@settings(max_examples=12, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    order=st.randoms(use_true_random=False),
    model=st.sampled_from((IDENTITY, TRAINED)),
    weights=st.sampled_from((WEIGHTS, NARRATED)),
)
def test_links_after_every_arrival_are_those_of_a_full_run_on_the_same_background(  # type: ignore[no-untyped-def]
    seed: int, order, model: LinkModel, weights: Weights
) -> None:
    tables = _records(seed)
    ids = sorted(tables["events"]["event_id"].to_list())
    order.shuffle(ids)
    before, new, changed = ids[:40], ids[40:], ids[:12]
    setup = LinkSetup(weights=weights, model=model)
    links = find_links(_known(tables, before, half=changed), setup, replicates=1, at_least=FLOOR)
    state = LinkState.of(links, floor=FLOOR)
    arriving = [*new, *changed]
    order.shuffle(arriving)
    while arriving:
        batch = [arriving.pop() for _ in range(min(order.randint(1, 6), len(arriving)))]
        returned = state.update(_known(tables, batch))
        assert set(returned["event_id_a"]) | set(returned["event_id_b"]) <= set(ids)
        state = LinkState.of_arrays(state.arrays(), weights, model)
    frozen = state.frozen
    expected = full_run(_known(tables, ids), frozen, links)
    got = {(row[0], row[1]): list(row[3:]) for row in state.frame().iter_rows()}
    assert got.keys() == expected.keys()
    assert len(got) > 8
    for pair, factors in got.items():
        assert factors == pytest.approx(expected[pair], abs=1e-9), pair
    recurrence = FrozenRecurrence.of(find_recurrences(links))
    assert _told(recurrence.among(state.whole())) == _told(recurrence.among(whole(_known(tables, ids), frozen, links)))


def _told(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    """Recurrences in an order of their own, rounded."""
    said = frame.select("kind", pl.col("event_ids").list.join(" "), "days", "before", "elsewhere", "log10_bayes_factor")
    return sorted((*row[:2], *(round(float(value), 9) for value in row[2:])) for row in said.rows())


@pytest.mark.parametrize("weights", [WEIGHTS, NARRATED])
@pytest.mark.parametrize("model", [IDENTITY, TRAINED])
def test_nothing_new_changes_nothing_and_the_state_begins_with_the_links_of_the_run(
    model: LinkModel, weights: Weights
) -> None:
    tables = _records(3)
    ids = sorted(tables["events"]["event_id"].to_list())[:40]
    setup = LinkSetup(weights=weights, model=model)
    links = find_links(_known(tables, ids), setup, replicates=1, at_least=FLOOR)
    state = LinkState.of(links, floor=FLOOR)
    strengths = links.frame.sort("log10_bayes_factor", descending=True)["log10_bayes_factor"].to_numpy()
    assert state.frame()["log10_bayes_factor"].to_numpy() == pytest.approx(strengths, abs=1e-9)
    first = state.frame()
    assert bool((first["narrative"] != 0).any()) == weights.narrative.on
    state.update(_known(tables, ids[:7]))
    again = state.frame()
    assert again.select("event_id_a", "event_id_b").equals(first.select("event_id_a", "event_id_b"))
    assert again.select(FAMILIES).to_numpy() == pytest.approx(first.select(FAMILIES).to_numpy(), abs=1e-12)


def test_the_state_shows_what_the_run_shows_households_and_kin_of_a_made_up_force_apart() -> None:
    known = make_demonstration(years=(2014,), scale=0.05).as_known(datetime(2014, 10, 1, tzinfo=UTC))
    links = find_links(known, replicates=1)
    ends = [pl.concat_list("event_id_a", "event_id_b").list.sort().list.join(" ").alias("pair")]
    kept = LinkState.of(links)
    state = kept.frame().select(*ends, "log10_bayes_factor").sort("pair")
    run = links.frame.select(*ends, "log10_bayes_factor").sort("pair")
    assert state["pair"].to_list() == run["pair"].to_list()
    assert state["log10_bayes_factor"].to_numpy() == pytest.approx(run["log10_bayes_factor"].to_numpy(), abs=1e-9)
    again = links.frame["event_id_a"].gather(range(-20, 0)).to_list()  # the weakest is as strong as the floor
    kept.update(replace(known, tables={name: known.rows_of(name, again) for name in known.tables}))
    assert set(run["pair"]) <= set(kept.frame().select(*ends)["pair"])
    found = find_recurrences(links)
    assert found.frame.height
    assert _told(FrozenRecurrence.of(found).among(kept.whole())) == _told(found.frame)


def _small(places: list[tuple[float, float]], hours: list[float], **more: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Deaths F000, F001, ... at these places and hours, among a background of 30."""
    at = [START + timedelta(hours=hour) for hour in hours]
    made = {"event_id": [f"F{n:03d}" for n in range(len(places))], "kind": ["death"] * len(places)}
    lat, lon = zip(*places, strict=True)
    events = frame("events", {**made, "occurred_from": at, "recorded_at": at, "lat": list(lat), "lon": list(lon)})
    tables = dict(null_background(deaths=30, years=1, seed=1).tables)
    tables["events"] = pl.concat([tables["events"], events])
    return tables | {name: pl.concat([tables[name], table]) for name, table in more.items()}


def _before_and_after(
    tables: dict[str, pl.DataFrame], last: str, model: LinkModel = IDENTITY
) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """The links among F000, F001, ... before the event `last` is known, and after; checked against a full run."""
    ids = tables["events"]["event_id"].to_list()
    earlier, setup = _known(tables, [one for one in ids if one != last]), LinkSetup(weights=WEIGHTS, model=model)
    run = find_links(earlier, setup, replicates=1, at_least=0.5)
    state = LinkState.of(run, floor=0.5)
    before = state.frame()
    state.update(_known(tables, [last]))
    after = state.frame()
    expected = full_run(_known(tables, ids), state.frozen, run)
    got = {(row[0], row[1]): list(row[3:]) for row in after.iter_rows()}
    assert got.keys() == expected.keys()
    assert all(factors == pytest.approx(expected[pair], abs=1e-9) for pair, factors in got.items())
    both = (set(found.select("event_id_a", "event_id_b").iter_rows()) for found in (before, after))
    one, two = ({pair for pair in found if pair[0][0] == pair[1][0] == "F"} for found in both)
    return one, two


def test_a_trained_model_asks_for_a_value_that_nobody_shared_at_the_full_run() -> None:
    marks = {
        "event_id": ["F000", "F001"],
        "feature": ["mark"] * 2,
        "value": ["An anchor"] * 2,
        "recorded_at": [START] * 2,
    }
    tables = _small([(51.5, 0.3), (51.51, 0.3)], [10, 2000], circumstances=frame("circumstances", marks))
    assert _before_and_after(tables, "F001", TRAINED) == (set(), {("F000", "F001")})


def test_a_new_word_tells_once_two_accounts_have_it_and_a_known_one_is_read_where_it_is_misspelt() -> None:
    tables = _small([(51.5, 0.3), (51.502, 0.3), (51.504, 0.3)], [10, 300, 600])
    told = {"F000": "Beside a grandfather clock, a brass astrolabe.", "F001": "A cormorant."}
    told |= {"F002": "Cormorant, grandfahter clocks, astrolabe.", "X000002": None, "X000003": None}
    told |= {"X000000": "A grandfather clock, a brass astrolabe.", "X000001": "A grandfather clock."}
    account = pl.col("event_id").replace_strict(told, default="Officers attended.", return_dtype=pl.String)
    tables["events"] = tables["events"].with_columns(narrative=account)
    ids = tables["events"]["event_id"].to_list()
    setup = LinkSetup(weights=NARRATED)
    state = LinkState.of(find_links(_known(tables, ids[:-1]), setup, replicates=1, at_least=-9.0), floor=-9.0)
    state.update(_known(tables, ids[-1:]))
    found = {(row["event_id_a"], row["event_id_b"]): row["narrative"] for row in state.frame().iter_rows(named=True)}
    usual, clock = 2 / 30, 3 / 30  # of the accounts of the full run; a new word is as rare as what two had
    assert found["F000", "F001"] == 0.0
    assert found["F001", "F002"] == pytest.approx(np.log10((0.6 + 0.4 * usual) / usual))
    assert found["F000", "F002"] == pytest.approx(np.log10((0.6 + 0.4 * clock) / clock))


def test_an_event_between_two_others_makes_one_incident_of_all_three() -> None:
    tables = _small([(51.5, 0.3), (51.50135, 0.3), (51.50068, 0.3)], [10, 12, 11])
    before, after = _before_and_after(tables, "F002")
    assert before == {("F000", "F001")}
    assert after == set()


def _five_at_one_address() -> dict[str, pl.DataFrame]:
    """Five deaths at one address, the fifth 3,600 hours on; of the first two one names the other."""
    hours = [10.0, 900.0, 1800.0, 2700.0, 3600.0]
    people = frame(
        "people",
        {
            "event_id": [f"F{n:03d}" for n in range(5)],
            "role": ["deceased"] * 5,
            "address": ["1 Some Road"] * 5,
            "recorded_at": [START] * 5,
        },
    )
    noted = frame(
        "circumstances",
        {"event_id": ["F001"], "feature": ["reference"], "value": ["F000"], "recorded_at": [START]},
    )
    places = [(51.5, 0.3 + n / 500) for n in range(5)]
    return _small(places, hours, people=people, circumstances=noted)


def test_two_events_that_are_no_deaths_make_no_incident_of_two_deaths() -> None:
    tables = _small([(51.5 + n * 0.0008, 0.3) for n in range(4)], [10, 11, 12, 13])
    middle = pl.col("event_id").is_in(["F001", "F002"])
    tables["events"] = tables["events"].with_columns(kind=pl.when(middle).then(pl.lit("incident")).otherwise("kind"))
    known = _known(tables, tables["events"]["event_id"].to_list())
    state = LinkState.of(find_links(known, LinkSetup(weights=WEIGHTS), replicates=1, at_least=0.5), floor=0.5)
    before = state.frame()
    state.update(_known(tables, ["F001", "F002"]))
    assert ("F000", "F003") in set(before.select("event_id_a", "event_id_b").iter_rows())
    assert state.frame().equals(before)


@pytest.mark.parametrize("home", ["1 Some Road", "2 Other Road"])
def test_of_two_who_died_together_and_lived_apart_one_has_the_home_that_a_full_run_gives_it(home: str) -> None:
    people = frame(
        "people",
        {
            "event_id": ["F000", "F000", "F001"],
            "role": ["deceased"] * 3,
            "address": ["1 Some Road", "2 Other Road", home],
            "recorded_at": [START] * 3,
        },
    )
    tables = _small([(51.5, 0.3), (51.5003, 0.3)], [10, 800], people=people)
    _before_and_after(tables, "F001")
    _before_and_after(tables, "F000")


def test_an_address_that_says_nothing_is_nobodys_home() -> None:
    people = frame(
        "people",
        {"event_id": ["F000", "F001"], "role": ["deceased"] * 2, "address": ["-", "."], "recorded_at": [START] * 2},
    )
    tables = _small([(51.5, 0.3), (51.5003, 0.3)], [10, 800], people=people)
    assert ("F000", "F001") in _before_and_after(tables, "F001")[1]


def test_whom_only_a_likeness_ties_is_one_person_in_the_state_too() -> None:
    people = frame(
        "people",
        {
            "event_id": ["F000", "F001", "F002"],
            "role": ["caller", "suspect", "suspect"],
            "name": ["Jonathan Pemberton", "Jonathon Pemberton", "Jonathan Pemberton"],
            "birth_date": [date(1970, 4, 9), None, date(1970, 4, 9)],  # nothing but a likeness tells who the second is
            "age": [43.0, 43.0, 43.0],
            "sex": ["male"] * 3,
            "birth_place": ["Trowbridge"] * 3,
            "occupation": ["farrier"] * 3,
            "recorded_at": [START] * 3,
        },
    )
    tables = _small([(51.5, 0.3 + n / 500) for n in range(3)], [10, 800, 1600], people=people)
    ids = tables["events"]["event_id"].to_list()
    run = find_links(_known(tables, ids[:-1]), LinkSetup(weights=WEIGHTS), replicates=1, at_least=0.2)
    state = LinkState.of(run, floor=0.2)
    mine = (pl.col("event_id_a") == "F000") & (pl.col("event_id_b") == "F001")
    people_of = [run.frame.filter(mine)["people"].item(), state.frame().filter(mine)["people"].item()]
    state.update(_known(tables, ["F001"]))
    people_of.append(state.frame().filter(mine)["people"].item())
    assert people_of == pytest.approx([people_of[0]] * 3)
    assert people_of[0] > 0
    state.update(_known(tables, ["F002"]))  # by name and birth date, whom the run knew so
    got = {(row[0], row[1]): row[3] for row in state.frame().iter_rows()}
    expected = {pair: row[0] for pair, row in full_run(_known(tables, ids), state.frozen, run).items()}
    assert got == pytest.approx(expected)
    assert 0 < got["F001", "F002"] < got["F000", "F002"]  # of these two nobody doubts that they are one


def test_a_changed_event_lies_where_its_address_lay_at_the_full_run() -> None:
    noted = {"event_id": ["F000", "F001"], "feature": ["mark"] * 2, "value": ["odd"] * 2, "recorded_at": [START] * 2}
    tables = _small([(51.5, 0.3), (51.5, 0.3)], [10, 800], circumstances=frame("circumstances", noted))
    mine = pl.col("event_id").is_in(["F000", "F001"])
    tables["events"] = tables["events"].with_columns(
        address=pl.when(mine).then(pl.lit("1 Some Road")),
        lat=pl.when(pl.col("event_id") == "F001").then(None).otherwise(pl.col("lat")),
    )
    known = _known(tables, tables["events"]["event_id"].to_list())
    state = LinkState.of(find_links(known, LinkSetup(weights=WEIGHTS), replicates=1, at_least=0.5), floor=0.5)
    before = state.frame()
    state.update(_known(tables, ["F001"]))
    assert before.filter((pl.col("event_id_a") == "F000") & (pl.col("event_id_b") == "F001"))["place"][0] > 0.5
    assert state.frame().equals(before)


def test_a_link_that_a_new_fact_makes_between_two_others_is_told() -> None:
    tables = _five_at_one_address()
    full = {name: tables.get(name, empty_frame(table)) for name, table in TABLES.items()}
    dataset = Dataset(name="made", tables=full)
    day = START + timedelta(hours=3500)
    saved = SavedState.of(find_links(dataset.as_known(day), LinkSetup(weights=WEIGHTS), replicates=1, at_least=0.5))
    _, news = saved.updated(dataset.as_known(day + timedelta(days=5)))
    told = set(news.links.select("event_id_a", "event_id_b").iter_rows())
    assert ("F000", "F001") in told
    assert not {one for pair in told for one in pair if one.startswith("X")}  # what was shown before is no news
    with pytest.raises(UsageError, match="another force"):
        saved.updated(replace(dataset, name="another force").as_known(END))


def test_weights_of_ones_own_are_not_written() -> None:
    known = _known(_records(3), sorted(_records(3)["events"]["event_id"].to_list())[:20])
    saved = SavedState.of(find_links(known, LinkSetup(weights=WEIGHTS), replicates=1))
    with pytest.raises(UsageError, match="weights of one's own"):
        state_as_bytes(saved)


def test_more_new_values_than_there_is_room_for_are_refused() -> None:
    known = _known(_records(3), sorted(_records(3)["events"]["event_id"].to_list())[:20])
    codes = Codes(LinkState.of(find_links(known, replicates=1)).frozen.held, IDENTITY)
    given = {codes.of(key) for key in range(ROOM)}
    assert given == set(range(ROOM))
    with pytest.raises(UsageError, match="no room"):
        codes.of(ROOM)


def test_only_the_values_that_an_event_keeps_take_a_place() -> None:
    known = _known(_records(3), sorted(_records(3)["events"]["event_id"].to_list())[:20])
    codes = Codes(LinkState.of(find_links(known, replicates=1)).frozen.held, IDENTITY)
    new = [(key, False) for key in range(3 * ROOM)]
    row = codes.row(new, per_event=8)
    assert row.tolist() == [0, 1, 2, 3, 4, 5, 6, 7]  # three keys say that they stand at each place
    assert len(codes.arrays()["key"]) == 8


def test_a_fifth_death_at_one_address_makes_it_a_hostel_and_no_household() -> None:
    before, after = _before_and_after(_five_at_one_address(), "F004")
    assert before == set()
    assert ("F000", "F001") in after


def test_a_second_record_that_names_an_event_makes_both_say_too_little() -> None:
    noted = frame(
        "circumstances",
        {
            "event_id": ["F001", "F002"],
            "feature": ["reference"] * 2,
            "value": ["F000"] * 2,
            "recorded_at": [START] * 2,
        },
    )
    tables = _small([(51.5, 0.3), (51.9, 0.9), (51.1, -0.9)], [10, 800, 1600], circumstances=noted)
    before, after = _before_and_after(tables, "F002")
    assert before == {("F000", "F001")}
    assert after == set()  # named by two of so few, F000 is no rare thing to name
