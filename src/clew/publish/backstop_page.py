"""The backstop as one HTML file: no network, no script; the chart of each place or area that crossed.

By professional there is no chart: a chart would be a figure that belongs to somebody.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from clew.backstop import By, Packet, Signal, Watch
from clew.publish import backstop_words as words
from clew.publish.backstop_text import signal_words
from clew.publish.cusum_chart import CusumChart, cusum_chart
from clew.publish.pages import page_environment
from clew.publish.palette import DARK, LIGHT


@dataclass(frozen=True, kw_only=True)
class SignalView:
    """A place or an area that crossed, as shown. rows: end of period, deaths, expected, CUSUM, test."""

    signal: Signal
    words: str
    limit: str
    chart: CusumChart
    rows: tuple[tuple[object, ...], ...]


def render_watch(watch: Watch, packet: Packet) -> str:
    """`watch` as one self-contained HTML page."""
    dataset = watch.known.dataset
    named = watch.rule.by is not By.PROFESSIONAL
    return (
        page_environment(dataset.zone)
        .get_template("backstop.html.j2")
        .render(
            watch=watch,
            dataset=dataset,
            packet=packet,
            named=named,
            signals=[_view(signal, watch) for signal in watch.signals] if named else [],
            words=words,
            found=words.found_words(watch),
            rule=words.rule_words(watch),
            left_out=words.left_out_words(watch),
            light=LIGHT,
            dark=DARK,
        )
    )


def _view(signal: Signal, watch: Watch) -> SignalView:
    # Where only the sequential test was crossed its own chart is drawn: the one that explains the alarm.
    by_cusum = signal.cusum.max() >= signal.cusum_limit
    path, limit = (signal.cusum, signal.cusum_limit) if by_cusum else (signal.ratio, signal.ratio_limit)
    return SignalView(
        signal=signal,
        words=signal_words(signal, watch),
        limit=("CUSUM" if by_cusum else "sequential test") + (f", limit {limit:.1f}" if math.isfinite(limit) else ""),
        chart=cusum_chart(
            path.tolist(), limit=limit, ends=watch.ends, crossed=signal.crossed, zone=watch.known.dataset.zone
        ),
        rows=tuple(
            (end, int(o), f"{e:.2f}", f"{c:.2f}", f"{r:.2f}")
            for end, o, e, c, r in zip(
                watch.ends, signal.observed, signal.expected, signal.cusum, signal.ratio, strict=True
            )
        ),
    )
