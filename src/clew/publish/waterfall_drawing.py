"""One pair's waterfall as an SVG drawing that stands by itself: for a slide, a report, a statement.

Text in SVG does not wrap, so it is wrapped here, by widths that common fonts do not exceed. The drawing bears the
marking, the notice, both rates and the decision: it will be copied without the page that it came from.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from clew.core import format_instant
from clew.links import STATEMENT, Explanation, Links, link_decisions
from clew.publish.labels import FONT_UNITS, text_units
from clew.publish.links_page import rate_terms, rates_row
from clew.publish.pages import page_environment
from clew.publish.palette import DARK, LIGHT
from clew.publish.waterfall import Step, waterfall, waterfall_scale
from clew.publish.wording import one_line

_WIDTH = 760.0
_EDGE = 20.0
_LEFT, _RIGHT = 150.0, 650.0
_LINE = 18.0
_SMALL = 12.0

#: Longest clause drawn, in characters; what is cut is said.
_LONGEST = 400


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of text: its style (marking, title, quiet, ...), its baseline y."""

    text: str
    y: float
    style: str = "quiet"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A step as drawn: its bar in units, its top y, and the lines below it."""

    step: Step
    y: float
    left: float
    width: float
    stands_at: float
    lines: tuple[Line, ...]


def explanation_svg(links: Links, why: Explanation) -> str:
    """The waterfall of one pair as SVG."""
    dataset = links.known.dataset
    scale = waterfall_scale([why])
    title = f"What connects {why.event_id_a} and {why.event_id_b}"
    at = f"As known at {format_instant(links.known.at, dataset.zone)}"
    head = list(
        _lines(((dataset.marking, "marking"), (title, "title"), (at, "quiet"), (dataset.notice, "quiet")), 12.0)
    )
    y = head[-1].y + 2 * _LINE
    rows = []
    for step in waterfall(why, scale):
        below = tuple(_lines(((_step_words(step), "quiet"),), y + 14))
        rows.append(
            Row(
                step=step,
                y=y,
                left=_across(step.left),
                width=_across(step.left + step.width) - _across(step.left),
                stands_at=_across(step.stands_at),
                lines=below,
            )
        )
        y = below[-1].y + 14
    total = sorted((_across(scale.percent(0.0)), _across(scale.percent(why.log10_bayes_factor))))
    decided = link_decisions(links.known).of(why.event_id_a, why.event_id_b)
    said = [f"{term}: {words}" for term, words in rate_terms(rates_row(links, why))]
    said += ["Set apart: one incident, or one household or family."] if why.set_apart else []
    said += [f"Decision on record: {decided.words(dataset.zone)}"] if decided else []
    foot = list(_lines(((why.sentence, "says"), *((one, "says") for one in said), (STATEMENT, "quiet")), y + 2 * _LINE))
    foot += _lines(((dataset.marking, "marking"),), foot[-1].y + 6)
    return (
        page_environment(dataset.zone)
        .get_template("waterfall.svg.j2")
        .render(
            width=_WIDTH,
            height=foot[-1].y + _EDGE,
            title=one_line(title),
            head=head,
            rows=rows,
            foot=foot,
            zero=_across(scale.percent(0.0)),
            sum_y=y,
            total=total,
            why=why,
            edge=_EDGE,
            right=_WIDTH - _EDGE,
            light=LIGHT,
            dark=DARK,
        )
    )


def _across(percent: float) -> float:
    return round(_LEFT + (_RIGHT - _LEFT) * percent / 100, 1)


def _step_words(step: Step) -> str:
    return f"{step.clause}: {step.words}" if step.clause else step.words


def _lines(texts: Sequence[tuple[str, str]], y: float) -> Iterator[Line]:
    """Every text (words, style) in as many lines as it needs, from below `y` down; at least one line in all."""
    for words, style in texts:
        for part in _wrapped(one_line(words, limit=_LONGEST), _WIDTH - 2 * _EDGE, 1.6 if style == "title" else 1.0):
            y += _LINE * (1.6 if style == "title" else 1.0)
            yield Line(text=part, y=round(y, 1), style=style)


def _wrapped(text: str, width: float, size: float) -> Iterator[str]:
    """`text` in lines of at most `width` units at `size` times the small letters; a long word is cut where it must."""
    factor = size * _SMALL / FONT_UNITS
    line = ""
    for word in text.split():
        rest = word
        while text_units(rest) * factor > width:
            kept = next(at for at in range(len(rest), 0, -1) if text_units(rest[:at]) * factor <= width)
            if line:
                yield line
                line = ""
            yield rest[:kept]
            rest = rest[kept:]
        if line and text_units(f"{line} {rest}") * factor > width:
            yield line
            line = rest
        else:
            line = f"{line} {rest}".strip()
    if line:
        yield line
