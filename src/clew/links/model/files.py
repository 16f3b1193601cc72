"""A link model as a file: JSON that `model.schema.json` describes, with where it comes from."""

from __future__ import annotations

import hashlib
import json
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from clew.core import UsageError
from clew.links.model.curves import FACTOR, Curve, LinkModel
from clew.links.model.features import feature
from clew.links.scoring import FAMILIES

FORMAT = "clew-link-model/1"


def model_as_json(model: LinkModel) -> dict[str, Any]:
    """`model` as the file holds it."""
    curves = [
        {
            "family": curve.family,
            "feature": curve.feature,
            **({"of": list(curve.of)} if curve.of else {}),
            "knots": list(curve.knots),
            "log10": list(curve.values),
        }
        for curve in model.curves
    ]
    return {"format": FORMAT, "provenance": dict(model.provenance), "curves": curves}


def digest_of(model: LinkModel) -> str:
    """SHA-256 of the file's content, by which a ledger names the model."""
    return hashlib.sha256(json.dumps(model_as_json(model), sort_keys=True).encode()).hexdigest()


def read_model(path: Path) -> LinkModel:
    """The model in the file at `path`; raises `UsageError` where it is none, or one that this version cannot use."""
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return model_of_json(held)
    except (OSError, ValueError, RecursionError) as error:
        raise _refused(path, str(error)) from None


def model_of_json(held: Any) -> LinkModel:
    """The model that a file holds; raises `ValueError` where it is none, `UsageError` where another version made it."""
    schema = json.loads(files("clew.links.model").joinpath("model.schema.json").read_text(encoding="utf-8"))
    fault = next(iter(Draft202012Validator(schema).iter_errors(held)), None)
    if fault is not None:
        place = "/".join(str(step) for step in fault.absolute_path) or "the file"
        raise ValueError(f"{place}: {fault.message}")
    return LinkModel(
        curves=tuple(_curve(number, curve) for number, curve in enumerate(held["curves"])),
        provenance=held["provenance"],
    )


def _curve(number: int, held: dict[str, Any]) -> Curve:
    knots, values = tuple(map(float, held["knots"])), tuple(map(float, held["log10"]))
    where = f"curves/{number}"
    if held["family"] not in FAMILIES:
        raise ValueError(f"{where}: there is no family {held['family']!r}")
    if len(knots) != len(values) or any(two <= one for one, two in pairwise(knots)):
        raise ValueError(f"{where}: the knots must rise, and have one value each")
    if held["feature"] != FACTOR:
        feature(held["feature"])
    of = tuple(held.get("of", ()))
    try:
        return Curve(family=held["family"], feature=held["feature"], of=of, knots=knots, values=values)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None


def _refused(path: Path, what: str) -> UsageError:
    return UsageError(
        f"{path} is not a link model that can be used: {what}.",
        where="--model",
        why="a link's evidence would be computed from something else than was trained and checked",
        mend="give a file that `clew links train` wrote",
    )
