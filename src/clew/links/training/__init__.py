"""Trains the link model on a force's own solved series: `clew links train`.

`train` gives the model and its worth on held-out series; `solved` reads series, `folds` halves them by connected group,
`design` says what is read of pairs, `joint` fits all families together, `validate` holds out, `measures` counts.
"""

from clew.links.training.measures import FALSE_ALERTS, NAMES, Figures
from clew.links.training.solved import read_series
from clew.links.training.train import REPEATS, Training, WorseModelError, train
from clew.links.training.validate import HeldOut

__all__ = [
    "FALSE_ALERTS",
    "NAMES",
    "REPEATS",
    "Figures",
    "HeldOut",
    "Training",
    "WorseModelError",
    "read_series",
    "train",
]
