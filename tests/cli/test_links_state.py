"""``clew links state`` and ``update``: what was kept is what is compared with; what cannot be used is refused."""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

from clew.cli.app import app
from clew.core import UsageError, parse_instant
from clew.demonstration import make_demonstration
from clew.links import find_links
from clew.links.events import link_events
from clew.links.model import Curve, LinkModel
from clew.links.model.files import digest_of, model_as_json
from clew.links.updates.rates import RATES, FrozenRates
from clew.links.updates.saved import SavedState, changed_since, read_state, state_as_bytes
from clew.records import Dataset, read_dataset, write_dataset

RUN = CliRunner()
BEFORE, BETWEEN, AFTER = "2014-06-01", "2014-06-20", "2014-07-10"


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return make_demonstration(years=(2014,), scale=0.03)


@pytest.fixture(scope="module")
def data(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("state") / "data"
    write_dataset(dataset, folder, format="parquet")
    return folder


@pytest.fixture(scope="module")
def kept(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("kept") / "links.state"
    done = RUN.invoke(app, ["links", "state", str(data), "--as-of", BEFORE, "--replicates", "2", "--out", str(state)])
    assert done.exit_code == 0, done.output
    assert "are kept in" in done.stdout
    return state


def _update(state: Path, data: Path, at: str, *more: str) -> dict[str, object]:
    words = ["links", "update", str(state), str(data), "--as-of", at, "--budget", "1e9", "--json", "--quiet", *more]
    done = RUN.invoke(app, words)
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_two_steps_through_a_file_end_in_the_links_of_one_step(data: Path, kept: Path, tmp_path: Path) -> None:
    halfway, end, once = (tmp_path / name for name in ("halfway.state", "end.state", "once.state"))
    first = _update(kept, data, BETWEEN, "--keep", str(halfway))
    second = _update(halfway, data, AFTER, "--keep", str(end))
    straight = _update(kept, data, AFTER, "--keep", str(once))
    assert first["events_with_news"]
    assert second["events_with_news"]
    assert second["since"] == first["as_of"]
    assert straight["full_run_at"] == second["full_run_at"]
    assert max(first["events_with_news"], second["events_with_news"]) < straight["events_with_news"]  # type: ignore[type-var,call-overload]
    assert straight["links"]
    through, direct = (read_state(path).state.frame() for path in (end, once))
    assert through.select("event_id_a", "event_id_b").equals(direct.select("event_id_a", "event_id_b"))
    assert through["log10_bayes_factor"].to_list() == pytest.approx(direct["log10_bayes_factor"].to_list(), abs=1e-9)
    assert _update(end, data, AFTER)["events_with_news"] == 0


def test_a_trained_model_goes_with_the_state(data: Path, kept: Path, tmp_path: Path) -> None:
    model, state = tmp_path / "model.json", tmp_path / "trained.state"
    nearness = Curve(family="place", feature="log_distance", knots=(-2.0, 3.0), values=(2.5, -0.5))
    asked = (
        "data",
        "data_sha256",
        "series_sha256",
        "as_of",
        "clew",
        "seed",
        "solved_events",
        "linked_pairs",
        "held_out",
    )
    trained = LinkModel(curves=(nearness,), provenance=dict.fromkeys(asked, "made by a test"))
    model.write_text(json.dumps(model_as_json(trained)))
    words = ["links", "state", str(data), "--as-of", BEFORE, "--replicates", "2", "--quiet"]
    done = RUN.invoke(app, [*words, "--model", str(model), "--out", str(state)])
    assert done.exit_code == 0, done.output
    said = _update(state, data, AFTER)
    assert said["link_model"] == digest_of(trained)
    text = RUN.invoke(app, ["links", "update", str(state), str(data), "--as-of", AFTER, "--quiet"]).stdout
    assert digest_of(trained) in text
    found = said["links"]
    assert found
    default = _update(kept, data, AFTER)
    assert default["link_model"] is None
    assert found != default["links"]
    places = {(row["event_id_a"], row["event_id_b"]): row["families"]["place"] for row in found}  # type: ignore[attr-defined]
    where = read_dataset(data).as_known(parse_instant(AFTER, ZoneInfo("Europe/London")))
    events = link_events(where)
    number = {str(event_id): row for row, event_id in enumerate(events.event_id)}
    for (one, other), place in places.items():
        km = float(np.linalg.norm(events.xyz_km[number[one]] - events.xyz_km[number[other]]))
        expected = 0.0 if np.isnan(km) else float(np.interp(np.log(km + 0.1), (-2.0, 3.0), (2.5, -0.5)))
        assert place == pytest.approx(expected, abs=1e-9)


def test_narratives_go_with_the_state(data: Path, kept: Path, tmp_path: Path) -> None:
    state, end = tmp_path / "told.state", tmp_path / "end.state"
    words = ["links", "state", str(data), "--as-of", BEFORE, "--replicates", "2", "--narrative", "--out", str(state)]
    done = RUN.invoke(app, words)
    assert done.exit_code == 0, done.output
    said = _update(state, data, AFTER, "--keep", str(end))
    found = {tuple(sorted((row["event_id_a"], row["event_id_b"]))): row for row in said["links"]}  # type: ignore[attr-defined]
    assert said["narrative"]
    assert any(row["families"]["narrative"] for row in found.values())
    default = _update(kept, data, AFTER)
    assert not default["narrative"]
    for row in default["links"]:  # type: ignore[attr-defined]
        with_words = found[tuple(sorted((row["event_id_a"], row["event_id_b"])))]["families"]
        assert {**with_words, "narrative": 0.0} == pytest.approx(row["families"], abs=1e-9)
    assert _update(end, data, AFTER)["narrative"]
    text = RUN.invoke(app, ["links", "update", str(state), str(data), "--as-of", AFTER, "--quiet"]).stdout
    assert "Narratives are read" in text


def test_the_forms_of_an_update_hold_the_same_links_with_their_rates(data: Path, kept: Path, tmp_path: Path) -> None:
    links = _update(kept, data, AFTER)["links"]
    for ending, read in (("csv", pl.read_csv), ("parquet", pl.read_parquet)):
        out = tmp_path / f"new.{ending}"
        words = ["links", "update", str(kept), str(data), "--as-of", AFTER, "--budget", "1e9", "--out", str(out)]
        assert RUN.invoke(app, words).exit_code == 0
        assert read(out)["event_id_a"].to_list() == [link["event_id_a"] for link in links]  # type: ignore[attr-defined]
        assert set(read(out)["marking"]) == {"DEMONSTRATION: NO REAL RECORDS"}
    for link in links:  # type: ignore[attr-defined]
        assert link["chance_low"] <= link["chance_per_year"] <= link["chance_high"]
        assert link["seen_low"] <= link["seen_per_year"] <= link["seen_high"]
        assert sum(link["families"].values()) == pytest.approx(link["log10_bayes_factor"], abs=1e-9)
    said = RUN.invoke(app, ["links", "update", str(kept), str(data), "--as-of", AFTER]).stdout
    assert "Rates as at the full run of" in said
    assert said.splitlines()[0] == said.splitlines()[-1] == "DEMONSTRATION: NO REAL RECORDS"


def test_a_link_is_rated_as_the_full_run_rates_one_of_its_last_day(dataset: Dataset) -> None:
    known = dataset.as_known(dataset.last_recorded_at)
    links = find_links(known, replicates=2)
    rates = FrozenRates.of(links)
    # The run's own link that became known last, had it become known on the day of the last event.
    last = int(np.argmax(links.seen.known_day))
    day, strength = float(links.seen.known_day[last]), float(links.seen.strength[last])
    at_once = replace(rates, last_day=day).rated(pl.DataFrame({"log10_bayes_factor": [strength]}))
    full = links.frame.filter((pl.col("log10_bayes_factor") - strength).abs() < 1e-9)
    for name in RATES:
        assert at_once[name].to_list() == pytest.approx(full[name].to_list(), rel=1e-9)
    again = FrozenRates.of_arrays(rates.arrays())
    strengths = links.frame.select("log10_bayes_factor")
    assert again.rated(strengths).equals(rates.rated(strengths))
    exact = rates.rated(links.frame.select("log10_bayes_factor"))
    ranked = exact.sort("log10_bayes_factor")
    assert ranked["seen_per_year"].is_sorted(descending=True)
    assert (exact["chance_per_year"] >= 1 / 2).all()  # never below one over the replicates


def test_news_is_what_was_recorded_or_withdrawn_since(dataset: Dataset) -> None:
    at = dataset.last_recorded_at
    known = dataset.as_known(at)
    since = sorted(known.events["recorded_at"].to_list())[-5]
    ids = sorted(changed_since(known, since))
    naive = set()
    for name in ("events", "people", "circumstances"):
        for row in dataset.tables[name].iter_rows(named=True):
            moments = [row["recorded_at"], row.get("retracted_at")]
            if any(moment is not None and since < moment <= at for moment in moments):
                naive.add(row["event_id"])
    assert set(ids) == naive
    assert 0 < len(ids) < known.events.height


def _spoilt(content: bytes, change: dict[str, object] | None) -> bytes:
    with np.load(io.BytesIO(content)) as held:
        arrays = {name: held[name] for name in held.files}
    if change is None:
        del arrays["state.frozen.held.values"]
    else:
        arrays["header"] = np.array(json.dumps(json.loads(str(arrays["header"])) | change))
    file = io.BytesIO()
    np.savez(file, allow_pickle=False, **arrays)
    return file.getvalue()


def _archive(arrays: dict[str, np.ndarray], *, compress: bool = False) -> bytes:
    file = io.BytesIO()
    (np.savez_compressed if compress else np.savez)(file, allow_pickle=True, **arrays)
    return file.getvalue()


def _huge() -> bytes:
    """An array that says it has 10^15 numbers."""
    head = io.BytesIO()
    np.lib.format.write_array_header_1_0(head, {"descr": "<f8", "fortran_order": False, "shape": (10**15,)})
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("header.npy", head.getvalue())
    return file.getvalue()


def test_a_state_of_which_any_array_was_changed_is_refused(kept: Path, tmp_path: Path) -> None:
    with np.load(kept) as held:
        arrays = {name: held[name] for name in held.files}
    path = tmp_path / "changed.state"
    for name, array in arrays.items():
        if not array.size or name == "header":
            continue
        other = array.copy().reshape(-1)
        other[0] = "x" if array.dtype.kind == "U" else ~other[0] if array.dtype.kind == "b" else other[0] + 1
        turned = other.reshape(array.shape)
        if np.array_equal(turned, array, equal_nan=array.dtype.kind == "f"):
            continue
        for changed in (turned, array.reshape(-1)[:-1], array.astype("U8")):
            path.write_bytes(_archive(arrays | {name: changed}))
            with pytest.raises(UsageError, match="changed since, or spoilt"):
                read_state(path)


def test_a_file_that_cannot_be_used_is_refused_with_what_is_wrong(kept: Path, tmp_path: Path) -> None:
    whole = kept.read_bytes()
    bad = {
        "no archive": (b"not a state", "no archive"),
        "half": (whole[: len(whole) // 2], "no archive"),
        "format": (_spoilt(whole, {"format": "other/9"}), "its format is"),
        "version": (_spoilt(whole, {"made_with": {"polars": "0"}}), "another version"),
        "missing": (_spoilt(whole, None), "changed since, or spoilt"),
        "other records": (_spoilt(whole, {"dataset": "another"}), "changed since, or spoilt"),
        "no header": (_archive({"a": np.zeros(3)}), "no archive"),
        "a list": (_archive({"header": np.array("[1]")}), "its format is"),
        "compressed": (_archive({"header": np.zeros(10**6)}, compress=True), "no archive"),
        "pickled": (_archive({"header": np.array([{"a": 1}], dtype=object)}), "no archive"),
        "huge": (_huge(), "no archive"),
    }
    for name, (content, words) in bad.items():
        path = tmp_path / name
        path.write_bytes(content)
        with pytest.raises(UsageError, match=words):
            read_state(path)
    with pytest.raises(UsageError, match="No such file"):
        read_state(tmp_path / "nowhere")


def test_what_a_person_rejected_stays_down(dataset: Dataset, data: Path, kept: Path, tmp_path: Path) -> None:
    link = _update(kept, data, AFTER)["links"][0]  # type: ignore[index]
    pair = [link["event_id_a"], link["event_id_b"]]
    at = datetime(2014, 7, 9, 22, 0, tzinfo=UTC)
    decided = pl.DataFrame(
        {
            "event_id": pair[:1],
            "activity": ["link.reviewed"],
            "about": pair[1:],
            "at": [at - timedelta(minutes=1)],
            "outcome": ["rejected"],
            "recorded_at": [at - timedelta(minutes=1)],
            "source_file": ["decisions.csv"],
            "source_row": [2],
        }
    )
    actions = dataset.tables["actions"]
    decided = decided.cast({name: actions.schema[name] for name in decided.columns})
    folder = tmp_path / "decided"
    tables = {**dataset.tables, "actions": pl.concat([actions, decided], how="diagonal")}
    write_dataset(replace(dataset, tables=tables), folder, format="parquet")
    after = _update(kept, folder, AFTER)
    assert after["rejected_and_kept_down"] == 1
    assert pair not in [[one["event_id_a"], one["event_id_b"]] for one in after["links"]]  # type: ignore[attr-defined]


def test_an_event_that_the_state_does_not_hold_is_news_whenever_it_was_recorded(dataset: Dataset) -> None:
    known = dataset.as_known(parse_instant(BEFORE, ZoneInfo("Europe/London")))
    ids = known.events["event_id"].to_list()
    fewer = replace(known, tables={name: known.rows_of(name, ids[5:]) for name in known.tables})
    saved, news = SavedState.of(find_links(fewer, replicates=1)).updated(known)
    assert news.events == sorted(ids[:5])
    assert (set(news.links["event_id_a"]) | set(news.links["event_id_b"])) & set(ids[:5])
    assert saved.updated(known)[1].events == []


def test_recurrences_that_hold_an_event_with_news_are_told_with_both_rates(dataset: Dataset, tmp_path: Path) -> None:
    known = dataset.as_known(parse_instant(BEFORE, ZoneInfo("Europe/London")))
    dead = known.events.filter(pl.col("kind") == "death")["event_id"].sort()[:3].to_list()
    at = [parse_instant(f"2014-06-0{day}", ZoneInfo("Europe/London")) for day in (1, 5, 9)]
    mine = pl.DataFrame(
        {
            "event_id": dead,
            "role": ["finder"] * 3,
            "person_ref": ["P-met-again"] * 3,
            "recorded_at": [at[0] - timedelta(days=1), at[0] - timedelta(days=1), at[1]],
            "source_file": ["people.csv"] * 3,
            "source_row": [90_001, 90_002, 90_003],
        }
    )
    people = dataset.tables["people"]
    mine = mine.cast({name: people.schema[name] for name in mine.columns})
    tables = {**dataset.tables, "people": pl.concat([people, mine], how="diagonal")}
    data, state = tmp_path / "data", tmp_path / "links.state"
    write_dataset(replace(dataset, tables=tables), data, format="parquet")
    assert RUN.invoke(app, ["links", "state", str(data), "--as-of", BEFORE, "--out", str(state)]).exit_code == 0
    told = _update(state, data, BETWEEN, "--recurrences", "1000")
    met = [one for one in told["recurrences"] if set(one["event_ids"]) == set(dead)]  # type: ignore[attr-defined]
    assert len(met) == 1
    assert met[0]["text"].startswith("One person is the finder in")
    assert met[0]["seen_per_year"] >= 0
    assert met[0]["chance_per_year"] > 0
    text = RUN.invoke(app, ["links", "update", str(state), str(data), "--as-of", BETWEEN, "--recurrences", "1000"])
    assert met[0]["text"] in text.output
    assert _update(state, data, BETWEEN, "--recurrences", "0")["recurrences"] == []


def test_a_state_of_no_event_is_kept_with_narratives_too(data: Path, tmp_path: Path) -> None:
    state = tmp_path / "empty.state"
    words = ["links", "state", str(data), "--as-of", "1990-01-01", "--narrative", "--out", str(state)]
    done = RUN.invoke(app, words)
    assert done.exit_code == 0, done.output
    assert _update(state, data, BEFORE)["events_with_news"]


def test_the_state_is_not_moved_on_when_the_links_could_not_be_written(data: Path, kept: Path, tmp_path: Path) -> None:
    moved, nowhere = tmp_path / "moved.state", tmp_path / "no folder" / "links.csv"
    words = ["links", "update", str(kept), str(data), "--as-of", AFTER, "--out", str(nowhere), "--keep", str(moved)]
    assert isinstance(RUN.invoke(app, words).exception, UsageError)
    assert not moved.exists()


def test_an_earlier_time_and_an_ending_of_no_form_are_refused(data: Path, kept: Path, tmp_path: Path) -> None:
    early = RUN.invoke(app, ["links", "update", str(kept), str(data), "--as-of", "2014-05-01"])
    assert isinstance(early.exception, UsageError)
    assert "2014-06-01T00:00:00+01:00" in str(early.exception)  # the time as it was asked for
    form = RUN.invoke(app, ["links", "update", str(kept), str(data), "--out", str(tmp_path / "links.html")])
    assert isinstance(form.exception, UsageError)
    same = ["--out", str(tmp_path / "one.json"), "--keep", str(tmp_path / "." / "one.json")]
    mine = tmp_path / "state.json"
    mine.write_bytes(kept.read_bytes())
    for words in ([str(kept), str(data), *same], [str(mine), str(data), "--out", str(mine)]):
        assert "for the links and for the state" in str(RUN.invoke(app, ["links", "update", *words]).exception)
    assert mine.read_bytes() == kept.read_bytes()
    assert [path.name for path in tmp_path.iterdir()] == ["state.json"]
    assert RUN.invoke(app, ["links", "update", str(kept), str(data), "--budget", "inf", "--json"]).exit_code == 2


def test_what_is_written_is_what_is_read(kept: Path) -> None:
    saved: SavedState = read_state(kept)
    again = io.BytesIO(state_as_bytes(saved))
    with np.load(kept) as one, np.load(again) as other:
        assert sorted(one.files) == sorted(other.files)
        for name in one.files:
            assert np.array_equal(one[name], other[name], equal_nan=one[name].dtype.kind == "f"), name
