"""Writes the demonstration to a folder: tables as Parquet, and what a person will open as text."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import polars as pl
from ruamel.yaml import YAML

from clew.core import UsageError
from clew.demonstration.make import NOTICE, SEED, YEARS, Demonstration, make_tiles
from clew.demonstration.planted import PlantedChange
from clew.records import TABLES, Format, Type, write_dataset

README = f"""# A demonstration

{NOTICE}

Everything here is made up by `clew.demonstration`, save the published facts of one public case (the events D1 to D4,
E0 and E1), told by role only. The names and addresses are invented words. One known series says nothing of how many
series Clew would find or how often it would be wrong.

- `events.parquet` and the other tables: the records, one row for each version of each fact
- `clew.yaml`: the dataset's name, time zone, marking, and which streams of records are complete from when
- `labels.csv`: the one labelled series, for `clew replay`
- `groups.csv`: groups planted on purpose that are no crime (fires, pacts, batches, families, ...), for tests

The distributions and their sources: docs/explanation/demonstration.md. Places: small areas of the Office for National
Statistics, Open Government Licence v3.0; contains National Statistics and Ordnance Survey data © Crown copyright and
database right.
"""


def write_demonstration(
    folder: Path,
    *,
    seed: int = SEED,
    years: Sequence[int] = YEARS,
    scale: float = 1.0,
    with_case: bool = True,
    tiles: int = 1,
    tables: Iterable[str] = tuple(TABLES),
    change: PlantedChange | None = None,
) -> None:
    """Make the demonstration and write it to `folder` (made if need be) as a dataset that `read_dataset` reads.

    Tables are Parquet; clew.yaml, labels.csv (`series_id`, `event_id`), groups.csv (`group_id`, `kind`, `event_id`)
    and README.md are text. With `tiles` above one, tile by tile: memory holds one at a time. Other arguments as for
    `make_demonstration`. Raises `UsageError` for arguments that cannot be used or a folder that cannot be written.
    """
    made = make_tiles(tiles, seed=seed, years=years, scale=scale, with_case=with_case, tables=tables, change=change)
    first = next(made)
    write_dataset(first, folder, format=Format.PARQUET)
    try:
        first.labels.write_csv(folder / "labels.csv")
        (folder / "README.md").write_text(README, encoding="utf-8")
        if tiles == 1:
            first.groups.write_csv(folder / "groups.csv")
        else:
            _write_side_by_side(folder, first, made)
    except OSError as error:
        raise UsageError(
            f"Cannot write the demonstration to {folder}: {error.strerror or error}.",
            where=str(folder),
            mend="name a folder that can be written",
        ) from None


def _write_side_by_side(folder: Path, first: Demonstration, others: Iterable[Demonstration]) -> None:
    groups = [first.groups]
    low, high = _span(first)
    with tempfile.TemporaryDirectory(dir=folder) as made:
        parts = Path(made)
        for name in first.tables:
            (folder / f"{name}.parquet").rename(parts / f"{name}-000.parquet")
        for number, tile in enumerate(others, start=1):
            groups.append(tile.groups)
            low, high = min(low, _span(tile)[0]), max(high, _span(tile)[1])
            for name, frame in tile.tables.items():
                columns = [*TABLES[name].names, "recorded_at_assumed"]
                frame.select(columns).write_parquet(parts / f"{name}-{number:03d}.parquet")
        for name in first.tables:
            scans = [pl.scan_parquet(part) for part in sorted(parts.glob(f"{name}-*.parquet"))]
            pl.concat(scans, how="diagonal").sink_parquet(folder / f"{name}.parquet")
    pl.concat(groups).write_csv(folder / "groups.csv")
    _widen(folder / "clew.yaml", low, high)


def _span(tile: Demonstration) -> tuple[datetime, datetime]:
    """First and last instant of a tile."""
    ends = [
        end
        for name, frame in tile.tables.items()
        for column in TABLES[name].columns
        if column.type is Type.INSTANT
        for end in (frame[column.name].min(), frame[column.name].max())
        if isinstance(end, datetime)
    ]
    return min(ends), max(ends)


def _widen(file: Path, low: datetime, high: datetime) -> None:
    """Set the bounds of what is plausible in a clew.yaml."""
    yaml = YAML()
    settings = yaml.load(file.read_text(encoding="utf-8"))
    settings["plausible"] = {
        "from": low.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "to": high.astimezone(UTC).isoformat().replace("+00:00", "Z"),
    }
    stream = StringIO()
    yaml.dump(settings, stream)
    file.write_text(stream.getvalue(), encoding="utf-8")
