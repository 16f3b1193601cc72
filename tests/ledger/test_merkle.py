"""RFC 6962: hashes and proofs against published numbers and against a naive tree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.ledger import VerificationError
from clew.ledger.merkle import (
    EMPTY_ROOT,
    check_consistency,
    check_inclusion,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root_hash,
)
from tests.ledger.ledgers import naive_root

# The reference tree of Certificate Transparency: its inputs, and the root after each.
CT_INPUTS = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"]
CT_ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
ENTRIES = [str(number).encode() for number in range(64)]
ROOTS = [naive_root(ENTRIES[:size]) for size in range(65)]


def mth(lo: int, hi: int) -> bytes:
    return naive_root(ENTRIES[lo:hi])


def test_the_roots_are_those_of_the_certificate_transparency_reference_tree() -> None:
    leaves = [leaf_hash(bytes.fromhex(text)) for text in CT_INPUTS]
    assert [root_hash(leaves[:size]).hex() for size in range(1, 9)] == CT_ROOTS


def test_the_empty_tree_has_the_hash_of_nothing_as_root() -> None:
    assert root_hash([]) == EMPTY_ROOT == ROOTS[0]


@given(st.lists(st.binary(max_size=4), max_size=600))
@settings(max_examples=40, deadline=None)
def test_the_root_is_that_of_the_naive_tree_at_any_size(entries: list[bytes]) -> None:
    assert root_hash([leaf_hash(entry) for entry in entries]) == naive_root(entries)


@pytest.mark.parametrize("size", range(1, 65))
def test_every_entry_is_proved_and_no_other_proof_of_it_is_accepted(size: int) -> None:
    for index in range(size):
        leaf, path = leaf_hash(ENTRIES[index]), inclusion_proof(index, size, mth)
        check_inclusion(leaf, index, size, path, ROOTS[size])
        wrong = [
            (leaf_hash(b"another"), index, size, path),
            (leaf, index + 1, size, path),
            (leaf, index - 1, size, path),
            (leaf, index, size, [*path, leaf]),
            (leaf, index, size, path[:-1]),
            (leaf, index, size, [bytes(32), *path[1:]]),
        ]
        for changed, place, count, hashes in wrong:
            if (changed, place, hashes) == (leaf, index, path):
                continue
            with pytest.raises(VerificationError):
                check_inclusion(changed, place, count, hashes, ROOTS[size])


@pytest.mark.parametrize("new", range(65))
def test_growth_is_proved_from_every_size_and_no_other_proof_of_it_is_accepted(new: int) -> None:
    for old in range(new + 1):
        path = consistency_proof(old, new, mth)
        check_consistency(old, ROOTS[old], new, ROOTS[new], path)
        wrong = [
            (old, leaf_hash(b"another past"), new, ROOTS[new], path),
            (old, ROOTS[old], new, leaf_hash(b"another present"), path) if old else None,
            (old, ROOTS[old], new, ROOTS[new], [*path, bytes(32)]),
            (old, ROOTS[old], new, ROOTS[new], path[:-1]) if path else None,
            (old, ROOTS[old], new, ROOTS[new], [bytes(32), *path[1:]]) if path else None,
            (new + 1, ROOTS[old], new, ROOTS[new], path),
            (-1, ROOTS[old], new, ROOTS[new], path),
        ]
        for case in filter(None, wrong):
            with pytest.raises(VerificationError):
                check_consistency(*case)


@given(st.integers(1, 5_000), st.data())
@settings(max_examples=60, deadline=None)
def test_proofs_hold_at_larger_sizes(size: int, data: st.DataObject) -> None:
    leaves = [leaf_hash(str(number).encode()) for number in range(size)]
    old, index = data.draw(st.integers(0, size)), data.draw(st.integers(0, size - 1))

    def range_root(lo: int, hi: int) -> bytes:
        return root_hash(leaves[lo:hi])

    root = root_hash(leaves)
    check_inclusion(leaves[index], index, size, inclusion_proof(index, size, range_root), root)
    check_consistency(old, range_root(0, old), size, root, consistency_proof(old, size, range_root))
