"""``clew standards`` as a person or another program meets it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from typer.testing import CliRunner, Result

from clew.cli.standards import app
from clew.cli.standards_files import read_links
from clew.core import ClewError
from clew.records import read_dataset
from clew.standards import SCHEMA

LOG = """case,act,when
c1,A,2024-05-01T10:00:00Z
c1,B,2024-05-02T10:00:00Z
c1,A,2024-05-11T10:00:00Z
c2,A,2024-05-01T10:00:00Z
c2,B,2024-05-11T10:00:00Z
c4,A,2024-06-08T10:00:00Z
c5,=cmd(),2024-06-10T10:00:00Z
"""
STANDARD = """standard: {id: toy, version: 1.0.0, title: Toy, zone: UTC, authority: event log}
rules:
  - id: AB
    norm: obligation
    text: A leads to B.
    what: a B
    sources: []
    trigger: {action: [A, "=cmd()"]}
    oblige: {action: B}
    within: P7D
    examples:
      - name: a B comes next
        at: 2024-05-20
        actions: [{activity: A, at: 2024-05-01}, {activity: B, at: 2024-05-02}]
        expect: met
"""
COLUMNS = ["--case", "case", "--activity", "act", "--time", "when"]


def run(*arguments: str) -> Result:
    result = CliRunner().invoke(app, list(arguments))
    if isinstance(result.exception, Exception) and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "log.csv").write_text(LOG)
    (tmp_path / "toy.yaml").write_text(STANDARD)
    rows = "event_id,activity,at,action_id\nD1,A,2024-05-01T10:00:00Z,a1\nD1,B,2024-05-20T10:00:00Z,a2\n"
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "actions.csv").write_text(rows)
    (tmp_path / "data" / "events.csv").write_text("event_id,kind,occurred_from\nD1,death,2024-05-01T09:00:00Z\n")
    (tmp_path / "data" / "clew.yaml").write_text(
        "name: toy\ntime_zone: UTC\nfeeds:\n  - {name: actions, complete_from: 2000-01-01}\n"
    )
    return tmp_path


def evaluated(folder: Path, *more: str) -> Result:
    return run(
        "evaluate",
        "--log",
        str(folder / "log.csv"),
        *COLUMNS,
        "-s",
        str(folder / "toy.yaml"),
        "--as-of",
        "2024-06-10T12:00",
        *more,
    )


def test_evaluate_prints_the_count_of_each_verdict_by_rule(folder: Path) -> None:
    printed = json.loads(evaluated(folder, "--json").stdout)
    assert printed["rules"] == {"AB": {"met": 1, "met_late": 1, "missed": 1, "pending": 2}}
    assert (printed["view"], printed["duties"], printed["as_of"]) == ("live", 5, "2024-06-10T12:00:00+00:00")
    assert "missed" in evaluated(folder).stdout


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_evaluate_writes_a_row_a_duty_with_the_columns_of_the_contract(folder: Path, suffix: str) -> None:
    out = folder / f"duties.{suffix}"
    assert evaluated(folder, "--out", str(out)).exit_code == 0
    frame = pl.read_csv(out) if suffix == "csv" else pl.read_parquet(out)
    assert frame.columns == list(SCHEMA)
    assert frame.columns[:10] == [
        "duty_id",
        "rule",
        "event_id",
        "trigger_at",
        "known_at",
        "due",
        "verdict",
        "decided_at",
        "reason",
        "view",
    ]
    assert frame.height == 5
    if suffix == "csv":
        assert frame["due"][0] == "2024-05-08T10:00:00.000000Z"


def test_a_cell_that_a_spreadsheet_would_run_is_made_harmless(folder: Path) -> None:
    out = folder / "duties.csv"
    (folder / "log.csv").write_text(LOG.replace("c5,", "=HYPERLINK(1),"))
    evaluated(folder, "--out", str(out))
    assert "'=HYPERLINK(1)" in out.read_text()
    assert ",=HYPERLINK(1)" not in out.read_text()


@pytest.mark.parametrize("name", ["d.oscal.json", "d.ocel.json"])
def test_evaluate_writes_oscal_and_ocel(folder: Path, name: str) -> None:
    evaluated(folder, "--out", str(folder / name))
    assert {"assessment-results", "objectTypes"} & set(json.loads((folder / name).read_text()))


def test_a_name_that_says_no_format_is_refused(folder: Path) -> None:
    with pytest.raises(ClewError, match="no format"):
        evaluated(folder, "--out", str(folder / "duties.xml"))


def test_evaluate_fails_on_findings_only_where_asked(folder: Path) -> None:
    assert evaluated(folder).exit_code == 0
    assert evaluated(folder, "--fail-on", "missed").exit_code == 1
    assert evaluated(folder, "--fail-on", "void").exit_code == 0


def test_evaluate_needs_a_dataset_or_a_log_and_not_both(folder: Path) -> None:
    for arguments in ([], [str(folder / "data"), "--log", str(folder / "log.csv")]):
        with pytest.raises(ClewError, match="either DATA or --log"):
            run("evaluate", *arguments)


def test_evaluate_reads_a_dataset_and_its_feeds(folder: Path) -> None:
    arguments = ["evaluate", str(folder / "data"), "-s", str(folder / "toy.yaml"), "--json", "--as-of"]
    assert json.loads(run(*arguments, "2024-05-10").stdout)["rules"] == {"AB": {"missed": 1}}
    assert json.loads(run(*arguments, "2024-05-21").stdout)["rules"] == {"AB": {"met_late": 1}}
    assert json.loads(run(*arguments, "2024-05-05", "--view", "as_known_then").stdout)["view"] == "as_known_then"


def test_explain_tells_rule_trigger_deadline_and_what_was_considered(folder: Path) -> None:
    arguments = ["explain", str(folder / "data"), "AB/D1/a1", "-s", str(folder / "toy.yaml"), "--as-of"]
    late = run(*arguments, "2024-05-21").stdout
    for part in ("met_late", "A leads to B.", "actions.csv row 2", "P7D", "2024-05-08 10:00", "after the deadline"):
        assert part in late
    early: Any = json.loads(run(*arguments, "2024-05-10", "--json").stdout)
    assert early["duty"]["verdict"] == "missed"
    assert [(item["row"], item["counts"], item["why"]) for item in early["considered"]] == [
        (3, False, "it was not yet on record at T")
    ]


def test_the_queue_lists_what_falls_due_in_the_days_to_come(folder: Path) -> None:
    arguments = ["queue", str(folder / "data"), "-s", str(folder / "toy.yaml"), "--as-of", "2024-05-03", "--days"]
    coming = json.loads(run(*arguments, "6", "--json").stdout)["coming"]
    assert [(row["duty_id"], row["due"]) for row in coming] == [("AB/D1/a1", "2024-05-08T10:00:00+00:00")]
    assert json.loads(run(*arguments, "6", "--json").stdout)["view"] == "live"
    assert "0 deadlines in the next 5 days" in run(*arguments, "5").stdout
    run(*arguments, "6", "--out", str(folder / "queue.csv"))
    assert pl.read_csv(folder / "queue.csv")["due"].to_list() == ["2024-05-08T10:00:00.000000Z"]


def test_a_log_of_intervals_is_indeterminate_where_one_straddles_the_deadline(folder: Path) -> None:
    head = "case,act,when,until\n"
    rows = "c1,A,2024-05-01T10:00:00Z,2024-05-01T10:00:00Z\nc1,B,2024-05-07T10:00:00Z,{}\n"
    for until, verdict in (("2024-05-08T10:00:00Z", "met"), ("2024-05-08T10:00:01Z", "indeterminate")):
        (folder / "log.csv").write_text(head + rows.format(until))
        (folder / "toy.yaml").write_text(STANDARD.replace("{action: B}", "{action: B, shared: true}"))
        assert json.loads(evaluated(folder, "--time-to", "until", "--json").stdout)["rules"] == {"AB": {verdict: 1}}


def test_explain_names_near_duties_where_there_is_none_of_that_id(folder: Path) -> None:
    with pytest.raises(ClewError, match="no duty") as refusal:
        run("explain", str(folder / "data"), "AB/D1/a9", "-s", str(folder / "toy.yaml"), "--as-of", "2024-05-21")
    assert "AB/D1/a1" in str(refusal.value)


def test_diff_shows_which_duties_change_verdict(folder: Path) -> None:
    (folder / "new.yaml").write_text(STANDARD.replace("P7D", "P30D").replace("1.0.0", "2.0.0"))
    arguments = ["--before", str(folder / "toy.yaml"), "--after", str(folder / "new.yaml"), "--as-of", "2024-05-21"]
    changed = json.loads(run("diff", str(folder / "data"), *arguments, "--json").stdout)["changed"]
    assert [(row["duty_id"], row["verdict_before"], row["verdict_after"]) for row in changed] == [
        ("AB/D1/a1", "met_late", "met")
    ]
    same = [*arguments[:3], str(folder / "toy.yaml"), *arguments[4:]]
    assert json.loads(run("diff", str(folder / "data"), *same, "--json").stdout)["changed"] == []


def test_test_runs_the_examples_and_exits_1_where_one_does_not_hold(folder: Path) -> None:
    assert "1 of 1 examples hold" in run("test", str(folder / "toy.yaml")).stdout
    (folder / "toy.yaml").write_text(STANDARD.replace("expect: met", "expect: missed"))
    failed = run("test", str(folder / "toy.yaml"))
    assert failed.exit_code == 1
    assert "line 12 (AB: a B comes next): expected missed, found met" in failed.stdout


def test_a_folder_with_two_versions_in_force_at_once_is_refused(folder: Path) -> None:
    assert "toy 1.0.0" in run("list", str(folder)).stdout
    (folder / "newer.yaml").write_text(STANDARD.replace("1.0.0", "2.0.0"))
    with pytest.raises(ClewError, match="in force at once"):
        run("list", str(folder))


def test_list_and_show_render_what_ships() -> None:
    names = [item["id"] for item in json.loads(run("list", "--json").stdout)]
    assert names == ["uk-unexpected-death", "us-scene-investigator"]
    for name in names:
        page = run("show", name).stdout
        assert page.startswith("# ")
        assert "example:" in page


def test_every_command_begins_with_a_sentence_and_has_an_example() -> None:
    for command in app.registered_commands:
        text = (command.callback.__doc__ if command.callback else "") or ""
        assert text.partition("\n")[0].endswith((".", "hold.")) or ";" in text.partition("\n")[0]
        assert "Example: clew standards" in text


def test_history_is_what_evaluate_says_at_every_instant(folder: Path) -> None:
    (folder / "data" / "events.csv").write_text(
        "event_id,kind,occurred_from\nD1,death,2024-05-01T09:00:00Z\nD2,death,2024-05-03T09:00:00Z\n"
    )
    with (folder / "data" / "actions.csv").open("a") as actions:
        actions.write("D2,A,2024-05-02T10:00:00Z,a3\nD2,B,2024-05-04T10:00:00Z,a4\n")
    common = [str(folder / "data"), "-s", str(folder / "toy.yaml")]
    out = folder / "history.parquet"
    said = json.loads(run("history", *common, "--as-of", "2024-06-01", "--out", str(out), "--json").stdout)
    assert (said["duties"], said["intervals"]) == (2, 5)
    intervals = pl.read_parquet(out)
    for day in ("2024-05-01", "2024-05-01T10:00", "2024-05-04T10:00", "2024-05-08T10:00", "2024-05-09", "2024-05-25"):
        run("evaluate", *common, "--as-of", day, "--out", str(folder / "then.parquet"))
        then = pl.read_parquet(folder / "then.parquet")
        at = pl.lit(day if "T" in day else f"{day}T00:00").str.to_datetime("%Y-%m-%dT%H:%M", time_zone="UTC")
        known = intervals.filter(
            (pl.col("known_from") <= at) & ((pl.col("known_to") > at) | pl.col("known_to").is_null())
        )
        columns = ["duty_id", "rule", "event_id", "trigger_at", "known_at", "due", "verdict", "decided_at", "view"]
        assert known.select(columns).sort("duty_id").equals(then.select(columns).sort("duty_id"))


def test_history_of_one_event_is_told_line_by_line(folder: Path) -> None:
    arguments = ["history", str(folder / "data"), "-s", str(folder / "toy.yaml"), "--as-of", "2024-06-01", "--event"]
    assert run(*arguments, "D1").stdout.splitlines() == [
        "AB/D1/a1: pending from 2024-05-01T10:00:00+00:00 to 2024-05-08T10:00:00+00:00",
        "AB/D1/a1: missed from 2024-05-08T10:00:00+00:00 to 2024-05-20T10:00:00+00:00",
        "AB/D1/a1: met_late from 2024-05-20T10:00:00+00:00",
    ]
    with pytest.raises(ClewError, match="no event 'D9'"):
        run(*arguments, "D9")
    with pytest.raises(ClewError, match="no history"):
        run(*arguments, "D1", "--view", "counterfactual")


STATES = """states:
  initial: under_investigation
  transitions:
    - {from: under_investigation, to: not_suspicious, gate: G}
    - {from: under_investigation, to: homicide}
