"""Plants, runs every system, prints the shares raised. See the package's docstring."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import numpy as np
import polars as pl

from benchmarks.planted.baselines import cell_rule, knox_neighbours, shared_entity
from benchmarks.planted.measure import Streams, Usual, crossing, days, raised, shares
from benchmarks.planted.series import KINDS, STRENGTHS, Planted, Planter
from benchmarks.planted.words import tell, vocabulary, with_words
from clew.demonstration import make_demonstration
from clew.links import NarrativeWeights, Weights, find_links
from clew.links.recurrence import find_recurrences
from clew.links.setup import LinkSetup
from clew.records import Dataset, Known

#: Series of each kind and strength in one run: few enough that they do not change what is rare.
PER_RUN = 2

System = Callable[[Known], Streams]


def clew_alerts(known: Known, weights: Weights, *, recurrences: bool = True) -> Streams:
    """The links of this engine and, unless it is to do without, its recurrences as alerts: known when the last of the
    events was."""
    links = find_links(known, LinkSetup(weights=weights), replicates=1)
    first = known.events.select("event_id", "first_recorded_at")
    pairs = (
        links.frame.join(first, left_on="event_id_a", right_on="event_id")
        .join(first, left_on="event_id_b", right_on="event_id", suffix="_b")
        .select(
            "event_id_a",
            "event_id_b",
            strength="log10_bayes_factor",
            known_at=pl.max_horizontal("first_recorded_at", "first_recorded_at_b"),
        )
    )
    if not recurrences:
        return {"links": pairs}
    again = find_recurrences(links).frame.with_row_index("alert").join(first, on="event_id")
    again = (
        again.select(
            "alert", "event_ids", event_id_b="event_id", strength="log10_bayes_factor", known_at="first_recorded_at"
        )
        .explode("event_ids")
        .rename({"event_ids": "event_id_a"})
        .filter(pl.col("event_id_a") != pl.col("event_id_b"))
    )
    return {"links": pairs, "recurrences": again}


def without_profile(known: Known) -> Known:
    """The same records with nobody's age and sex."""
    people = known.people.with_columns(age=pl.lit(None, dtype=pl.Float64), sex=pl.lit(None, dtype=pl.String))
    return replace(known, tables={**known.tables, "people": people})


def ablations() -> dict[str, System]:
    """The engine without one family each, its evidence set to nothing for real and planted alike."""
    usual = Weights()
    nobody = replace(usual.people, roles={}, other=0.0, address=0.0)
    without = {
        "people": replace(usual, people=nobody),
        "place": replace(usual, place=replace(usual.place, share=0.0)),
        "time": replace(usual, time=replace(usual.time, share=0.0)),
        "circumstances": replace(usual, circumstances=replace(usual.circumstances, repeat=0.0)),
    }
    made = {f"without {name}": _with(weights) for name, weights in without.items()}
    made["without profile"] = lambda known: clew_alerts(without_profile(known), usual)
    return made


def _with(weights: Weights, *, recurrences: bool = True) -> System:
    return lambda known: clew_alerts(known, weights, recurrences=recurrences)


def _alone(alerts: Callable[[Known], pl.DataFrame]) -> System:
    return lambda known: {"all": alerts(known)}


def planter_of(background: Dataset, seed: int) -> Planter:
    """A planter over the places and areas of the background's deaths."""
    deaths = background.tables["events"].filter(pl.col("kind") == "death", pl.col("lat").is_not_null())
    places = deaths.select("lat", "lon").to_numpy()
    public = deaths["place_type"].is_in(["street", "park", "churchyard", "canal"]).fill_null(value=False).to_numpy()
    home = (deaths["place_type"] == "home").fill_null(value=False).to_numpy()
    return Planter(
        rng=np.random.default_rng(seed),
        homes=places[home],
        public=places[public],
        areas=deaths["area"].drop_nulls().unique().sort().to_list(),
        start=deaths["occurred_from"].min(),
        end=deaths["occurred_from"].max(),
    )


