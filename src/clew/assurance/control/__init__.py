"""Is the change operating? A control's status from the duties that arose after it, looked at every night.

`model` says what a control is and what may be said of it; `watch` walks its duties in order; `groups` looks at groups
of victims; `nightly` takes the duties as each night knew them, and replays nights; `acting` re-opens recommendations.
"""

from clew.assurance.control.acting import Checked, check_plan, reopening
from clew.assurance.control.model import Control, ControlHistory, ControlStatus, StatusChange
from clew.assurance.control.nightly import (
    Night,
    Replay,
    as_known_on,
    duties_known,
    duty_intervals,
    nights_between,
    replay,
)
from clew.assurance.control.watch import control_history

__all__ = [
    "Checked",
    "Control",
    "ControlHistory",
    "ControlStatus",
    "Night",
    "Replay",
    "StatusChange",
    "as_known_on",
    "check_plan",
    "control_history",
    "duties_known",
    "duty_intervals",
    "nights_between",
    "reopening",
    "replay",
]
