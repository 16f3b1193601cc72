"""What every assurance page shares: the templates with their filters, the colours, one cleaning of all text."""

from __future__ import annotations

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
    made = Environment(
        loader=PackageLoader("clew.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_fit_to_show,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters |= {
        "iso": lambda moment: format_instant(moment, zone),
        "moment_words": lambda moment: wording.moment_words(moment, zone),
        "day": lambda moment: day_words(moment, zone),
        "share": lambda value: f"{value:.1%}",
        "count": lambda value: f"{value:,}",
    }
    return made.get_template(template).render(light=LIGHT, dark=DARK, zone=zone, **values)


def day_words(moment: date | datetime, zone: ZoneInfo) -> str:
    """A day as the reports write it: 5 Jan 2026."""
    return wording.day_words(moment if isinstance(moment, datetime) else datetime.combine(moment, time(12), zone), zone)


def _fit_to_show(value: Any) -> Any:
    return wording.clean_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value