def measured(
    series: int, seed: int, *, ablate: bool, narrative: bool, scale: float
) -> tuple[pl.DataFrame, dict[str, list[int]]]:
    """Rows of `raised` for every system, with column `system`, and per system the links that join two series."""
    background = make_demonstration(with_case=False, scale=scale)
    at = background.last_recorded_at + timedelta(days=60)
    systems: dict[str, System] = {
        "clew": _with(Weights()),
        "clew, links alone": _with(Weights(), recurrences=False),
        "neighbours (Knox)": _alone(knox_neighbours),
        "cells (MAP)": _alone(cell_rule),
        "shared entity": _alone(shared_entity),
    }
    systems |= ablations() if ablate else {}
    rng = np.random.default_rng(seed)
    words = vocabulary(rng)
    if narrative:
        background = with_words(background, words, rng)
        systems = {"clew": systems["clew"], "clew with narratives": _with(Weights(narrative=NarrativeWeights(on=True)))}
    known = background.as_known(at)
    start = float(days(known.events.filter(pl.col("kind") == "death")["occurred_from"]).min())
    usual = {
        name: {stream: Usual.of(alerts, start) for stream, alerts in system(known).items()}
        for name, system in systems.items()
    }
    found: list[pl.DataFrame] = []
    joins: dict[str, list[int]] = {name: [0, 0] for name in systems}
    runs = max(series // PER_RUN, 1)
    for run in range(runs):
        planter = planter_of(background, seed * 10_000 + run)
        for _ in range(PER_RUN):
            for kind in KINDS:
                for strength in STRENGTHS:
                    planter.plant(kind, strength)
        planted: Planted = planter.planted
        if narrative:
            tell(planted, words, rng)
        known = planted.laid_into(background).as_known(at)
        for name, system in systems.items():
            alerts = system(known)
            found.append(raised(planted, alerts, usual[name]).with_columns(system=pl.lit(name)))
            for number, count in enumerate(crossing(planted, alerts, usual[name], 52)):
                joins[name][number] += count
        if sys.stderr.isatty():
            print(f"run {run + 1} of {runs}", file=sys.stderr)
    return pl.concat(found), joins


def main() -> None:
    """Prints the share raised by system, kind, strength, member and budget."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.planted", description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--series", type=int, default=40, help="of each kind and strength")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--ablate", action="store_true", help="also without one family each")
    parser.add_argument("--narrative", action="store_true", help="with and without narratives, all given words first")
    parser.add_argument("--scale", type=float, default=1.0, help="of the background")
    options = parser.parse_args()
    began = time.perf_counter()
    rows, joins = measured(
        options.series, options.seed, ablate=options.ablate, narrative=options.narrative, scale=options.scale
    )
    table = shares(rows, ["system", "kind", "recorded", "by_member", "budget"])
    overall = shares(rows, ["system", "by_member", "budget"])
    if options.json:
        document = {"options": vars(options), "shares": table.to_dicts(), "overall": overall.to_dicts(), "joins": joins}
        print(json.dumps(document, indent=1))
        return
    print(f"{options.series} series of each kind and strength, seed {options.seed}, background scale {options.scale:g}")
    print("Share raised (95 % Wilson interval); a demonstration on a made-up background, not a validation.")
    for member in (2, 3):
        print(f"\nby the {'second' if member == 2 else 'third'} member, all kinds and strengths, by budget a year")
        _print_shares(overall.filter(by_member=member), ["system"])
    for member in (2, 3):
        print(f"\nby the {'second' if member == 2 else 'third'} member, budget 52 a year")
        view = table.filter(by_member=member, budget=52)
        for (kind,), part in view.group_by("kind", maintain_order=True):
            print(f"  {kind}")
            for (system,), line in part.group_by("system", maintain_order=True):
                cells = "  ".join(
                    f"{row['recorded']:g}: {row['share']:.2f} ({row['low']:.2f}-{row['high']:.2f})"
                    for row in line.sort("recorded").iter_rows(named=True)
                )
                print(f"    {system:<24} {cells}")
    print("\nalerts within 52 a year between planted deaths that join two different series")
    for name, (joined, within) in joins.items():
        print(f"  {name:<24} {joined} of {within}")
    print(f"\n{time.perf_counter() - began:.0f} s")


def _print_shares(table: pl.DataFrame, keys: list[str]) -> None:
    for (system,), part in table.group_by(keys, maintain_order=True):
        cells = "  ".join(
            f"{row['budget']}: {row['share']:.2f} ({row['low']:.2f}-{row['high']:.2f})"
            for row in part.sort("budget").iter_rows(named=True)
        )
        print(f"  {system:<24} {cells}")


if __name__ == "__main__":
    main()
