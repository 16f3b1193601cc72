"""Trust policies: the example of the specification, and every malformed line is refused with its number."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clew.core import UsageError
from clew.ledger import Policy, VerifierKey
from clew.ledger.note import Algorithm
from tests.ledger.ledgers import LOG_KEY

KEYS = {name: VerifierKey(name, Algorithm.COSIGNATURE, bytes([n]) * 32) for n, name in enumerate(("X1", "X2", "X3", "Y1", "Y2", "Y3"))}  # fmt: skip  # noqa: E501
WITNESSES = "".join(f"witness {name} {key}\n" for name, key in KEYS.items())
# The example policy of tlog-policy.
EXAMPLE = (
    f"# two organisations\nlog {LOG_KEY.verifier} https://ledger.example\n\n{WITNESSES}"
    "group X-witnesses 2 X1 X2 X3\n\tgroup Y-witnesses any Y1 Y2 Y3\n"
    "group X-and-Y all X-witnesses Y-witnesses\nquorum X-and-Y\n"
).encode()


@given(st.sets(st.sampled_from(sorted(KEYS))))
def test_the_example_wants_two_of_one_group_and_one_of_the_other(names: set[str]) -> None:
    policy = Policy.parse(EXAMPLE)
    assert policy.logs == [LOG_KEY.verifier]
    expected = len(names & {"X1", "X2", "X3"}) >= 2 and len(names & {"Y1", "Y2", "Y3"}) >= 1
    assert policy.satisfied_by([KEYS[name] for name in names]) is expected


def test_a_policy_may_want_no_witness() -> None:
    assert Policy.parse(b"quorum none\n").satisfied_by([])


def test_a_witness_may_have_an_address() -> None:
    policy = Policy.parse(f"witness X1 {KEYS['X1']} https://w.example/\nquorum X1\n".encode())
    assert policy.urls == {"X1": "https://w.example/"}


X1, X2 = KEYS["X1"], KEYS["X2"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "quorum nobody\n",
        f"witness X1 {X1}\nquorum X1\nquorum X1\n",
        f"witness X1 {X1}\nwitness X1 {X2}\nquorum X1\n",
        f"witness X1 {X1}\nwitness again {X1}\nquorum X1\n",
        f"log {LOG_KEY.verifier}\nlog {LOG_KEY.verifier}\nquorum none\n",
        f"log {X1}\nquorum none\n",
        f"witness X1 {LOG_KEY.verifier}\nquorum X1\n",
        f"witness none {X1}\nquorum none\n",
        f"quorum X1\nwitness X1 {X1}\n",
        f"witness X1 {X1}\ngroup g 2 X1\nquorum g\n",
        f"witness X1 {X1}\ngroup g 0 X1\nquorum g\n",
        f"witness X1 {X1}\ngroup g some X1\nquorum g\n",
        f"witness X1 {X1}\ngroup g any\nquorum g\n",
        f"witness X1 {X1}\ngroup g any X1 X1\nquorum g\n",
        f"witness X1 {X1}\ngroup g any X1\ngroup h any X1\nquorum g\n",
        f"witness X1 {X1}\ngroup g any g\nquorum g\n",
        f"witness X1 {X1}\ngroup g any none\nquorum g\n",
        "witness X1 rubbish\nquorum X1\n",
        "nonsense\nquorum none\n",
    ],
)
def test_a_malformed_policy_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        Policy.parse(text.encode())


@given(st.binary(max_size=100))
def test_rubbish_is_no_policy(raw: bytes) -> None:
    with pytest.raises(UsageError):
        Policy.parse(raw + b"\n\xff\n")
