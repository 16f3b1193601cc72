"""`clew links identity`: shown, trained, handed over, refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clew.cli.app import app
from clew.core import ClewError
from clew.links.identity import default_model

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


def invoke(*arguments: object) -> tuple[int, str]:
    """Exit code and what was said, as `clew.cli.main` turns errors into them."""
    done = CliRunner().invoke(app, [str(each) for each in arguments])
    if isinstance(done.exception, ClewError):
        return 2, str(done.exception)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def run(*arguments: object, code: int = 0) -> str:
    exit_code, said = invoke("links", "identity", *arguments)
    assert exit_code == code, said
    return said


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


def test_an_ending_that_says_nothing_is_refused_before_anything_is_computed(folder: Path) -> None:
    for name in ("identity.xlsx", "identity", "identity.parquet"):
        said = run("show", folder, "--out", folder / name, "--quiet", code=2)
        assert ".csv for the pairs" in " ".join(said.split())
        assert not (folder / name).exists()
    assert "a spreadsheet" in " ".join(run("show", folder, "--json", "--out", folder / "x.csv", code=2).split())
    run("show", folder, "--out", folder / "identity.json", "--quiet")
    assert json.loads((folder / "identity.json").read_text("utf-8"))["contradictions"]
    run("show", folder, "--out", folder / "identity.txt", "--quiet")
    assert "N1: Oskar Vane" in (folder / "identity.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "--identity-model", "none.json"), "cannot be read"),
        (("show", "--identity-model", "."), "cannot be read"),
        (("show", "--as-of", "soon"), "soon"),
        (("train", "--out", "m.json", "--dated", "someday"), "someday"),
        (("train", "--out", "m.json", "--seed", "-1"), "seed"),
        (("train", "--out", "no/such/folder/m.json"), "folder"),
        (("train",), "--out"),
    ],
)
def test_bad_input_is_refused_and_says_what_is_wrong(
    folder: Path, arguments: tuple[str, ...], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.setattr("clew.links.identity.training.ROUNDS", 1)
    said = run(arguments[0], folder, *arguments[1:], code=2)
    assert says in said
    assert "Traceback" not in said


def test_people_without_anything_to_compare_are_refused_for_training(folder: Path) -> None:
    (folder / "people.csv").write_text("event_id,role,name\nA,caller,\nB,witness,\n", encoding="utf-8")
    assert "nothing to train on" in run("train", folder, "--out", folder / "m.json", code=2)
    assert "0 persons" not in run("show", folder, "--quiet")
    (folder / "people.csv").unlink()
    assert "nothing to train on" in run("train", folder, "--out", folder / "m.json", code=2)
    assert "0 parts" in run("show", folder, "--quiet")


def test_check_says_which_numbers_contradict_themselves(folder: Path) -> None:
    code, said = invoke("check", folder)
    assert code == 0
    assert "Numbers that contradict themselves: 1" in said
    assert "N1: Oskar Vane" in said
    found = json.loads(invoke("check", folder, "--json")[1])
    assert [clash["person_ref"] for clash in found["contradicting_numbers"]] == ["N1"]
    assert "contradict" not in invoke("check", folder, "--as-of", "2014-01-02")[1]


USING = (
    "review DATA", "explain DATA A", "replay DATA --from 2014-06-02 --to 2014-06-03", "demo", "links find DATA",
    "links explain DATA A B", "links train DATA --series s.csv --out m.json", "links identity show DATA",
)  # fmt: skip


@pytest.mark.parametrize("command", USING)
def test_every_command_that_tells_who_is_who_takes_a_model_of_it(
    command: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder.parent)
    (folder.parent / "s.csv").write_text("event_id,series_id\nA,1\nB,1\n", encoding="utf-8")
    (folder.parent / "bad.json").write_text("{}", encoding="utf-8")
    words = [str(folder) if word == "DATA" else word for word in command.split()]
    code, said = invoke(*words, "--identity-model", "bad.json")
    assert code == 2, said
    assert "identity model does not fit" in said


def test_a_replay_with_another_model_does_not_go_on_from_the_journal(folder: Path) -> None:
    model = folder.parent / "model.json"
    model.write_text(default_model().as_json(), encoding="utf-8")
    words = ["replay", str(folder), "--from", "2014-06-02", "--to", "2014-06-03", "--journal", str(folder / "j")]
    assert invoke(*words)[0] == 0
    assert invoke(*words)[0] == 0
    code, said = invoke(*words, "--identity-model", model)
    assert code == 2
    assert "not the journal of this replay" in said
