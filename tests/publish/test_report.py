"""The page is whole, self-contained, accessible and marked; what it says is what the review holds."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from clew.links import explain_pair, find_links
from clew.publish import render_report
from clew.publish.facts import event_facts
from clew.publish.wording import evidence_words
from clew.review.model import Review
from tests.links.backgrounds import frame
from tests.publish import samples
from tests.publish.page import Page, read


@pytest.fixture(scope="module")
def html() -> str:
    return render_report(samples.review())


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return read(html)


def _words(text: str) -> str:
    return " ".join(text.split())


def test_nothing_on_the_page_asks_the_network_or_a_file_for_anything(html: str, page: Page) -> None:
    assert not re.search(r"https?:|//\w|@import|url\(|\bsrc=|<script|<link|<iframe|<object|<embed", html, re.IGNORECASE)
    targets = [attributes["href"] for attributes in page.named("a")]
    assert targets
    assert all(str(target).startswith("#") for target in targets)
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_the_browser_is_told_to_load_nothing(page: Page) -> None:
    policy = next(meta["content"] for meta in page.named("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).split("; ")[:3] == ["default-src 'none'", "style-src 'unsafe-inline'", "img-src data:"]


def test_tags_nest_and_every_id_is_unique_and_every_reference_has_its_target(page: Page) -> None:
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    pointed = [str(attributes["href"])[1:] for attributes in page.named("a")]
    pointed += [name for _, attributes in page.elements for name in (attributes.get("aria-labelledby") or "").split()]
    assert set(pointed) <= set(page.ids)


def test_headings_descend_one_level_at_a_time_from_one_first_heading(page: Page) -> None:
    levels = [level for level, _ in page.outline]
    assert levels.count(1) == 1
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_the_page_has_its_language_landmarks_and_a_skip_link_to_the_list(page: Page) -> None:
    tags = [tag for tag, _ in page.elements]
    assert page.named("html")[0]["lang"] == "en-GB"
    assert [tags.count(tag) for tag in ("header", "main", "footer")] == [1, 1, 1]
    assert page.named("a")[0]["href"] == f"#{page.named('main')[0]['id']}"


def test_every_drawing_has_a_title_and_description_or_is_silent_beside_its_words(html: str) -> None:
    tops = re.findall(r"<svg class=\"map\"[^>]*>.*?</desc>", html, re.DOTALL)
    assert len(tops) == 3
    assert all('role="img"' in svg and "<title id=" in svg and "<desc id=" in svg for svg in tops)
    depth, silent = 0, []
    for tag in re.findall(r"<svg[^>]*>|</svg>", html):
        if depth == 0 and 'class="map"' not in tag:
            silent.append('aria-hidden="true"' in tag)
        depth += -1 if tag == "</svg>" else 1
    assert len(silent) > 20
    assert all(silent)


def test_every_table_has_a_caption_and_scoped_headings(html: str, page: Page) -> None:
    assert html.count("<table") == html.count("<caption>") > 0
    assert all(attributes.get("scope") in {"col", "row"} for attributes in page.named("th"))


def test_the_marking_is_the_first_and_last_thing_read_and_stands_in_the_title(page: Page) -> None:
    words = [line.strip() for line in page.text.splitlines() if line.strip()]
    assert words[0].startswith(samples.MARKING)  # the title
    assert words[2] == samples.MARKING
    assert words[-1] == samples.MARKING


def test_the_notice_and_the_limits_of_a_link_are_said_before_the_list(page: Page) -> None:
    before = _words(page.text.split("At a glance")[0])
    assert samples.NOTICE in before
    assert "accuses nobody. A link is a candidate, not a decision" in before


def test_the_header_says_how_many_are_shown_and_what_reading_cost(page: Page) -> None:
    before = _words(page.text.split("At a glance")[0])
    for said in (
        "As known at Sunday 21 Sep 2014, 00:00 (Europe/London)",
        "3 of 214 deaths",
        "1,234 rows; 5 set aside as unusable; 6 with an assumed time",
        "52 links a year",
        "uk-unexpected-death 2026-01",
    ):
        assert said in before
    known = samples.links().known.events.height
    assert f"{known:,} in sample force" in before


def test_every_reason_is_shown_with_its_kind_in_words_and_its_rows(page: Page) -> None:
    text = _words(page.text)
    for item in samples.review().items:
        assert _words(item.headline) in text
        for reason in item.reasons:
            assert f"{reason.kind.value.capitalize()} {_words(reason.text)}" in text
            for evidence in reason.evidence:
                assert f"{evidence.table}: {evidence.source}, row" in text
        for what in item.settle:
            assert what in text


def test_each_family_factor_shown_is_the_reviews_and_bars_are_proportional(html: str) -> None:
    families = samples.review().items[0].reasons[0].link
    assert families is not None
    table = html.split('<table class="stack families"')[1].split("</table>", maxsplit=1)[0]
    shown = [float(value.replace("−", "-")) for value in re.findall(r'class="figure">([+−]?[\d.]+)</td>', table)]
    assert shown == pytest.approx([*families.families.values(), families.log10_bayes_factor], abs=0.0501)
    widths = [
        float(width) for width in re.findall(r'<rect class="(?:for|against)" x="[\d.]+%" width="([\d.]+)%"', table)
    ]
    ratio = widths[2] / families.families["place"]
    assert widths == pytest.approx([abs(value) * ratio for value in families.families.values()], abs=0.02)


def test_evidence_against_is_drawn_to_the_left_of_zero_and_named_in_words(html: str) -> None:
    tables = html.split('<table class="stack families"')[1:]
    against = [row for table in tables for row in table.split("<tr")[1:] if 'class="against"' in row]
    zero = float(re.findall(r'class="zero" x1="([\d.]+)%"', html)[0])
    assert against
    assert zero > 0
    for row in against:
        left, width = re.findall(r'class="against" x="([\d.]+)%" width="([\d.]+)%"', row)[0]
        assert float(left) + float(width) == pytest.approx(zero, abs=0.02)
        assert "not connected" in row or "no evidence either way" in row


def test_what_the_force_did_not_yet_know_is_not_on_the_page() -> None:
    """The as-of law at the page: rows recorded after T change nothing on it."""
    later = samples.dataset()
    more = frame(
        "events",
        {
            "event_id": ["K3", "K9"],
            "kind": ["death", "death"],
            "occurred_from": [samples.AS_OF - timedelta(days=1)] * 2,
            "recorded_at": [samples.AS_OF + timedelta(seconds=1)] * 2,
            "category": ["homicide", "homicide"],
            "narrative": ["learnt later", "learnt later"],
        },
    )
    with_later = replace(later, tables={**later.tables, "events": pl.concat([later.tables["events"], more])})
    found = find_links(with_later.as_known(samples.AS_OF), replicates=2, seed=1)
    assert render_report(samples.review(found=found)) == render_report(samples.review())


def test_protected_characteristics_and_names_of_people_are_nowhere_on_the_page() -> None:
    base = samples.dataset()
    kept = frame(
        "characteristics",
        {
            "event_id": ["K1"], "characteristic": ["faith"], "value": ["sentinelone"],
            "recorded_at": [samples.AS_OF - timedelta(days=1)],
        },
    )  # fmt: skip
    named = base.tables["people"].with_columns(
        name=pl.lit("sentineltwo"),
        phone=pl.lit("sentinelthree"),
        address=pl.lit("sentinelfour"),
        email=pl.lit("sentinelfive"),
    )
    known = replace(base, tables={**base.tables, "characteristics": kept, "people": named}).as_known(samples.AS_OF)
    html = render_report(replace(samples.review(), known=known))
    assert "sentinel" not in html
    assert "last contact" in html  # the part is shown, the person is not


def test_an_empty_list_says_so_and_still_bears_the_marking() -> None:
    html = render_report(replace(samples.review(), items=(), items_in_all=0))
    page = read(html)
    assert page.faults == []
    assert "No death has a reason to look" in page.text
    assert page.text.count(samples.MARKING) == 3


def test_the_same_review_gives_the_same_page_to_the_byte(html: str) -> None:
    assert render_report(samples.review()) == html


def test_a_series_larger_than_can_be_shown_says_how_many_are_left_out() -> None:
    base = samples.review()
    ids = tuple(base.known.events["event_id"][:60].to_list())
    many: Review = replace(base, series={"S-K1": ("K1", "K2", "K3", *ids)})
    assert "22 more events of this series are not shown here" in render_report(many)


def test_the_markers_are_listed_by_known_time_not_only_by_time_of_death(page: Page) -> None:
    """The allegation happened in 2012 and was first known in June 2014: both are said of it."""
    text = _words(page.text)
    assert "31 Dec 2012, 23:00" in text
    assert "19 Jun 2014, 10:00" in text


def test_the_distance_on_the_page_is_the_engines_distance(page: Page) -> None:
    """A reader who finds two figures for one distance trusts neither."""
    clause = explain_pair(samples.links(), "K3", "K1").clauses["place"]
    metres = clause.removesuffix(" apart")
    assert re.fullmatch(r"\d+ m", metres)
    assert f"{metres} east" in _words(page.text)


def test_a_link_says_by_when_what_it_rests_on_was_held(page: Page) -> None:
    """K1 and K0 were both recorded on 19 Jun 2014, the later at 10:00 British Summer Time."""
    second = page.text.split("named in an allegation at the same flats")[2]
    assert "What it rests on was held by19 Jun 2014, 10:00" in _words(second)


def test_each_reason_names_every_row_it_rests_on_beside_itself(html: str) -> None:
    shown = [_words(read(part.split("</li>")[0]).text) for part in html.split('<li class="reason">')[1:]]
    reasons = [reason for item in samples.review().items for reason in item.reasons]
    for text, reason in zip(shown, reasons, strict=True):
        assert f"Rests on {'; '.join(evidence_words(reason.evidence))}" in text


def test_what_would_settle_an_item_is_not_said_again_under_its_reason() -> None:
    base = samples.review()
    item = base.items[2]
    same = replace(
        item, settle=("ask the pathologist",), reasons=(replace(item.reasons[0], settle=("ask the pathologist",)),)
    )
    assert render_report(replace(base, items=(same,))).count("ask the pathologist") == 1


def test_known_is_when_the_force_first_held_the_event_not_when_it_was_corrected() -> None:
    base = samples.dataset()
    corrected = (
        base.tables["events"]
        .filter(pl.col("event_id") == "K1")
        .with_columns(
            recorded_at=pl.lit(samples.AS_OF - timedelta(days=2)).cast(pl.Datetime("us", "UTC")),
            source_row=pl.lit(999, pl.Int64),
        )
    )
    known = replace(base, tables={**base.tables, "events": pl.concat([base.tables["events"], corrected])}).as_known(
        samples.AS_OF
    )
    facts = event_facts(known, ["K1"])["K1"]
    assert facts.source_row == 999
    assert facts.known_at == datetime(2014, 6, 19, 6, tzinfo=UTC)


def test_the_events_of_a_link_stand_in_order_of_time_with_both_times_in_their_columns(html: str) -> None:
    rows = html.split('<table class="stack events"')[2].split("<tr")[2:]
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)[:2] for row in rows]
    assert [[_words(re.sub("<.*?>", "", cell)) for cell in row] for row in cells] == [
        ["31 Dec 2012, 23:00", "19 Jun 2014, 10:00"],
        ["18 Jun 2014, 21:00 to 19 Jun, 05:00", "19 Jun 2014, 07:00"],
    ]


def test_the_chance_interval_holds_the_chance_rate(page: Page) -> None:
    text = _words(page.text)
    found = re.findall(r"would makeabout ([\d.]+) a year \(95% interval ([\d.]+) to ([\d.]+)\)", text)
    assert len(found) == 3
    assert all(float(low) <= float(rate) <= float(high) for rate, low, high in found)


def test_head_and_foot_both_say_that_nobody_is_accused(page: Page) -> None:
    assert _words(page.text).count("it accuses nobody. A link is a candidate, not a decision.") == 2


def test_a_distance_bears_the_uncertainty_of_both_places(html: str) -> None:
    """K0 is known to within 250 m and K1 exactly: from K1, K0 lies at the same spot to within 250 m."""
    rows = html.split('<table class="stack events"')[2].split("<tr")[2:]
    assert "places known to within 250 m" in rows[0]
    assert "known to within" not in html.split('<table class="stack events"')[1].split("</table>", maxsplit=1)[0]
