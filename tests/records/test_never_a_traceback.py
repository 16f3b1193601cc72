"""Whatever the bytes, the answer is in words: a result, or a ClewError."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import polars as pl
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clew.core import ClewError, UsageError
from clew.records import TABLES, check_dataset
from clew.records.mapping_file import parse_mapping
from clew.records.text_files import read_text_file

CELLS = st.sampled_from(
    [
        "E1",
        "death",
        "deceased",
        "2014-06-20",
        "2014-03-30T01:30",
        "99999-01-01",
        "1e400",
        "-0",
        "0",
        "51.5",
        '"',
        "\x00",
        "",
        "é",
        " ",
        "=1",
        "1,2",
        "2014-06-20T10:00+99:99",
        "0000-00-00",
        "+",
        "nan",
        "inf",
        "9" * 400,
        "\ufeff",
        "[]",
        "a\nb",
    ]
)
SETTINGS = Path(__file__).resolve().parents[2] / "src" / "clew" / "mappings" / "milwaukee-medical-examiner.yaml"


def check(files: dict[str, bytes]) -> None:
    with TemporaryDirectory() as folder:
        for name, data in files.items():
            (Path(folder) / name).write_bytes(data)
        result = check_dataset(folder)
    for table in result.tables:
        assert table.rows_read == table.rows_kept + table.rows_quarantined + table.duplicates
    if result.dataset is not None:
        for name, frame in result.dataset.tables.items():
            assert dict(frame.schema) == TABLES[name].frame_schema
            assert not frame.select(*TABLES[name].required, "recorded_at").null_count().sum_horizontal().item()
    assert result.quarantine["why"].str.len_chars().fill_null(0).min() != 0, "a row was set aside without a reason"
    rows = result.quarantine.select("table", "source_file", "source_row")
    assert rows.height == sum(table.rows_quarantined for table in result.tables)


@given(st.binary(max_size=300))
@example(b"\xff\xfe")
@example(b"\xff\xfea")
@example(b'"')
@example(b"a,b\r")
@settings(max_examples=150)
def test_any_bytes_are_a_text_file_of_some_kind(data: bytes) -> None:
    raw = read_text_file(data, name="x.csv")
    assert raw.frame.columns[-1] == "source_row"


@given(
    st.sampled_from(["utf-8", "utf-16", "latin-1"]),
    st.lists(st.lists(CELLS, min_size=15, max_size=15), max_size=4),
    st.lists(st.lists(CELLS, min_size=13, max_size=13), max_size=3),
)
@settings(max_examples=60, deadline=None)
def test_any_cells_in_any_column_are_checked(encoding: str, events: list[list[str]], people: list[list[str]]) -> None:
    def table(name: str, rows: list[list[str]]) -> bytes:
        lines = [list(TABLES[name].names), *rows]
        text = "\n".join(",".join(f'"{cell}"' for cell in line) for line in lines)
        return text.encode(encoding, errors="replace")

    check({"events.csv": table("events", events), "people.csv": table("people", people)})


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_parquet_of_any_types_is_checked(data: st.DataObject) -> None:
    dtypes = st.sampled_from(
        [
            pl.String,
            pl.Int64,
            pl.UInt8,
            pl.Float32,
            pl.Boolean,
            pl.Date,
            pl.Datetime("ns"),
            pl.Datetime("ms", "Asia/Tokyo"),
            pl.Time,
            pl.Duration("us"),
            pl.Binary,
            pl.List(pl.Int8),
            pl.Struct({"x": pl.Int8}),
            pl.Null,
            pl.Categorical,
            pl.Decimal(10, 2),
        ]
    )
    columns = {name: data.draw(dtypes) for name in TABLES["events"].names}
    rows = data.draw(st.integers(0, 2))
    frame = pl.DataFrame({name: pl.Series([None] * rows).cast(dtype) for name, dtype in columns.items()})
    if rows:
        whole = {
            name: pl.Series([1], dtype=pl.Int64).cast(dtype, strict=False)
            for name, dtype in columns.items()
            if dtype in {pl.Int64, pl.UInt8, pl.Float32, pl.Boolean, pl.Date, pl.Datetime("ns"), pl.Decimal(10, 2)}
        }
        whole |= {name: pl.Series([float("nan")], dtype=pl.Float32) for name in columns if columns[name] == pl.Float32}
        frame = frame.with_columns(series.new_from_index(0, rows).alias(name) for name, series in whole.items())
    with TemporaryDirectory() as folder:
        frame.write_parquet(Path(folder) / "events.parquet")
        check({"events.parquet": (Path(folder) / "events.parquet").read_bytes()})


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_a_damaged_clew_yaml_is_read_or_refused_in_words(data: st.DataObject) -> None:
    lines = SETTINGS.read_text(encoding="utf-8").splitlines()
    number = data.draw(st.integers(0, len(lines) - 1))
    lines[number] = data.draw(
        st.sampled_from(
            ["", "  - x", "name: [", "\t", "events: null", "  columns:", ": :", "*x", "!!python/object:os.system x"]
        )
    )
    with suppress(ClewError):
        parse_mapping("\n".join(lines), where="clew.yaml")


def test_a_very_long_thing_that_is_refused_is_told_by_its_ends() -> None:
    said = str(UsageError(f"There is no event {'x' * 100_000}.", where="EVENT", mend="give an event_id"))
    assert len(said) < 3_000
    assert "characters left out" in said
    assert said.endswith("To mend it: give an event_id")
