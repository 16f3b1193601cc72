"""Training on solved series: the fit, the folds, the figures, the refusals."""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.special import expit
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner

from clew.cli.app import app
from clew.core import UsageError
from clew.links import FAMILIES, find_links
from clew.links.model.features import Pairs, feature
from clew.links.model.files import model_as_json, read_model
from clew.links.setup import LinkSetup
from clew.links.training import NAMES, Training, WorseModelError, joint, read_series, train
from clew.links.training.fit import fit_weights, smoothness
from clew.links.training.folds import halves
from clew.links.training.joint import fit_model
from clew.links.training.measures import figures
from clew.links.training.solved import solved_events
from clew.links.training.train import material
from clew.links.training.validate import log10_factors
from clew.records import Known, write_dataset
from tests.documents import PAGES, SHELL, blocks
from tests.links.solved import solved_force


@pytest.fixture(scope="module")
def force() -> tuple[Known, pl.DataFrame]:
    dataset, series = solved_force(series=32, singles=60, seed=4)
    return dataset.as_known(dataset.last_recorded_at), series


@pytest.fixture(scope="module")
def trained(force: tuple[Known, pl.DataFrame]) -> Training:
    return train(*force, repeats=2, seed=1)


def test_the_fit_agrees_with_scikit_learn_where_both_can_be_asked() -> None:
    rng = np.random.default_rng(1)
    columns = rng.normal(size=(3000, 4))
    linked = (rng.random(3000) < expit(columns @ [1.0, -2.0, 0.0, 0.5] - 2)).astype(np.float64)
    weight = rng.uniform(0.5, 2.0, 3000)
    ours = fit_weights(
        columns, linked, weight, penalty=0.3 * np.eye(4), sign=np.zeros(4, dtype=np.int64), offset=np.zeros(3000)
    )
    theirs = LogisticRegression(C=1 / 0.3, fit_intercept=False, tol=1e-10, max_iter=5000)
    theirs.fit(columns, linked, sample_weight=weight)
    assert np.allclose(ours, theirs.coef_[0], atol=1e-4)


def test_the_fit_recovers_known_weights_and_keeps_its_signs() -> None:
    rng = np.random.default_rng(2)
    columns = rng.normal(size=(60_000, 3))
    linked = (rng.random(60_000) < expit(columns @ [1.5, -0.8, 0.3] - 3)).astype(np.float64)
    ask = {"linked": linked, "weight": np.ones(60_000), "penalty": 1e-3 * np.eye(3), "offset": np.full(60_000, -3.0)}
    free = fit_weights(columns, **ask, sign=np.array([1, -1, 0]))
    assert np.allclose(free, [1.5, -0.8, 0.3], atol=0.06)
    held = fit_weights(columns, **ask, sign=np.array([-1, -1, 0]))
    assert held[0] == 0.0
    gradient = columns.T @ (expit(columns @ held - 3) - linked)
    assert np.abs(gradient[1:]).max() < 1.0  # at the least of the loss, given that the first is held at nothing
    assert gradient[0] < -100


def test_smoothness_draws_neighbouring_slopes_together() -> None:
    penalty = smoothness([3, 1], [0.1, 2.0], smooth=1e6)
    equal, bent = np.array([1.0, 1.0, 1.0, 0.0]), np.array([1.0, 2.0, 1.0, 0.0])
    assert equal @ penalty @ equal == pytest.approx(0.3)
    assert bent @ penalty @ bent > 1e6


def test_no_series_is_on_both_sides_of_a_half(force: tuple[Known, pl.DataFrame]) -> None:
    known, series = force
    chained = pl.concat((series, pl.DataFrame({"event_id": ["E0000", "E0009"], "series_id": ["both", "both"]})))
    solved = material(known, chained).solved
    for learn, ask in halves(solved, repeats=5, seed=3):
        assert not set(solved.group[learn]) & set(solved.group[ask])
        assert len(learn) + len(ask) == len(solved)
        assert not (solved.member[learn].any(axis=0) & solved.member[ask].any(axis=0)).any()
        assert solved.take(ask).linked.any()


