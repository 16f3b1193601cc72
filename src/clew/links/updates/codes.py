"""Codes of circumstances: those of the last full run, and room for what came since."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.links.evidence.circumstances import VALUE, Circumstances
from clew.links.model import LinkModel
from clew.links.updates.frozen import ROOM, Arrays, Frozen, keys_of


class Codes:
    """Codes of values: those of the full run, and room for new ones. Rarest first, as `_shared` wants them."""

    def __init__(self, frozen: Frozen, new: dict[int, int] | None = None) -> None:
        """new: the codes given so far to keys that the full run did not know."""
        self._frozen = frozen
        self._new: dict[int, int] = dict(new or {})
        self._taken: set[int] = set(self._new.values())
        self._names = self._asked_for(frozen.model)

    def arrays(self) -> Arrays:
        """The codes given so far: key, code."""
        return {
            "key": np.array(list(self._new), dtype=np.uint64),
            "code": np.array(list(self._new.values()), dtype=np.int64),
        }

    def of(self, key: int, *, substance: bool) -> int | None:
        """The code of `key`; a new one stands where its number says, so that its place does not depend on its coming.
        None if there is no room left: a full run is needed."""
        code = self._frozen.code_of(key)
        code = self._new.get(key, -1) if code < 0 else code
        if code >= 0:
            return code
        start = ROOM if substance else 0
        for step in range(ROOM):
            slot = start + (key + step) % ROOM
            if slot not in self._taken:
                self._taken.add(slot)
                self._new[key] = slot
                return slot
        return None

    def row(self, values: Iterable[tuple[int, bool]], per_event: int) -> NDArray[np.int32]:
        """(per_event,) the codes of the (key, substance) that an event shares with any other, rarest first, then -1."""
        codes = sorted(code for key, substance in values if (code := self.of(key, substance=substance)) is not None)
        row = np.full(per_event, -1, dtype=np.int32)
        row[: min(len(codes), per_event)] = codes[:per_event]
        return row

    def held(self, rows: NDArray[np.int32]) -> Circumstances:
        """The circumstances of m events whose codes are `rows` (m, k), as rare as they were; by name, those that the
        model asks for."""
        frozen = self._frozen
        return Circumstances(
            codes=rows,
            factor=frozen.gains.factor,
            substance=frozen.gains.substance,
            holders=frozen.holders,
            noted=frozen.noted,
            names=self._names,
        )

    def _asked_for(self, model: LinkModel) -> pl.DataFrame:
        """Of each value that a curve of `model` names: its code, feature and value."""
        values = sorted({(curve.of[0], value) for curve in model.curves if curve.of for value in curve.of[1:]})
        asked = pl.DataFrame(values, schema={"feature": pl.String, "value": pl.String}, orient="row")
        keys = asked.select(keys_of(pl.col("feature"), VALUE).alias("key"))["key"]
        codes = [self.of(key, substance=name == "substance") for key, (name, _) in zip(keys, values, strict=True)]
        return asked.with_columns(code=pl.Series(codes, dtype=pl.Int64)).drop_nulls()
