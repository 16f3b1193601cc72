"""Reads a dataset: files to tables, every problem on the way, and what had to be set aside.

`check_dataset` finds all there is to say and never raises for bad data; `read_dataset` gives the dataset or raises.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from clew.core import ClewError, UsageError
from clew.records import consistency
from clew.records.dataset import Counts, Dataset
from clew.records.intake import Intake
from clew.records.knowledge_time import stand_in
from clew.records.mapping import DatasetMapping
from clew.records.mapping_file import FILE_NAME, find_mapping, read_mapping
from clew.records.places import check_positions
from clew.records.problems import SET_ASIDE, Effect, ProblemLog
from clew.records.quarantine import QUARANTINE_SCHEMA, quarantine_of
from clew.records.schema import EVENTS, TABLES, empty_frame
from clew.records.shape import ASSUMED

Tick = Callable[[int, int, str], None]


@dataclass(frozen=True, kw_only=True)
class TableCheck:
    """What became of one table's rows. `duplicates`: identical rows that count once."""

    table: str
    rows_read: int = 0
    rows_kept: int = 0
    rows_quarantined: int = 0
    duplicates: int = 0
    recorded_at_assumed: int = 0
    loss_limit: float = 0.0

    @property
    def lost_too_much(self) -> bool:
        """Whether a greater share of the rows was set aside than the loss limit allows."""
        return self.rows_quarantined > self.loss_limit * self.rows_read


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """All there is to say about a dataset's input.

    dataset: None where it cannot be used at all (`failure` says why). problems: `problems.PROBLEM_SCHEMA`. quarantine:
    `quarantine.QUARANTINE_SCHEMA`, one row per source row set aside. unused: columns of each file that no table reads.
    """

    dataset: Dataset | None
    failure: ClewError | None
    tables: tuple[TableCheck, ...]
    problems: pl.DataFrame
    quarantine: pl.DataFrame
    unused: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def lost_too_much(self) -> tuple[TableCheck, ...]:
        """The tables that lost more rows than their limit."""
        return tuple(table for table in self.tables if table.lost_too_much)

    @property
    def usable(self) -> bool:
        """Whether `read_dataset` would give the dataset."""
        return self.dataset is not None and not self.lost_too_much


def read_dataset(path: Path | str, *, mapping: str | None = None, tick: Tick | None = None) -> Dataset:
    """The dataset in the folder or file `path`, read as its clew.yaml says, or as `mapping` does (a YAML file, or the
    name of a mapping that ships with Clew).

    Raises `ClewError` for what cannot be read and for a dataset that lost more rows than its loss limit. `tick` is told
    (tables done, of how many, which).
    """
    result = check_dataset(path, mapping=mapping, tick=tick)
    if result.failure is not None:
        raise result.failure
    for table in result.lost_too_much:
        raise ClewError(
            f"{table.rows_quarantined:,} of {table.rows_read:,} rows of {table.table} cannot be used.",
            where=str(path),
            why=f"more than {table.loss_limit:.1%} of a table lost would make every figure doubtful",
            mend="run `clew check` on it and mend what it names, or raise `loss_limit:` in clew.yaml",
        )
    assert result.dataset is not None  # noqa: S101  (a result without failure has one)
    return result.dataset


def check_dataset(path: Path | str, *, mapping: str | None = None, tick: Tick | None = None) -> CheckResult:
    """Reads the dataset at `path` and says all that is wrong with it.

    Raises `UsageError` only if there is no such path, or for a mapping that is itself wrong.
    """
    folder = Path(path)
    if not (os.path.isdir(folder) or os.path.isfile(folder)):  # noqa: PTH112, PTH113 - a name too long is none either
        raise UsageError(f"There is no {folder}.", where="DATA", mend="name a dataset's folder, or a single file")
    return _Reading(folder, _find_mapping(folder, mapping), tick or (lambda done, total, what: None)).run()


def _find_mapping(path: Path, name: str | None) -> DatasetMapping:
    if name is not None:
        return find_mapping(name)
    own = path / FILE_NAME
    return read_mapping(own) if path.is_dir() and own.exists() else DatasetMapping()


