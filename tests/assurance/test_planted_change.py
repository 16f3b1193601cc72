"""A change planted in the made-up force and decayed later: the control says so by night, and re-opens by itself."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from clew.assurance.control import (
    Control,
    ControlStatus,
    Replay,
    control_history,
    duty_intervals,
    nights_between,
    replay,
)
from clew.assurance.control.nightly import duties_known
from clew.cli.app import app
from clew.core import UsageError
from clew.demonstration import PlantedChange, make_demonstration, write_demonstration
from clew.demonstration.planted import DECAY_DAYS
from clew.records import Dataset, read_dataset
from clew.standards import Standard

ROOT = Path(__file__).resolve().parents[2]
MADE, DECAYS = datetime(2014, 3, 1, tzinfo=UTC), datetime(2015, 2, 1, tzinfo=UTC)
CHANGE = PlantedChange(made_at=MADE, decays_at=DECAYS)
CONTROL = Control("R26", target=0.95, changed_at=MADE)
SCALE = 0.05


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("planted") / "clew-demo"
    write_demonstration(made, scale=SCALE, change=CHANGE)
    return made


@pytest.fixture(scope="module")
def dataset(folder: Path) -> Dataset:
    return read_dataset(folder)


@pytest.fixture(scope="module")
def intervals(dataset: Dataset, uk_standard: Standard) -> pl.DataFrame:
    return duty_intervals(dataset, uk_standard, ["R26"], until=dataset.last_recorded_at)


@pytest.fixture(scope="module")
def replayed(intervals: pl.DataFrame) -> Replay:
    nights = nights_between(MADE + timedelta(days=1), datetime(2015, 6, 1, tzinfo=UTC))
    return replay(intervals, CONTROL, nights=nights)


def test_only_the_second_reviews_after_the_change_differ() -> None:
    plain, changed = make_demonstration(scale=SCALE), make_demonstration(scale=SCALE, change=CHANGE)
    ours = pl.col("activity") == "category.reviewed"
    for name, frame in plain.tables.items():
        if name != "actions":
            assert frame.equals(changed.tables[name]), name
    before, after = (each.tables["actions"].drop("source_row") for each in (plain, changed))
    assert before.filter(~ours).equals(after.filter(~ours))
    early = ours & (pl.col("at") < MADE)
    assert before.filter(early).equals(after.filter(early))
    assert not before.filter(ours).equals(after.filter(ours))
    assert CHANGE.sentence in (changed.notice or "")


def test_the_control_operates_drifts_and_fails_on_dates_that_the_planted_change_explains(replayed: Replay) -> None:
    turns = {night.status: night for night in replayed.turns}
    assert [night.status for night in replayed.turns] == [
        ControlStatus.NOT_YET_EVIDENCED,
        ControlStatus.OPERATING,
        ControlStatus.DRIFTING,
        ControlStatus.FAILED,
    ]
    operating, drifting, failed = (turns[status] for status in list(ControlStatus)[1:])
    assert MADE < operating.at < DECAYS < drifting.at < failed.at <= DECAYS + timedelta(days=DECAY_DAYS)
    assert operating.change.lower >= CONTROL.target
    assert drifting.change.cusum >= drifting.change.threshold > 0
    assert drifting.change.since is not None
    assert 0 < drifting.change.not_met == len(drifting.change.not_met_events)
    assert replayed.reopened == failed


def test_every_night_says_what_an_evaluation_as_known_that_night_says(
    replayed: Replay, dataset: Dataset, uk_standard: Standard
) -> None:
    """The oracle is the plain way: evaluate the standard at each of some nights, and walk its duties from the start."""
    turns = [night.at for night in replayed.turns]
    some = {*turns, *(at - timedelta(days=1) for at in turns[1:]), *(night.at for night in replayed.nights[::97])}
    for night in (night for night in replayed.nights if night.at in some):
        duties = duties_known(dataset, uk_standard, ["R26"], at=night.at)
        plain = control_history(duties, CONTROL, as_at=night.at)
        assert plain.changes[-1] == night.change


def test_a_change_that_never_was_is_never_called_operating(uk_standard: Standard) -> None:
    plain = make_demonstration(scale=SCALE)
    found = duty_intervals(plain, uk_standard, ["R26"], until=plain.last_recorded_at)
    nights = nights_between(MADE + timedelta(days=1), datetime(2015, 1, 1, tzinfo=UTC))[::15]
    said = {night.status for night in replay(found, CONTROL, nights=nights).nights}
    assert ControlStatus.OPERATING not in said


@pytest.mark.parametrize("decays_at", [MADE, datetime(2014, 1, 1, tzinfo=UTC)])
def test_a_change_that_decays_before_it_is_made_is_refused(decays_at: datetime) -> None:
    with pytest.raises(UsageError, match="decays before"):
        PlantedChange(made_at=MADE, decays_at=decays_at)


def test_the_how_to_works_line_by_line_and_the_last_night_reopens(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/how-to/prove-a-change-operates.md, on a twentieth of the demonstration."""
    monkeypatch.chdir(tmp_path)
    Path("changed-demo").symlink_to(folder)
    page = (ROOT / "docs" / "how-to" / "prove-a-change-operates.md").read_text(encoding="utf-8")
    outputs = []
    for body in re.findall(r"```sh\n(.*?)```", page, re.DOTALL):
        for line in body.strip().replace("\\\n", " ").splitlines():
            result = CliRunner().invoke(app, [*_words(line)[1:]])
            assert result.exception is None, (line, result.exception, result.output)
            outputs.append((line, result.output))
    closed = next(output for line, output in outputs if " close " in line)
    assert "A-1 is closed" in closed
    nightly = [output for line, output in outputs if line.startswith("clew control nightly")]
    assert "re-opened" not in nightly[0]
    assert "A-1 is re-opened" in nightly[-1]
    plan = json.loads(Path("plan.json").read_text(encoding="utf-8"))
    last = plan["recommendations"][0]["events"][-1]
    assert (last["act"], last["by"]) == ("reopen", "control R26")
    shown = Path("control.html").read_text(encoding="utf-8")
    assert "not a validation" in shown
    assert 'class="band failed"' in shown


def _words(line: str) -> list[str]:
    import shlex

    return shlex.split(line)
