"""An append-only log that outsiders can check with a program we did not write. Knows nothing of deaths.

The audited core, each module citing the clause it implements: `merkle` (RFC 6962 hashes and proofs), `note` (signed
notes and cosignatures), `checkpoint`, `tiles` (reading), `durable` and `log` (writing), `proof` (one entry in one
file), `witness`. Around it: `entries` and `payloads` (what an entry says, and what of it can be erased), `ledger` (both
together), `audit`, `verify` and `fsck`, `keys`, `policy`, `cosign`, `witness_http`, `timestamp`, `digests`.
"""

from clew.ledger.digests import digest_file, digest_folder, digest_json
from clew.ledger.entries import Entry, EntryType, Operation
from clew.ledger.errors import VerificationError
from clew.ledger.ledger import Ledger, Recorded, read_entries, record
from clew.ledger.note import SigningKey, VerifierKey
from clew.ledger.policy import Policy
from clew.ledger.verify import Verified, verify
from clew.ledger.witness import Witness

__all__ = [
    "Entry",
    "EntryType",
    "Ledger",
    "Operation",
    "Policy",
    "Recorded",
    "SigningKey",
    "VerificationError",
    "Verified",
    "VerifierKey",
    "Witness",
    "digest_file",
    "digest_folder",
    "digest_json",
    "read_entries",
    "record",
    "verify",
]
