"""Nothing gets out that is small, that gives away what is small, or that a second person has not approved."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import Result
from typer.testing import CliRunner

from clew.cli.app import app
from clew.core import ClewError, IntegrityError, UsageError
from clew.publish.disclosure import Cell, recovered, rounding_ranges
from clew.publish.release import Columns, Release, check_labels, check_ring, count_tables, protect


def rows(seed: int, *, units: int = 4, count: int = 220) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    return pl.DataFrame(
        {
            "area": [f"area {k}" for k in rng.choice(units, count, p=rng.dirichlet(np.ones(units)))],
            "category": [f"category {k}" for k in rng.choice(3, count, p=[0.7, 0.25, 0.05])],
            "year": [str(2012 + k) for k in rng.integers(0, 3, count)],
        }
    )


def made(frame: pl.DataFrame, *tables: Columns, earlier: tuple[Release, ...] = (), rounding: int = 0) -> Release:
    joint = count_tables(frame, tables, scope="deaths")
    return protect(joint, tables, scope="deaths", earlier=earlier, rounding=rounding)


def seen(first: Release, second: Release) -> tuple[set[Cell], set[Cell]]:
    """What an outsider who holds both sees of small cells: (shown, worked out)."""
    both = first.relations | second.relations
    shown = {cell for each in (first, second) for cell, value in each.shown.items() if value is not None}
    small = {cell for cell, count in both.counts.items() if 0 < count < 5}
    return small & shown, small & recovered(both, [cell for cell in both.counts if cell not in shown])


def test_a_second_release_never_gives_away_what_the_first_hid_and_would_without_the_register() -> None:
    """Small forces, two releases each that share one margin, held together by the outsider's own attack."""
    refused = unprotected = held = 0
    for seed in (8, 10, 15, 16, 28):
        frame = rows(seed)
        first = made(frame, ("area", "category"))
        alone = made(frame, ("area", "year"))
        unprotected += any(seen(first, alone))
        try:
            second = made(frame, ("area", "year"), earlier=(first,))
        except UsageError:
            refused += 1
            continue
        held += 1
        assert seen(first, second) == (set(), set()), seed
    assert unprotected == 3
    assert (held, refused) == (5, 0)


def test_three_tables_whose_columns_form_a_ring_are_refused() -> None:
    check_ring([("area", "category"), ("category", "area"), ("area", "year")])
    with pytest.raises(UsageError, match="ring"):
        check_ring([("area", "category"), ("area", "year"), ("year", "category")])


