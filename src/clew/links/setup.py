"""What a search for links goes by: weights of the evidence, a fitted model, and a model of who is who."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from clew.links.identity import IdentityModel
from clew.links.model import IDENTITY, LinkModel
from clew.links.model.files import digest_of
from clew.links.weights import Weights


@dataclass(frozen=True, kw_only=True)
class LinkSetup:
    """weights: documented defaults. model: the defaults unless one was trained. identity_model: of who is who; the one
    that ships if None."""

    weights: Weights = field(default_factory=Weights)
    model: LinkModel = IDENTITY
    identity_model: IdentityModel | None = None

    def facts(self) -> dict[str, str | bool]:
        """What differs from the defaults, models by their digest: for the ledger and for a journal to go on from."""
        facts: dict[str, str | bool] = {}
        if self.model is not IDENTITY:
            facts["link_model"] = digest_of(self.model)
        if self.identity_model is not None:
            text = self.identity_model.as_json().encode()
            facts["identity_model"] = f"sha256:{hashlib.sha256(text).hexdigest()}"
        if self.weights.narrative.on:
            facts["narrative"] = True
        return facts


#: The documented defaults.
DEFAULTS = LinkSetup()
