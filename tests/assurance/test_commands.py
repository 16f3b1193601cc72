"""The commands do what the how-tos say, and refuse what they must with the right exit code."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import polars as pl
import pytest
import typer
from click.testing import Result
from typer.testing import CliRunner

from clew.cli import control, equality, ledger, plan, sample, score
from clew.core import ClewError, IntegrityError, UsageError

ROOT = Path(__file__).resolve().parents[2]
NOUNS = {"sample": sample.app, "score": score.app, "plan": plan.app, "control": control.app, "equality": equality.app}
LEDGER = {"ledger": ledger.app}
HOW_TOS = ("draw-a-sample", "track-a-plan-of-action")


def run(line: str) -> Result:
    program, noun, *rest = shlex.split(line)
    assert program == "clew"
    return CliRunner().invoke((NOUNS | LEDGER)[noun], rest)


def good(line: str) -> str:
    result = run(line)
    assert result.exception is None, (line, result.exception, result.output)
    return result.output


def drawn_item() -> str:
    selected = json.loads(Path("draw.json").read_text(encoding="utf-8"))["selected"]
    return str(next(row["item_id"] for row in selected if row["stratum"] == "homicide"))


@pytest.mark.parametrize("page", HOW_TOS)
def test_every_command_of_the_how_to_works_in_order(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = (ROOT / "docs" / "how-to" / f"{page}.md").read_text(encoding="utf-8")
    commitment, ran = "", 0
    for language, name, body in re.findall(r"```(\w+)(?: (\S+))?\n(.*?)```", text, re.DOTALL):
        if name:
            Path(name).write_text(body, encoding="utf-8")
            continue
        assert language == "sh"
        for line in body.strip().splitlines():
            item = drawn_item() if "$ITEM" in line else ""
            output = good(line.replace("$COMMITMENT", commitment).replace("$ITEM", item))
            ran += 1
            if line.startswith("clew sample seed"):
                commitment = output.split()[-1]
    assert ran >= 7


def all_commands() -> list[tuple[str, str, typer.models.CommandInfo]]:
    return [(noun, info.name or "", info) for noun, app in NOUNS.items() for info in app.registered_commands]


@pytest.mark.parametrize(("noun", "name", "info"), all_commands())
def test_every_command_has_one_sentence_and_an_example(noun: str, name: str, info: typer.models.CommandInfo) -> None:
    assert info.callback
    help_text = info.callback.__doc__ or ""
    assert re.match(r"[A-Z][^\n]*\.\n", help_text), help_text
    assert f"**Example**: clew {noun} {name}" in help_text
    assert CliRunner().invoke(NOUNS[noun], [name, "--help"]).exit_code == 0


FRAME = "event_id,category\n" + "".join(
    f"E{i:02},{'homicide' if i % 5 == 0 else 'not_suspicious'}\n" for i in range(40)
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("frame.csv").write_text(FRAME, encoding="utf-8")
    return tmp_path


def draw_line(**changes: str) -> str:
    commitment = json.loads(good("clew sample seed s.seed --json"))["commitment"]
    options = {
        "fixed-at": "2026-03-02T12:00",
        "seed-file": "s.seed",
        "commitment": commitment,
        "committed-at": "2026-03-01",
        "recorded-in": "entry7",
        "revealed-at": "2026-03-03",
        **changes,
    }
    return "clew sample draw frame.csv --n 10 --out d.json " + " ".join(f"--{k} {v}" for k, v in options.items())


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"revealed-at": "2026-03-02"}, IntegrityError),
        ({"committed-at": "2026-03-02T13:00"}, IntegrityError),
        ({"commitment": "00" * 32}, IntegrityError),
        ({"fixed-at": "yesterday"}, UsageError),
        ({"seed-file": "absent"}, UsageError),
    ],
)
def test_a_draw_that_could_have_been_steered_is_refused(
    folder: Path, changes: dict[str, str], error: type[ClewError]
) -> None:
    result = run(draw_line(**changes))
    assert isinstance(result.exception, error)
    assert not Path("d.json").exists()


STEPS = {
    "seed": "clew sample seed s.seed --ledger l --name audit-7 --at 2026-03-01",
    "frame": "clew sample frame frame.csv --fixed-at 2026-03-02 --ledger l --name audit-7 --at 2026-03-02T08:00",
    "draw": "clew sample draw frame.csv --n 10 --fixed-at 2026-03-02 --ledger l --name audit-7 --seed-file s.seed "
    "--at 2026-03-03 --out d.json",
}


@pytest.fixture
def with_ledger(folder: Path) -> Path:
    good("clew ledger init l --origin example.test/force")
    return folder


def test_a_draw_takes_its_promise_from_the_ledger_and_leaves_every_step_there(with_ledger: Path) -> None:
    for line in STEPS.values():
        good(line)
    assert "in order" in good("clew sample verify d.json frame.csv --ledger l --name audit-7")
    item = json.loads(Path("d.json").read_text(encoding="utf-8"))["selected"][0]["item_id"]
    good(f"clew sample replace d.json {item} --reason lost --by auditor --at 2026-03-04 --ledger l --name audit-7")
    good("clew sample verify d.json frame.csv --ledger l --name audit-7")
    kinds = [row["type"] for row in json.loads(good("clew ledger log l --json"))["entries"]]
    assert kinds == ["seed_promised", "frame_fixed", "seed_opened", "sample_drawn", "item_replaced"]
    leaves = good("clew ledger log l")
    assert item not in leaves


@pytest.mark.parametrize(
    ("lines", "word"),
    [
        (("frame", "seed"), "fixed before its promise|frame before its commitment"),  # the seed comes after the frame
        (("seed", "draw"), "no frame"),  # the seed would be opened before the frame is fixed
        (("seed", "frame", "seed2"), "commitment already"),  # a second seed to choose from
        (("seed", "frame", "frame2"), "frame already"),  # a second frame to choose from
        (("seed", "frame", "draw", "draw"), "seed already"),
        (("seed", "frame", "tampered", "draw"), "not the one that was fixed"),
        (("seed", "frame", "other", "draw"), "not the one that was promised"),
        (("seed", "early", "drawearly"), "known before the seed was promised"),
        (("frame", "beacon"), "public before the frame"),
        (("nameless",), "no name"),
        (("seed", "future"), "not come yet"),
    ],
)
def test_steps_out_of_order_or_taken_twice_are_refused(with_ledger: Path, lines: tuple[str, ...], word: str) -> None:
    more = {
        "seed2": STEPS["seed"].replace("s.seed", "t.seed"),
        "frame2": STEPS["frame"].replace("2026-03-02 ", "2026-03-02T01:00 "),
        "early": STEPS["frame"].replace("--fixed-at 2026-03-02", "--fixed-at 2026-02-01"),
        "drawearly": STEPS["draw"].replace("--fixed-at 2026-03-02", "--fixed-at 2026-02-01"),
        "future": STEPS["frame"].replace("--fixed-at 2026-03-02", "--fixed-at 2026-04-02"),
        "nameless": STEPS["seed"].replace("--name audit-7", ""),
        "beacon": STEPS["draw"].replace("--seed-file s.seed", "--beacon 9f2c --revealed-at 2026-03-02T07:00"),
    }
    for step in lines[:-1]:
        if step == "tampered":
            Path("frame.csv").write_text(FRAME.replace("E07,not_suspicious", "E07,homicide"), encoding="utf-8")
        elif step == "other":
            Path("s.seed").write_text("ab" * 32, encoding="utf-8")
        else:
            good((STEPS | more)[step])
    result = run((STEPS | more)[lines[-1]])
    assert isinstance(result.exception, ClewError)
    assert re.search(word, str(result.exception)), result.exception


def test_a_public_value_that_came_after_the_recorded_frame_needs_no_promise(with_ledger: Path) -> None:
    good(STEPS["frame"])
    beacon = "--beacon 9f2c6a --revealed-at 2026-03-02T09:00 --recorded-in pulse-12"
    good(STEPS["draw"].replace("--seed-file s.seed", beacon))
    assert "in order" in good("clew sample verify d.json frame.csv --ledger l --name audit-7")


def test_a_frame_changed_after_the_draw_is_an_integrity_failure(folder: Path) -> None:
    good(draw_line())
    good("clew sample verify d.json frame.csv")
    Path("frame.csv").write_text(FRAME.replace("E07,not_suspicious", "E07,homicide"), encoding="utf-8")
    result = run("clew sample verify d.json frame.csv")
    assert isinstance(result.exception, IntegrityError)
    assert result.exception.exit_code == 3


def test_a_seed_file_is_never_overwritten_and_is_private(folder: Path) -> None:
    good("clew sample seed s.seed")
    assert Path("s.seed").stat().st_mode & 0o077 == 0
    assert isinstance(run("clew sample seed s.seed").exception, UsageError)


def test_a_plan_for_no_items_and_a_tolerable_rate_of_one_are_refused() -> None:
    assert isinstance(run("clew sample plan --population 0 --tolerable 0.05").exception, UsageError)
    assert isinstance(run("clew sample plan --population 100 --tolerable 1.0").exception, UsageError)


def test_scores_are_assigned_blind_and_their_results_told(folder: Path) -> None:
    Path("items.csv").write_text("item_id\n" + "".join(f"E{i}\n" for i in range(20)), encoding="utf-8")
    good("clew score assign items.csv --reviewer amber --reviewer blue --reviewer cyan --seed 00ff --out a.csv")
    rows = [line.split(",") for line in Path("a.csv").read_text(encoding="utf-8").splitlines()[1:]]
    twice = next(item for item, _, part in rows if part == "second")
    answers = [f"{item},{person},R05,{'not_met' if item == twice else 'met'},2026-04-01" for item, person, _ in rows]
    Path("s.csv").write_text("item_id,reviewer,rule,answer,at\n" + "\n".join(answers), encoding="utf-8")
    found = json.loads(good("clew score results a.csv s.csv --json"))
    assert found["open"] == []
    assert found["differences"] == []
    assert found["rules"][0]["as_scored"] == 0.95
    Path("s.csv").write_text("item_id,reviewer,rule,answer,at\n" + "\n".join([*answers, answers[0]]), encoding="utf-8")
    assert "scored item" in str(run("clew score results a.csv s.csv").exception)


TRACKER = (
    "key: id\ncolumns: {reference: id, addressee: to, made: made, status: s}\nstatuses: {open: pending}\n"
    "days_to_answer: 56\n"
)


def test_what_an_addressee_says_to_a_late_row_stands_beside_it(folder: Path) -> None:
    Path("m.yaml").write_text(TRACKER, encoding="utf-8")
    Path("1.csv").write_text("id,to,made,s\n7,Body,2026-01-01,open\n8,Body,2026-01-01,open\n", encoding="utf-8")
    line = "clew plan import 1.csv --mapping m.yaml --as-of 2026-05-01 --answers a.csv"
    header = "reference,by,at,text\n"
    Path("a.csv").write_text(
        header + "7,Body,2026-02-20,sent by post\n7,Body,2026-04-01,sent again\n", encoding="utf-8"
    )
    assert "7 (pending): Body, 2026-04-01: sent again" in good(f"{line} --out rows.csv")
    shown = {str(row["reference"]): row["answer"] for row in pl.read_csv("rows.csv").to_dicts()}
    assert shown == {"7": "sent again", "8": None}
    for row, word in (
        ("9,Body,2026-02-20,sent", "not in the feed"),
        ("7,Body,2026-06-20,sent", "in the future"),
        ("7,Body,2026-02-20,", "says nothing"),
    ):
        Path("a.csv").write_text(f"{header}{row}\n", encoding="utf-8")
        assert word in str(run(line).exception)


def test_a_reviewers_form_asks_the_standards_own_questions_of_their_items_only(folder: Path) -> None:
    from clew.standards import load_standard

    Path("items.csv").write_text("item_id\n" + "".join(f"E{i}\n" for i in range(20)), encoding="utf-8")
    good("clew score assign items.csv --reviewer amber --reviewer blue --reviewer cyan --seed 00ff --out a.csv")
    mine = {row.split(",")[0] for row in Path("a.csv").read_text(encoding="utf-8").splitlines() if ",amber," in row}
    good("clew score form a.csv --reviewer amber --rule R26 --rule R34 --out amber.csv")
    form = pl.read_csv("amber.csv")
    assert set(form["item_id"]) == mine
    assert set(form["reviewer"]) == {"amber"}
    asked = {rule: load_standard("uk-unexpected-death").rule(rule).ask for rule in ("R26", "R34")}
    assert dict(form.select("rule", "question").iter_rows()) == asked
    assert "Nothing is assigned" in str(run("clew score form a.csv --reviewer grey").exception)
    for coefficient in ("ac", "fleiss", "alpha"):
        Path("s.csv").write_text(
            "item_id,reviewer,rule,answer,at\n"
            + "".join(
                f"{item},{person},R26,{'not_met' if i % 3 == 0 else 'met'},2026-04-01\n"
                for i, (item, person, _) in enumerate(
                    line.split(",") for line in Path("a.csv").read_text(encoding="utf-8").splitlines()[1:]
                )
            ),
            encoding="utf-8",
        )
        found = json.loads(good(f"clew score results a.csv s.csv --coefficient {coefficient} --json"))
        assert -1 <= found["rules"][0]["agreement"]["value"] <= 1


def test_a_regression_can_fail_the_run(folder: Path) -> None:
    Path("m.yaml").write_text(
        "key: id\ncolumns: {addressee: to, made: made, status: s}\nstatuses: {done: completed, part: partial}\n",
        encoding="utf-8",
    )
    Path("1.csv").write_text("id,to,made,s\na,Body,2026-01-01,done\n", encoding="utf-8")
    Path("2.csv").write_text("id,to,made,s\na,Body,2026-01-01,part\n", encoding="utf-8")
    assert run("clew plan compare 1.csv 2.csv --mapping m.yaml --fail-on-regressions").exit_code == 1
    assert run("clew plan compare 1.csv 1.csv --mapping m.yaml --fail-on-regressions").exit_code == 0


def test_lateness_without_a_day_to_count_from_is_refused(folder: Path) -> None:
    Path("p.json").write_text('{"format": "clew plan v2", "findings": [], "recommendations": []}', encoding="utf-8")
    assert "No date" in str(run("clew plan show p.json").exception)


def test_a_plan_survives_being_written_and_read(folder: Path) -> None:
    good('clew plan open p.json A-7 --text "Do it." --addressee Force --made 2026-01-05 --control R05=0.95')
    good("clew plan act p.json A-7 accept --by Force --at 2026-02-01")
    good("clew plan act p.json A-7 assign --by secretary --at 2026-02-02 --owner head --due 2026-04-01")
    good("clew plan act p.json A-7 start --by head --at 2026-02-03")
    good("clew plan act p.json A-7 submit_evidence --by head --at 2026-03-01 --evidence frame.csv")
    assert "other than the owner" in str(
        run("clew plan act p.json A-7 verify --by head --at 2026-03-02 --reason fine").exception
    )
    row = json.loads(good("clew plan show p.json --as-of 2026-05-01 --json"))["recommendations"][0]
    assert (row["state"], row["days_overdue"], row["answer_due"]) == ("evidence_submitted", 30, "2026-03-02")


def test_a_calendar_line_is_never_longer_than_75_octets_and_loses_nothing() -> None:
    from datetime import UTC, date, datetime

    from clew.assurance.plan.calendar import calendar

    text = "Réponse due; à remettre, " + "é" * 90
    made = calendar([("a,b", date(2026, 2, 28), text)], stamp=datetime(2026, 1, 1, tzinfo=UTC))
    assert all(len(line.encode()) <= 75 for line in made.split("\r\n"))
    unfolded = made.replace("\r\n ", "")
    assert "SUMMARY:" + text.replace(";", "\\;").replace(",", "\\,") in unfolded
    assert "DTEND;VALUE=DATE:20260301" in unfolded


def test_a_diary_holds_references_and_no_key_that_could_hold_a_name(folder: Path) -> None:
    Path("m.yaml").write_text(
        "key: url\ncolumns: {addressee: to, made: made, status: s, reference: id}\nstatuses: {open: pending}\n"
        "days_to_answer: 56\n",
        encoding="utf-8",
    )
    Path("1.csv").write_text("id,url,to,made,s\n7,https://x/some-name,Body,2026-01-01,open\n", encoding="utf-8")
    output = good("clew plan import 1.csv --mapping m.yaml --as-of 2026-02-01 --ics due.ics")
    assert "some-name" not in Path("due.ics").read_text(encoding="utf-8") + output
    assert "SUMMARY:Answer due: 7" in Path("due.ics").read_text(encoding="utf-8")
