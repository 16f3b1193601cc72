"""Which ledgers, which witnesses, and how many of them must have cosigned: https://c2sp.org/tlog-policy."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Self

from clew.core import UsageError
from clew.ledger.errors import VerificationError
from clew.ledger.note import Algorithm, VerifierKey

NO_QUORUM = "none"
MAX_LINES = 1_000


@dataclass
class Policy:
    """A trust policy, read from its file. `groups` maps a name to how many of which members it takes."""

    logs: list[VerifierKey] = field(default_factory=list)
    witnesses: dict[str, VerifierKey] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    groups: dict[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    quorum: str = ""

    @classmethod
    def parse(cls, raw: bytes) -> Self:
        """tlog-policy, "Policy file syntax and structure"; raises `UsageError` with the line."""
        policy, members = cls(), set[str]()
        for number, line in enumerate(raw.decode("utf-8", "surrogateescape").split("\n")[:MAX_LINES], 1):
            words = line.replace("\t", " ").split(" ")
            words = [word for word in words if word]
            if not words or words[0].startswith("#"):
                continue
            try:
                policy._read(words, members)
            except (VerificationError, ValueError, KeyError, IndexError, UnicodeEncodeError) as error:
                raise UsageError(
                    f"The policy has a line that cannot be used: {error or 'malformed'}.",
                    where=f"line {number}: {line[:80]!r}",
                    mend="see https://c2sp.org/tlog-policy",
                ) from error
        if not policy.quorum:
            raise UsageError("The policy names no quorum.", mend="end it with a line such as: quorum inspectorate")
        return policy

    def _read(self, words: list[str], members: set[str]) -> None:
        match words:
            case ["log", key, *url] if len(url) <= 1:
                self.logs.append(_key(key, Algorithm.ED25519, self.logs))
            case ["witness", name, key, *url] if len(url) <= 1:
                self._define(name)
                self.witnesses[name] = _key(key, Algorithm.COSIGNATURE, self.witnesses.values())
                if url:
                    self.urls[name] = url[0]
            case ["group", name, threshold, *names] if names:
                self._define(name)
                if not all(self._is_defined(member) and member not in members for member in names):
                    raise KeyError("a member is unknown, or already in a group")
                if len(set(names)) != len(names):
                    raise KeyError("a member is named twice")
                members.update(names)
                need = {"all": len(names), "any": 1}.get(threshold) or int(threshold)
                if not 1 <= need <= len(names):
                    raise ValueError("the threshold is out of range")
                self.groups[name] = (need, tuple(names))
            case ["quorum", name] if not self.quorum and (name == NO_QUORUM or self._is_defined(name)):
                self.quorum = name
            case _:
                raise ValueError("unknown or malformed statement")

    def _is_defined(self, name: str) -> bool:
        return name in self.witnesses or name in self.groups

    def _define(self, name: str) -> None:
        if self._is_defined(name) or name == NO_QUORUM:
            raise KeyError(f"{name} is already defined")

    def satisfied_by(self, cosigners: Collection[VerifierKey]) -> bool:
        """Whether the cosignatures of `cosigners` make the quorum."""

        def witnessed(name: str) -> bool:
            if name in self.witnesses:
                return self.witnesses[name] in cosigners
            need, names = self.groups[name]
            return sum(map(witnessed, names)) >= need

        return self.quorum == NO_QUORUM or witnessed(self.quorum)


def _key(text: str, algorithm: Algorithm, known: Collection[VerifierKey]) -> VerifierKey:
    key = VerifierKey.parse(text)
    if key.algorithm is not algorithm:
        raise ValueError("the key is not of that kind (a log's key is type 1, a witness's type 4)")
    if any(key.public == other.public for other in known):
        raise ValueError("the key is there twice")
    return key