class _Reading:
    """One run over a dataset's files; `run` is its only use."""

    def __init__(self, path: Path, mapping: DatasetMapping, tick: Tick) -> None:
        self.path, self.mapping, self.tick = path, mapping, tick
        self.log = ProblemLog()
        self.intake = Intake(path, mapping, self.log)
        self.failure: ClewError | None = None

    def run(self) -> CheckResult:
        frames: dict[str, pl.DataFrame] = {}
        for number, (name, table) in enumerate(TABLES.items()):
            self.tick(number, len(TABLES) + 1, f"reading {name}")
            try:
                frame = self.intake.table(table)
            except ClewError as error:
                self._fail(name, error)
                continue
            if frame is not None:
                frames[name] = frame
        self.intake.forget_cells()
        self.tick(len(TABLES), len(TABLES) + 1, "checking")
        if EVENTS.name not in frames and self.failure is None:
            self._fail(EVENTS.name, self._no_events())
        checks, kept = self._check(frames) if EVENTS.name in frames else ((), {})
        if self.failure is None:
            self._note_unused()
        self.tick(len(TABLES) + 1, len(TABLES) + 1, "done")
        problems = self.log.frame()
        return CheckResult(
            dataset=None if self.failure else self._dataset(kept, checks),
            failure=self.failure,
            tables=tuple(checks),
            problems=problems,
            quarantine=self._quarantine(frames, problems),
            unused=self.intake.unused(),
        )

    def _fail(self, table: str, error: ClewError) -> None:
        if self.failure is not None and str(error) == str(self.failure):
            return  # a workbook that cannot be opened fails every table alike
        self.failure = self.failure or error
        self.log.note(
            table=table, why=error.what, mend=error.mend, effect=Effect.TABLE_REFUSED, source_file=error.where
        )

    def _no_events(self) -> UsageError:
        return UsageError(
            f"{self.path.name or self.path} holds no events.",
            where=str(self.path),
            why="events is the one table that Clew cannot do without",
            mend="put an events.csv, events.parquet or events.xlsx there, or name the file in clew.yaml",
        )

    def _check(self, frames: dict[str, pl.DataFrame]) -> tuple[list[TableCheck], dict[str, pl.DataFrame]]:
        latest = consistency.latest_plausible(frames[EVENTS.name], self.mapping)
        checks: list[TableCheck] = []
        kept: dict[str, pl.DataFrame] = {}
        for name in list(frames):
            table, frame = TABLES[name], frames[name]
            earliest = self.mapping.earliest
            frame = consistency.check_plausible(frame, table, earliest=earliest, latest=latest, log=self.log)
            frame = consistency.check_order(frame, table, self.log)
            if table is EVENTS:
                frame = check_positions(frame, self.mapping.zone, self.log, table=name)
                frame = stand_in(frame, table, zone=self.mapping.zone)
            else:
                events = kept[EVENTS.name]
                frame = consistency.check_event_known(frame, table, events["event_id"], self.log)
                if "birth_date" in table.names:
                    frame = consistency.check_births(frame, events, self.log)
                frame = stand_in(frame, table, zone=self.mapping.zone, events=events)
            frame, duplicates = consistency.check_duplicates(frame, table, self.log)
            frames[name] = frame
            kept[name] = frame.filter(~pl.col(SET_ASIDE)).select(*table.frame_schema)
            lost = len(self.intake.lost.get(name, ()))
            checks.append(
                TableCheck(
                    table=name,
                    rows_read=frame.height + duplicates + lost,
                    rows_kept=kept[name].height,
                    rows_quarantined=frame.height - kept[name].height + lost,
                    duplicates=duplicates,
                    recorded_at_assumed=int(kept[name][ASSUMED].sum()),
                    loss_limit=self.mapping.loss_limit(name),
                )
            )
        return checks, kept

    def _dataset(self, kept: dict[str, pl.DataFrame], checks: list[TableCheck] | tuple[()]) -> Dataset:
        counts = Counts(
            rows_read=sum(check.rows_read for check in checks),
            rows_quarantined=sum(check.rows_quarantined for check in checks),
            recorded_at_assumed=sum(check.recorded_at_assumed for check in checks),
        )
        return Dataset(
            name=self.mapping.name or self.path.resolve().stem,
            tables={name: kept.get(name, empty_frame(table)) for name, table in TABLES.items()},
            zone=self.mapping.zone,
            feeds=self.mapping.feeds,
            marking=self.mapping.marking,
            notice=self.mapping.notice,
            counts=counts,
        )

    def _note_unused(self) -> None:
        for file, names in self.intake.unused().items():
            mend = "map them under `columns:` in clew.yaml if they matter"
            why = "no table reads these columns"
            self.log.note(table="", source_file=file, column=", ".join(names), why=why, mend=mend)

    def _quarantine(self, frames: dict[str, pl.DataFrame], problems: pl.DataFrame) -> pl.DataFrame:
        aside = {
            name: frame.filter(pl.col(SET_ASIDE)).select("source_file", "source_row") for name, frame in frames.items()
        }
        cells, lost = self.intake.cells, self.intake.lost
        parts = [quarantine_of(name, aside[name], cells, problems, lost.get(name, [])) for name in frames]
        return pl.concat(parts) if parts else pl.DataFrame(schema=QUARANTINE_SCHEMA)
