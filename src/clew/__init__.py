"""Clew gives every unexpected death a second look.

The floors of the house, lowest first; a lower floor never imports a higher one (import-linter holds it):

1. ``clew.core`` (errors, clock) and ``clew.ledger`` (a past outsiders can check) know nothing of deaths.
2. ``clew.records``: the tables, their meaning, reading, as known at T.
3. ``clew.links`` and ``clew.standards``, the two engines, and ``clew.demonstration``, a made-up force.
4. ``clew.review`` (the morning list, replay) and ``clew.assurance`` (sample, score, find, control).
5. ``clew.cli`` and ``clew.publish``, the faces.
"""

__version__ = "0.1.0"
