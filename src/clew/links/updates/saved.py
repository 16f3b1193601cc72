"""A state of the links as a file, so that the facts of a day cost a second and no full run.

A NumPy archive (.npz) without pickled objects: a header in JSON and the arrays of the state. Keys in it are hashes of
one version of Polars, weights those of one version of Clew: a file of other versions is refused, and made again.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from clew.core import UsageError, format_instant, parse_instant, parse_zone
from clew.links.decisions import Decisions
from clew.links.evidence.people import Parts
from clew.links.find import Links
from clew.links.model import IDENTITY
from clew.links.model.files import model_as_json, model_of_json
from clew.links.recurrence import find_recurrences
from clew.links.recurrence.find import rare
from clew.links.updates.arrays import Arrays, part_of, with_prefix
from clew.links.updates.incremental import LinkState
from clew.links.updates.rates import FrozenRates
from clew.links.updates.recurrences import FrozenRecurrence
from clew.links.weights import NarrativeWeights, Weights
from clew.records import Known

FORMAT = "clew-link-state/6"

_ENDS = ("event_id_a", "event_id_b")

_READ = ("events", "people", "circumstances")


@dataclass(frozen=True, kw_only=True)
class News:
    """What facts that a state did not hold make of it.

    events: those that the state did not hold, and those with something recorded or withdrawn since it was kept. links:
    theirs, and those that they made between others, as `LinkState.frame` gives them, with their rates. recurrences: all
    there are now, as `Recurrences.frame`; parts: those that these count.
    """

    events: list[str]
    links: pl.DataFrame
    recurrences: pl.DataFrame
    parts: Parts

    def recurring(self, per_year: float, decisions: Decisions | None = None) -> pl.DataFrame:
        """The recurrences within so many a year (`recurrence.rare`) that hold one of `events`."""
        told = pl.col("event_ids").list.eval(pl.element().is_in(self.events)).list.any()
        return rare(self.recurrences, per_year, decisions).filter(told)


@dataclass(frozen=True, kw_only=True)
class SavedState:
    """A state with what its links are rated by. at: as known at which instant. full_run_at: that of the full run.
    dataset, zone, marking, notice: of the records."""

    state: LinkState
    rates: FrozenRates
    recurrence: FrozenRecurrence
    at: datetime
    full_run_at: datetime
    dataset: str
    zone: ZoneInfo
    marking: str
    notice: str

    @classmethod
    def of(cls, links: Links) -> SavedState:
        """After a full run."""
        known = links.known
        return cls(
            state=LinkState.of(links),
            rates=FrozenRates.of(links),
            recurrence=FrozenRecurrence.of(find_recurrences(links)),
            at=known.at,
            full_run_at=known.at,
            dataset=known.dataset.name,
            zone=known.dataset.zone,
            marking=known.dataset.marking,
            notice=known.dataset.notice,
        )

    def updated(self, known: Known) -> tuple[SavedState, News]:
        """The state with every fact that `known` holds and this state does not, and what that makes.

        `known` holds everything that is known of these events, and may hold others. Changes this state.
        """
        if known.dataset.name != self.dataset:
            raise UsageError(
                f"The state is of {self.dataset!r}, and these records are of {known.dataset.name!r}.",
                where="DATA",
                why="what one force's records say would be weighed against another's",
                mend="name the records that the state was made from, or make a state of these with clew links state",
            )
        if known.at < self.at:
            at = format_instant(self.at, self.zone)
            raise UsageError(
                f"The state is as known at {at}, and these records are as known before.",
                where="--as-of",
                why="facts that were already weighed cannot be taken back",
                mend="ask as known at a later time, or make the state again with clew links state",
            )
        ids = sorted(changed_since(known, self.at) | self.state.not_held(known.events["event_id"]))
        mine = replace(known, tables={name: known.rows_of(name, ids) for name in known.tables})
        before, told = self.state.frame().select(_ENDS), self.state.update(mine) if ids else None
        now = self.state.frame()
        if told is None:
            found = now.clear()
        else:
            new = now.join(before, on=_ENDS, how="anti").select(_ENDS)
            found = now.join(pl.concat([told.select(_ENDS), new]).unique(), on=_ENDS, how="semi", maintain_order="left")
        of = known.dataset
        kept = replace(self, at=known.at, zone=of.zone, marking=of.marking, notice=of.notice)
        whole = self.state.whole()
        return kept, News(
            events=ids,
            links=self.rates.rated(found),
            recurrences=self.recurrence.among(whole),
            parts=whole.parts,
        )


def changed_since(known: Known, since: datetime) -> set[str]:
    """The events of which something that the links read was recorded, or withdrawn, after `since` and by `known.at`."""
    ids: set[str] = set()
    for name in _READ:
        table = known.dataset.tables[name]
        moments = [column for column in ("recorded_at", "retracted_at") if column in table.columns]
        new = pl.any_horizontal((pl.col(column) > since) & (pl.col(column) <= known.at) for column in moments)
        ids |= set(table.filter(new)["event_id"].to_list())
    return ids & set(known.events["event_id"].to_list())


def state_as_bytes(saved: SavedState) -> bytes:
    """The file's content. Raises `UsageError` for weights other than the documented ones, with which it is read."""
    model, weights = saved.state.frozen.model, saved.state.frozen.weights
    if weights != Weights(narrative=NarrativeWeights(on=weights.narrative.on)):
        raise UsageError(
            "A state by weights of one's own cannot be kept in a file.",
            where="weights",
            why="it would be read with the documented ones",
            mend="keep it in memory, or use the documented weights",
        )
    header = {
        "format": FORMAT,
        "made_with": _made_with(),
        "at": saved.at.isoformat(),
        "full_run_at": saved.full_run_at.isoformat(),
        "dataset": saved.dataset,
        "zone": saved.zone.key,
        "marking": saved.marking,
        "notice": saved.notice,
        "model": model_as_json(model) if model != IDENTITY else None,
        "narrative": weights.narrative.on,
    }
    held = {"state": saved.state.arrays(), "rates": saved.rates.arrays(), "recurrence": saved.recurrence.arrays()}
    arrays = {name: array for part, each in held.items() for name, array in with_prefix(f"{part}.", each).items()}
    written = np.array(json.dumps(header | {"sha256": _digest(header, arrays)}))
    content = io.BytesIO()
    np.savez(content, allow_pickle=False, header=written, **arrays)
    return content.getvalue()


