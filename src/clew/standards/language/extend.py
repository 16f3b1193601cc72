"""A standard that changes another locally: parameters and rules by name, each change with its reason.

Nothing is overridden in silence: a rule of the same id that is not under `override` is an error, and so is an
override of a rule that does not exist.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clew.standards.language.document import Document, Path, read_document
from clew.standards.language.schema import check_schema

#: How many standards may stand one upon another.
MAXIMUM_CHAIN = 5
Lookup = Callable[[str], tuple[str, str]]


def extended(document: Document, lookup: Lookup, trail: tuple[str, ...] = ()) -> Document:
    """`document` with what it extends put under it. lookup: text and name of a standard; trail: those above."""
    check_schema(document)
    head = document.value["standard"]
    if "extends" not in head:
        if "override" in document.value:
            raise document.error(
                ("override",), "There is nothing to override.", mend="name the standard under standard > extends"
            )
        return document
    trail = (*trail, head["id"])
    text, name = lookup(head["extends"])
    below = read_document(text, name)
    check_schema(below)
    if below.value["standard"]["id"] in trail or len(trail) > MAXIMUM_CHAIN:
        raise document.error(
            ("standard", "extends"),
            f"The standards extend each other in a circle: {' -> '.join((*trail, below.value['standard']['id']))}.",
            mend="let one of them stand by itself",
        )
    return _merged(document, extended(below, lookup, trail))


def _merged(own: Document, below: Document) -> Document:
    value = dict(below.value)
    value["standard"] = {name: item for name, item in own.value["standard"].items() if name != "extends"}
    value["standard"]["sources"] = {
        **below.value["standard"].get("sources", {}),
        **own.value["standard"].get("sources", {}),
    }
    for section in ("calendars", "feeds", "parameters"):
        if section in below.value or section in own.value:
            value[section] = {**below.value.get(section, {}), **own.value.get(section, {})}
    for section in ("states", "log"):
        if section in own.value:
            value[section] = own.value[section]
    rules, places = _rules(own, below)
    value["rules"] = rules
    lines = {path: line for path, line in below.lines.items() if path[:1] != ("standard",)}
    lines.update({path: line for path, line in own.lines.items() if path[:1] not in (("rules",), ("override",))})
    lines.update(places)
    return Document(value=value, name=f"{own.name} on {below.name}", lines=lines)


def _rules(own: Document, below: Document) -> tuple[list[Any], dict[Path, int]]:
    rules = [dict(rule) for rule in below.value.get("rules", [])]
    number = {rule["id"]: place for place, rule in enumerate(rules)}
    places: dict[Path, int] = {}
    for rule_id, change in own.value.get("override", {}).items():
        path: Path = ("override", rule_id)
        if rule_id not in number:
            raise own.error(path, f"There is no rule {rule_id} to override.", mend=f"there are {', '.join(number)}")
        if "because" not in change:
            raise own.error(
                path,
                f"The change to {rule_id} gives no reason.",
                why="an exception nobody explained is indistinguishable from a mistake",
                mend="add because: ...",
            )
        if change.get("id", rule_id) != rule_id:
            raise own.error(path, f"{rule_id} cannot be given another id.", mend="write a new rule under rules")
        rules[number[rule_id]] |= change
        places |= {
            ("rules", number[rule_id], *place[2:]): line for place, line in own.lines.items() if place[:2] == path
        }
    for place, rule in enumerate(own.value.get("rules", [])):
        if rule["id"] in number:
            raise own.error(
                ("rules", place),
                f"{rule['id']} is a rule of the standard this one extends.",
                why="which of the two binds would be anybody's guess",
                mend="put the change under override, with its reason, or choose another id",
            )
        places |= {
            ("rules", len(rules), *where[2:]): line
            for where, line in own.lines.items()
            if where[:2] == ("rules", place)
        }
        rules.append(rule)
    return rules, places
