"""The morning list: every open or re-opened death with a reason to look, in the order of `ordering`.

Links, duties and questions come as frames; only the deaths that are shown are put into words.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import polars as pl

from clew.links import (
    DECOY_REPLICATES,
    FAMILIES,
    Decisions,
    Links,
    Verdict,
    explain_pair,
    find_links,
    grow_series,
    link_decisions,
)
from clew.links.recurrence import (
    PERSON,
    SHARE_OF_BUDGET,
    Recurrences,
    evidence,
    find_recurrences,
    in_words,
    to_settle,
)
from clew.links.setup import DEFAULTS, LinkSetup
from clew.records import Known
from clew.review.duties import missed_duties
from clew.review.model import Evidence, Item, LinkFacts, Reason, ReasonKind, Review, StandardFacts
from clew.review.ordering import FRESH_DAYS, Standing, order_key, tier
from clew.review.questions import claims, conflicts
from clew.review.standing import standing
from clew.review.wording import headline, link_text, recurrence_text
from clew.standards import Standard

#: Links worded for one death; the rest are counted.
LINKS_WORDED = 5

#: What a reason tells of a link's strength and rates, by the names of their columns.
_RATES_TOLD = ("log10_bayes_factor", "seen_per_year", "chance_per_year", "chance_low", "chance_high", "known_at")

DEFAULT_BUDGET_PER_YEAR = 52.0
DEFAULT_TOP = 50


@dataclass(frozen=True, kw_only=True)
class Morning:
    """Everything the list at T is made from, before any of it is put into words.

    ordered: the deaths on the list, in order. shown: the links within the budget that no decision keeps down.
    confirmed: those that a person confirmed; shown beside other reasons, a reason of their own no more. rejected: how
    many within the budget stay down because a person rejected them and nothing new has come since. recurring: the
    recurrences within their share of it (rows of `Recurrences.frame`). asked: conflicts and claims
    (`questions.SCHEMA`, and kind). missed: duties without a record (`duties.SCHEMA`).
    """

    known: Known
    links: Links
    recurrences: Recurrences
    recurring: pl.DataFrame
    decisions: Decisions
    shown: pl.DataFrame
    confirmed: pl.DataFrame
    rejected: int
    series: dict[str, tuple[str, ...]]
    asked: pl.DataFrame
    missed: pl.DataFrame
    ordered: list[Standing]


def morning(
    known: Known,
    *,
    standard: Standard,
    budget_per_year: float = DEFAULT_BUDGET_PER_YEAR,
    seed: int = 1,
    replicates: int = DECOY_REPLICATES,
    setup: LinkSetup = DEFAULTS,
    tick: Callable[[int, int, str], None] | None = None,
) -> Morning:
    """What is on the list as at `known.at`, in order."""
    links = find_links(
        known,
        setup,
        replicates=replicates,
        seed=seed,
        tick=tick,
    )
    decisions = link_decisions(known)
    within = decisions.marked(links.within(budget_per_year * (1 - SHARE_OF_BUDGET)))
    confirmed = within.filter(pl.col("decision") == Verdict.CONFIRMED.value)
    shown = _steady(_undecided(within, decisions), known, budget_per_year * (1 - SHARE_OF_BUDGET))
    recurrences, share = find_recurrences(links), budget_per_year * SHARE_OF_BUDGET
    recurring = _steady(recurrences.within(share, decisions), known, share)
    asked = pl.concat(
        (
            conflicts(known).with_columns(kind=pl.lit(ReasonKind.CONFLICT.value)),
            claims(known).with_columns(kind=pl.lit(ReasonKind.CLAIM.value)),
        )
    )
    missed = missed_duties(known, standard, links=shown)
    return Morning(
        known=known,
        links=links,
        recurrences=recurrences,
        recurring=recurring,
        decisions=decisions,
        shown=shown,
        confirmed=confirmed,
        rejected=within.filter("stays_down").height,
        series=grow_series(links, pl.concat((shown, confirmed)), rejected=decisions.kept_down),
        asked=asked,
        missed=missed,
        ordered=_ordered(known, shown, recurring, asked, missed),
    )


def review(
    known: Known,
    *,
    standard: Standard,
    budget_per_year: float = DEFAULT_BUDGET_PER_YEAR,
    top: int = DEFAULT_TOP,
    seed: int = 1,
    setup: LinkSetup = DEFAULTS,
    tick: Callable[[int, int, str], None] | None = None,
) -> Review:
    """The morning list as at `known.at`: its `top` items, put into words."""
    found = morning(known, standard=standard, budget_per_year=budget_per_year, seed=seed, setup=setup, tick=tick)
    return Review(
        known=known,
        links=found.links,
        standard=f"{standard.id} {standard.version}",
        budget_per_year=budget_per_year,
        items=[item(found, death, rank) for rank, death in enumerate(found.ordered[:top], start=1)],
        items_in_all=len(found.ordered),
        older_links=_unlisted(found, {death.event_id for death in found.ordered}),
        links_confirmed=found.confirmed.height,
        links_rejected=found.rejected,
        grouped_events=found.links.incidents.height,
        series=found.series,
        standards_title=standard.title,
    )


def listed_links(found: Morning, event_ids: Collection[str]) -> pl.DataFrame:
    """The links that the items of `event_ids` show."""
    ends = pl.any_horizontal(pl.col(end).is_in(list(event_ids)) for end in ("event_id_a", "event_id_b"))
    return found.shown.filter(ends)


def listed_recurrences(found: Morning, event_ids: Collection[str]) -> pl.DataFrame:
    """The recurrences that the items of `event_ids` show."""
    return found.recurring.filter(pl.col("event_ids").list.eval(pl.element().is_in(list(event_ids))).list.any())


def _unlisted(found: Morning, event_ids: Collection[str]) -> int:
    """How many links and recurrences no item of `event_ids` shows."""
    links = found.shown.height - listed_links(found, event_ids).height
    return links + found.recurring.height - listed_recurrences(found, event_ids).height


def item(found: Morning, death: Standing, rank: int) -> Item:
    """One death on the list, with every reason in words."""
    reasons = tuple(reasons_for(found, death.event_id))
    settle = tuple(dict.fromkeys(what for reason in reasons for what in reason.settle))
    return Item(rank=rank, event_id=death.event_id, headline=headline(reasons), reasons=reasons, settle=settle)


def reasons_for(found: Morning, event_id: str) -> Iterator[Reason]:
    """The reasons to look at one death: links, recurrences, conflicts and claims, duties."""
    series_of = {member: name for name, members in found.series.items() for member in members}
    every = pl.concat((found.shown, found.confirmed))
    mine = every.filter((pl.col("event_id_a") == event_id) | (pl.col("event_id_b") == event_id))
    for link in mine.head(LINKS_WORDED).iter_rows(named=True):
        other = link["event_id_b"] if link["event_id_a"] == event_id else link["event_id_a"]
        why = explain_pair(found.links, event_id, other)
        decided = found.decisions.of(event_id, other)
        said = decided.words(found.known.dataset.zone) if decided else ""
        name = series_of.get(event_id)
        yield Reason(
            kind=ReasonKind.LINK,
            text=link_text(
                other,
                why,
                link["seen_per_year"],
                link["chance_per_year"],
                more=mine.height - LINKS_WORDED,
                decided=said,
            ),
            evidence=tuple(Evidence(table=row.table, source=row.source, row=row.row) for row in why.rows),
            settle=why.missing,
            link=LinkFacts(
                other_event_ids=(other,),
                families={family: link[family] for family in FAMILIES},
                series_id=name if name is not None and series_of.get(other) == name else None,
                confirmed=decided is not None and decided.verdict is Verdict.CONFIRMED,
                **{name: link[name] for name in _RATES_TOLD},
            ),
        )
    linked = {event_id, *mine["event_id_a"], *mine["event_id_b"]}
    for row in found.recurring.filter(pl.col("event_ids").list.contains(event_id)).iter_rows(named=True):
        if len(row["event_ids"]) > 2 or not linked.issuperset(row["event_ids"]):  # a link of the two says it already
            yield _recurrence(found, event_id, row)
    asked = found.asked.filter(pl.col("event_id") == event_id)
    for (_, _), rows in asked.group_by("kind", "question", maintain_order=True):
        first = rows.row(0, named=True)
        yield Reason(
            kind=ReasonKind(first["kind"]),
            text=first["text"] + ".",
            evidence=_evidence(rows),
            settle=(first["settle"],),
        )
    missed = found.missed.filter(pl.col("event_id") == event_id)
    for _, rows in missed.group_by("rule", "text", maintain_order=True):  # one thing owed, however often it arose
        duty = rows.row(0, named=True)
        yield Reason(
            kind=ReasonKind.STANDARD,
            text=duty["text"],
            evidence=_evidence(rows),
            settle=(duty["settle"],),
            standard=StandardFacts(
                rule=duty["rule"],
                verdict=duty["verdict"],
                due=duty["due"],
                known_at=duty["known_at"],
                gate=duty["gate"],
            ),
        )


def _recurrence(found: Morning, event_id: str, row: dict[str, Any]) -> Reason:
    """A recurrence as a reason to look at one of its deaths."""
    family = "people" if row["kind"] == PERSON else "place"
    return Reason(
        kind=ReasonKind.LINK,
        text=recurrence_text(in_words(found.recurrences.parts, row), row["seen_per_year"], row["chance_per_year"]),
        evidence=tuple(
            Evidence(table=one.table, source=one.source, row=one.row) for one in evidence(found.recurrences, row)
        ),
        settle=to_settle(row),
        link=LinkFacts(
            other_event_ids=tuple(other for other in row["event_ids"] if other != event_id),
            families=dict.fromkeys(FAMILIES, 0.0) | {family: row["log10_bayes_factor"]},
            recurrence=True,
            **{name: row[name] for name in _RATES_TOLD},
        ),
    )


def _evidence(rows: pl.DataFrame) -> tuple[Evidence, ...]:
    return tuple(
        Evidence(**row)
        for row in rows.select("table", "source", "row").unique(maintain_order=True).iter_rows(named=True)
    )


def _undecided(within: pl.DataFrame, decisions: Decisions) -> pl.DataFrame:
    """Without the links on which a person recorded a decision: they stay down until a new fact arrives, and those that
    were confirmed for good."""
    decided = [decisions.of(a, b) for a, b in zip(within["event_id_a"], within["event_id_b"], strict=True)]
    up = [one is None or not one.in_force for one in decided]
    return within.filter(pl.Series(up, dtype=pl.Boolean))


def _steady(shown: pl.DataFrame, known: Known, budget_per_year: float) -> pl.DataFrame:
    """Without the links that are no news and only just within the budget: as the background changes, old links drift
    over its edge, and each would be one more than the budget. What was shown as news stays until well outside."""
    news = pl.col("known_at") >= known.at - timedelta(days=FRESH_DAYS)
    return shown.filter(news | (pl.col("seen_per_year") <= budget_per_year / 2))


def _ordered(
    known: Known, shown: pl.DataFrame, recurring: pl.DataFrame, asked: pl.DataFrame, missed: pl.DataFrame
) -> list[Standing]:
    ends = [shown.select("seen_per_year", "known_at", event_id=end) for end in ("event_id_a", "event_id_b")]
    ends.append(recurring.explode("event_ids").select("seen_per_year", "known_at", event_id="event_ids"))
    news = pl.col("seen_per_year").filter(pl.col("known_at") >= known.at - timedelta(days=FRESH_DAYS)).min()
    linked = (
        pl.concat(ends)
        .group_by("event_id")
        .agg(
            links=pl.len(),
            rarest=pl.coalesce(news, pl.col("seen_per_year").min()),
            link_known_at=pl.col("known_at").max(),
        )
    )
    questions = (
        asked.select("event_id", "kind", "question")
        .unique()
        .group_by("event_id")
        .agg(kinds=pl.col("kind").unique().sort(), questions=pl.len())
    )
    duties = missed.group_by("event_id").agg(duties=pl.len(), gates=pl.col("gate").sum())
    deaths = standing(known)
    for part in (linked, questions, duties):
        deaths = deaths.join(part, on="event_id", how="left")
    deaths = deaths.filter(pl.any_horizontal(pl.col("links", "questions", "duties").is_not_null()))
    found = []
    for row in deaths.iter_rows(named=True):
        kinds = [ReasonKind(kind) for kind in row["kinds"] or ()]
        kinds += [ReasonKind.LINK] * (row["links"] is not None) + [ReasonKind.STANDARD] * (row["duties"] is not None)
        death = Standing(
            event_id=row["event_id"],
            open=row["open"],
            died_at=row["died_at"],
            decided_at=row["decided_at"],
            kinds=tuple(kinds),
            reasons=sum(row[name] or 0 for name in ("links", "questions", "duties")),
            gates_missed=row["gates"] or 0,
            rarest_per_year=row["rarest"],
            link_known_at=row["link_known_at"],
        )
        if tier(death, known.at) is not None:
            found.append(death)
    return sorted(found, key=lambda death: order_key(death, known.at))
