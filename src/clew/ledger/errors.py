"""The one exception type of the ledger: whatever is malformed, missing or altered ends here, with a readable cause."""

from __future__ import annotations

from clew.core import IntegrityError


class VerificationError(IntegrityError):
    """A ledger, note, proof or key that cannot be believed. Exit code 3 on the command line."""