def read_state(path: Path) -> SavedState:
    """The state in the file at `path`; raises `UsageError` where it is none, one of other versions, or spoilt."""
    try:
        arrays = _arrays_of(path.read_bytes())
        header: dict[str, Any] = json.loads(str(arrays.pop("header")))
    except OSError as error:
        raise _refused(path, error.strerror or "it cannot be read") from None
    except (ValueError, KeyError, EOFError, zipfile.BadZipFile, NotImplementedError, RecursionError, MemoryError):
        raise _refused(path, "it is no archive of arrays, or not all of one") from None
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        said = header.get("format") if isinstance(header, dict) else None
        raise _refused(path, f"its format is {said!r}, not {FORMAT!r}")
    if header.get("made_with") != _made_with():
        raise _refused(path, "it was made with another version of Clew's weights or of Polars")
    if header.pop("sha256", None) != _digest(header, arrays):
        raise _refused(path, "what it holds is not what was written: it was changed since, or spoilt")

    try:
        model = IDENTITY if header["model"] is None else model_of_json(header["model"])
        weights = Weights(narrative=NarrativeWeights(on=header["narrative"]))
        return SavedState(
            state=LinkState.of_arrays(part_of(arrays, "state."), weights, model),
            rates=FrozenRates.of_arrays(part_of(arrays, "rates.")),
            recurrence=FrozenRecurrence.of_arrays(part_of(arrays, "recurrence."), weights.people),
            at=parse_instant(header["at"], ZoneInfo("UTC")),
            full_run_at=parse_instant(header["full_run_at"], ZoneInfo("UTC")),
            dataset=header["dataset"],
            zone=parse_zone(header["zone"]),
            marking=header["marking"],
            notice=header["notice"],
        )
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise _refused(path, f"something is missing or of another shape ({error})") from None


def _arrays_of(content: bytes) -> Arrays:
    """The arrays of an archive, none of them larger than its own share of `content`; nothing is unpickled."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if any(one.compress_type != zipfile.ZIP_STORED for one in archive.infolist()):
            raise ValueError("compressed")
    with np.load(io.BytesIO(content), allow_pickle=False) as held:
        return {name: held[name] for name in held.files}


def _digest(header: dict[str, Any], arrays: Arrays) -> str:
    """SHA-256 of the header and of every array: its name, type, shape and bytes, in order of name."""
    whole = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
    for name, array in sorted(arrays.items()):
        whole.update(f"{name}\0{array.dtype.str}\0{array.shape}\0".encode())
        whole.update(np.ascontiguousarray(array).view(np.uint8).data if array.size else b"")
    return whole.hexdigest()


def _made_with() -> dict[str, str]:
    """What a state is good for: weights are compared by their words, keys are hashes of one version of Polars."""
    weights = hashlib.sha256(_words_of(Weights()).encode()).hexdigest()
    return {"weights": weights, "polars": pl.__version__}


def _words_of(value: object) -> str:
    """The same words for the same weights; sets and dictionaries are in no order of their own."""
    if isinstance(value, frozenset | dict):
        items = value.items() if isinstance(value, dict) else value
        return "{" + ",".join(sorted(_words_of(item) for item in items)) + "}"
    if isinstance(value, tuple):
        return "(" + ",".join(map(_words_of, value)) + ")"
    if hasattr(value, "__dataclass_fields__"):
        return _words_of({name: getattr(value, name) for name in value.__dataclass_fields__})
    return repr(value)


def _refused(path: Path, what: str) -> UsageError:
    return UsageError(
        f"{path} is not a state of the links that can be used: {what}.",
        where="STATE",
        why="links would be compared with something else than was kept",
        mend="make it again from the whole dataset: clew links state DATA --out STATE",
    )
