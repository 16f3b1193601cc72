"""The link model: what turns the families' factors into contributions fitted jointly.

`curves` is the model, `features` what a curve may read of a pair, `reach` the most that it can make of one, `files` a
model as a file. `clew.links.training` fits one.
"""

from clew.links.model.curves import DATED, FACTOR, IDENTITY, Curve, LinkModel, ModelOver

__all__ = ["DATED", "FACTOR", "IDENTITY", "Curve", "LinkModel", "ModelOver"]