def test_what_a_rounded_count_says_is_what_rounds_to_it() -> None:
    for base in (3, 4, 5, 10):
        for count in range(60):
            shown = base * ((2 * count + base) // (2 * base))
            low, high = rounding_ranges({("a",): shown}, base=base)["a",]
            assert low <= count <= high
            assert high - low < base


def test_a_rounded_release_that_would_pin_a_cell_hidden_before_is_refused() -> None:
    """Out: 15, and 10 of it. Rounded to 3, 1 is shown as 0 and 4 as 3: at most 1 and 4, and they sum to 5."""
    frame = pl.DataFrame({"area": ["a"] * 10 + ["b"] + ["c"] * 4})
    first = made(frame, ("area",))
    assert first.hidden == {("deaths", "area=b"), ("deaths", "area=c")}
    with pytest.raises(UsageError, match="worked out"):
        made(frame, ("area",), earlier=(first,), rounding=3)
    rounded = made(frame, ("area",), rounding=5)
    assert set(rounded.shown.values()) == {0, 5, 10, 15}


@pytest.mark.parametrize(
    ("column", "values", "word"),
    [
        ("narrative", ["a"], "closed vocabulary"),
        ("area", ["x" * 61], "has the value"),
        ("area", ["ring 020 79460018"], "has the value"),
        ("area", ["someone@force"], "has the value"),
        ("area", [f"a{k}" for k in range(101)], "has 101 values"),
    ],
)
def test_free_text_never_gets_out_as_a_label(column: str, values: list[str], word: str) -> None:
    with pytest.raises(UsageError, match=word):
        check_labels(pl.DataFrame({column: values}), [(column,)])
    if column == "narrative":
        assert check_labels(pl.DataFrame({column: values}), [(column,)], allowed=[column]) == (column,)


def run(line: str) -> Result:
    import shlex

    return CliRunner().invoke(app, shlex.split(line)[1:])


def good(line: str) -> str:
    result = run(line)
    assert result.exception is None, (line, result.exception, result.output)
    return result.output


def bad(line: str, error: type[ClewError], word: str) -> None:
    result = run(line)
    assert isinstance(result.exception, error), (line, result.exception, result.output)
    assert word in str(result.exception)


PREPARE = 'clew publish prepare d.csv --table area,category --scope "deaths of 2014" --register r --as-of 2015-01-31'
APPROVE = "clew publish approve report.json --register r --ledger l --actor data-officer --at 2015-02-03"
RELEASE = "clew publish release report.json --register r --ledger l --at 2015-02-05 --out public.html"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    rows(3).write_csv("d.csv")
    good("clew ledger init l --origin example.test/force")
    return tmp_path


def test_a_report_is_out_only_after_another_approved_it_to_the_byte(desk: Path) -> None:
    good(f"{PREPARE} --out report.json --html preview.html")
    bad(RELEASE, UsageError, "no approval")
    bad(APPROVE.replace("data-officer", "Analyst"), UsageError, "prepared this report")
    good(APPROVE)
    text = Path("report.json").read_text(encoding="utf-8")
    Path("report.json").write_text(text.replace('"2015-01-31', '"2015-01-30'), encoding="utf-8")
    bad(RELEASE, UsageError, "not what was prepared")
    Path("report.json").write_text(text, encoding="utf-8")
    assert not Path("public.html").exists()
    good(RELEASE)
    assert Path("public.html").read_text(encoding="utf-8") == Path("preview.html").read_text(encoding="utf-8")
    bad(RELEASE, UsageError, "out already")
    kinds = [(row["type"], row.get("operation")) for row in json.loads(good("clew ledger log l --json"))["entries"]]
    assert [kind for kind, _ in kinds] == ["approval", "release"]
    assert kinds[1][1] == "disclosure"


@pytest.mark.parametrize("out", ["nowhere/public.html", "r"])
def test_a_page_that_cannot_be_written_is_refused_before_anything_is_recorded(desk: Path, out: str) -> None:
    good(f"{PREPARE} --out report.json")
    good(APPROVE)
    bad(RELEASE.replace("public.html", out), UsageError, "Cannot write")
    kinds = [row["type"] for row in json.loads(good("clew ledger log l --json"))["entries"]]
    assert kinds == ["approval"]
    good(RELEASE)
    assert Path("public.html").exists()


@pytest.mark.parametrize("count", ["-3", "abc", "1e400", "2.5", "", "99999999999999999999999"])
def test_what_is_no_count_is_refused_with_its_row(desk: Path, count: str) -> None:
    Path("c.csv").write_text(f"area,n\nnorth,40\nsouth,{count}\n", encoding="utf-8")
    line = (
        "clew publish prepare c.csv --table area --count n --scope deaths --register r --as-of 2015-01-31 --out c.json"
    )
    result = run(line)
    assert isinstance(result.exception, UsageError)
    assert "row 3" in result.exception.where
    bad(line.replace("--count n", "--count m"), UsageError, "no column 'm'")
    Path("c.csv").write_text("area,n\nnorth,40\nsouth,30.0\n", encoding="utf-8")
    good(line)
    assert "30" in Path("c.json").read_text(encoding="utf-8")


def test_a_workbook_that_is_none_is_refused(desk: Path) -> None:
    Path("d.xlsx").write_bytes(b"PK no workbook")
    bad(f"{PREPARE} --out o.json".replace("d.csv", "d.xlsx"), UsageError, "cannot be read")


def test_nothing_public_holds_a_small_count_and_a_register_that_lost_a_release_is_noticed(desk: Path) -> None:
    good(f"{PREPARE} --out report.json")
    public = json.loads(Path("report.json").read_text(encoding="utf-8"))
    values = [value for table in public["tables"] for row in table["rows"] for value in row["values"]]
    assert None in values
    assert all(value is None or value == 0 or value >= 5 for value in values)
    good(APPROVE)
    good(RELEASE)
    second = PREPARE.replace("area,category", "area,year")
    good(f"{second} --out second.json")
    good(APPROVE.replace("report.json", "second.json"))
    (released,) = Path("r/released").glob("*.json")
    kept = released.read_text(encoding="utf-8")
    released.write_text(kept.replace('"threshold": 5', '"threshold": 4'), encoding="utf-8")
    bad(RELEASE.replace("report.json", "second.json"), IntegrityError, "not as it was")
    released.unlink()
    bad(RELEASE.replace("report.json", "second.json"), IntegrityError, "missing")
    released.write_text(kept, encoding="utf-8")
    good(RELEASE.replace("report.json", "second.json"))


def test_a_public_report_of_a_plan_holds_states_and_dates_and_no_words(desk: Path) -> None:
    secret = "Wording that names a place"
    good(
        f'clew plan open p.json A-7 --text "{secret}" --addressee "Chief Constable" --made 2015-01-05 --control R05=0.9'
    )
    good(f'clew plan act p.json A-7 reject --by "{secret}" --at 2015-04-01 --reason "{secret}"')
    good("clew publish prepare --plan p.json --register r --as-of 2015-06-01 --out report.json --html page.html")
    for name in ("report.json", "page.html"):
        text = Path(name).read_text(encoding="utf-8")
        assert secret not in text
        assert "Chief Constable" in text
    row = json.loads(Path("report.json").read_text(encoding="utf-8"))["recommendations"][0]
    assert (row["state"], row["answered_on"], row["answer_days_late"]) == ("rejected", "2015-04-01", 30)
    good(f'clew plan open p.json A-8 --text "x" --addressee "{"a long name " * 8}" --made 2015-01-05')
    bad("clew publish prepare --plan p.json --register r --as-of 2015-06-01 --out x.json", UsageError, "too long")
