"""A text file is read whatever its state, and what is no row is said to be none."""

from __future__ import annotations

import csv
import io

import polars as pl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from clew.records import text_files
from clew.records.text_encoding import decode
from clew.records.text_files import read_text_file


def read(text: str) -> text_files.RawFile:
    return read_text_file(text.encode(), name="events.csv")


def rows(raw: text_files.RawFile) -> list[tuple[object, ...]]:
    return raw.frame.rows()


@given(
    st.lists(
        st.tuples(*[st.text(st.sampled_from('ab"\n\r,; é='), max_size=5)] * 3),
        max_size=6,
    ),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
@example(rows=[('"', "a\r\nb", ""), ("", "", "")], newline="\n", all_quoted=False)
def test_every_cell_that_python_writes_is_read_back(
    rows: list[tuple[str, str, str]], newline: str, all_quoted: bool
) -> None:
    stream = io.StringIO()
    needs_quotes = any("\r" in cell for row in rows for cell in row)  # Python 3.11 does not see that by itself
    quoting = csv.QUOTE_ALL if all_quoted or needs_quotes else csv.QUOTE_MINIMAL
    writer = csv.writer(stream, lineterminator=newline, quoting=quoting)
    writer.writerow(["x", "y", "z"])
    writer.writerows(rows)
    raw = read(stream.getvalue())
    assert not raw.lost
    cells = raw.frame.select("x", "y", "z").fill_null("").rows()
    assert cells == rows
    assert raw.frame["source_row"].to_list() == list(range(2, len(rows) + 2))


@given(st.text(st.sampled_from('ab",\n;'), max_size=40))
@example('a,b\n"x,1\n2,"y"\n3,4')
def test_both_ways_of_reading_agree_wherever_the_fast_one_dares(body: str) -> None:
    text = "first,second\n" + body
    fast = text_files._read_plain(text, ",")
    if fast is not None:
        slow, lost, _ = text_files._read_line_by_line(text, ",")
        assert not lost
        text_cells = pl.col(pl.String)
        assert_frame_equal(fast.with_columns(pl.when(text_cells != "").then(text_cells)), slow)


@given(st.text(st.sampled_from('a",\n\r\x00é'), max_size=60))
def test_no_line_disappears_and_nothing_is_raised(body: str) -> None:
    raw = read("p,q\n" + body)
    lost = {row.source_row for row in raw.lost}
    kept = set(raw.frame["source_row"].to_list())
    assert not lost & kept
    letters = sum(
        map(len, raw.frame.select("p", "q").fill_null("").unpivot()["value"].str.extract_all("[aé]").to_list())
    )
    assert letters + sum(row.text.count("a") + row.text.count("é") for row in raw.lost) == body.count("a") + body.count(
        "é"
    )


def test_a_stray_quotation_mark_costs_one_line_and_not_the_rest_of_the_file() -> None:
    raw = read('a,b\n1,2\n"3,4\n5,6\n7,"8"\n9,10\n')
    assert rows(raw) == [("1", "2", 2), ("5", "6", 4), ("7", "8", 5), ("9", "10", 6)]
    assert [(row.source_row, row.text) for row in raw.lost] == [(3, '"3,4')]


def test_two_stray_quotation_marks_do_not_swallow_the_rows_between_them() -> None:
    raw = read('a,b,c\n"3,4,5\n5,6,7\n7,8,9",10\n')
    assert [row[:3] for row in rows(raw)] == [("5", "6", "7")]
    assert [row.source_row for row in raw.lost] == [2, 4]


def test_a_file_cut_short_inside_a_quoted_cell_loses_that_row_only() -> None:
    raw = read('a,b\n1,2\n3,"it was cut he')
    assert rows(raw) == [("1", "2", 2)]
    assert [row.source_row for row in raw.lost] == [3]


def test_a_file_cut_short_inside_a_row_loses_that_row_only() -> None:
    raw = read("a,b,c\n1,2,3\n4,5")
    assert rows(raw) == [("1", "2", "3", 2)]
    assert raw.lost[0].why == "the row has 2 cells, the header 3"


def test_ragged_rows_are_set_aside_with_their_line() -> None:
    raw = read("a,b\n1\n2,3\n4,5,6\n")
    assert rows(raw) == [("2", "3", 3)]
    assert [(row.source_row, row.text) for row in raw.lost] == [(2, "1"), (4, "4,5,6")]


def test_rows_are_numbered_as_a_spreadsheet_shows_them_past_cells_of_many_lines_and_empty_lines() -> None:
    raw = read('a,b\n1,"x\ny\nz"\n\n2,w\n')
    assert raw.frame["source_row"].to_list() == [2, 4]


def test_a_cell_of_a_megabyte_is_read_whole() -> None:
    long = "word\n" * 200_000
    assert read(f'a,b\n1,"{long}"\n').frame["b"].item() == long


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_every_unicode_encoding_gives_the_same_text(encoding: str) -> None:
    data = "a,b\nRené,Łódź\n".encode(encoding)
    if encoding in {"utf-16-le", "utf-16-be"}:
        data = ("a,b\n" + "x,y\n" * 40 + "René,Łódź\n").encode(encoding)
    raw = read_text_file(data, name="f.csv")
    assert raw.columns == ("a", "b")
    assert raw.frame.row(-1)[:2] == ("René", "Łódź")


@pytest.mark.parametrize(("encoding", "found"), [("latin-1", "cp1252"), ("cp1252", "cp1252")])
def test_text_that_is_not_utf8_is_read_by_guess_and_the_guess_is_reported(encoding: str, found: str) -> None:
    decoded = decode("a\nRené, Zoë\n".encode(encoding))
    assert (decoded.text, decoded.encoding) == ("a\nRené, Zoë\n", found)
    assert decoded.remark is not None
    assert "guess" in decoded.remark[0]


def test_a_few_bad_bytes_in_a_utf8_file_are_shown_and_counted() -> None:
    decoded = decode("René Zoë Łódź ".encode() + b"\xff!")
    assert decoded.text == "René Zoë Łódź \ufffd!"
    assert decoded.remark is not None
    assert "1 places" in decoded.remark[0]


def test_utf8_without_a_mark_is_certain_and_needs_no_remark() -> None:
    assert decode("é".encode()).remark is None


@pytest.mark.parametrize("sign", [",", ";", "\t", "|"])
def test_the_delimiter_is_found_in_the_header(sign: str) -> None:
    assert rows(read(sign.join(["a", "b"]) + "\n" + sign.join(["1", "2"]))) == [("1", "2", 2)]


def test_columns_without_a_name_of_their_own_get_one_and_a_remark() -> None:
    raw = read("a,a,\n1,2,3\n")
    assert raw.columns == ("a", "a (2)", "column 3")
    assert [row for row, _, _ in raw.remarks] == [1, 1]


def test_an_empty_file_has_no_columns_and_no_rows() -> None:
    assert read("").columns == ()