def test_a_few_groups_parted_often_choose_less_by_luck(
    force: tuple[Known, pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = material(*force)
    few = np.flatnonzero(held.solved.group < 40)

    def shifts() -> np.ndarray:
        chosen = [fit_model(held.pairs, held.linked, held.solved, few, seed=seed)[1] for seed in range(10)]
        return np.array([one.shift for one in chosen])

    often = shifts()
    monkeypatch.setattr(joint, "_PARTINGS", 1)
    once = shifts()
    assert 0 < often.std() < 0.75 * once.std()  # of five partings .45 is expected
    assert often.mean() == pytest.approx(once.mean(), abs=3 * once.std())


def test_the_means_over_intervals_are_those_of_many_instants(force: tuple[Known, pl.DataFrame]) -> None:
    held = material(*force)
    rng = np.random.default_rng(5)
    start = rng.uniform(0, 40, len(held.scorer.events))
    end = start + rng.choice([0.2, 0.6, 1.0, 3.7, 20.0], len(start))
    events = replace(held.scorer.events, from_day=start, to_day=end)
    a, b = np.arange(20), np.arange(20, 40)
    pairs = Pairs(events=events, held=held.scorer.held, a=a, b=b)
    share = (np.arange(400) + 0.5) / 400
    gap = np.abs(
        (start[a, None] + share * (end - start)[a, None])[:, :, None]
        - (start[b, None] + share * (end - start)[b, None])[:, None, :]
    )
    assert np.allclose(feature("log_gap")(pairs), np.log1p(gap).mean(axis=(1, 2)), atol=1e-4)
    apart = np.minimum(gap % 1, 1 - gap % 1)
    assert np.allclose(feature("hours_apart")(pairs), 24 * apart.mean(axis=(1, 2)), atol=2e-3)


def _figures_naively(score: np.ndarray, member: np.ndarray, day: np.ndarray) -> dict[str, float]:
    """One event at a time, in plain Python; the scores hold no ties."""
    count = len(score)
    linked = {(i, j) for i in range(count) for j in range(count) if i != j and (member[i] & member[j]).any()}
    pairs = [(i, j) for i in range(count) for j in range(i)]
    ranks = []
    for i in range(count):
        order = sorted((j for j in range(count) if j != i), key=lambda j: -score[i, j])
        where = [order.index(j) for j in order if (i, j) in linked]
        ranks += where[:1]
    arrived: list[int] = []
    second, alerts = [], []
    for i in sorted(range(count), key=lambda i: day[i]):
        order = sorted(arrived, key=lambda j: -score[i, j])
        firsts = {
            earlier[0]
            for column in np.flatnonzero(member[i])
            if len(earlier := [j for j in arrived if member[j, column]]) == 1
        }
        if firsts:
            second.append(min((order.index(j), score[i, j]) for j in firsts))
        if order and (i, order[0]) not in linked:
            alerts.append(score[i, order[0]])
        arrived.append(i)
    alerts.sort(reverse=True)
    found = {
        "auc": roc_auc_score([pair in linked for pair in pairs], [score[pair] for pair in pairs]),
        "top_5": np.mean([rank < 5 for rank in ranks]),
        "second_top_1": np.mean([rank == 0 for rank, _ in second]),
    }
    for per_100 in (2, 5, 10):
        threshold = alerts[per_100 * count // 100]
        found[f"second_recall_{per_100}"] = np.mean([value > threshold for _, value in second])
    return found


def test_the_figures_are_those_of_a_naive_count() -> None:
    rng = np.random.default_rng(6)
    member = np.zeros((60, 40), dtype=np.bool_)
    member[np.arange(60), rng.integers(0, 40, 60)] = True
    member[rng.integers(0, 60, 6), rng.integers(0, 40, 6)] = True
    together = (member.astype(int) @ member.T.astype(int)) > 0
    np.fill_diagonal(together, val=False)
    score = rng.normal(size=(60, 60)) + 1.5 * together
    score, day = score + score.T, rng.permutation(60).astype(np.float64)
    measured = figures(score, together, member=member, day=day)
    for name, value in _figures_naively(score, member, day).items():
        assert getattr(measured, name) == pytest.approx(value), name


def test_a_trained_model_beats_the_defaults_it_was_not_made_for_and_is_calibrated(trained: Training) -> None:
    assert trained.gain[0] > 0
    assert trained.held_out.mean("trained").auc > 0.93
    told = trained.held_out.calibration.filter((pl.col("linked") >= 5) & (pl.col("unlinked") >= 5))
    assert told.height >= 3
    assert (told["expected"] - told["found"]).abs().max() < 0.6


def test_curves_say_what_the_series_were_made_to_say(force: tuple[Known, pl.DataFrame], trained: Training) -> None:
    curves = {(curve.family, curve.feature): curve for curve in trained.model.curves if not curve.of}
    assert np.all(np.diff(curves["place", "log_distance"].values) <= 0)
    assert np.all(np.diff(curves["time", "log_gap"].values) <= 0)
    assert np.all(np.diff(curves["circumstances", "shared_rarity"].values) >= 0)
    # The true density ratio of distance falls by more than two orders of magnitude over these events.
    assert np.ptp(curves["place", "log_distance"].values) > 2
    # The clock says nothing in these series.
    assert np.ptp(curves["time", "hours_apart"].values) < 0.5


def test_the_engine_adds_the_models_contributions_family_by_family(
    force: tuple[Known, pl.DataFrame], trained: Training
) -> None:
    known, series = force
    held = material(known, series)
    found = find_links(known, LinkSetup(model=trained.model), replicates=1)
    scored = found.score_pairs(held.solved.event[held.pairs.a], held.solved.event[held.pairs.b])
    assert np.allclose(scored.total, log10_factors(trained.model, held.scorer, held.pairs, held.solved.event))
    assert np.allclose(scored.total, scored.factors.sum(axis=1))
    unfitted = [number for number, family in enumerate(FAMILIES) if family not in trained.model.fitted]
    assert np.array_equal(scored.factors[:, unfitted], held.pairs.factors[:, unfitted])
    assert found.frame["log10_bayes_factor"][0] == pytest.approx(scored.total[~scored.apart].max())


def test_the_same_seed_gives_the_same_model(force: tuple[Known, pl.DataFrame], trained: Training) -> None:
    held = material(*force)
    again, _ = fit_model(held.pairs, held.linked, held.solved, np.arange(len(held.solved)), seed=1)
    assert again.curves == trained.model.curves


def test_a_model_worse_than_the_one_in_use_is_refused(force: tuple[Known, pl.DataFrame], trained: Training) -> None:
    """The model in use has seen every series, held-out ones too: no half of them can teach as much."""
    trained.check()
    with pytest.raises(WorseModelError, match="worse on held-out series") as refused:
        train(*force, in_use=trained.model, repeats=2).check()
    assert refused.value.exit_code == 1


def test_too_few_series_are_refused_in_words() -> None:
    dataset, series = solved_force(series=9, singles=30, seed=1)
    known = dataset.as_known(dataset.last_recorded_at)
    with pytest.raises(UsageError, match="9 separate series"):
        train(known, series)


def test_a_file_of_series_needs_its_columns(tmp_path: Path) -> None:
    (tmp_path / "series.csv").write_text("event,series\nE1,S1\n", encoding="utf-8")
    with pytest.raises(UsageError, match="event_id"):
        read_series(tmp_path / "series.csv")


def test_series_that_share_an_event_are_one_group(force: tuple[Known, pl.DataFrame]) -> None:
    known, series = force
    before = material(known, series).solved
    chained = pl.concat((series, pl.DataFrame({"event_id": ["E0000"], "series_id": ["S5"]})))
    after = solved_events(chained, material(known, chained).scorer.events)
    assert len(set(after.group)) == len(set(before.group)) - 1


@pytest.fixture
def stored(trained: Training, tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(model_as_json(trained.model)), encoding="utf-8")
    return path


def test_a_model_comes_back_from_its_file(trained: Training, stored: Path) -> None:
    assert read_model(stored) == trained.model
    assert read_model(stored).provenance["held_out"]["trained"]["mean"]["auc"] > 0.9  # type: ignore[index]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"format": "clew-link-model/9"}, "format"),
        ({"curves": [{"family": "stars", "feature": "factor", "knots": [0], "log10": [0]}]}, "stars"),
        ({"curves": [{"family": "place", "feature": "hours_apart", "knots": [0], "log10": [0]}]}, "reads dates"),
        ({"curves": [{"family": "people", "feature": "log_distance", "knots": [0], "log10": [0]}]}, "two events share"),
        ({"curves": [{"family": "place", "feature": "factor", "knots": [1, 0], "log10": [0, 0]}]}, "must rise"),
        ({"curves": [{"family": "place", "feature": "factor", "knots": [1], "log10": [99]}]}, "maximum"),
    ],
)
def test_a_file_that_is_no_model_is_refused(stored: Path, change: dict[str, object], said: str) -> None:
    stored.write_text(json.dumps(json.loads(stored.read_text()) | change), encoding="utf-8")
    with pytest.raises(UsageError, match=said):
        read_model(stored)


CRIMES = Path(os.environ.get("CLEW_DATA", "../shared/data")) / "crimelinkage"
REFERENCE = Path(os.environ.get("CLEW_REFERENCE", "../shared/reference"))


@pytest.mark.skipif(not CRIMES.exists(), reason="the crimelinkage data do not ship: set CLEW_DATA to where they lie")
def test_distance_alone_on_the_crimelinkage_folds_gives_the_published_figures() -> None:
    """Anchors measured with other programs on the same folds: they hold folds, series and every definition."""
    from benchmarks.crimelinkage import peers
    from benchmarks.crimelinkage.data import as_known, read_solved

    from clew.links.training.measures import mean
    from clew.links.training.validate import figures_of, square

    files = [CRIMES / f"crimelinkage_{name}.csv" for name in ("crimes", "offenders")]
    crimes = read_solved(*files, *(REFERENCE / f"crimelinkage_{name}.csv" for name in ("series", "folds")))
    held = material(as_known(files[0]), crimes.series)
    score = peers.distance(crimes, np.empty(0, np.int64), np.empty((0, 0), np.bool_))
    sides = [np.flatnonzero(side == out) for side in crimes.folds for out in (1, 2)]
    found = mean([figures_of(score, held.linked, held.scorer, held.solved, ask) for ask in sides])
    assert np.mean([square(held.linked)[np.ix_(ask, ask)].sum() / 2 for ask in sides]) == 127.5
    published = (0.882, 0.259, 0.451, 0.680, 0.774, 0.466, 0.641, 0.682, 0.100, 0.195, 0.278)
    for name, value in zip(NAMES, published, strict=True):
        assert getattr(found, name) == pytest.approx(value, abs=0.0036), name


def test_every_command_of_the_page_train_links_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """docs/how-to/train-links.md, in order, on a made-up force."""
    page = next(page for page in PAGES if page.name == "train-links.md")
    lines = [line for block in blocks(page) if block.language in SHELL for line in block.lines]
    assert len(lines) == 4
    dataset, series = solved_force(series=26, singles=30, seed=9)
    monkeypatch.chdir(tmp_path)
    write_dataset(dataset, tmp_path / "my-records", format="parquet")
    series.write_csv("solved.csv")
    for line in lines:
        words = shlex.split(line)[1:]
        quick = ["--repeats", "2"] if words[:2] == ["links", "train"] else []
        done = CliRunner().invoke(app, [*words, *quick, "--quiet"])
        assert done.exit_code == 0, (line, done.output, done.exception)
        if words[:2] == ["links", "explain"]:
            assert "in all" in done.output
    assert "held_out" in json.loads(Path("model.json").read_text("utf-8"))["provenance"]
    assert Path("calibration.svg").read_text("utf-8").startswith("<svg")
    worse = ["links", "train", "my-records", "--series", "solved.csv", "--out", "again.json", "--model", "model.json"]
    refused = CliRunner().invoke(app, [*worse, "--repeats", "2", "--quiet", "--json"])
    assert isinstance(refused.exception, WorseModelError)
    assert not Path("again.json").exists()
    assert set(json.loads(refused.stdout)["figures"]) == set(NAMES)
