"""Whatever the records hold stays text: in the page, the spreadsheet and on the terminal."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from clew.publish import print_review, render_report, review_csv
from clew.publish.wording import clean_text
from clew.review.model import Evidence, Item, Review
from tests.publish import samples
from tests.publish.page import read

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='x",
    "</style><b>",
    "{{ 7*7 }}",
    "{% raw %}",
    "]]>",
    "<!--",
    "&lt;b&gt;",
    "\u202eevil\u202c",
    "a\x00b",
    "\x1b[31mred\x1b[0m",
    "[red]markup[/red]",
    '=HYPERLINK("x")',
    "@SUM(1)",
    "+1",
    "-1+1",
    "\t=1",
    "\r=1",
    "\x9b31m",
)

ANY = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=60), st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join)
)


def _with_text(text: str, *, narrative: str | None = None) -> Review:
    """The sample review with `text` everywhere a record's words can come through."""
    base = samples.review()
    fill = {name: pl.lit(text) for name in ("address", "area", "place_type", "category", "source_file")}
    fill["narrative"] = pl.lit(narrative if narrative is not None else text)
    tables = {**base.known.tables, "events": base.known.events.with_columns(**fill)}
    dataset = replace(base.known.dataset, name=text or "x", notice=text, marking=text)
    items = tuple(_hostile(item, text) for item in base.items)
    return replace(
        base,
        known=replace(base.known, dataset=dataset, tables=tables),
        items=items,
        standard=text,
        standards_title=text,
    )


def _hostile(item: Item, text: str) -> Item:
    reasons = tuple(
        replace(
            reason,
            text=text or "x",
            settle=(text,),
            evidence=(Evidence(table=text, source=text, row=1),),
            standard=replace(reason.standard, rule=text, verdict=text) if reason.standard else None,
            link=replace(reason.link, series_id=text) if reason.link else None,
        )
        for reason in item.reasons
    )
    return replace(item, headline=text, settle=(text,), reasons=reasons)


@settings(max_examples=25, deadline=None)
@given(text=ANY)
def test_no_recorded_text_becomes_markup(text: str) -> None:
    page = read(render_report(_with_text(text)))
    plain = read(render_report(_with_text("plain")))
    assert page.faults == []
    assert not [tag for tag, _ in page.elements if tag in {"script", "img"}]
    # The page has the elements that harmless text gives, and no attribute that it does not.
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in plain.elements}
    assert {name for _, names in page.elements for name in names} <= {
        name for _, names in plain.elements for name in names
    }


def test_every_hostile_text_is_still_there_to_read() -> None:
    for text in HOSTILE:
        page = read(render_report(_with_text(text)))
        assert " ".join(clean_text(text).split()) in " ".join(page.text.split())


def test_controls_and_direction_overrides_are_shown_as_replaced_and_marks_of_real_scripts_are_kept() -> None:
    html = render_report(_with_text("a\x00b\u202ec \u05d0\u200f\u05d1"))
    assert "\x00" not in html
    assert "\u202e" not in html
    assert "a\ufffdb\ufffdc \u05d0\u200f\u05d1" in html


def test_a_megabyte_of_narrative_is_cut_and_the_cut_is_said() -> None:
    html = render_report(_with_text("x", narrative="é" * 1_048_576))
    assert "[the first 700 of 1,048,576 characters are shown]" in html
    assert len(html) < 200_000


def test_an_event_number_full_of_markup_does_not_break_ids_or_links() -> None:
    base = samples.review()
    swap = {"K1": "<b id='item-1'>&\"", "K3": "#item-2 \"'"}
    events = base.known.events.with_columns(pl.col("event_id").replace(swap))
    items = tuple(replace(item, event_id=swap.get(item.event_id, item.event_id)) for item in base.items)
    page = read(
        render_report(
            replace(base, items=items, known=replace(base.known, tables={**base.known.tables, "events": events}))
        )
    )
    assert page.faults == []
    assert len(page.ids) == len(set(page.ids))
    assert swap["K1"] in page.text


@settings(max_examples=50, deadline=None)
@given(text=ANY)
@example(text="\n")
@example(text="\n=1+1")
def test_no_cell_of_the_csv_can_be_taken_for_a_formula(text: str) -> None:
    rows = list(csv.reader(io.StringIO(review_csv(_with_text(text)).removeprefix("\ufeff"), newline="")))
    for row in rows[1:]:
        assert len(row) == len(rows[0])
        for name, cell in zip(rows[0], row, strict=True):
            if name not in NUMBERS:
                assert cell[:1] not in set("\t\r\n"), (name, cell)
                assert not set(cell) & {chr(code) for code in (*range(9), *range(11, 32), *range(127, 160))}, (
                    name,
                    cell,
                )
                if re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", cell):
                    continue  # a number is no formula
                assert cell.lstrip()[:1] not in set("=+-@＝＋－＠"), (name, cell)


NUMBERS = {
    "rank",
    "items_in_all",
    "seen_per_year",
    "chance_per_year",
    "log10_bayes_factor",
    "people",
    "reference",
    "place",
    "time",
    "profile",
    "circumstances",
}


@settings(max_examples=50, deadline=None)
@given(text=ANY)
def test_no_recorded_text_commands_the_terminal(text: str) -> None:
    out = io.StringIO()
    print_review(_with_text(text), Console(file=out, width=100, force_terminal=False, color_system=None))
    assert not set(out.getvalue()) & {chr(code) for code in (*range(10), *range(11, 32), *range(127, 160))}