"""
GATE = "  - {id: G, norm: gate, text: g, trigger: {action: category.decided}, requires: [AB]}\n"


def test_the_gate_says_what_stands_open_and_fails_until_it_is_closed(folder: Path) -> None:
    (folder / "gated.yaml").write_text(STANDARD.replace("rules:", STATES + "rules:") + GATE)
    arguments = ["gate", str(folder / "data"), "D1", "-s", str(folder / "gated.yaml"), "--as-of"]
    barred = run(*arguments, "2024-05-10", "--to", "not_suspicious", "--json")
    said = json.loads(barred.stdout)
    assert barred.exit_code == 1
    assert (said["barred"], said["from"], said["view"]) == (True, "under_investigation", "live")
    assert [(row["duty_id"], row["verdict"]) for row in said["open"]] == [("AB/D1/a1", "missed")]
    closed = run(*arguments, "2024-05-21", "--to", "not_suspicious")
    assert (closed.exit_code, "nothing stands in the way" in closed.stdout) == (0, True)
    assert run(*arguments, "2024-05-10", "--to", "homicide").exit_code == 0
    with pytest.raises(ClewError, match="knows no change") as refused:
        run(*arguments, "2024-05-10", "--to", "expected")
    assert "not_suspicious, homicide" in str(refused.value)
    with pytest.raises(ClewError, match="no event 'D9'"):
        run("gate", str(folder / "data"), "D9", "-s", str(folder / "gated.yaml"), "--to", "homicide")


LINKS = "event_id_a,event_id_b,known_at"
BAD_LINKS = {
    "without a column": ("event_id_a,event_id_b\nD1,D2\n", "known_at"),
    "without a time": (f"{LINKS}\nD1,D2,yesterday\n", "Row 2"),
    "without an offset": (f"{LINKS}\nD1,D2,2024-05-01T10:00:00Z\nD1,D3,2024-05-01T10:00:00\n", "Row 3"),
    "without an event": (f"{LINKS}\nD1,D2,2024-05-01T10:00:00Z\n,D2,2024-05-01T10:00:00Z\n", "Row 3"),
    "of an event with itself": (f"{LINKS}\nD1,D1,2024-05-01T10:00:00Z\n", "itself"),
    "with a factor that is no number": (f"{LINKS},people\nD1,D2,2024-05-01T10:00:00Z,lots\n", "people"),
    "of nothing": ("", "empty"),
}


@pytest.mark.parametrize("name", BAD_LINKS)
@pytest.mark.parametrize("command", ["history", "evaluate"])
def test_links_that_are_none_are_refused_with_their_row(folder: Path, command: str, name: str) -> None:
    text, what = BAD_LINKS[name]
    (folder / "links.csv").write_text(text)
    with pytest.raises(ClewError, match=what) as refused:
        run(command, str(folder / "data"), "-s", str(folder / "toy.yaml"), "--links", str(folder / "links.csv"))
    assert refused.value.where
    assert refused.value.mend


def test_a_link_from_a_file_is_told_by_its_row_there(folder: Path) -> None:
    (folder / "links.csv").write_text(f"{LINKS}\nD8,D9,2024-05-02T10:00:00Z\nD1,D2,2024-05-01T11:00:00+01:00\n")
    links = read_links(folder / "links.csv", read_dataset(folder / "data"))
    assert links is not None
    assert links.select("source_file", "source_row", "known_at").rows()[1] == (
        "links.csv", 3, datetime(2024, 5, 1, 10, tzinfo=UTC)
    )  # fmt: skip


def test_links_to_events_that_are_not_there_are_told_of_with_the_first(folder: Path) -> None:
    rows = ["D1,GONE,2024-05-02T10:00:00Z", "GONE,D1,2024-05-03T10:00:00Z", "OTHER,ELSE,2024-05-01T11:00:00Z"]
    (folder / "links.csv").write_text("\n".join([LINKS, *rows]) + "\n")
    done = run("evaluate", str(folder / "data"), "-s", str(folder / "toy.yaml"), "--links", str(folder / "links.csv"))
    assert "3 of 3 links name an event" in " ".join(done.stderr.split())
    assert "the first in row 2 of links.csv: GONE" in " ".join(done.stderr.split())


@pytest.mark.parametrize("data", ["nowhere", "/dev/null", "x" * 5_000])
@pytest.mark.parametrize("command", [["history"], ["gate", "D1", "--to", "expected"]])
def test_what_is_no_dataset_is_refused(command: list[str], data: str) -> None:
    with pytest.raises(ClewError):
        run(command[0], data, *command[1:])


@pytest.mark.parametrize("event", ["", "NOPE", "D\x00", "=cmd()", "D" * 100_000])
def test_an_event_that_is_not_there_is_refused(folder: Path, event: str) -> None:
    with pytest.raises(ClewError, match="no event"):
        run("gate", str(folder / "data"), event, "--to", "not_suspicious")
    if event:
        with pytest.raises(ClewError, match="no event"):
            run("history", str(folder / "data"), "-s", str(folder / "toy.yaml"), "--event", event)
