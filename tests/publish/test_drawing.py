"""Maps, time-lines and colours keep their laws: true distances, no label over another, contrast that can be read."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import combinations, pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clew.publish.facts import EventFacts, event_facts
from clew.publish.map_layout import MapLayout, Spot, direction_words, distance_m, map_layout, round_down
from clew.publish.palette import DARK, DRAWN_PAIRS, LIGHT, TEXT_PAIRS
from clew.publish.timeline import timeline
from tests.publish import samples

LONDON = ZoneInfo("Europe/London")

SPOTS = st.lists(
    st.builds(
        Spot,
        label=st.text("abcdefgh0123456789-WMé漢", min_size=1, max_size=30),
        lat=st.floats(51.50, 51.56) | st.floats(-90, 90),
        lon=st.floats(0.05, 0.12) | st.floats(-180, 180),
        uncertainty_m=st.sampled_from([0.0, 250.0, 100_000.0]),
        chief=st.booleans(),
        death=st.booleans(),
    ),
    min_size=1,
    max_size=25,
)


def _laid(spots: list[Spot]) -> MapLayout:
    layout = map_layout(spots)
    assert layout is not None
    return layout


@settings(max_examples=150, deadline=None)
@given(spots=SPOTS)
def test_no_label_covers_another_or_leaves_the_map_and_each_mark_is_labelled_or_counted(spots: list[Spot]) -> None:
    layout = _laid(spots)
    boxes = [label.box for label in (*layout.labels, *layout.ring_labels)]
    assert not [pair for pair in combinations(boxes, 2) if pair[0].meets(pair[1])]
    assert all(
        box.left >= 0 and box.right <= layout.width and box.top >= 0 and box.bottom <= layout.height for box in boxes
    )
    assert len(layout.labels) + layout.left_out == len(layout.marks)
    assert sum(mark.count for mark in layout.marks) == len(spots)
    assert all(0 <= mark.x <= layout.width and 0 <= mark.y <= layout.height for mark in layout.marks)
    covered = [
        box for box in boxes for mark in layout.marks if box.left < mark.x < box.right and box.top < mark.y < box.bottom
    ]
    assert [box for box in covered if box in [label.box for label in layout.labels]] == []


def _haversine_m(a: Spot, b: Spot) -> float:
    """The textbook formula on the sphere of mean radius."""
    la, lb = math.radians(a.lat), math.radians(b.lat)
    half = math.sin((lb - la) / 2) ** 2 + math.cos(la) * math.cos(lb) * math.sin(math.radians(b.lon - a.lon) / 2) ** 2
    return 2 * 6_371_008.8 * math.asin(math.sqrt(half))


@settings(max_examples=100, deadline=None)
@given(lat=st.floats(-80, 80), lon=st.floats(-180, 180), north=st.floats(-0.1, 0.1), east=st.floats(-0.1, 0.1))
def test_drawn_distance_from_the_chief_event_is_true_to_the_scale_bar(
    lat: float, lon: float, north: float, east: float
) -> None:
    here = Spot(label="A", lat=lat, lon=lon, chief=True)
    there = Spot(label="B", lat=lat + north, lon=(lon + east + 180) % 360 - 180)
    layout = _laid([here, there])
    if len(layout.marks) < 2:
        assert _haversine_m(here, there) < 20
        return
    bar_m = float(layout.bar_words.split()[0].replace(",", "")) * (1000 if layout.bar_words.endswith("km") else 1)
    drawn = math.dist((layout.marks[0].x, layout.marks[0].y), (layout.marks[1].x, layout.marks[1].y))
    assert drawn / layout.bar_units * bar_m == pytest.approx(_haversine_m(here, there), rel=1e-6, abs=0.01)
    assert distance_m((here.lat, here.lon), (there.lat, there.lon)) == pytest.approx(
        _haversine_m(here, there), rel=1e-6, abs=0.01
    )


def test_north_is_up_and_east_is_right_and_words_agree() -> None:
    centre = (51.5355, 0.076)
    for (lat, lon), words in {(51.54, 0.076): "north", (51.5355, 0.09): "east", (51.53, 0.0672): "south-west"}.items():
        layout = _laid([Spot(label="A", lat=centre[0], lon=centre[1], chief=True), Spot(label="B", lat=lat, lon=lon)])
        a, b = layout.marks
        assert (b.y < a.y - 5) == ("north" in words)
        assert (b.x > a.x + 5) == ("east" in words)
        assert (b.y > a.y + 5) == ("south" in words)
        assert (b.x < a.x - 5) == ("west" in words)
        assert direction_words(centre, (lat, lon)) == words


def test_two_deaths_at_one_spot_share_a_mark_and_a_label() -> None:
    spots = [
        Spot(label="K3", lat=51.5, lon=0.1, chief=True),
        Spot(label="K2", lat=51.5, lon=0.1),
        Spot(label="K1", lat=51.51, lon=0.1),
    ]
    assert [label.text for label in _laid(spots).labels] == ["K3, K2", "K1"]


def test_an_uncertain_place_is_a_circle_of_its_radius() -> None:
    layout = _laid([Spot(label="A", lat=51.5, lon=0.1, uncertainty_m=250), Spot(label="B", lat=51.52, lon=0.1)])
    bar_m = float(layout.bar_words.split()[0]) * (1000 if layout.bar_words.endswith("km") else 1)
    assert [circle.radius for circle in layout.uncertain] == pytest.approx([250 / bar_m * layout.bar_units], abs=0.06)


@given(value=st.floats(1e-3, 1e8))
def test_round_numbers_are_one_two_or_five_and_never_more_than_asked(value: float) -> None:
    step = round_down(value)
    assert step <= value * (1 + 1e-9)
    assert value < step * 2.5 * (1 + 1e-9)
    assert round(step / 10 ** math.floor(math.log10(step * (1 + 1e-9)))) in {1, 2, 5}


def _event(event_id: str, start: datetime, hours: float, known_hours: float) -> EventFacts:
    like = event_facts(samples.links().known, ["K2"])["K2"]
    end = start + timedelta(hours=hours)
    return replace(
        like, event_id=event_id, occurred_from=start, occurred_to=end, known_at=end + timedelta(hours=known_hours)
    )


MOMENTS = st.integers(1, 32_871 * 24 * 60).map(
    lambda minute: datetime(1970, 1, 2, tzinfo=UTC) + timedelta(minutes=minute)
)


@settings(max_examples=200, deadline=None)
@given(
    events=st.lists(st.tuples(MOMENTS, st.floats(0, 5000), st.floats(0, 90_000)), min_size=1, max_size=8),
    later=st.integers(0, 4000),
)
def test_a_time_line_keeps_order_stays_on_the_page_and_has_few_round_ticks(
    events: list[tuple[datetime, float, float]], later: int
) -> None:
    facts = [_event(str(number), *event) for number, event in enumerate(events)]
    as_of = max(fact.known_at for fact in facts) + timedelta(days=later)
    line = timeline(facts, as_of=as_of, zone=LONDON)
    for fact in facts:
        on = line.tracks[fact.event_id]
        assert 0 < on.start <= on.end < 100
        assert on.start <= on.known <= line.as_of < 100
    moments = [(fact.occurred_from, line.tracks[fact.event_id].start) for fact in facts]
    moments += [(fact.known_at, line.tracks[fact.event_id].known) for fact in facts]
    span = max(as_of - min(moment for moment, _ in moments), timedelta(hours=6))
    first = min(moment for moment, _ in moments)
    assert [at for _, at in moments] == pytest.approx(
        [4 + 92 * (moment - first) / span for moment, _ in moments], abs=0.01
    )
    places = [tick.at for tick in line.ticks]
    assert len(places) <= 4
    assert places == sorted(places)
    assert all(after - before > 8 for before, after in pairwise(places))


def test_ticks_stand_at_local_midnight_whatever_the_clock_change() -> None:
    """British clocks go back on 26 Oct 2014: midnight is 23:00Z before and 00:00Z after."""
    facts = [_event("A", datetime(2014, 10, 24, 12, tzinfo=UTC), 1, 1)]
    line = timeline(facts, as_of=datetime(2014, 10, 28, 12, tzinfo=UTC), zone=LONDON)
    hours = [(tick.at - 4) / 92 * 96 for tick in line.ticks]
    assert [tick.label for tick in line.ticks] == ["25 Oct", "26 Oct", "27 Oct", "28 Oct"]
    assert hours == pytest.approx([11, 35, 60, 84], abs=0.02)


def _luminance(colour: str) -> float:
    """Relative luminance, WCAG 2.2."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_has_contrast_of_four_and_a_half_and_drawing_of_three(palette: dict[str, str]) -> None:
    for least, pairs in ((4.5, TEXT_PAIRS), (3.0, DRAWN_PAIRS)):
        for front, back in pairs:
            light, dark = sorted((_luminance(palette[front]), _luminance(palette[back])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= least, (front, back)


def test_light_and_dark_name_the_same_colours_and_the_style_names_no_other() -> None:
    import re

    from jinja2 import Environment, PackageLoader

    style, _, _ = Environment(autoescape=True, loader=PackageLoader("clew.publish")).loader.get_source(  # type: ignore[union-attr]
        Environment(autoescape=True), "report.css.j2"
    )
    assert set(LIGHT) == set(DARK) == set(re.findall(r"var\(--([\w-]+)\)", style))
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", style)


def test_the_numbers_of_links_at_one_spot_are_in_order() -> None:
    spots = [Spot(label=names[0], names=names, lat=51.5, lon=0.1) for names in (("14", "4", "2"), ("3", "2"))]
    assert [label.text for label in _laid(spots).labels] == ["2, 3, 4, 14"]
