"""`clew check` as a person or a program calls it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from clew.cli.check import check
from clew.core import UsageError

SOUND = "event_id,kind,occurred_from,recorded_at\n" + "".join(
    f"E{n},death,2014-06-20,2014-06-2{n % 9 + 1}\n" for n in range(40)
)


def run(*arguments: str) -> tuple[int, str]:
    app = typer.Typer()
    app.command()(check)
    result = CliRunner().invoke(app, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "events.csv").write_text(SOUND)
    return folder


def test_sound_data_exits_0_and_says_that_nothing_is_wrong(data: Path) -> None:
    code, text = run(str(data))
    assert code == 0
    assert "events: 40 rows read, 40 kept." in text
    assert "No problem was found." in text


def test_every_problem_is_printed_with_place_value_reason_and_mend(data: Path) -> None:
    (data / "events.csv").write_text(SOUND + "B1,ghost,2014-06-20,\n")
    code, text = run(str(data))
    assert code == 0
    assert "events · events.csv · kind · row set aside" in text
    assert "row 42: ghost" in text
    assert "why:  it is no kind that Clew knows" in text
    assert "mend: add it to `values:`" in text
    assert "1 set aside (2.4%, within the limit)" in text


def test_out_writes_the_quarantine_every_problem_and_a_summary(data: Path, tmp_path: Path) -> None:
    (data / "events.csv").write_text(SOUND + "B1,ghost,2014-06-20,\n")
    out = tmp_path / "new" / "checked"
    assert run(str(data), "--out", str(out), "--quiet") == (0, "")
    assert sorted(path.name for path in out.iterdir()) == ["problems.csv", "quarantine.csv", "summary.json"]
    assert "B1" in (out / "quarantine.csv").read_text()
    assert json.loads((out / "summary.json").read_text())["tables"][0]["rows_quarantined"] == 1


def test_json_gives_counts_kinds_and_examples(data: Path) -> None:
    (data / "events.csv").write_text(SOUND.replace("recorded_at", "weather,recorded_at").replace("-20,", "-20,x,"))
    code, text = run(str(data), "--json")
    summary = json.loads(text)
    assert (code, summary["usable"], summary["failure"], summary["problems"]) == (0, True, None, 1)
    assert summary["unused_columns"] == {"events.csv": ["weather"]}
    assert summary["kinds"][0]["why"] == "no table reads these columns"
    assert summary["tables"][0]["rows_read"] == 40


def test_as_of_counts_the_rows_recorded_by_then(data: Path) -> None:
    summary = json.loads(run(str(data), "--json", "--as-of", "2014-06-23")[1])
    assert summary["rows_known"]["tables"]["events"] == sum(f"2014-06-2{n % 9 + 1}" < "2014-06-23" for n in range(40))


@pytest.mark.parametrize(
    ("row", "codes"),
    [
        ("", {"any": 0, "value": 0, "row": 0}),
        ("B,death,2014-10-26T01:30,", {"any": 1, "value": 0, "row": 0}),
        ("B,death,2014-06-20,2014-06-19", {"any": 1, "value": 1, "row": 0}),
        ("B,ghost,2014-06-20,", {"any": 1, "value": 1, "row": 1}),
    ],
)
def test_fail_on_exits_1_from_the_asked_effect_on(data: Path, row: str, codes: dict[str, int]) -> None:
    (data / "events.csv").write_text(SOUND + row + "\n" * bool(row))
    assert {level: run(str(data), "--fail-on", level)[0] for level in codes} == codes


def test_data_past_its_loss_limit_or_without_events_exits_2(data: Path) -> None:
    (data / "events.csv").write_text(SOUND + "B,ghost,2014-06-20,\n" * 5)
    code, text = run(str(data))
    assert code == 2
    assert "more than the limit of 5.0%" in text
    assert "cannot be used" in text
    (data / "events.csv").unlink()
    assert run(str(data))[0] == 2


def test_a_path_that_is_not_there_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no"):
        run(str(tmp_path / "gone"))


def test_nothing_in_the_data_can_steer_the_terminal(data: Path) -> None:
    (data / "events.csv").write_text(SOUND + "B,\x1b[31mghost,2014-06-20,\n")
    text = run(str(data))[1]
    assert "\x1b" not in text
    assert "[31mghost" in text


def test_only_the_first_rows_of_a_kind_are_shown_and_the_rest_counted(data: Path) -> None:
    (data / "events.csv").write_text(SOUND + "".join(f"B{n},death,2014-06-20,2014-06-19\n" for n in range(30)))
    text = run(str(data), "--show", "2")[1]
    assert text.count("  row ") == 2
    assert "and 28 more" in text
