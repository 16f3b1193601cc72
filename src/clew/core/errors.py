"""Every failure Clew raises on purpose is a `ClewError`; the command line turns it into words and an exit code.

A message says *what is wrong, where, why it matters, how to mend it*: those are the four fields, so that no
error can be raised without somebody having thought about the mend.
"""

from __future__ import annotations

#: The longest that one part of a message may be, in characters.
LONGEST = 2_000


class ClewError(Exception):
    """A failure a person can do something about.

    what: the fault, in one clause. where: file, row, column, option or rule. why: what would go wrong if it
    were let through. mend: what to do now. ``exit_code`` is the process's exit code (DESIGN.md, command line).
    """

    exit_code = 2

    def __init__(self, what: str, *, where: str = "", why: str = "", mend: str = "") -> None:
        self.what, self.where, self.why, self.mend = what, where, why, mend
        super().__init__(what)

    def __str__(self) -> str:
        parts = [self.what]
        for label, text in (("Where", self.where), ("Why it matters", self.why), ("To mend it", self.mend)):
            if text:
                parts.append(f"  {label}: {text}")
        return "\n".join(map(_in_brief, parts))


def _in_brief(text: str) -> str:
    """`text` without its middle if it is very long: what was refused may be a book, and its ends tell which."""
    if len(text) <= LONGEST:
        return text
    return f"{text[: LONGEST - 200]} … [{len(text) - LONGEST:,} characters left out] … {text[-200:]}"


class UsageError(ClewError):
    """The call itself is off: an option, a path or a value that cannot be used."""


class IntegrityError(ClewError):
    """Something that must not change has changed: a ledger, a digest, a signature."""

    exit_code = 3
