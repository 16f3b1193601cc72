"""Identity: who is who among the people that the records name, with a probability and a reason.

`resolve` gives the persons. What is compared: `spelling` and `addresses` give the forms, `mentions` the rows,
`comparisons` the levels of agreement. `candidates` says which mentions are compared, `scoring` scores them with
a `model` file, `nominals` checks the force's own numbers, `persons` makes persons of pairs, `reasons` says why.
Nothing is trained on a run: the model is a file with its own provenance.
"""

from clew.links.identity.addresses import address_keys
from clew.links.identity.model import IdentityModel, default_model, read_model
from clew.links.identity.nominals import Contradiction
from clew.links.identity.resolution import Identity, contradictions, resolve

__all__ = [
    "Contradiction",
    "Identity",
    "IdentityModel",
    "address_keys",
    "contradictions",
    "default_model",
    "read_model",
    "resolve",
]
