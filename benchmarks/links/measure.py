"""What is measured, each in a process of its own: wall and processor seconds, and the most memory it held."""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from benchmarks.links.data import made_force
from clew.links import Weights, find_links
from clew.links.events import link_events
from clew.links.evidence.background import background
from clew.links.evidence.circumstances import circumstances
from clew.links.evidence.compiled import cores
from clew.links.evidence.pairs import PairEvidence
from clew.links.updates.incremental import LinkState
from clew.links.weights import CircumstanceWeights
from clew.records import Dataset, Known

#: All 64 features of an event count, and not its rarest eight, where pairs are scored by the million.
ALL_FEATURES = Weights(circumstances=CircumstanceWeights(per_event=64))


def timed(work: Callable[[], Any]) -> tuple[Any, dict[str, float]]:
    """The result of `work`, and its wall and processor seconds."""
    wall, processor = time.perf_counter(), time.process_time()
    result = work()
    return result, {"wall_s": time.perf_counter() - wall, "cpu_s": time.process_time() - processor}


def peak_gb() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


def every_pair(deaths: int) -> dict[str, float]:
    """All pairs of `deaths`: intervals, radii, profile, 64 features. The first call compiles, or reads the cache."""
    known = made_force(deaths)
    events = link_events(known)
    held = circumstances(known, events, ALL_FEATURES.circumstances)
    evidence = PairEvidence.over(events, background(events, ALL_FEATURES), held, ALL_FEATURES)
    _, first = timed(lambda: evidence.every_pair(99.0))
    found, again = timed(lambda: evidence.every_pair(4.0))
    pairs = deaths * (deaths - 1) / 2
    a, b = np.triu_indices(2000, k=1)
    _, listed = timed(lambda: (evidence.of_pairs(a, b), evidence.of_times(events, a, b)))
    return {
        "deaths": deaths,
        "pairs": pairs,
        "strong": found[0],
        "first_call_s": first["wall_s"],
        "wall_s": again["wall_s"],
        "cpu_s": again["cpu_s"],
        "pairs_per_s": pairs / again["wall_s"],
        "pairs_per_s_from_processor_time": pairs / again["cpu_s"] * cores(),
        "listed_pairs_per_processor_s": len(a) / listed["cpu_s"],
        "peak_gb": peak_gb(),
    }


def all_links(deaths: int) -> dict[str, float]:
    """`find_links` from tables in memory: candidates, evidence, seen and chance. Without decoys: what one decoy run
    takes is the difference between one and three, and one is taken off."""
    known = made_force(deaths)
    find_links(made_force(500), replicates=1)  # compiled
    _, one = timed(lambda: find_links(known, replicates=1))
    result, three = timed(lambda: find_links(known, replicates=3))
    decoy = {clock: max(three[clock] - one[clock], 0.0) / 2 for clock in one}
    return {
        "deaths": deaths,
        "links": result.frame.height,
        "without_decoys_wall_s": one["wall_s"] - decoy["wall_s"],
        "without_decoys_cpu_s": one["cpu_s"] - decoy["cpu_s"],
        "one_decoy_cpu_s": decoy["cpu_s"],
        "with_five_decoys_cpu_s": one["cpu_s"] + 4 * decoy["cpu_s"],
        "with_five_decoys_wall_s": one["wall_s"] + 4 * decoy["wall_s"],
        "peak_gb": peak_gb(),
    }


def one_death(deaths: int) -> dict[str, float]:
    """One new death against `deaths` others: the state is made once, then twenty deaths arrive one by one."""
    known = made_force(deaths + 20)
    ids = known.events["event_id"].sort()
    old, new = set(ids[:deaths].to_list()), ids[deaths:].to_list()
    links = find_links(_only(known, old), replicates=1)
    state, made = timed(lambda: LinkState.of(links))
    arriving = [_only(known, {event_id}) for event_id in new]
    clocks = [timed(lambda one=one: state.update(one))[1] for one in arriving][2:]
    return {
        "deaths": deaths,
        "state_made_s": made["wall_s"],
        "state_mb": state.nbytes / 1e6,
        "bytes_an_event": state.nbytes / deaths,
        "median_ms": 1000 * float(np.median([clock["wall_s"] for clock in clocks])),
        "fastest_ms": 1000 * min(clock["wall_s"] for clock in clocks),
        "median_processor_ms": 1000 * float(np.median([clock["cpu_s"] for clock in clocks])),
        "peak_gb": peak_gb(),
    }


def one_point(deaths: int) -> dict[str, float]:
    """`deaths` at one point: every link among them, and the memory it takes."""
    known = made_force(deaths, one_point=True)
    find_links(made_force(500), replicates=1)  # compiled
    found, clock = timed(lambda: find_links(known, replicates=1))
    return {"deaths": deaths, "links": found.frame.height, **clock, "peak_gb": peak_gb()}


def _only(known: Known, ids: set[str]) -> Known:
    """What is known of the events `ids`."""
    wanted = pl.col("event_id").is_in(list(ids))
    tables = {name: table.filter(wanted) for name, table in known.dataset.tables.items()}
    return Dataset(name="made force", tables=tables).as_known(known.at)
