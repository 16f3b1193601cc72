"""The commands as a person meets them: forms of output, exit codes, and errors that say how to mend what is wrong."""

from __future__ import annotations

import html
import inspect
import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
import typer
from typer.testing import CliRunner

from clew.cli import main
from clew.cli.app import COMMANDS, app
from clew.cli.link_listing import Form, form_of
from clew.cli.links_recurrences import COLUMNS
from clew.demonstration import make_demonstration
from clew.records import write_dataset

RUN = CliRunner()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("commands") / "data"
    write_dataset(make_demonstration(years=(2014,), scale=0.03), folder, format="parquet")
    return folder


def _fails(monkeypatch: pytest.MonkeyPatch, *words: str) -> tuple[int, str]:
    """Runs the program as the shell does; its exit code and what it says on stderr."""
    said = StringIO()
    monkeypatch.setattr(sys, "argv", ["clew", *words])
    monkeypatch.setattr(sys, "stderr", said)
    with pytest.raises(SystemExit) as stopped:
        main()
    assert "Traceback" not in said.getvalue()
    return int(stopped.value.code or 0), said.getvalue()


def test_the_list_comes_as_table_json_csv_and_page(data: Path, tmp_path: Path) -> None:
    words = ["review", str(data), "--as-of", "2014-09-01", "--quiet"]
    table = RUN.invoke(app, words)
    assert table.exit_code == 0, table.output
    assert "DEMONSTRATION" in table.stdout
    printed = json.loads(RUN.invoke(app, [*words, "--json"]).stdout)
    for ending in ("json", "csv", "html"):
        done = RUN.invoke(app, [*words, "--out", str(tmp_path / f"list.{ending}")])
        assert done.exit_code == 0, done.output
    assert json.loads((tmp_path / "list.json").read_text(encoding="utf-8")) == printed
    listed = pl.read_csv(tmp_path / "list.csv")
    assert set(listed["event_id"]) == {item["event_id"] for item in printed["items"]}
    page = (tmp_path / "list.html").read_text(encoding="utf-8")
    assert all(item["event_id"] in page for item in printed["items"])


def test_top_limits_what_is_shown_and_the_whole_is_still_counted(data: Path) -> None:
    few = json.loads(RUN.invoke(app, ["review", str(data), "--top", "2", "--json", "--quiet"]).stdout)
    assert len(few["items"]) == 2
    assert few["items_in_all"] > 2


def test_failing_on_items_is_exit_code_1(data: Path, tmp_path: Path) -> None:
    words = ["review", str(data), "--quiet", "--out", str(tmp_path / "l.json"), "--fail-on-items"]
    assert RUN.invoke(app, words).exit_code == 1


def test_a_budget_of_nothing_shows_no_link(data: Path) -> None:
    found = json.loads(RUN.invoke(app, ["review", str(data), "--budget", "0", "--json", "--quiet"]).stdout)
    assert not [reason for item in found["items"] for reason in item["reasons"] if reason["kind"] == "link"]


def test_links_are_written_by_the_contract(data: Path, tmp_path: Path) -> None:
    columns = ["event_id_a", "event_id_b", "log10_bayes_factor", "seen_per_year", "chance_per_year", "chance_low"]
    columns += ["chance_high", "series_id", "people", "reference", "place", "time", "profile", "circumstances"]
    columns += ["narrative", "text"]
    for ending, read in (("csv", pl.read_csv), ("parquet", pl.read_parquet)):
        out = tmp_path / f"links.{ending}"
        done = RUN.invoke(app, ["links", "find", str(data), "--budget", "20", "--out", str(out), "--quiet"])
        assert done.exit_code == 0, done.output
        table = read(out)
        assert table.columns[: len(columns)] == columns
        assert {"seen_low", "seen_high", "kind", "seen_of_kind_per_year"} <= set(table.columns)
        assert table.height > 0
        assert table["seen_per_year"].max() <= 20
    strong = RUN.invoke(app, ["links", "find", str(data), "--all-pairs-above", "4", "--json", "--quiet"])
    assert all(link["log10_bayes_factor"] >= 4 for link in json.loads(strong.stdout)["links"])


