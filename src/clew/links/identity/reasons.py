"""Why two nominals are one person, in words: what agrees, what does not, and the probability."""

from __future__ import annotations

from clew.links.identity.comparisons import COMPARISONS

#: Levels that speak against one person, though the pair may be tied for what else agrees.
_AGAINST = {
    "name": ("family", "given", "word", "other"),
    "born": ("other", "other_age", "two_digits"),
    "sex": ("other",),
    "birth_place": ("other",),
    "occupation": ("other",),
    "ref": ("other",),
}
_ORDER = ("contact", "name", "born")


def reason(levels: dict[str, int], probability: float) -> str:
    """In words, from the level of each comparison (-1 missing) and the probability.

    "by telephone, the same name and a birth date with day and month exchanged; probability 0.98".
    """
    agree, against = [], []
    by_name = {comparison.name: comparison for comparison in COMPARISONS}
    for name in (*_ORDER, "birth_place", "occupation", "sex", "ref"):
        number = levels.get(name, -1)
        if number < 0:
            continue
        level = by_name[name].levels[number]
        if level.name in _AGAINST.get(name, ()):
            against.append(level.says)
        elif level.says:
            agree.append(level.says)
    said = f"by {_listed(agree)}" if agree else "by little"
    though = f", though with {_listed(against)}" if against else ""
    return f"{said}{though}; probability {written(probability)}"


def written(probability: float) -> str:
    """A probability that never claims to be certain: 0.98, 0.9998, more than 0.9999."""
    if probability > 0.9999:
        return "more than 0.9999"
    return f"{probability:.2f}" if probability < 0.995 else f"{probability:.4f}".rstrip("0")


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1]
