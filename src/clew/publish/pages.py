"""What every page shares: the templates with their filters, the colours, one cleaning of all text."""

from __future__ import annotations

import functools
from datetime import date, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from clew.core import format_instant
from clew.publish import wording
from clew.publish.palette import DARK, LIGHT


def render_page(template: str, *, zone: ZoneInfo, **values: Any) -> str:
    """The page `template` with `values`; times in `zone`. Everything recorded is cleaned and escaped on its way in."""
    return page_environment(zone).get_template(template).render(light=LIGHT, dark=DARK, zone=zone, **values)


def page_environment(zone: ZoneInfo) -> Environment:
    """The templates and their filters; times are worded in `zone`."""
    made = Environment(
        loader=PackageLoader("clew.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_fit_to_show,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    in_zone = ("day_words", "moment_words", "long_moment_words")
    made.filters |= {name: functools.partial(_in_zone, getattr(wording, name), zone) for name in in_zone}
    made.filters |= {
        "interval_words": lambda event: wording.interval_words(event.occurred_from, event.occurred_to, zone),
        "iso": lambda moment: format_instant(moment, zone),
        "day": lambda moment: day_words(moment, zone),
        "cut": lambda text, limit: wording.clean_text(text, limit=limit),
        "words": wording.label_words,
        "number": wording.number_words,
        "bound": wording.bound_words,
        "share": lambda value: f"{value:.1%}",
        "count": lambda value: f"{value:,}",
    }
    return made


def day_words(moment: date | datetime, zone: ZoneInfo) -> str:
    """A day as the reports write it: 5 Jan 2026."""
    return wording.day_words(moment if isinstance(moment, datetime) else datetime.combine(moment, time(12), zone), zone)


def _fit_to_show(value: Any) -> Any:
    """Every value on its way into the page: text is cleaned and cut, markup of our own templates left alone."""
    return wording.clean_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _in_zone(word: Any, zone: Any, moment: datetime) -> str:
    return str(word(moment, zone))
