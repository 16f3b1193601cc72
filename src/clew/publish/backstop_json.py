"""The backstop as JSON. By professional nothing is told of any unit: only how many crossed, and the records."""

from __future__ import annotations

import math
from typing import Any

from clew.backstop import Area, By, Packet, Scan, Signal, Watch
from clew.core import format_instant
from clew.publish import backstop_words as words


def watch_json(watch: Watch, packet: Packet) -> dict[str, Any]:
    """A watch as one object."""
    dataset, rule = watch.known.dataset, watch.rule
    named = rule.by is not By.PROFESSIONAL
    return {
        "marking": dataset.marking,
        "notice": dataset.notice,
        "what_this_is": f"{words.PRINCIPLE} {words.LATE}",
        "as_of": format_instant(watch.known.at, dataset.zone),
        "rule": {
            "digest": rule.digest,
            "by": rule.by.value,
            "watch_from": format_instant(rule.watch_from, dataset.zone),
            "false_alarms_per_year": rule.false_alarms_per_year,
            "rate_ratio": rule.rate_ratio,
            "place_types": list(rule.place_types) if rule.by is By.PLACE else [],
        },
        "seed": watch.seed,
        "years": watch.years,
        "units": watch.units,
        "share_crossing_by_chance": watch.share,
        "crossing_by_chance": watch.by_chance,
        "crossed": len(watch.signals),
        "found": words.found_words(watch),
        "groups": [
            {
                "name": group.name,
                "units": group.units,
                "deaths": group.deaths,
                "expected": group.expected,
                "dispersion": group.dispersion,
            }
            for group in watch.groups
        ],
        "not_watched": {
            "units_without_history": watch.without_history,
            "units_with_too_few_alike": watch.too_few_alike,
            "deaths_of_no_unit": watch.left_out,
        },
        "signals": [_signal(signal, watch) for signal in watch.signals] if named else None,
        "why_no_signals": None if named else words.NO_NAMES,
        "records_to_review_blind": list(packet.records),
        "comparisons_missing": packet.comparisons_missing,
        "what_to_do": words.WHAT_TO_DO,
        "sign_off": words.SIGN_OFF,
    }


def _signal(signal: Signal, watch: Watch) -> dict[str, Any]:
    zone = watch.known.dataset.zone
    return {
        "unit": signal.unit,
        "group": signal.group,
        "observed": int(signal.observed.sum()),
        "expected": float(signal.expected.sum()),
        "crossed_by": format_instant(watch.ends[signal.crossed], zone),
        "tail_probability": signal.tail,
        "funnel_z": signal.z,
        "cusum_limit": signal.cusum_limit if math.isfinite(signal.cusum_limit) else None,
        "sprt_limit": signal.ratio_limit,
        "periods": [
            {
                "to": format_instant(end, zone),
                "observed": int(o),
                "expected": float(e),
                "cusum": float(c),
                "sprt": float(r),
            }
            for end, o, e, c, r in zip(
                watch.ends, signal.observed, signal.expected, signal.cusum, signal.ratio, strict=True
            )
        ],
        "event_ids": list(signal.event_ids),
    }


def scan_json(found: Scan) -> dict[str, Any]:
    """A scan as one object."""
    dataset = found.known.dataset
    return {
        "marking": dataset.marking,
        "notice": dataset.notice,
        "what_this_is": words.PRINCIPLE,
        "as_of": format_instant(found.known.at, dataset.zone),
        "seed": found.seed,
        "replicates": found.replicates,
        "false_alarms_per_year": found.false_alarms_per_year,
        "weeks": found.weeks,
        "longest_weeks": found.longest_weeks,
        "square_km": found.square_km,
        "deaths": found.deaths,
        "deaths_without_place": found.unplaced,
        "found": words.scan_words(found),
        "areas": [_area(area, found) for area in found.areas],
        "strongest": _area(found.strongest, found) if found.strongest else None,
    }


def _area(area: Area, found: Scan) -> dict[str, Any]:
    zone = found.known.dataset.zone
    return {
        "lat": area.lat,
        "lon": area.lon,
        "radius_km": area.radius_km,
        "from": format_instant(area.first, zone),
        "to": format_instant(area.last, zone),
        "observed": area.observed,
        "expected": area.expected,
        "log_likelihood_ratio": area.log_likelihood_ratio,
        "p_value": area.p_value,
        "recurrence_years": area.recurrence_years,
        "event_ids": list(area.event_ids),
    }
