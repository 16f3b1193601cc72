"""The crimes as a dataset of Clew, their series, and the reference folds.

490 invented burglaries (R package crimelinkage 0.0.4): place in metres, a time from and to, three codes of how it was
done. They become incidents; metres become degrees about an arbitrary point; a code becomes a circumstance. Where the
time to lies before the time from, the two are exchanged.
"""

from __future__ import annotations

import math
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from clew.links.events import Flags, Floats, Integers
from clew.records import Known, read_dataset

_LATITUDE, _LONGITUDE = 39.4, -76.6
_METRES_PER_DEGREE = 6371008.8 * math.pi / 180
MO = ("MO1", "MO2", "MO3")


@dataclass(frozen=True, kw_only=True)
class Crimes:
    """The solved crimes that the series file names, m of them, in order of crime number as text.

    x_km, y_km, start, end: (m,) place, and times in days. mo: (m, 3) text, None where not recorded. group: (m,) as the
    reference has them. series: event_id, series_id. folds: (repeats, m) 1 or 2.
    """

    ids: list[str]
    x_km: Floats
    y_km: Floats
    start: Floats
    end: Floats
    mo: np.ndarray
    folds: Integers
    series: pl.DataFrame

    @property
    def middle(self) -> Floats:
        """(m,) middle of the time."""
        return (self.start + self.end) / 2

    @property
    def member(self) -> Flags:
        """(m, s) whether each crime is in each series."""
        names = sorted(set(self.series["series_id"]))
        member = np.zeros((len(self.ids), len(names)), dtype=np.bool_)
        for event, one in self.series.iter_rows():
            member[self.ids.index(event), names.index(one)] = True
        return member


def read_crimes(crimes: Path) -> pl.DataFrame:
    """crimeID, X, Y, start, end (naive datetimes), MO1 to MO3."""
    frame = pl.read_csv(crimes, infer_schema=False, null_values=["NA", ""])
    for name, of in (("start", "FROM"), ("end", "TO")):
        clock = pl.col(f"TIME_{of}").str.zfill(4)
        hour, minute = clock.str.slice(0, 2).cast(pl.Int64), clock.str.slice(2, 2).cast(pl.Int64)
        day = pl.col(f"DATE_{of}").str.to_date().cast(pl.Datetime("us"))
        frame = frame.with_columns((day + pl.duration(hours=hour, minutes=minute)).alias(name))
    earlier, later = pl.min_horizontal("start", "end"), pl.max_horizontal("start", "end")
    return frame.with_columns(pl.col("X", "Y").cast(pl.Float64), start=earlier, end=later)


def read_solved(crimes: Path, offenders: Path, series: Path, folds: Path) -> Crimes:
    """The solved crimes with their series and folds."""
    whole = read_crimes(crimes)
    pairs = pl.read_csv(series).select(event_id="crimeID", series_id="offenderID", group="CG")
    told = pl.read_csv(offenders).select(event_id="crimeID", series_id="offenderID")
    if not pairs.select("event_id", "series_id").join(told, on=["event_id", "series_id"], how="anti").is_empty():
        raise SystemExit(f"{series} names offenders of crimes that {offenders} does not.")
    frame = whole.join(pairs.select("event_id", "group").unique(), left_on="crimeID", right_on="event_id")
    frame = frame.sort("crimeID")
    side = pl.read_csv(folds)
    placed = frame.select("group").join(side, left_on="group", right_on="CG", how="left", maintain_order="left")
    names = [name for name in side.columns if name != "CG"]
    days = frame.select(pl.col("start", "end").dt.epoch("us") / 86_400_000_000)
    return Crimes(
        ids=frame["crimeID"].to_list(),
        x_km=frame["X"].to_numpy() / 1000,
        y_km=frame["Y"].to_numpy() / 1000,
        start=days["start"].to_numpy(),
        end=days["end"].to_numpy(),
        mo=frame.select(MO).to_numpy(),
        folds=placed.select(names).to_numpy().T,
        series=pairs.select("event_id", "series_id").unique().sort("event_id", "series_id"),
    )


def as_known(crimes: Path) -> Known:
    """All crimes, unsolved ones too (they say how thickly crimes lie and how common a code is), as Clew reads them."""
    frame = read_crimes(crimes)
    shrink = math.cos(math.radians(_LATITUDE))
    text = pl.col("start", "end").dt.strftime("%Y-%m-%dT%H:%M:%S")
    events = frame.with_columns(text).select(
        event_id="crimeID",
        kind=pl.lit("incident"),
        occurred_from="start",
        occurred_to="end",
        lat=_LATITUDE + pl.col("Y") / _METRES_PER_DEGREE,
        lon=_LONGITUDE + pl.col("X") / (_METRES_PER_DEGREE * shrink),
    )
    noted = frame.select("crimeID", *MO).unpivot(index="crimeID", variable_name="feature").drop_nulls()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "clew.yaml").write_text("name: crimelinkage\ntime_zone: UTC\n", encoding="utf-8")
        events.write_csv(folder / "events.csv")
        noted.rename({"crimeID": "event_id"}).write_csv(folder / "circumstances.csv")
        dataset = read_dataset(folder)
    return dataset.as_known(dataset.last_recorded_at)
