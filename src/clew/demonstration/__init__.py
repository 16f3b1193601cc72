"""A made-up force with a public case woven in, for trying Clew out.

`make` makes it, `writing` writes it to a folder. Of the background: `population`, `places`, `persons` and `invented`
(where and who), `deaths`, `incidents` and `groups` (what happens), `people`, `seen`, `scene`, `investigation`,
`lifecycle` and `narrative` (what is recorded of it), `distributions` (every rate, with its source), `tile`,
`finishing` and `assembling` (tables). `case` reads the published case from `data/case`. `independent` makes a
background without any link at all. `planted` plants a change of practice that a control must see. `document` writes
the page of distributions.
"""

from clew.demonstration.independent import null_background
from clew.demonstration.make import NOTICE, Demonstration, make_demonstration, make_tiles
from clew.demonstration.planted import PlantedChange
from clew.demonstration.writing import write_demonstration

__all__ = [
    "NOTICE",
    "Demonstration",
    "PlantedChange",
    "make_demonstration",
    "make_tiles",
    "null_background",
    "write_demonstration",
]
