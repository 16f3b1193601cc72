"""`clew links identity`: shown, trained, handed over, refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clew.cli.app import app

PEOPLE = """event_id,role,person_ref,name,birth_date,sex,phone
A,caller,,Marisol Quenby,1971-04-09,female,020 7946 0123
B,suspect,,Marisol Qeunby,1971-09-04,female,+44 20 7946 0123
A,witness,N1,Oskar Vane,1938-12-27,male,
B,witness,N1,Tilda Harrow,1990-02-03,female,
"""
EVENTS = """event_id,kind,occurred_from,recorded_at
A,death,2014-06-01T10:00Z,2014-06-01T12:00Z
B,allegation,2014-01-01T10:00Z,2014-01-01T12:00Z
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "people.csv").write_text(PEOPLE, encoding="utf-8")
    (tmp_path / "data" / "events.csv").write_text(EVENTS, encoding="utf-8")
    return tmp_path / "data"


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(app, ["links", "identity", *map(str, arguments)])
    assert done.exit_code == code, done.output
    return done.output


def test_identity_is_shown_with_reasons_and_contradictions(folder: Path) -> None:
    text = run("show", folder, "--quiet")
    assert "day and month exchanged" in text
    assert "N1: Oskar Vane" in text
    assert "Not tied." in text
    found = json.loads(run("show", folder, "--json", "--quiet"))
    assert [pair["name_a"] for pair in found["pairs"]] == ["Marisol Quenby"]
    assert found["contradictions"][0]["ties"] is False
    run("show", folder, "--out", folder / "identity.csv", "--quiet")
    assert "probability" in (folder / "identity.csv").read_text(encoding="utf-8")


def test_a_model_is_trained_and_handed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clew.links.identity.training.ROUNDS", 1)
    file = folder.parent / "model.json"
    assert "seed 3" in run("train", folder, "--seed", 3, "--dated", "2026-11-25", "--out", file)
    provenance = json.loads(file.read_text(encoding="utf-8"))["provenance"]
    assert provenance["people_digest"].startswith("sha256:")
    assert provenance["dated"].startswith("2026-11-25")
    assert "Marisol" in run("show", folder, "--identity-model", file, "--quiet")
