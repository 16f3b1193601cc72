"""Decisions of people about links: what stays down, what brings it back, and that no rate ever moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from clew.cli.link_listing import print_listing
from clew.demonstration import make_demonstration
from clew.links import CONTRACT, Links, Verdict, find_links, grow_series, link_decisions, list_links
from clew.links.decisions import pair_of
from clew.records import TABLES, Dataset, read_dataset
from clew.review import review
from clew.standards import Standard
from tests.documents import DOCS, blocks
from tests.links.backgrounds import frame
from tests.publish import samples

AT = samples.AS_OF
DECIDED = datetime(2014, 9, 20, 18, tzinfo=UTC)


def decision(
    event_id: str, about: str | None, outcome: str | None, *, at: datetime = DECIDED, lag_hours: float = 1, **more: str
) -> dict[str, object]:
    row: dict[str, object] = {"event_id": event_id, "activity": "link.reviewed", "at": at, "about": about}
    row |= {"recorded_at": at + timedelta(hours=lag_hours), "outcome": outcome, "actor_role": "detective_inspector"}
    return row | {"reason": "the finder walks there every morning"} | more


def with_rows(dataset: Dataset, table: str, *rows: dict[str, object]) -> Dataset:
    columns = {name: [row.get(name) for row in rows] for name in TABLES[table].names}
    added = pl.concat([dataset.tables[table], frame(table, columns)])
    return replace(dataset, tables={**dataset.tables, table: added})


def decided(*rows: dict[str, object], at: datetime = AT) -> Links:
    return find_links(with_rows(samples.dataset(), "actions", *rows).as_known(at), replicates=2)


def pairs(table: pl.DataFrame) -> set[tuple[str, str]]:
    return {pair_of(a, b) for a, b in zip(table["event_id_a"], table["event_id_b"], strict=True)}


@pytest.mark.parametrize(("one", "other"), [("K2", "K3"), ("K3", "K2")])
def test_a_rejected_link_stays_down_whichever_event_the_decision_stands_on_and_is_counted(one: str, other: str) -> None:
    listing = list_links(decided(decision(one, other, "rejected")), budget_per_year=52)
    assert ("K2", "K3") not in pairs(listing.shown)
    assert pairs(listing.kept_down) == {("K2", "K3")}
    with_it = list_links(listing.links, budget_per_year=52, with_rejected=True)
    assert pairs(with_it.shown) == pairs(listing.shown) | {("K2", "K3")}
    row = with_it.table().filter(pl.col("event_id_a") == "K2", pl.col("event_id_b") == "K3")
    assert "Rejected on 2014-09-20 by detective inspector (the finder walks there every morning)." in row["text"][0]


def test_rates_are_those_without_any_decision() -> None:
    plain = samples.links()
    for outcome in ("rejected", "confirmed", None):
        assert_frame_equal(decided(decision("K2", "K3", outcome)).frame, plain.frame)


def test_a_new_fact_brings_a_rejected_link_back_and_is_named() -> None:
    later = DECIDED + timedelta(hours=2)
    dataset = with_rows(samples.dataset(), "actions", decision("K2", "K3", "rejected"))
    dataset = with_rows(
        dataset,
        "circumstances",
        {"event_id": "K3", "feature": "textile", "value": "sheet", "source": "scene", "recorded_at": later},
    )
    before, after = (
        list_links(find_links(dataset.as_known(at), replicates=1), budget_per_year=52)
        for at in (later - timedelta(minutes=1), later)
    )
    assert ("K2", "K3") not in pairs(before.shown)
    assert ("K2", "K3") in pairs(after.shown)
    assert not after.kept_down.height
    said = after.text_of("K2", "K3")
    row = dataset.tables["circumstances"].filter(pl.col("value") == "sheet")["source_row"][0]
    assert (
        f"brought back by a new fact about K3 (circumstances, circumstances.csv row {row}, recorded 2014-09-20" in said
    )


def test_what_no_engine_reads_and_what_was_held_before_the_decision_was_taken_brings_nothing_back() -> None:
    dataset = with_rows(samples.dataset(), "actions", decision("K2", "K3", "rejected", lag_hours=3))
    later = DECIDED + timedelta(hours=2)
    professional = {"event_id": "K3", "role": "professional", "name": "a doctor", "recorded_at": later}
    dataset = with_rows(dataset, "people", professional)
    said = {"event_id": "K3", "feature": "account", "value": "drunk", "source": "witness", "recorded_at": later}
    dataset = with_rows(dataset, "circumstances", said)
    assert link_decisions(dataset.as_known(AT)).kept_down == {("K2", "K3")}
    # Recorded while the decision waited to be written down: whoever decided did not have it.
    crossed = {"event_id": "K2", "feature": "textile", "value": "sheet", "source": "scene", "recorded_at": later}
    assert not link_decisions(with_rows(dataset, "circumstances", crossed).as_known(AT)).kept_down


def test_a_decision_holds_from_when_it_was_recorded_and_not_from_when_it_was_taken() -> None:
    dataset = with_rows(samples.dataset(), "actions", decision("K2", "K3", "rejected", lag_hours=4))
    assert not link_decisions(dataset.as_known(DECIDED + timedelta(hours=3))).by_pair
    assert link_decisions(dataset.as_known(DECIDED + timedelta(hours=4))).kept_down == {("K2", "K3")}


def test_of_contradictory_decisions_the_one_recorded_last_holds_and_the_conflict_is_told() -> None:
    first = decision("K2", "K3", "confirmed", at=DECIDED - timedelta(hours=1))
    last = decision("K3", "K2", "rejected", reason="another man")
    for rows in ((first, last), (last, first)):
        found = link_decisions(with_rows(samples.dataset(), "actions", *rows).as_known(AT)).of("K3", "K2")
        assert found is not None
        assert found.verdict is Verdict.REJECTED
        assert found.contradicted
        said = found.words(samples.dataset().zone)
        assert said.startswith("Rejected on 2014-09-20 by detective inspector (another man); decisions differ")
        assert "before it, confirmed on 2014-09-20" in said
    agreed = link_decisions(with_rows(samples.dataset(), "actions", first, first).as_known(AT)).of("K2", "K3")
    assert agreed is not None
    assert not agreed.contradicted


def test_a_decision_that_names_no_other_known_event_decides_nothing_and_is_counted() -> None:
    rows = [decision("K2", about, "rejected") for about in (None, "K2", "nobody")]
    found = link_decisions(with_rows(samples.dataset(), "actions", *rows).as_known(AT))
    assert (dict(found.by_pair), found.unmatched) == ({}, 3)


def test_a_confirmed_link_is_listed_as_confirmed_even_where_new_facts_come() -> None:
    listing = list_links(decided(decision("K2", "K3", "confirmed", at=DECIDED - timedelta(days=2))), budget_per_year=52)
    assert ("K2", "K3") in pairs(listing.shown)
    assert "Confirmed on 2014-09-18" in listing.text_of("K3", "K2")
    found = listing.decisions.of("K2", "K3")
    assert found is not None
    assert found.new_facts
    assert "brought back" not in listing.text_of("K2", "K3")


def test_no_series_holds_a_rejected_pair_and_the_rest_of_it_stands() -> None:
    links = samples.links()
    shown = links.within(52)
    whole = grow_series(links, shown)
    name, members = next(iter(whole.items()))
    assert len(members) >= 3
    for one in members:
        for other in members:
            if one < other:
                split = grow_series(links, shown, rejected={(one, other)})
                assert not any({one, other} <= set(group) for group in split.values())
    untouched = grow_series(links, shown, rejected={("K4", "X000000")})
    assert untouched[name] == members


def test_no_row_of_any_table_is_changed_by_linking_and_deciding() -> None:
    dataset = with_rows(samples.dataset(), "actions", decision("K2", "K3", "confirmed"))
    before = {name: table.hash_rows(seed=0).sum() for name, table in dataset.tables.items()}
    listing = list_links(find_links(dataset.as_known(AT), replicates=1), budget_per_year=52)
    assert listing.series
    assert {name: table.hash_rows(seed=0).sum() for name, table in dataset.tables.items()} == before


def test_the_table_has_the_contracts_columns_and_types_with_links_and_without_any() -> None:
    for budget in (52, 0):
        table = list_links(samples.links(), budget_per_year=budget).table()
        assert dict(table.schema) == CONTRACT
        assert (table.height > 0) == (budget > 0)
        assert not table.drop("series_id").null_count().sum_horizontal().item()


def _links_of(found: object, event_id: str) -> list[str]:
    items = found.items  # type: ignore[attr-defined]
    return [reason.text for item in items if item.event_id == event_id for reason in item.reasons if reason.link]


def test_on_the_morning_list_a_rejected_link_is_gone_and_a_confirmed_one_is_no_reason_of_its_own(
    uk_standard: Standard,
) -> None:
    def listed(*rows: dict[str, object]) -> object:
        dataset = with_rows(samples.dataset(), "actions", *rows)
        return review(dataset.as_known(AT), standard=uk_standard, top=1000)

    plain = listed()
    assert any("connected with K2" in text for text in _links_of(plain, "K3"))
    rejected = listed(decision("K2", "K3", "rejected"))
    assert not any("connected with K2" in text for text in _links_of(rejected, "K3"))
    assert rejected.links_rejected == 1  # type: ignore[attr-defined]
    confirmed = listed(decision("K2", "K3", "confirmed"))
    assert confirmed.links_confirmed == 1  # type: ignore[attr-defined]
    told = [text for text in _links_of(confirmed, "K3") if "connected with K2" in text]
    assert told
    assert all("Confirmed on 2014-09-20" in text for text in told)
    heads = [item.headline for item in confirmed.items if item.event_id == "K3"]  # type: ignore[attr-defined]
    assert "ink with K2 confirmed by a person" in heads[0]


def test_the_demonstrations_own_record_of_a_link_is_a_confirmation() -> None:
    demonstration = make_demonstration(years=(2015,), scale=0.05)
    rows = demonstration.tables["actions"].filter(pl.col("activity") == "link.recorded")
    recorded = rows["recorded_at"][0]
    before, after = (link_decisions(demonstration.as_known(recorded + timedelta(hours=by))) for by in (-1, 0))
    assert not before.by_pair
    found = after.of(rows["event_id"][0], rows["about"][0])
    assert found is not None
    assert found.verdict is Verdict.CONFIRMED
    assert found.latest.reason == rows["outcome"][0]


def test_the_file_that_the_how_to_shows_is_read_as_it_says(tmp_path: Path) -> None:
    shown = {block.language: block.text for block in blocks(DOCS / "how-to" / "decide-on-a-link.md")}
    (tmp_path / "clew.yaml").write_text(shown["yaml"], encoding="utf-8")
    (tmp_path / "decisions.csv").write_text(shown["csv"], encoding="utf-8")
    (tmp_path / "actions.csv").write_text(
        "event_id,activity,at\nA-100,cctv.secured,2024-05-01T12:00\n", encoding="utf-8"
    )
    events = "".join(f"{name},death,2024-04-01,2024-04-02\n" for name in ("A-100", "A-107", "A-112"))
    (tmp_path / "events.csv").write_text(f"event_id,kind,occurred_from,recorded_at\n{events}", encoding="utf-8")
    found = link_decisions(read_dataset(tmp_path).as_known(datetime(2024, 6, 1, tzinfo=UTC)))
    assert found.kept_down == {("A-100", "A-107")}
    assert {pair: one.verdict.value for pair, one in found.by_pair.items()} == {
        ("A-100", "A-107"): "rejected",
        ("A-100", "A-112"): "confirmed",
    }


def test_no_identifier_is_cut_on_a_narrow_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    listing = list_links(samples.links(), budget_per_year=52)
    print_listing(listing)
    printed = capsys.readouterr().out
    assert "…" not in printed
    for row in listing.table().iter_rows(named=True):
        assert row["event_id_a"] in printed
        assert row["event_id_b"] in printed
