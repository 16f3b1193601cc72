"""The commands as a person meets them: every form of output says the same, and the key is a file apart."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from clew.cli.app import app
from clew.records import write_dataset
from tests.backstop.records import homes

RUN = CliRunner()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("homes") / "data"
    write_dataset(homes(np.random.default_rng(5), times={24: 5.0}, per_year=4.0), folder, format="csv")
    return folder


def run(*words: str) -> str:
    done = RUN.invoke(app, ["backstop", *words, "--quiet"])
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def test_the_watch_says_the_same_in_every_form(data: Path, tmp_path: Path) -> None:
    words = ["watch", str(data), "--by", "place", "--watch-from", "2014-01-01", "--seed", "3"]
    told = json.loads(run(*words, "--json"))
    assert (told["crossed"], told["seed"]) == (1, 3)
    assert told["found"].split(":")[0] in " ".join(run(*words).split())
    for name in ("a.json", "a.html", "a.csv"):
        run(*words, "--out", str(tmp_path / name), "--key", str(tmp_path / "key.csv"))
    assert json.loads((tmp_path / "a.json").read_text("utf-8")) == told
    assert told["signals"][0]["unit"] in (tmp_path / "a.html").read_text("utf-8")
    sheet = pl.read_csv(tmp_path / "a.csv")
    assert sheet["event_id"].to_list() == told["records_to_review_blind"]
    assert set(sheet.columns) == {"event_id", "rule", "as_it_was_taken_for", "reason", "reviewer"}
    key = pl.read_csv(tmp_path / "key.csv")
    assert set(key["series"]) == {"series-1", "comparison"}
    assert set(key.filter(pl.col("series") == "series-1")["event_id"]) == set(told["signals"][0]["event_ids"])


def test_by_professional_the_sheet_tells_nothing_but_the_records(data: Path, tmp_path: Path) -> None:
    words = ["watch", str(data), "--by", "professional", "--watch-from", "2014-01-01"]
    run(*words, "--out", str(tmp_path / "sheet.csv"))
    assert "K00" not in (tmp_path / "sheet.csv").read_text("utf-8")
    told = json.loads(run(*words, "--json"))
    assert (told["crossed"], told["signals"]) == (1, None)
    assert "K00" not in json.dumps(told)


def test_what_was_written_and_found_is_said_where_it_goes_to_a_file(data: Path, tmp_path: Path) -> None:
    words = ["backstop", "watch", str(data), "--by", "place", "--watch-from", "2014-01-01", "--seed", "3"]
    said = RUN.invoke(app, [*words, "--out", str(tmp_path / "a.csv")])
    assert said.stdout == ""
    told = " ".join(said.stderr.split())
    assert "a.csv. One series of records crossed" in told
    assert "at most 1 false alarm a year over all" in " ".join(run(*words[1:]).split())


def test_an_earlier_look_can_be_repeated_and_a_scan_is_written_as_text_or_json(data: Path, tmp_path: Path) -> None:
    words = ["watch", str(data), "--by", "area", "--as-of", "2015-01-01", "--false-alarms-per-year", "0.5", "--json"]
    told = json.loads(run(*words))
    assert told["as_of"].startswith("2015-01-01")
    assert told["units"] == 12
    scan = ["scan", str(data), "--replicates", "19"]
    run(*scan, "--out", str(tmp_path / "scan.json"))
    assert json.loads((tmp_path / "scan.json").read_text("utf-8")) == json.loads(run(*scan, "--json"))
    assert "accuses no one" in run(*scan)
    refused = RUN.invoke(app, ["backstop", *scan, "--out", str(tmp_path / "scan.html"), "--quiet"])
    assert refused.exception is not None
    assert "not written as .html" in str(refused.exception)
