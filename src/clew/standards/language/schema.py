"""Checks a document against the published JSON Schema and says every fault with its line and a mend."""

from __future__ import annotations

import difflib
import json
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match

from clew.standards.language.document import Document, Path, StandardError

#: So much of a value is quoted in an error.
_LONG = 100


@cache
def schema_text() -> str:
    """The JSON Schema of a standard, as published for editors."""
    return files("clew.standards.library").joinpath("standard.schema.json").read_text(encoding="utf-8")


@cache
def _validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_text()))


def check_schema(document: Document) -> None:
    """Raises `StandardError` for the first fault in the order of the file, naming all others after it."""
    faults = [_fault(document, _innermost(error)) for error in _validator().iter_errors(document.value)]
    if not faults:
        return
    faults.sort(key=lambda fault: fault[0])
    _, first = faults[0]
    if len(faults) > 1:
        others = "; ".join(f"{fault.where}: {fault.what}" for _, fault in faults[1:6])
        more = f" (and {len(faults) - 6} more)" if len(faults) > 6 else ""
        first = StandardError(
            first.what,
            where=first.where,
            why=first.why or f"there are {len(faults) - 1} more faults: {others}{more}",
            mend=first.mend,
        )
    raise first


def _innermost(error: ValidationError) -> ValidationError:
    """Of several forms that a value may have and has none of, the fault of the one it was meant to have."""
    while error.context:
        forms: dict[Any, list[ValidationError]] = {}
        for inner in error.context:
            forms.setdefault(inner.schema_path[0], []).append(inner)
        meant = [
            form for form in forms.values() if not any(item.validator == "type" and not item.path for item in form)
        ]
        inner = best_match(sorted(meant, key=len)[0] if meant else error.context)
        if inner is None:
            return error
        error = inner
    return error


def _fault(document: Document, error: ValidationError) -> tuple[int, StandardError]:
    path: Path = tuple(error.absolute_path)
    what, mend = _words(error)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        schema: Any = error.schema
        unknown = [name for name in error.instance if name not in schema.get("properties", {})]
        path = (*path, unknown[0]) if unknown else path
    return document.line(path), document.error(path, what, mend=mend)


def _words(error: ValidationError) -> tuple[str, str]:
    wanted: Any = error.validator_value
    schema: Any = error.schema
    value: Any = error.instance
    match error.validator:
        case "additionalProperties":
            known = list(schema.get("properties", {}))
            unknown = [name for name in value if name not in known]
            near = difflib.get_close_matches(unknown[0], known, n=1) if unknown else []
            mend = f"did you mean {near[0]}?" if near else f"the fields are {', '.join(known)}"
            return f"There is no field {unknown[0] if unknown else value!r} here.", mend
        case "required":
            missing = [name for name in wanted if name not in value]
            return f"{', '.join(missing)} is missing.", f"add {missing[0]}: ..."
        case "enum":
            choices = ", ".join(str(choice) for choice in wanted)
            near = difflib.get_close_matches(str(value), [str(choice) for choice in wanted], n=1)
            return (
                f"{short(value)} is not one of {choices}.",
                f"did you mean {near[0]}?" if near else f"choose from {choices}",
            )
        case "type":
            return f"{short(value)} should be of type {wanted}.", str(schema.get("description", ""))
        case "pattern":
            return f"{short(value)} is not written as it should be.", str(
                schema.get("description", f"it must match {wanted}")
            )
        case _:
            return f"{error.message[:200]}.", str(schema.get("description", ""))


def short(value: Any) -> str:
    """`value` as it would be written, cut where it is long."""
    text = repr(value)
    return text if len(text) <= _LONG else text[: _LONG - 3] + "..."
