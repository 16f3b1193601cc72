"""Draws the calibration of a trained link model: what it says, against what series held out from it bear out."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined

from clew.publish.palette import LIGHT

_WIDTH, _HEIGHT = 480, 480
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 460, 20, 420


@dataclass(frozen=True, kw_only=True)
class Point:
    """A bin: its place, the ends of its interval, and its pairs in words."""

    x: float
    y: float
    low: float
    high: float
    words: str


@dataclass(frozen=True, kw_only=True)
class CalibrationPlot:
    """Everything drawn, in the units of the drawing."""

    points: tuple[Point, ...]
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]
    words: str
    width: int = _WIDTH
    height: int = _HEIGHT
    left: int = _LEFT
    right: int = _RIGHT
    top: int = _TOP
    bottom: int = _BOTTOM


def calibration_plot(calibration: pl.DataFrame) -> CalibrationPlot:
    """Lays out the bins of `calibration` (as `clew.links.training.HeldOut` gives it) that hold a linked pair."""
    shown = calibration.filter(pl.col("linked") > 0)
    values = [*shown["expected"].to_list(), *shown["found_low"].to_list(), *shown["found_high"].to_list(), -1.0, 1.0]
    low, high = int(min(values)) - 1, int(max(values)) + 1

    def across(value: float) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * (value - low) / (high - low), 1)

    def up(value: float) -> float:
        return round(_BOTTOM - (_BOTTOM - _TOP) * (value - low) / (high - low), 1)

    points = tuple(
        Point(
            x=across(row["expected"]),
            y=up(row["found"]),
            low=up(row["found_low"]),
            high=up(row["found_high"]),
            words=f"{row['expected']:+.1f} given, {row['found']:+.1f} found: {row['linked']} linked, "
            f"{row['unlinked']} unlinked pairs",
        )
        for row in shown.iter_rows(named=True)
    )
    ticks = range(low, high + 1)
    return CalibrationPlot(
        points=points,
        x_ticks=tuple((across(value), f"{value:+d}") for value in ticks),
        y_ticks=tuple((up(value), f"{value:+d}") for value in ticks),
        words="; ".join(point.words for point in points) + ". On the broken line the two are equal.",
    )


def render_calibration(calibration: pl.DataFrame) -> str:
    """The plot as one SVG file, without script."""
    made = Environment(
        loader=PackageLoader("clew.publish"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return made.get_template("calibration.svg.j2").render(plot=calibration_plot(calibration), light=LIGHT)
