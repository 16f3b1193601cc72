"""A change planted in the made-up force: from one date a second review is done as it should be, from another less so.

So that a control can be seen to say *operating*, then *drifting*, then *failed*, against a truth that is known. Only
the second reviews (`category.reviewed`) of deaths called not suspicious between the two dates, and after the second,
are drawn anew, from a stream of their own; every other row stays as it was. The public case is not touched. All rates
are assumed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from clew.core import UsageError
from clew.demonstration.chance import DAY_S, HOUR_S, stream
from clew.demonstration.distributions.conduct import DUTIES, Duty

ACTIVITY = "category.reviewed"
TRIGGER = (pl.col("activity") == "category.decided") & (pl.col("outcome") == "not_suspicious")
DUE_HOURS = 24.0

MADE = Duty(due_hours=DUE_HOURS, late=0.01, missing=0.005)
"""While the change holds: about 985 of 1,000 second reviews within the day."""
DECAYED = Duty(due_hours=DUE_HOURS, late=0.10, missing=0.18)
"""Once it has decayed: about 720 of 1,000."""
DECAY_DAYS = 120
"""From the one to the other in a straight line: practice seldom ends in a day."""
BEFORE = DUTIES[ACTIVITY]
"""What the force did before, and does where nothing is planted: about 895 of 1,000."""


@dataclass(frozen=True, kw_only=True)
class PlantedChange:
    """The instants from which the change is in force, and from which it decays (None: it lasts)."""

    made_at: datetime
    decays_at: datetime | None = None

    def __post_init__(self) -> None:
        if self.made_at.tzinfo is None or (self.decays_at is not None and self.decays_at.tzinfo is None):
            raise UsageError("A planted change needs dates with a time zone.", where="planted change")
        if self.decays_at is not None and self.decays_at <= self.made_at:
            raise UsageError(
                "The planted change decays before it is made.",
                where="planted change",
                mend="give the later date second",
            )
        for name in ("made_at", "decays_at"):
            moment = getattr(self, name)
            object.__setattr__(self, name, moment and moment.astimezone(UTC))

    @property
    def sentence(self) -> str:
        """What was planted, for the dataset's notice."""
        decay = f" and decays from {_day(self.decays_at)}" if self.decays_at else ""
        return f"A change of second reviews is planted from {_day(self.made_at)}{decay}."


def _day(moment: datetime) -> str:
    return moment.astimezone(ZoneInfo("Europe/London")).date().isoformat()


def planted(actions: pl.DataFrame, change: PlantedChange, *, seed: int, tile: int) -> pl.DataFrame:
    """`actions` (columns of the table, instants in UTC) with the second reviews after the change drawn anew.

    Rows come out with those that were drawn anew last; a row's number is the one that its trigger's review had, or a
    new one made from the trigger's.
    """
    rng = stream(seed, tile, "planted change")
    triggers = actions.filter(TRIGGER & (pl.col("at") >= change.made_at)).sort("at", "event_id", "action_id")
    ours = triggers.select("event_id").unique()
    # A death is decided once not suspicious here; its review is the only one, so the pair is by event.
    dropped = actions.filter(pl.col("activity") == ACTIVITY).join(ours, on="event_id", how="semi")
    kept = actions.join(
        dropped.select("event_id", "action_id"), on=["event_id", "action_id"], how="anti", nulls_equal=True
    )
    size = triggers.height
    decayed = np.zeros(size)
    if change.decays_at is not None:
        days = (triggers["at"] - change.decays_at).dt.total_seconds().to_numpy() / DAY_S
        decayed = np.clip(days / DECAY_DAYS, 0, 1)
    late = MADE.late + decayed * (DECAYED.late - MADE.late)
    missing = MADE.missing + decayed * (DECAYED.missing - MADE.missing)
    fate = rng.random(size)
    in_time = DUE_HOURS * rng.beta(1.6, 4.0, size) * 0.9
    after = DUE_HOURS * (1.1 + rng.exponential(1.0, size))
    wait_s = (np.where(fate < missing + late, after, in_time) * HOUR_S).astype(np.int64) + 1
    lag_s = rng.lognormal(np.log(300), 0.6, size).astype(np.int64) + 20
    at = pl.col("at") + pl.duration(seconds=pl.lit(pl.Series(wait_s)))
    drawn = triggers.with_columns(
        at.alias("at"),
        (at + pl.duration(seconds=pl.lit(pl.Series(lag_s)))).alias("recorded_at"),
        pl.lit(ACTIVITY).alias("activity"),
        pl.lit("agreed").alias("outcome"),
        pl.lit("detective_inspector").alias("actor_role"),
        pl.lit(None, pl.String).alias("actor"),
        pl.lit(None, pl.String).alias("reason"),
        pl.format("{}R", "action_id").alias("action_id"),
    ).filter(pl.Series(fate >= missing))
    return pl.concat([kept, drawn.select(kept.columns)])