def test_recurrences_are_the_same_in_every_form_and_name_nobody(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["links", "recurrences", str(data), "--budget", "40", "--quiet"]
    told = json.loads(RUN.invoke(app, [*words, "--json"]).stdout)
    assert told["recurrences"]
    for ending, read in (("csv", pl.read_csv), ("parquet", pl.read_parquet)):
        out = tmp_path / f"recurrences.{ending}"
        assert RUN.invoke(app, [*words, "--out", str(out)]).exit_code == 0
        table = read(out)
        assert tuple(table.columns) == (*COLUMNS, "marking")
        assert table["event_id"].to_list() == [row["event_id"] for row in told["recurrences"]]
        assert table["seen_per_year"].max() <= 40
        assert set(table["marking"]) == {told["marking"]}
    people = pl.read_parquet(data / "people.parquet")
    names = set(people["name"].drop_nulls()) | set(people["person_ref"].drop_nulls())
    times = [row["known_at"] for row in told["recurrences"]]
    assert times == sorted(times, reverse=True)  # no order of strength: it would be one of people
    for row in told["recurrences"]:
        assert row["event_ids"][-1] == row["event_id"]
        assert len(row["event_ids"]) == row["deaths"] >= 2
        assert not [name for name in names if name in row["text"]]
    beside = json.loads(RUN.invoke(app, ["links", "find", str(data), "--budget", "160", "--json", "--quiet"]).stdout)
    assert beside["recurrences"] == told["recurrences"]  # a quarter as many as links
    page = tmp_path / "links.html"
    assert (
        RUN.invoke(app, ["links", "find", str(data), "--budget", "160", "--out", str(page), "--quiet"]).exit_code == 0
    )
    assert all(html.escape(row["text"]) in page.read_text(encoding="utf-8") for row in told["recurrences"])
    shown = RUN.invoke(app, words)
    assert shown.exit_code == 0
    assert "accuses nobody" in " ".join(shown.stdout.split())
    code, said = _fails(monkeypatch, *words, "--out", str(tmp_path / "r.docx"))
    assert code == 2
    assert ".parquet" in said


@pytest.mark.parametrize(
    ("name", "form", "begins"),
    [
        ("links.ftm.json", None, '{"id": "clew-'),
        ("links.txt", "csv", "event_id_a,event_id_b,"),
    ],
)
def test_links_are_written_in_the_form_that_the_ending_or_the_option_names(
    data: Path, tmp_path: Path, name: str, form: str | None, begins: str
) -> None:
    words = ["links", "find", str(data), "--budget", "5", "--replicates", "1", "--out", str(tmp_path / name), "--quiet"]
    done = RUN.invoke(app, [*words, *(["--format", form] if form else [])])
    assert done.exit_code == 0, done.output
    assert (tmp_path / name).read_text("utf-8").lstrip().startswith(begins)


def test_every_ending_means_one_form_and_a_form_asked_for_by_name_comes_first() -> None:
    for ending in ("csv", "parquet", "json", "html", "geojson", "graphml", "ftm"):
        assert form_of(Path(f"links.{ending.upper()}"), asked=None, as_json=False) == ending
        assert form_of(Path("links.txt"), asked=Form(ending), as_json=True) == ending
    assert form_of(Path("links.ftm.json"), asked=None, as_json=False) is Form.FOLLOWTHEMONEY
    assert form_of(Path("links.txt"), asked=None, as_json=True) is Form.JSON
    assert form_of(None, asked=None, as_json=True) is Form.JSON
    assert form_of(None, asked=None, as_json=False) is None


def test_a_pair_is_drawn_by_the_ending_of_the_file(data: Path, tmp_path: Path) -> None:
    for name, begins in (("pair.svg", "<svg"), ("pair.txt", "")):
        done = RUN.invoke(app, ["links", "explain", str(data), "D1", "D2", "--out", str(tmp_path / name), "--quiet"])
        assert done.exit_code == 0, done.output
        written = (tmp_path / name).read_text("utf-8").lstrip()
        assert written.startswith(begins)
        assert "candidate, not a decision" in written


def test_a_pair_and_a_death_are_explained(data: Path) -> None:
    table = json.loads(RUN.invoke(app, ["links", "find", str(data), "--json", "--quiet"]).stdout)["links"]
    one, two = table[0]["event_id_a"], table[0]["event_id_b"]
    pair = RUN.invoke(app, ["links", "explain", str(data), one, two, "--quiet"])
    assert pair.exit_code == 0, pair.output
    assert "in all" in pair.stdout
    assert "accuses nobody" in pair.stdout
    told = json.loads(RUN.invoke(app, ["explain", str(data), one, two, "--json", "--quiet"]).stdout)
    assert sum(family["log10"] for family in told["families"].values()) == pytest.approx(told["log10_bayes_factor"])
    death = next(event for event in (one, two) if "D" in event)
    alone = json.loads(RUN.invoke(app, ["explain", str(data), death, "--json", "--quiet"]).stdout)
    assert alone["event_id"] == death
    assert alone["rows"]["events"]
    assert "characteristics" not in alone["rows"]
    assert RUN.invoke(app, ["explain", str(data), death, "--quiet"]).exit_code == 0


def test_a_replay_prints_words_or_its_contract(data: Path, tmp_path: Path) -> None:
    labels = tmp_path / "labels.csv"
    labels.write_text("series_id,event_id\ns,D1\ns,D2\n", encoding="utf-8")
    words = ["replay", str(data), "--from", "2014-08-28", "--to", "2014-08-31", "--labels", str(labels), "--quiet"]
    said = RUN.invoke(app, words)
    assert said.exit_code == 0, said.output
    assert "a demonstration with hindsight, not a validation" in said.stdout
    assert json.loads(RUN.invoke(app, [*words, "--json"]).stdout)["series"][0]["members"] == ["D1", "D2"]


def test_the_demonstration_is_written_once_and_not_over_other_files(
    demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = (demo_folder / "events.parquet").stat().st_mtime_ns
    done = RUN.invoke(app, ["demo", str(demo_folder), "--as-of", "2013-02-01", "--top", "3", "--quiet"])
    assert done.exit_code == 0, done.output
    assert (demo_folder / "events.parquet").stat().st_mtime_ns == before
    assert "not a" in done.stdout
    assert "validation" in done.stdout
    assert (demo_folder / "report.html").exists()
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    code, said = _fails(monkeypatch, "demo", str(tmp_path))
    assert code == 2
    assert "holds other files" in said


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("review", "nowhere"), "nowhere"),
        (("review", "DATA", "--as-of", "tomorrow"), "is not a date or time"),
        (("review", "DATA", "--as-of", "9999-12-31"), "is not a date or time"),
        (("review", "DATA", "--standard", "no-such-standard"), "no-such-standard"),
        (("review", "DATA", "--out", "list.doc"), "has no ending"),
        (("links", "find", "DATA", "--out", "links.doc"), "has no ending"),
        (("links", "find", "DATA", "--format", "parquet"), "not for a terminal"),
        (("review", "DATA", "--out", "no/such/folder/list.csv"), "Cannot write"),
        (("review", "DATA", "--mapping", "nothing"), "nothing"),
        (("explain", "DATA", "nobody"), "No event 'nobody' was known"),
        (("links", "explain", "DATA", "nobody", "noone"), "No event 'nobody' was known"),
        (("replay", "DATA", "--from", "2014-09-02", "--to", "2014-09-01"), "--from is not before --to"),
        (("replay", "DATA", "--from", "2014-09-01", "--to", "2014-09-02", "--labels", "none.csv"), "labels"),
        (("review", "DATA", "--ledger", "no-ledger", "--top", "1", "--json"), "no-ledger"),
    ],
)
def test_what_cannot_be_done_is_said_with_its_mend_and_exit_code_2(
    data: Path, words: tuple[str, ...], expected: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    code, said = _fails(monkeypatch, *(str(data) if word == "DATA" else word for word in words))
    assert code == 2
    assert expected in said


@pytest.mark.parametrize("day", ["0100-01-01", "1999-01-01", "2100-01-01"])
def test_a_time_before_all_records_or_long_after_them_gives_a_list(data: Path, day: str) -> None:
    done = RUN.invoke(app, ["review", str(data), "--as-of", day, "--json", "--quiet"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert bool(found["events"]) == (day > "2014")


def test_a_dataset_of_one_event_and_one_without_a_death_are_reviewed(tmp_path: Path) -> None:
    for kind in ("death", "incident"):
        file = tmp_path / f"{kind}.csv"
        file.write_text(f"event_id,kind,occurred_from\nA,{kind},2020-01-01\n", encoding="utf-8")
        done = RUN.invoke(app, ["review", str(file), "--json", "--quiet"])
        assert done.exit_code == 0, done.output
        assert json.loads(done.stdout)["events"] == 1


def test_rows_set_aside_are_told_by_every_command_that_reads(tmp_path: Path) -> None:
    rows = "".join(f"X{number},death,2024-01-{number:02d}\n" for number in range(1, 29))
    (tmp_path / "events.csv").write_text(f"event_id,kind,occurred_from\n{rows}X99,death,not a day\n", encoding="utf-8")
    done = RUN.invoke(app, ["links", "find", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    assert "1 row was set aside as unusable, of 29" in " ".join(done.stderr.split())
    assert json.loads(done.stdout)["problems"]["rows_quarantined"] == 1
    silent = RUN.invoke(app, ["links", "find", str(tmp_path), "--json", "--quiet"])
    assert "set aside" not in silent.stderr
    assert json.loads(silent.stdout)["problems"]["rows_quarantined"] == 1


def test_the_first_help_says_of_each_command_what_the_command_says_of_itself_and_imports_none() -> None:
    for name, command in typer.main.get_command(app).commands.items():
        assert inspect.cleandoc(command.help).split("\n\n")[0] == COMMANDS[name].does
    program = (
        "import sys; sys.argv = ['clew', '--help']; from clew.cli import main\ntry: main()\nexcept SystemExit: pass\n"
    )
    program += "assert not {'polars', 'scipy', 'sklearn', 'numba', 'splink'} & {*sys.modules}"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, capture_output=True)


def test_a_review_imports_nothing_that_only_training_and_statistics_need() -> None:
    program = "import sys, clew.cli.review; assert not {'sklearn', 'scipy.stats', 'numba', 'splink'} & {*sys.modules}"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment, capture_output=True)
