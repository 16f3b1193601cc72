"""Codes of circumstances and of words: those of the last full run, and room for what came since."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from clew.core import UsageError
from clew.links.events import Integers
from clew.links.evidence.circumstances import VALUE, Circumstances
from clew.links.evidence.columns import Gains
from clew.links.keys import Keys, keys_of
from clew.links.model import LinkModel
from clew.links.updates.arrays import Arrays
from clew.links.weights import CircumstanceWeights, NarrativeWeights

#: New values that there is room for, of substances and of others, before a full run is needed.
ROOM = 4096


@dataclass(frozen=True, kw_only=True)
class FrozenValues:
    """How common what two events or more had was at a full run.

    values: (c,) its keys in ascending order; value_codes: (c,) their codes. gains: by code, from 2 * ROOM on; below,
    those of new values, which are as rare as what two events have. holders: by code, how many events had it. noted:
    how many had any.
    """

    values: Keys
    value_codes: Integers
    gains: Gains
    holders: Integers
    noted: int

    @classmethod
    def of(
        cls, held: Circumstances, keys: Keys, *, among: int, weights: CircumstanceWeights | NarrativeWeights
    ) -> FrozenValues:
        """Of what a full run `held`. keys: by code. among: the events that a share is of."""
        newest = 2 / max(among, 2)
        new = np.full(2 * ROOM, np.log10((weights.repeat + (1 - weights.repeat) * newest) / newest))
        order = np.argsort(keys)
        return cls(
            values=keys[order],
            value_codes=order + 2 * ROOM,
            gains=Gains(
                factor=np.concatenate((new, held.factor)),
                substance=np.concatenate((np.arange(2 * ROOM) >= ROOM, held.substance)),
            ),
            holders=np.concatenate((np.full(2 * ROOM, 2), held.holders)),
            noted=held.noted,
        )

    def arrays(self) -> Arrays:
        """What `of_arrays` makes it from again."""
        return {
            "values": self.values,
            "value_codes": self.value_codes,
            "factor": self.gains.factor,
            "substance": self.gains.substance,
            "holders": self.holders,
            "noted": np.array(self.noted),
        }

    @classmethod
    def of_arrays(cls, arrays: Arrays) -> FrozenValues:
        """From what `arrays` gave."""
        return cls(
            values=arrays["values"],
            value_codes=arrays["value_codes"],
            gains=Gains(factor=arrays["factor"], substance=arrays["substance"]),
            holders=arrays["holders"],
            noted=int(arrays["noted"]),
        )

    def code_of(self, key: int) -> int:
        """The code of a value of the full run, -1 for a new one."""
        at = int(np.searchsorted(self.values, np.uint64(key)))
        return int(self.value_codes[at]) if at < len(self.values) and int(self.values[at]) == key else -1


class Codes:
    """Codes of values: those of the full run, and room for new ones. Rarest first, as `_shared` wants them."""

    def __init__(self, frozen: FrozenValues, model: LinkModel, new: dict[int, int] | None = None) -> None:
        """model: whose curves may ask for values by name. new: the codes given so far to keys that the full run did not
        know."""
        self._frozen = frozen
        self._new: dict[int, int] = dict(new or {})
        self._taken: set[int] = set(self._new.values())
        self._names = self._asked_for(model)

    def arrays(self) -> Arrays:
        """The codes given so far: key, code."""
        return {
            "key": np.array(list(self._new), dtype=np.uint64),
            "code": np.array(list(self._new.values()), dtype=np.int64),
        }

    @classmethod
    def of_arrays(cls, arrays: Arrays, frozen: FrozenValues, model: LinkModel) -> Codes:
        """From what `arrays` gave."""
        return cls(frozen, model, dict(zip(arrays["key"].tolist(), arrays["code"].tolist(), strict=True)))

    def of(self, key: int, *, substance: bool = False) -> int:
        """The code of `key`; a new one stands where its number says, or as near as there is room, so that its place
        hardly depends on its coming. Raises `UsageError` if there is no room left."""
        code = self._frozen.code_of(key)
        code = self._new.get(key, -1) if code < 0 else code
        if code >= 0:
            return code
        start, first = ROOM * substance, _place(key)
        for step in range(ROOM):
            slot = start + (first + step) % ROOM
            if slot not in self._taken:
                self._taken.add(slot)
                self._new[key] = slot
                return slot
        raise UsageError(
            f"There is no room for more than {ROOM:,} new values.",
            where="STATE",
            why="what they say could not be weighed",
            mend="make the state again from the whole dataset: clew links state DATA --out STATE",
        )

    def row(self, values: Iterable[tuple[int, bool]], per_event: int) -> NDArray[np.int32]:
        """(per_event,) the codes of the (key, substance) that an event shares with any other, rarest first, then -1.

        Only those kept take a place among the new ones.
        """
        rarest = sorted(values, key=lambda value: (self._rank(*value), value[0]))[:per_event]
        codes = sorted(self.of(key, substance=substance) for key, substance in rarest)
        row = np.full(per_event, -1, dtype=np.int32)
        row[: len(codes)] = codes
        return row

    def _rank(self, key: int, substance: bool) -> int:
        """Where a value stands among others, the rarest first: for a new one the place that its number says."""
        code = self._frozen.code_of(key)
        return ROOM * substance + _place(key) if code < 0 else code

    def held(self, rows: NDArray[np.int32]) -> Circumstances:
        """What m events have whose codes are `rows` (m, k), as rare as it was; by name, what the model asks for."""
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
        return asked.with_columns(code=pl.Series(codes, dtype=pl.Int64))


def _place(key: int) -> int:
    """Where a new value stands, from its number."""
    return key % ROOM
