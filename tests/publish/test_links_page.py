"""The page of links and the drawn explanation: whole, self-contained, accessible, marked, and true to the engine."""

from __future__ import annotations

import itertools
import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.links import STATEMENT, explain_pair, list_links
from clew.publish import explanation_html, explanation_svg, links_html
from clew.publish.graph_layout import Event, Tie, graph_layout
from clew.publish.labels import Box, text_units
from clew.publish.links_page import MOST_LINKS
from clew.publish.waterfall import parts_of, waterfall, waterfall_scale
from clew.publish.wording import clean_text
from tests.publish import samples
from tests.publish.page import Page, read
from tests.publish.test_hostile_text import HOSTILE
from tests.publish.test_link_forms import hostile, listing


def _words(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture(scope="module", params=["links", "pair", "hostile links", "hostile pair"])
def html(request: pytest.FixtureRequest) -> str:
    found = hostile() if "hostile" in request.param else listing()
    if "links" in request.param:
        return links_html(found)
    first = found.shown.row(0, named=True)
    return explanation_html(found.links, explain_pair(found.links, first["event_id_a"], first["event_id_b"]))


@pytest.fixture
def page(html: str) -> Page:
    return read(html)


def test_nothing_on_the_page_runs_or_asks_for_anything(html: str, page: Page) -> None:
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "link", "iframe", "object", "embed", "img", "form", "evil", "b1"}
    assert all(str(attributes["href"]).startswith("#") for attributes in page.named("a"))
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]
    assert "@import" not in html
    policy = next(meta["content"] for meta in page.named("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert str(policy).startswith("default-src 'none'")


def test_tags_nest_ids_are_unique_references_lead_somewhere_and_headings_descend(page: Page) -> None:
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    pointed = [str(attributes["href"])[1:] for attributes in page.named("a")]
    pointed += [name for _, attributes in page.elements for name in (attributes.get("aria-labelledby") or "").split()]
    assert set(pointed) <= set(page.ids)
    levels = [level for level, _ in page.outline]
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))


def test_every_drawing_has_a_title_and_description_or_is_silent_beside_its_words(html: str, page: Page) -> None:
    for kind in ("map", "graph"):
        for svg in re.findall(rf"<svg class=\"{kind}\"[^>]*>.*?</desc>", html, re.DOTALL):
            assert 'role="img"' in svg
            assert "<title id=" in svg
    depth, silent = 0, []
    for tag in re.findall(r"<svg[^>]*>|</svg>", html):
        if depth == 0 and 'role="img"' not in tag:
            silent.append('aria-hidden="true"' in tag)
        depth += -1 if tag == "</svg>" else 1
    assert silent
    assert all(silent)
    assert html.count("<table") == html.count("<caption>") > 0
    assert all(attributes.get("scope") in {"col", "row"} for attributes in page.named("th"))


def test_the_marking_is_first_and_last_and_what_a_link_is_not_stands_before_the_list(html: str, page: Page) -> None:
    plain = samples.MARKING in page.text
    marking = samples.MARKING if plain else clean_text(" ".join(HOSTILE))
    text = _words(page.text)
    assert text.startswith(_words(marking))
    assert text.endswith(_words(marking))
    assert STATEMENT in text.split("What connects" if "What connects" in text else "At a glance")[-1] or plain
    assert text.count(STATEMENT) == 2


def test_the_page_tells_every_link_with_its_rates_series_decision_and_steps() -> None:
    text = _words(read(links_html(listing())).text)
    for row in listing().table().iter_rows(named=True):
        why = explain_pair(listing().links, row["event_id_a"], row["event_id_b"])
        assert _words(why.sentence) in text
    assert "Confirmed on 2014-09-20 by detective inspector" in text
    assert f"{listing().shown.height} links within a budget of 30 a year" in text
    assert all(name in text for name in listing().series)


def test_a_link_that_stays_down_is_counted_on_the_page_and_told_only_where_asked_for() -> None:
    without = list_links(hostile().links, budget_per_year=30)
    assert "1 rejected with nothing new since, not listed" in _words(read(links_html(without)).text)
    assert "1 rejected with nothing new since, listed too" in _words(read(links_html(hostile())).text)


