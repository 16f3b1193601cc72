"""One pair explained on the command line: in words, as JSON, or drawn as a waterfall (page or SVG)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clew.cli.console import print_json, progress, write_text
from clew.core import format_instant
from clew.links import (
    FAMILIES,
    RATES,
    STATEMENT,
    Explanation,
    Links,
    explain_pair,
    find_links,
    link_decisions,
    why_they_differ,
)
from clew.links.setup import DEFAULTS, LinkSetup
from clew.publish import explanation_html, explanation_svg
from clew.publish.links_page import rates_row
from clew.publish.waterfall import parts_of
from clew.publish.wording import bound_words, clean_text, one_line
from clew.records import Known
from clew.review.wording import often


def print_pair(
    known: Known,
    event_a: str,
    event_b: str,
    *,
    seed: int,
    out: Path | None,
    as_json: bool,
    quiet: bool,
    setup: LinkSetup = DEFAULTS,
) -> None:
    """Explains the pair on the terminal or in `out`: in words, as JSON, or drawn, by the ending of `out`."""
    with progress("Linking", quiet=quiet) as tick:
        links = find_links(
            known,
            setup,
            seed=seed,
            tick=tick,
        )
    why = explain_pair(links, event_a, event_b)
    ending = out.suffix.lower() if out is not None else ""
    drawings = {".html": explanation_html, ".svg": explanation_svg}
    if as_json or ending == ".json":
        print_json(explanation_as_json(links, why), out)
    elif ending in drawings:
        write_text(drawings[ending](links, why), out)
    else:
        write_text(explanation_as_text(links, why), out)


def explanation_as_json(links: Links, why: Explanation) -> dict[str, Any]:
    """An explanation as one JSON object."""
    rates, dataset = rates_row(links, why), links.known.dataset
    return {
        "event_id_a": why.event_id_a,
        "event_id_b": why.event_id_b,
        "as_of": format_instant(links.known.at, dataset.zone),
        "marking": dataset.marking,
        "notice": dataset.notice,
        "statement": STATEMENT,
        "log10_bayes_factor": why.log10_bayes_factor,
        **{name: rates.get(name) for name in RATES},
        "seen_and_chance": why_they_differ(rates) if rates else None,
        "set_apart": why.set_apart,
        "decision": _decision_as_json(links, why),
        "text": why.sentence,
        "families": {name: {"log10": why.factors[name], "text": why.clauses[name]} for name in FAMILIES},
        "evidence": [{"table": row.table, "source": row.source, "row": row.row} for row in why.rows],
        "would_settle": list(why.missing),
    }


def _decision_as_json(links: Links, why: Explanation) -> dict[str, Any] | None:
    """The decision that holds, those before it and what is newer, None if nobody decided."""
    decided = link_decisions(links.known).of(why.event_id_a, why.event_id_b)
    if decided is None:
        return None
    zone = links.known.dataset.zone
    return {
        "verdict": decided.verdict.value,
        "stays_down": decided.stays_down,
        "contradicted": decided.contradicted,
        "text": decided.words(zone),
        "history": [
            {
                "verdict": one.verdict.value,
                "reason": one.reason,
                "actor_role": one.actor_role,
                "decided_at": format_instant(one.decided_at, zone),
                "recorded_at": format_instant(one.recorded_at, zone),
                "source": one.source,
                "row": one.row,
            }
            for one in (*decided.earlier, decided.latest)
        ],
        "new_facts": [
            {
                "event_id": fact.event_id,
                "table": fact.table,
                "source": fact.source,
                "row": fact.row,
                "recorded_at": format_instant(fact.recorded_at, zone),
            }
            for fact in decided.new_facts
        ],
    }


def explanation_as_text(links: Links, why: Explanation) -> str:
    """An explanation in words, with each family's contribution as a bar: the waterfall from nothing to the sum."""
    dataset = links.known.dataset
    at = format_instant(links.known.at, dataset.zone)
    lines = [dataset.marking, *([dataset.notice] if dataset.notice else [])]
    lines += [f"{why.event_id_a} and {why.event_id_b}, as known at {at}", ""]
    lines += [why.sentence, ""]
    for name, factor in parts_of(why).items():
        bar = ("+" if factor >= 0 else "-") * max(round(abs(factor) * 8), 0)
        lines.append(f"  {name:<14}{factor:+6.2f}  {bar:<34} {why.clauses.get(name, '')}".rstrip())
    lines.append(f"  {'in all':<14}{why.log10_bayes_factor:+6.2f}  (log10 Bayes factor)")
    lines.append("")
    if why.set_apart:
        lines.append("Set apart: one incident, or one household or family; shown, not alerted as a link.")
    if rates := rates_row(links, why):
        seen, chance = often(rates["seen_per_year"]), often(rates["chance_per_year"])
        low, high = bound_words(rates["chance_low"]), bound_words(rates["chance_high"])
        lines.append(
            f"Links at least this strong: {seen} seen by this force; chance alone would make about {chance} "
            f"(95% interval {low} to {high})."
        )
        lines.append(why_they_differ(rates))
    elif not why.set_apart:
        lines.append("Weaker than the links this force's desk is shown: chance makes many like it.")
    if decided := link_decisions(links.known).of(why.event_id_a, why.event_id_b):
        lines.append(f"Decision on record: {one_line(decided.words(dataset.zone))}")
    lines += ["", "Rows: " + "; ".join(f"{row.table} ({row.source}) row {row.row}" for row in why.rows)]
    lines += ["Would settle it:", *(f"  - {what}" for what in why.missing)] if why.missing else []
    lines += ["", STATEMENT, dataset.marking]
    return "\n".join(clean_text(line) for line in lines) + "\n"
