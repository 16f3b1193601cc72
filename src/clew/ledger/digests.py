"""Digests that come out alike on another machine: SHA-256 over RFC 8785 JSON, or over the bytes of a file."""

from __future__ import annotations

from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import rfc8785

from clew.core import UsageError


def digest_json(value: Any) -> str:
    """``sha256:<hex>`` of `value` in canonical JSON: the order of keys and the spelling of numbers do not matter."""
    try:
        return f"sha256:{sha256(rfc8785.dumps(value)).hexdigest()}"
    except (rfc8785.CanonicalizationError, RecursionError) as error:
        raise UsageError(f"This has no canonical JSON, so no digest: {error}.") from error


def digest_file(path: Path) -> str:
    """``sha256:<hex>`` of the bytes of the file at `path`."""
    try:
        with path.open("rb") as file:
            return f"sha256:{file_digest(file, 'sha256').hexdigest()}"
    except OSError as error:
        raise UsageError(f"The file cannot be read: {error.strerror}.", where=str(path)) from error


def digest_folder(folder: Path, pattern: str = "**/*") -> dict[str, str]:
    """The digest of every file in `folder` that matches `pattern`, by relative POSIX path, in order of that path."""
    files = sorted((p.relative_to(folder).as_posix(), p) for p in folder.glob(pattern) if p.is_file())
    return {name: digest_file(path) for name, path in files}
