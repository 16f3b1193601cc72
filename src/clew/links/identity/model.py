"""The identity model: a file of weights with its own provenance, read, written and refused here.

For each level of each comparison (`comparisons`): `m`, the share of pairs of one person that fall on it, and how often
pairs of two people do: `u`, a share; or `others`, with how many other people a mention shares it by accident, in
records of any size (a household's telephone); or neither, where rarity in the records themselves is the measure.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from clew.core import UsageError
from clew.links.identity.comparisons import COLUMNS, COMPARISONS, Level

FORMAT = "clew-identity-model/1"

Weights = dict[str, dict[str, dict[str, float]]]


@dataclass(frozen=True, kw_only=True)
class IdentityModel:
    """weights: comparison -> level -> `m` and, as the level asks, `u` or `others`. matches: how many other mentions
    of the same person a mention has, on average, before anything is compared. provenance: where all this is from."""

    weights: Weights
    matches: float
    provenance: dict[str, Any] = field(default_factory=dict)

    def as_json(self) -> str:
        """The model as the text of a model file."""
        whole = {
            "format": FORMAT,
            "columns": list(COLUMNS),
            "matches": self.matches,
            "weights": self.weights,
            "provenance": self.provenance,
        }
        return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def wanted(level: Level) -> str:
    """What else a level's weight holds besides `m`: "u", "others" or nothing."""
    return "others" if level.per_mention else "" if level.rarity_of else "u"


@cache
def default_model() -> IdentityModel:
    """The model that ships."""
    text = resources.files("clew.links.identity").joinpath("default_model.json").read_text(encoding="utf-8")
    return parse_model(text, where="the identity model that ships with Clew")


def read_model(path: Path) -> IdentityModel:
    """The model in the file `path`; raises `UsageError` if it cannot be read or does not fit this version."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"The identity model cannot be read: {getattr(error, 'strerror', None) or error}.",
            where=str(path),
            mend="name a file that `clew links identity train` has written",
        ) from None
    return parse_model(text, where=str(path))


def parse_model(text: str, *, where: str) -> IdentityModel:
    """The model written in `text`; raises `UsageError`, which says what does not fit."""
    try:
        whole = json.loads(text)
    except json.JSONDecodeError as error:
        raise _refused(f"it is not JSON (line {error.lineno}: {error.msg})", where) from None
    except RecursionError:
        raise _refused("it is nested deeper than any model", where) from None
    if not isinstance(whole, dict) or whole.get("format") != FORMAT:
        given = whole.get("format") if isinstance(whole, dict) else None
        raise _refused(f"its format is {given!r}, this version reads {FORMAT!r}", where)
    if whole.get("columns") != list(COLUMNS):
        raise _refused(f"it compares {whole.get('columns')}, this version compares {list(COLUMNS)}", where)
    matches = whole.get("matches")
    if not isinstance(matches, int | float) or not 0 < matches <= 1000:
        raise _refused(f"`matches` is {matches!r}, not a number above 0", where)
    return IdentityModel(
        weights=_weights(whole.get("weights"), where), matches=float(matches), provenance=whole.get("provenance") or {}
    )


def _weights(given: object, where: str) -> Weights:
    names = {comparison.name: {level.name for level in comparison.levels} for comparison in COMPARISONS}
    if not isinstance(given, dict) or set(given) != set(names):
        raise _refused(f"its comparisons are not {', '.join(names)}", where)
    for comparison in COMPARISONS:
        levels = given[comparison.name]
        if not isinstance(levels, dict) or set(levels) != names[comparison.name]:
            raise _refused(f"the levels of {comparison.name!r} are not {', '.join(names[comparison.name])}", where)
        for level in comparison.levels:
            weight, other = levels[level.name], wanted(level)
            if not isinstance(weight, dict) or set(weight) != {"m", other} - {""}:
                raise _refused(f"{comparison.name}.{level.name} does not hold m{other and ' and ' + other}", where)
            for name, value in weight.items():
                most = 1000 if name == "others" else 1
                if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= most:
                    raise _refused(
                        f"{comparison.name}.{level.name}.{name} is {value!r}, not above 0 up to {most}", where
                    )
    return given


def _refused(why: str, where: str) -> UsageError:
    return UsageError(
        f"The identity model does not fit: {why}.",
        where=where,
        why="weights read as something else would make strangers one person",
        mend="train it again with `clew links identity train`, or leave out --identity-model",
    )
