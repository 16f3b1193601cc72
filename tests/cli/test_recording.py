"""A review records itself in the ledger; the same inputs give the same digests in another place."""

from __future__ import annotations

import shutil
from hashlib import sha256
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clew.cli.app import app
from clew.demonstration import make_demonstration
from clew.ledger import EntryType, read_entries
from clew.records import write_dataset


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("recorded") / "data"
    write_dataset(make_demonstration(years=(2014,), scale=0.02), folder, format="parquet")
    return folder


def _payloads(data: Path, ledger: Path) -> list[dict[str, object]]:
    run = CliRunner()
    assert run.invoke(app, ["ledger", "init", str(ledger), "--origin", "force.example/log"]).exit_code == 0
    done = run.invoke(app, ["review", str(data), "--as-of", "2014-06-01", "--json", "--ledger", str(ledger), "--quiet"])
    assert done.exit_code == 0, done.output
    entries = list(read_entries(ledger))
    kinds = [entry.leaf["type"] for entry in entries]
    assert kinds[-2:] == [EntryType.DATASET_READ, EntryType.REVIEW]
    payloads = [entry.payload for entry in entries[-2:]]
    assert all(payloads)
    return [payload.value for payload in payloads if payload]


def test_a_review_records_what_it_read_and_what_it_made_of_it_alike_in_another_place(
    small: Path, tmp_path: Path
) -> None:
    copied = tmp_path / "elsewhere" / "copy"
    shutil.copytree(small, copied)
    first, second = _payloads(small, tmp_path / "one"), _payloads(copied, tmp_path / "two")
    assert first == second
    assert first[1]["result"] == second[1]["result"]
    assert str(first[1]["inputs"]).startswith("sha256:")


def test_another_row_gives_another_digest(small: Path, tmp_path: Path) -> None:
    altered = tmp_path / "altered"
    write_dataset(make_demonstration(years=(2014,), scale=0.02, seed=5), altered, format="parquet")
    one, two = _payloads(small, tmp_path / "one"), _payloads(altered, tmp_path / "two")
    assert one[1]["inputs"] != two[1]["inputs"]
    assert one[1]["standard"] == two[1]["standard"]


def test_a_file_that_leaves_is_recorded_as_a_disclosure_by_its_digest(small: Path, tmp_path: Path) -> None:
    ledger, out = tmp_path / "ledger", tmp_path / "list.csv"
    run = CliRunner()
    assert run.invoke(app, ["ledger", "init", str(ledger), "--origin", "force.example/log"]).exit_code == 0
    words = ["review", str(small), "--as-of", "2014-06-01", "--out", str(out), "--ledger", str(ledger), "--quiet"]
    assert run.invoke(app, [*words, "--recipient", "coroner", "--purpose", "inquest"]).exit_code == 0
    last = list(read_entries(ledger))[-1]
    assert last.leaf["type"] == EntryType.EXPORT
    assert last.leaf["subject"] == f"sha256:{sha256(out.read_bytes()).hexdigest()}"
    assert last.leaf["operation"] == "disclosure"
    assert last.payload is not None
    assert last.payload.value["recipient"] == "coroner"
    assert last.payload.value["purpose"] == "inquest"
