"""A sample nobody could steer: a frame with its digest, a seed committed before it, a draw anyone can repeat.

`fix_frame` takes the items as known at T; `SeedCommitment` says what was promised, when and where; `draw` refuses a
frame that changed, a seed that is not the one promised, and a promise made too late; `replace` logs each stand-in.
"""

from clew.assurance.sampling.allocation import allocate
from clew.assurance.sampling.drawing import Draw, Replacement, draw, repeat, replace
from clew.assurance.sampling.files import draw_to_json, read_draw
from clew.assurance.sampling.frame import Frame, fix_frame
from clew.assurance.sampling.seed import Beacon, SeedCommitment, SeedSource, commitment_of, new_seed

__all__ = [
    "Beacon",
    "Draw",
    "Frame",
    "Replacement",
    "SeedCommitment",
    "SeedSource",
    "allocate",
    "commitment_of",
    "draw",
    "draw_to_json",
    "fix_frame",
    "new_seed",
    "read_draw",
    "repeat",
    "replace",
]
