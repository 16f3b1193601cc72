"""The reference page of the JSON contracts, made from the JSON Schemas that the outputs are validated against."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

_HEAD = """# JSON

*Made from the JSON Schemas in `clew.review` by `clew.cli.schema_page`; edit those, not this page.*

Other programs may rely on two outputs: the objects that `clew review --json` and `clew replay --json` print. Their
shapes are JSON Schemas (draft 2020-12) in the package, and tests validate what the commands print against them. In
the tables, `items[].rank` is the `rank` of each of the `items`. Text is UTF-8, instants are ISO 8601 with their
offset, and no number is ever NaN or infinite. To get a schema from Python:

```python
from importlib.resources import files

text = (files("clew.review") / "review.schema.json").read_text(encoding="utf-8")
```

The JSON of the other commands is for people and scripts of the day; it may change in a minor version.
"""

SCHEMAS = ("review.schema.json", "replay.schema.json")


def json_reference() -> str:
    """docs/reference/json.md: every field of the two contracts with type, meaning and whether it is always there."""
    return _HEAD + "".join(_section(name) for name in SCHEMAS)


def schema(name: str) -> dict[str, Any]:
    """The JSON Schema in `clew.review` called `name`."""
    loaded: dict[str, Any] = json.loads((files("clew.review") / name).read_text(encoding="utf-8"))
    return loaded


def _section(name: str) -> str:
    whole = schema(name)
    head = f"\n## `{whole['title']}`\n\n{whole['description']} Schema: `{name}`.\n\n"
    rows = [f"| `{path}` | {kind} | {meaning} |\n" for path, kind, meaning in fields(whole, whole)]
    return head + "| field | type | meaning |\n|---|---|---|\n" + "".join(rows)


def fields(part: dict[str, Any], whole: dict[str, Any], path: str = "") -> Iterator[tuple[str, str, str]]:
    """Every field of the object `part` of the schema `whole`, and all below: path, type in words, meaning."""
    required = part.get("required", ())
    for name, found in part.get("properties", {}).items():
        if name != "kind" or "enum" in found:  # the branches of a oneOf name their kind once more
            yield from _field(f"{path}{name}", _resolved(found, whole), whole, always=name in required)
    for branch in part.get("oneOf", ()):
        kind = branch["properties"]["kind"].get("const")
        own = {name: found for name, found in branch["properties"].items() if found and name != "kind"}
        for deeper, words, meaning in fields({"properties": own, "required": branch.get("required", ())}, whole, path):
            yield deeper, words, f"Only where `kind` is `{kind}`. {meaning}"


def _field(path: str, found: dict[str, Any], whole: dict[str, Any], *, always: bool) -> Iterator[tuple[str, str, str]]:
    meaning = found.get("description", "")
    yield path, _type_words(found, whole) + ("" if always else ", may be absent"), meaning
    if found.get("type") == "array":
        item = _resolved(found["items"], whole)
        if item.get("type") == "object":
            yield from fields(item, whole, f"{path}[].")
    elif found.get("type") == "object":
        yield from fields(found, whole, f"{path}.")


def _type_words(found: dict[str, Any], whole: dict[str, Any]) -> str:
    if "enum" in found:
        return "one of " + ", ".join(f"`{value}`" for value in found["enum"])
    kind = found["type"]
    words = " or ".join(kind) if isinstance(kind, list) else str(kind)
    if found.get("format") == "date-time":
        words = words.replace("string", "instant")
    if kind == "array":
        words = f"list of {_type_words(_resolved(found['items'], whole), whole)}s"
    if kind == "object" and isinstance(found.get("additionalProperties"), dict):
        words = f"object of {_type_words(found['additionalProperties'], whole)}s"
    return words


def _resolved(part: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    reference = part.get("$ref")
    if reference is None:
        return part
    found: dict[str, Any] = whole["$defs"][str(reference).rsplit("/", 1)[-1]]
    return found
