"""A backstop for slow signals: do deaths at one place, in one area or beside one professional exceed what is usual?

It accuses no one, and finds little: a slow excess drowns in chance for years (Guthrie 2008: "at best a backstop").
The first defence is the look at each death. `rule` says in advance what is watched and how often chance may alarm;
`series` counts deaths by unit; `expectation` says how many were to be expected, from the peers and the unit's own past;
`watching` draws the charts and finds which crossed; `packet` makes the records that are to be reviewed blind;
`scanning` looks for circles and weeks with more deaths than place and time explain. The arithmetic is in
`clew.statistics`.
"""

from clew.backstop.packet import Packet, review_packet
from clew.backstop.rule import By, Rule, pre_specified
from clew.backstop.scanning import Area, Scan, scan
from clew.backstop.watching import Signal, Watch, watch

__all__ = ["Area", "By", "Packet", "Rule", "Scan", "Signal", "Watch", "pre_specified", "review_packet", "scan", "watch"]