def test_no_links_and_more_links_than_a_page_holds_are_said() -> None:
    none = _words(read(links_html(list_links(samples.links(), budget_per_year=0))).text)
    assert "No link within this budget is known" in none
    every = list_links(samples.links(), budget_per_year=None)
    assert every.shown.height > MOST_LINKS
    page = read(links_html(every))
    assert len(page.named("article")) == MOST_LINKS
    assert f"{MOST_LINKS} of {every.shown.height:,}, the strongest" in _words(page.text)


@pytest.mark.parametrize("made", ["plain", "hostile"])
def test_the_drawing_of_a_pair_is_well_formed_says_everything_and_fits_its_width(made: str) -> None:
    found = hostile() if made == "hostile" else listing()
    row = next(row for row in found.shown.iter_rows(named=True) if row["decision"])
    why = explain_pair(found.links, row["event_id_a"], row["event_id_b"])
    root = ET.fromstring(explanation_svg(found.links, why))
    space = "{http://www.w3.org/2000/svg}"
    said = _words(" ".join("".join(part.itertext()) for part in root.iter(f"{space}text")))
    assert STATEMENT in said
    assert "Decision on record" in said
    assert f"{why.log10_bayes_factor:+.1f}".replace("-", "−") in said
    for clause in why.clauses.values():
        assert _words(clean_text(clause)).replace(" ", "") in said.replace(" ", "")
    names = {part.tag.removeprefix(space) for part in root.iter()}
    assert names == {"svg", "title", "desc", "style", "rect", "text", "line"}
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    for part in root.iter(f"{space}rect"):
        assert 0 <= float(part.get("x", "0")) <= width - float(part.attrib["width"])
    assert max(float(part.attrib["y"]) for part in root.iter(f"{space}text")) < height


def test_each_step_begins_where_the_one_before_it_ended_and_the_last_ends_at_the_sum() -> None:
    for row in listing().shown.iter_rows(named=True):
        why = explain_pair(listing().links, row["event_id_a"], row["event_id_b"])
        scale = waterfall_scale([why])
        at = scale.percent(0.0)
        for step, factor in zip(waterfall(why, scale), parts_of(why).values(), strict=True):
            ends = (step.left, step.left + step.width)
            assert at == pytest.approx(ends[factor < 0], abs=0.02)
            at = step.stands_at
        assert at == pytest.approx(scale.percent(why.log10_bayes_factor), abs=0.02)


def _graph(pairs: list[tuple[int, int]]) -> tuple[list[Event], list[Tie]]:
    ties = [Tie(one=f"E{a:03}", other=f"E{b:03}", number=number) for number, (a, b) in enumerate(pairs, start=1)]
    names = sorted({end for tie in ties for end in (tie.one, tie.other)})
    return [Event(event_id=name, label=f"{name} of a long number") for name in names], ties


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)).filter(lambda ends: ends[0] != ends[1]), max_size=30))
def test_in_any_graph_no_mark_or_label_meets_another_all_lie_inside_and_the_drawing_is_always_the_same(
    pairs: list[tuple[int, int]],
) -> None:
    events, ties = _graph(pairs)
    drawn = graph_layout(events, ties)
    if drawn is None:
        assert not pairs
        return
    assert drawn == graph_layout(events, ties)
    boxes = []
    for node in drawn.nodes:
        half = text_units(node.label) / 2
        boxes.append(Box(left=node.x - half, top=node.y - 8, right=node.x + half, bottom=node.y + 24))
    frame = Box(left=0, top=0, right=drawn.width, bottom=drawn.height)
    assert all(box.inside(frame) for box in boxes)
    assert not [1 for one, other in itertools.combinations(boxes, 2) if one.meets(other)]
    assert len(drawn.edges) == len(ties)


def test_as_many_links_of_one_event_as_a_page_holds_are_laid_out() -> None:
    events, ties = _graph([(0, other) for other in range(1, MOST_LINKS + 1)])
    drawn = graph_layout(events, ties)
    assert drawn is not None
    assert len({(node.x, node.y) for node in drawn.nodes}) == MOST_LINKS + 1


def test_a_pair_that_is_no_link_and_has_no_place_is_told_as_such() -> None:
    links = samples.links()
    other = next(str(name) for name in links.scorer.events.event_id if str(name).startswith("X"))
    why = explain_pair(links, "K4", other)
    page = read(explanation_html(links, why))
    assert page.faults == []
    assert "none: weaker than the links a desk is shown, or set apart" in _words(page.text)
    assert "the place of one is not known" in _words(page.text)
    assert not [one for one in page.named("svg") if one.get("class") == "map"]
    ET.fromstring(explanation_svg(links, why))
