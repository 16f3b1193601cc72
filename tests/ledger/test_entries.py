"""Entries, their payloads and their lawful erasure."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from clew.core import ClewError, UsageError
from clew.ledger import (
    Entry,
    EntryType,
    Ledger,
    Operation,
    VerificationError,
    digest_file,
    digest_folder,
    digest_json,
    read_entries,
    record,
    verify,
)
from clew.ledger.entries import OPERATION_OF, commitment, parse_leaf
from clew.ledger.fsck import fsck
from clew.ledger.keys import save_signing_key
from tests.ledger.ledgers import LOG_KEY, START, build, entry

KEYS = [LOG_KEY.verifier]
REFERENCES = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9._:/#=,+-]{0,20}", fullmatch=True)


@given(
    st.builds(
        Entry,
        type=st.sampled_from([t for t in EntryType if OPERATION_OF[t] is not Operation.DISCLOSURE]),
        at=st.datetimes(min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
        actor=REFERENCES,
        subject=REFERENCES,
        basis=REFERENCES,
    ),
    st.binary(min_size=32, max_size=32),
)
def test_a_leaf_is_rfc_8785_and_reads_back(made: Entry, salt: bytes) -> None:
    leaf = made.leaf(salt, made.payload_bytes())
    fields = parse_leaf(leaf)
    assert rfc8785.dumps(fields) == leaf
    assert fields["at"] == made.at.replace(microsecond=0).isoformat().replace("+00:00", "Z")
    assert (fields["actor"], fields["subject"], fields["basis"]) == (made.actor, made.subject, made.basis)
    assert fields.get("operation") == made.operation
    assert fields["commitment"] == commitment(salt, b"{}")
    assert len(leaf) < 65_535


def test_the_time_is_written_in_utc() -> None:
    made = replace(entry(0), at=datetime(2014, 6, 20, 10, 0, tzinfo=timezone(timedelta(hours=1))))
    assert parse_leaf(made.leaf(bytes(32), b""))["at"] == "2014-06-20T09:00:00Z"


@pytest.mark.parametrize("text", ["", "A Name", "a.name@force.example", "désk", 'x"y', "x\\y", "x\n", "-x", "x" * 256])
@pytest.mark.parametrize("name", ["actor", "subject", "basis"])
def test_a_field_of_the_tree_takes_no_prose_no_names_and_no_addresses(name: str, text: str) -> None:
    with pytest.raises(UsageError, match="not a reference"):
        replace(entry(0), **{name: text})


def test_every_type_of_entry_has_its_section_62_operation_or_none() -> None:
    assert set(OPERATION_OF) == set(EntryType)
    assert {operation for operation in OPERATION_OF.values() if operation} == set(Operation)


def test_a_disclosure_names_its_recipient_and_nothing_else_does() -> None:
    with pytest.raises(UsageError, match="names its recipient"):
        replace(entry(0), type=EntryType.DISCLOSURE, operation=None)
    with pytest.raises(UsageError, match="names its recipient"):
        replace(entry(0), recipient="coroner")
    made = replace(entry(0), type=EntryType.DISCLOSURE, operation=None, recipient="coroner", purpose="inquest")
    assert made.operation is Operation.DISCLOSURE
    assert json.loads(made.payload_bytes()) == {"note": "", "number": 0, "purpose": "inquest", "recipient": "coroner"}


@pytest.mark.parametrize(
    "payload", [{"x": float("nan")}, {"x": 2**60}, {"x": object()}, {1: 2}, {"x": "x" * 70_000}, {"x": "\ud800"}]
)
def test_a_payload_that_cannot_be_kept_is_refused_with_words(payload: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        replace(entry(0), payload=payload).payload_bytes()


def test_a_time_without_a_zone_and_a_payload_that_hides_a_field_are_refused() -> None:
    with pytest.raises(UsageError, match="no time zone"):
        replace(entry(0), at=datetime(2014, 6, 20))  # noqa: DTZ001
    with pytest.raises(UsageError, match="has a key 'purpose'"):
        replace(entry(0), payload={"purpose": "x"})


def test_what_is_recorded_is_read_back_with_its_payload(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 600, batches=[1, 255, 2, 300])
    found = list(read_entries(tmp_path / "ledger"))
    assert [e.index for e in found] == list(range(600))
    for e in found:
        assert e.payload is not None
        assert e.payload.value == {"number": e.index, "note": ""}
        assert e.payload.commitment == e.leaf["commitment"]
    assert [e.index for e in read_entries(tmp_path / "ledger", 250, 260)] == list(range(250, 260))
    assert list(read_entries(tmp_path / "ledger", 700)) == []


def test_the_same_payload_has_another_commitment_each_time(tmp_path: Path) -> None:
    ledger = Ledger.create(tmp_path / "ledger", LOG_KEY)
    ledger.append([entry(0), entry(0)])
    assert len({e.leaf["commitment"] for e in read_entries(tmp_path / "ledger")}) == 2


def test_nothing_of_the_payload_is_in_the_tree(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 3, note="Whispered to the desk")
    for path in (tmp_path / "ledger" / "tile").rglob("*"):
        assert path.is_dir() or b"Whispered" not in path.read_bytes()


def test_an_erasure_removes_payload_and_salt_shows_itself_and_leaves_the_tree_sound(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    ledger = build(folder, 300, note="Whispered to the desk")
    salt = next(read_entries(folder, 7)).payload
    assert salt is not None
    told = {"at": START, "actor": "records:2", "basis": "retention:2031"}
    assert ledger.erase(7, **told) == 300  # type: ignore[arg-type]
    assert ledger.erase(299, **told) == 301  # type: ignore[arg-type]
    held = {e.index: e.payload for e in read_entries(folder)}
    assert [index for index, payload in held.items() if payload is None] == [7, 299]
    everything = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert salt.salt.hex().encode() not in everything
    found = verify(folder, keys=KEYS)
    assert found.checkpoint.size == 302
    assert found.remarks[0] == "Payloads erased: 2; each erasure is itself an entry."
    with pytest.raises(UsageError, match="already erased"):
        ledger.erase(7, **told)  # type: ignore[arg-type]
    with pytest.raises(VerificationError, match="no entry 400"):
        ledger.erase(400, **told)  # type: ignore[arg-type]
    assert fsck(folder) == (302, [])


def test_a_payload_that_went_without_a_record_is_missed(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    build(folder, 3)
    path = folder / "payloads/000.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:2]))
    with pytest.raises(VerificationError, match="payload of entry 2 is gone"):
        verify(folder, keys=KEYS)
    assert [finding.mended for finding in fsck(folder, mend=True)[1]] == [False]


def test_a_payload_changed_beside_the_tree_is_noticed(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    build(folder, 3, note="as it was")
    path = folder / "payloads/000.jsonl"
    path.write_bytes(path.read_bytes().replace(b"as it was", b"as it is!", 1))
    with pytest.raises(VerificationError, match="not the one that was recorded"):
        verify(folder, keys=KEYS)


def test_entries_out_of_order_of_time_are_pointed_out(tmp_path: Path) -> None:
    ledger = build(tmp_path / "ledger", 3)
    ledger.append([entry(-60)])
    assert verify(tmp_path / "ledger", keys=KEYS).remarks == (
        "Entries that bear an earlier time than one before them: 1 (first: 3).",
    )


def test_a_purpose_is_asked_for_only_where_the_policy_of_the_force_wants_one(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 0)
    strict = Ledger(tmp_path / "ledger", [LOG_KEY], purpose_for=[Operation.CONSULTATION])
    looked_up = replace(entry(0), type=EntryType.CONSULTATION, operation=None)
    with pytest.raises(UsageError, match="has no purpose"):
        strict.append([entry(0), looked_up])
    strict.append([entry(0), replace(looked_up, purpose="review of 20 June")])
    Ledger(tmp_path / "ledger", [LOG_KEY]).append([looked_up])
    assert verify(tmp_path / "ledger", keys=KEYS).checkpoint.size == 3


def test_a_batch_with_one_bad_entry_records_none(tmp_path: Path) -> None:
    ledger = build(tmp_path / "ledger", 3)
    with pytest.raises(UsageError):
        ledger.append([entry(3), replace(entry(4), payload={"x": 2**60})])
    assert ledger.append([entry(3)]) == range(3, 4)
    assert verify(tmp_path / "ledger", keys=KEYS).checkpoint.size == 4


def test_one_call_records_with_the_key_beside_the_ledger(tmp_path: Path) -> None:
    build(tmp_path / "ledger", 0)
    with pytest.raises(ClewError, match="cannot be read"):
        record(tmp_path / "ledger", entry(0))
    save_signing_key(LOG_KEY, tmp_path / "ledger.key")
    assert record(tmp_path / "ledger", entry(0), entry(1)) == range(2)


def test_digests_do_not_depend_on_the_order_of_keys_or_of_the_files(tmp_path: Path) -> None:
    assert digest_json({"a": 1, "b": [1.0, "é"]}) == digest_json({"b": [1, "é"], "a": 1})
    # SHA-256 of the two bytes {} and of nothing
    assert digest_json({}) == "sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
    (tmp_path / "b.csv").write_bytes(b"")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "c.csv").write_bytes(b"x")
    empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert digest_file(tmp_path / "b.csv") == empty
    found = digest_folder(tmp_path)
    assert list(found) == ["a/c.csv", "b.csv"]
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in found.values())
    for missing in (lambda: digest_json(float("inf")), lambda: digest_file(tmp_path / "nothing")):
        with pytest.raises(UsageError):
            missing()
