"""The list of links that ``clew links find`` gives: which are shown, which a decision keeps down, and the contract.

The contract's table is one row a pair; every export and the page of links are made from one `Listing`, so that they
cannot differ in what they show.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

import polars as pl

from clew.links.decisions import Decisions, link_decisions
from clew.links.explain import explain_in_a_sentence
from clew.links.find import Links
from clew.links.rates.rating import RATES_OF_KIND
from clew.links.rates.series import Series, rated_series
from clew.links.recurrence import SHARE_OF_BUDGET, Recurrences, find_recurrences
from clew.links.scoring import FAMILIES

#: What every form of a link says of itself.
STATEMENT = "A link is a candidate, not a decision. It connects events and accuses nobody."

#: Columns of the contract, in order: two texts, six numbers and a text; a number a family (log10); a text; and what was
#: added since: the interval of seen, what the link rests on, and both rates of links of that kind.
CONTRACT: dict[str, pl.DataType] = {
    "event_id_a": pl.String(),
    "event_id_b": pl.String(),
    "log10_bayes_factor": pl.Float64(),
    "seen_per_year": pl.Float64(),
    "chance_per_year": pl.Float64(),
    "chance_low": pl.Float64(),
    "chance_high": pl.Float64(),
    "series_id": pl.String(),
    **{family: pl.Float64() for family in FAMILIES},
    "text": pl.String(),
    "seen_low": pl.Float64(),
    "seen_high": pl.Float64(),
    **RATES_OF_KIND,
}


@dataclass(frozen=True, kw_only=True)
class Listing:
    """The links listed at T. Rates are those of all links, rejected ones too: a decision changes what is shown, never
    what was seen (decision 78).

    shown: rows of `Links.frame` with decision and stays_down (`Decisions.marked`). kept_down: such rows that a
    decision keeps down; they are in `shown` only if asked for. grown: the series among the others, with their rates.
    recurrences: those known, and of them `recurring`, a quarter as many a year as links (none where links are listed by
    strength), without those that people decided about.
    budget_per_year: None where links are listed by strength.
    """

    links: Links
    decisions: Decisions
    shown: pl.DataFrame
    kept_down: pl.DataFrame
    grown: tuple[Series, ...]
    recurrences: Recurrences
    recurring: pl.DataFrame
    budget_per_year: float | None

    @property
    def series(self) -> dict[str, tuple[str, ...]]:
        """Event ids by series id."""
        return {one.series_id: one.event_ids for one in self.grown}

    @functools.cached_property
    def _series_by_member(self) -> dict[str, str]:
        return {member: name for name, members in self.series.items() for member in members}

    def series_of(self, event_id_a: str, event_id_b: str) -> str | None:
        """The series that both events are in, if any."""
        one, other = (self._series_by_member.get(event_id) for event_id in (event_id_a, event_id_b))
        return one if one == other else None

    def text_of(self, event_id_a: str, event_id_b: str) -> str:
        """Why the two are linked, and what was decided about it."""
        sentence = explain_in_a_sentence(self.links, event_id_a, event_id_b)
        decided = self.decisions.of(event_id_a, event_id_b)
        return f"{sentence} {decided.words(self.links.known.dataset.zone)}" if decided else sentence

    def table(self) -> pl.DataFrame:
        """The contract: a row a pair with the columns and types of `CONTRACT`."""
        pairs = list(zip(self.shown["event_id_a"], self.shown["event_id_b"], strict=True))
        whole = self.shown.with_columns(
            series_id=pl.Series([self.series_of(a, b) for a, b in pairs], dtype=pl.String),
            text=pl.Series([self.text_of(a, b) for a, b in pairs], dtype=pl.String),
        )
        return whole.select(pl.col(name).cast(dtype) for name, dtype in CONTRACT.items())


def list_links(links: Links, *, budget_per_year: float | None, with_rejected: bool = False) -> Listing:
    """The links of which this force sees at most `budget_per_year` a year (None: all that were kept), without those
    that a person rejected and no new fact has brought back, unless `with_rejected`."""
    decisions = link_decisions(links.known)
    wanted = links.frame if budget_per_year is None else links.within(budget_per_year)
    marked = decisions.marked(wanted)
    up = marked.filter(~pl.col("stays_down"))
    recurrences, share = find_recurrences(links), SHARE_OF_BUDGET / (1 - SHARE_OF_BUDGET)
    return Listing(
        links=links,
        decisions=decisions,
        shown=marked if with_rejected else up,
        kept_down=marked.filter("stays_down"),
        grown=rated_series(links, up, rejected=decisions.kept_down),
        recurrences=recurrences,
        recurring=recurrences.within(share * (budget_per_year or 0.0), decisions),
        budget_per_year=budget_per_year,
    )
