"""Is everyone served alike? Duties met and delay by group of victim, from the `characteristics` table only.

This is the one place in Clew that may read that table (law 8). Missingness comes first; "not recorded" is a group of
its own; a difference is shown with its interval and with the smallest difference that could have been seen.
"""

from clew.assurance.equality.delay import GroupDelay, group_delays
from clew.assurance.equality.measures import (
    NOT_RECORDED,
    GroupMeasure,
    Missingness,
    equality_measures,
    gaps,
    missingness,
)

__all__ = [
    "NOT_RECORDED",
    "GroupDelay",
    "GroupMeasure",
    "Missingness",
    "equality_measures",
    "gaps",
    "group_delays",
    "missingness",
]
