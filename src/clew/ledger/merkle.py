"""The Merkle tree: RFC 6962 section 2.1 hashing and proofs, checked with the algorithms of RFC 9162 section 2.1.

All hashes are SHA-256. `MTH` is the RFC's Merkle Tree Hash: ``mth(lo, hi)`` is MTH(D[lo:hi]), given by whoever stores
the tree, so that the proofs here are the recursions of the RFC and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

from clew.ledger.errors import VerificationError

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()
MTH = Callable[[int, int], bytes]


def leaf_hash(entry: bytes) -> bytes:
    """MTH({d}) = SHA-256(0x00 || d), RFC 6962 section 2.1."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right), RFC 6962 section 2.1."""
    return sha256(b"\x01" + left + right).digest()


def root_hash(hashes: Sequence[bytes]) -> bytes:
    """MTH over `hashes`, each of a complete subtree of one size; the last may stand for a smaller one."""
    if not hashes:
        return EMPTY_ROOT
    while len(hashes) > 1:
        paired = [sha256(b"\x01" + hashes[i] + hashes[i + 1]).digest() for i in range(0, len(hashes) - 1, 2)]
        hashes = [*paired, hashes[-1]] if len(hashes) % 2 else paired
    return hashes[0]


def split(n: int) -> int:
    """k, the largest power of two smaller than n (RFC 6962 section 2.1), for n > 1."""
    return 1 << (n - 1).bit_length() - 1


def inclusion_proof(index: int, size: int, mth: MTH) -> list[bytes]:
    """PATH(m, D[n]) of RFC 6962 section 2.1.1, from the leaf's sibling to the root's child; needs 0 <= index < size."""
    path, lo, hi = [], 0, size
    while hi - lo > 1:
        middle = lo + split(hi - lo)
        if index < middle:
            path.append(mth(middle, hi))
            hi = middle
        else:
            path.append(mth(lo, middle))
            lo = middle
    return path[::-1]


def consistency_proof(old: int, new: int, mth: MTH) -> list[bytes]:
    """PROOF(m, D[n]) of RFC 6962 section 2.1.2; empty when old is 0 or equals new. Needs 0 <= old <= new."""
    path, lo, hi = [], 0, new
    while old not in (0, hi):
        middle = lo + split(hi - lo)
        if old <= middle:
            path.append(mth(middle, hi))
            hi = middle
        else:
            path.append(mth(lo, middle))
            lo = middle
    return [mth(lo, hi), *path[::-1]] if lo else path[::-1]


def _climb(node: int, last: int, start: bytes, path: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The loop that RFC 9162 sections 2.1.3.2 and 2.1.4.2 share: fr and sr, or None if the path is too long or short.

    It climbs from node number `node` of a level whose last node is `last`. The first root counts only what is to the
    left of the node; the second, all.
    """
    left = whole = start
    for sibling in path:
        if not last:
            return None
        if node & 1 or node == last:
            left, whole = node_hash(sibling, left), node_hash(sibling, whole)
            while node and not node & 1:
                node, last = node >> 1, last >> 1
        else:
            whole = node_hash(whole, sibling)
        node, last = node >> 1, last >> 1
    return None if last else (left, whole)


def check_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> None:
    """RFC 9162 section 2.1.3.2: `leaf` (a leaf hash) is number `index` of the `size` leaves under `root`."""
    if 0 <= index < size and (found := _climb(index, size - 1, leaf, path)) and found[1] == root:
        return
    raise VerificationError(
        f"The proof does not lead from entry {index} to the root of the ledger of {size} entries.",
        why="the entry was altered, or it was never at that place",
    )


def check_consistency(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> None:
    """RFC 9162 section 2.1.4.2: the first `old` leaves of the tree of `new` leaves are the tree under `old_root`."""
    if old in (0, new):
        if not path and old_root == (new_root if old == new else EMPTY_ROOT):
            return
    elif 0 < old < new and (nodes := [old_root, *path] if not old & (old - 1) else list(path)):
        level = (old ^ (old - 1)).bit_length() - 1  # how often the last old leaf, old - 1, is a right child
        if _climb((old - 1) >> level, (new - 1) >> level, nodes[0], nodes[1:]) == (old_root, new_root):
            return
    raise VerificationError(
        f"The ledger of {new} entries does not begin with the {old} entries seen before.",
        why="an entry was altered, removed or inserted after it had been shown to others",
    )
