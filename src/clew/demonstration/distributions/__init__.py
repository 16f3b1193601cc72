"""Every distribution the demonstration draws from, each with its source or the word *assumed*.

`model` says what a distribution is; `deaths`, `scene`, `parts`, `incidents`, `recording`, `conduct` hold them.
`ALL` lists them for the documentation page, which is generated from here (`clew.demonstration.document`).
"""

from clew.demonstration.distributions import conduct, deaths, incidents, parts, recording, scene
from clew.demonstration.distributions.model import ASSUMED, Delay, Distribution, Rate, Shares, listed

ALL: dict[str, tuple[Distribution, ...]] = {
    "Deaths: how many, of whom, where": listed(deaths),
    "What is found at the scene": listed(scene),
    "Who takes part": listed(parts),
    "Lesser incidents and groups": listed(incidents),
    "Recording: lags, gaps and errors": listed(recording),
    "What is done, late, or not at all": listed(conduct),
}

__all__ = ["ALL", "ASSUMED", "Delay", "Distribution", "Rate", "Shares"]
