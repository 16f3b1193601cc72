"""The reference page of the link weights, made from `clew.links.weights`: the values, and what its docstrings say."""

from __future__ import annotations

import inspect
from dataclasses import fields, is_dataclass
from typing import Any

from clew.links import Weights, weights

_HEAD = """# Link weights

*Made from `clew.links.weights` by `clew.cli.weights_page`; edit that, not this page.*

"""

_TITLES = {
    "place": "Place",
    "time": "Time",
    "profile": "Profile: age and sex",
    "circumstances": "Circumstances",
    "people": "People and references",
    "narrative": "Narrative",
}


def weights_reference() -> str:
    """docs/reference/link-weights.md: every default weight, with its source or the word *assumed*."""
    chosen = Weights()
    head = _prose(weights) + "\n\n" + _prose(Weights) + "\n" + _table(chosen)
    groups = [(name, getattr(chosen, name)) for name in _TITLES]
    return _HEAD + head + "".join(f"\n## {_TITLES[name]}\n\n{_prose(group)}\n{_table(group)}" for name, group in groups)


def _prose(described: Any) -> str:
    return inspect.cleandoc(described.__doc__ or "").replace("``", "`")


def _table(group: Any) -> str:
    values = {each.name: getattr(group, each.name) for each in fields(group)}
    plain = {name: value for name, value in values.items() if not is_dataclass(value) and not isinstance(value, dict)}
    table = "\n| weight | value |\n|---|---|\n" + "".join(
        f"| `{name}` | {value:g} |\n" for name, value in plain.items()
    )
    return table + "".join(_roles(value) for value in values.values() if isinstance(value, dict))


def _roles(shares: dict[frozenset[Any], float]) -> str:
    rows = sorted(
        (-share, " and ".join(sorted(f"`{role}`" for role in roles)), len(roles)) for roles, share in shares.items()
    )
    lines = [f"| {names if many > 1 else f'{names} and {names}'} | {-share:g} |\n" for share, names, many in rows]
    return "\n| the person's part on the two sides | `roles`: share |\n|---|---|\n" + "".join(lines)
