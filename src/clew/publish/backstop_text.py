"""The backstop in words, for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable

from clew.backstop import Area, By, Packet, Scan, Signal, Watch
from clew.core import format_instant
from clew.publish import backstop_words as words
from clew.publish.wording import counted, day_words, label_words, number_words, one_line

_WIDTH = 110


def watch_text(watch: Watch, packet: Packet) -> str:
    """A watch in words."""
    dataset = watch.known.dataset
    lines = [dataset.marking, *([dataset.notice] if dataset.notice else [])]
    lines += [f"Deaths by {watch.rule.by.value}, as known at {format_instant(watch.known.at, dataset.zone)}", ""]
    lines += _wrapped([words.PRINCIPLE, words.LATE, "", words.rule_words(watch), words.found_words(watch)])
    lines += [
        f"  {label_words(group.name)}: {group.units:,} watched, {group.deaths:,} deaths where "
        f"{number_words(group.expected)} "
        f"were expected; true rates taken to differ by {100 * group.dispersion**0.5:.0f} per cent"
        for group in watch.groups
    ]
    lines += _wrapped([words.left_out_words(watch)]) if words.left_out_words(watch) else []
    if watch.rule.by is By.PROFESSIONAL:
        lines += ["", *_wrapped([words.NO_NAMES])]
    else:
        for signal in watch.signals:
            lines += ["", *_wrapped([signal_words(signal, watch)])]
    if packet.records:
        lines += ["", *_wrapped([words.WHAT_TO_DO, f"Records: {', '.join(packet.records)}"])]
        if packet.comparisons_missing:
            lines.append(f"For {packet.comparisons_missing} of them no comparison could be found.")
    lines += ["", *_wrapped([words.SIGN_OFF]), dataset.marking]
    return "\n".join(lines) + "\n"


def signal_words(signal: Signal, watch: Watch) -> str:
    """A place or an area that crossed, in words."""
    observed, zone = int(signal.observed.sum()), watch.known.dataset.zone
    return (
        f"{one_line(signal.unit, limit=120)} ({label_words(signal.group)}): {counted(observed, 'death')} where "
        f"{number_words(float(signal.expected.sum()))} were expected; a limit was crossed by "
        f"{day_words(watch.ends[signal.crossed], zone)}. Among all alike it lies {signal.z:+.1f} standard errors "
        f"from the "
        f"middle; as many or more come by chance in {number_words(100 * signal.tail)} per cent of such units."
    )


def scan_text(found: Scan) -> str:
    """A scan in words."""
    dataset = found.known.dataset
    lines = [dataset.marking, *([dataset.notice] if dataset.notice else [])]
    lines += [f"Circles with more deaths of late, as known at {format_instant(found.known.at, dataset.zone)}", ""]
    lines += _wrapped([words.PRINCIPLE, words.scan_words(found)])
    lines += [f"Squares of {found.square_km:g} km; {found.replicates} replicates, seed {found.seed}."]
    for area in found.areas:
        lines += ["", *_wrapped([area_words(area, found), f"Deaths: {', '.join(area.event_ids)}"])]
    if not found.areas and found.strongest is not None:
        lines += [
            "",
            *_wrapped([f"The strongest, which chance makes more often: {area_words(found.strongest, found)}"]),
        ]
    lines += [dataset.marking]
    return "\n".join(lines) + "\n"


def area_words(area: Area, found: Scan) -> str:
    """A circle in words."""
    zone = found.known.dataset.zone
    days = area.recurrence_years * 365.25
    wait = f"{number_words(area.recurrence_years)} years" if days > 730 else f"{number_words(days)} days"
    return (
        f"within {area.radius_km:.1f} km of {area.lat:.3f}, {area.lon:.3f}, {day_words(area.first, zone)} to "
        f"{day_words(area.last, zone)}: {counted(area.observed, 'death')} where {number_words(area.expected)} were "
        f"expected. One as strong comes by chance once in {wait} of weekly scans."
    )


def _wrapped(paragraphs: Iterable[str]) -> list[str]:
    return [line for text in paragraphs for line in (textwrap.wrap(text, _WIDTH) or [""])]
