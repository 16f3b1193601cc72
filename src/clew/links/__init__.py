"""Links between events, each with evidence in independent families and a stated chance rate.

`find_links` gives the strongest links known at T; `weights` documents the defaults; each family has its module
(`people`, `reference`, `families` for place, time and profile, `circumstances`); `model` puts fitted curves in place of
the defaults; `candidates` says which pairs are compared, `chance` how often links this strong occur, `ties` what they
rest on, `series` how pairs grow into series, `explain` why, `decisions` what people made of them, `listing` which are
listed.
A link is a candidate, never a decision, and accuses nobody.
"""

from clew.links.decisions import Decided, Decision, Decisions, NewFact, Verdict, link_decisions
from clew.links.explain import Explanation, Row, explain_pair
from clew.links.find import DECOY_REPLICATES, Links, find_links
from clew.links.listing import CONTRACT, STATEMENT, Listing, list_links
from clew.links.model import IDENTITY, LinkModel
from clew.links.rating import RATES
from clew.links.scoring import FAMILIES
from clew.links.series import Series, grow_series, rated_series
from clew.links.ties import why_they_differ
from clew.links.weights import NarrativeWeights, Weights

__all__ = [
    "CONTRACT",
    "DECOY_REPLICATES",
    "FAMILIES",
    "IDENTITY",
    "RATES",
    "STATEMENT",
    "Decided",
    "Decision",
    "Decisions",
    "Explanation",
    "LinkModel",
    "Links",
    "Listing",
    "NarrativeWeights",
    "NewFact",
    "Row",
    "Series",
    "Verdict",
    "Weights",
    "explain_pair",
    "find_links",
    "grow_series",
    "link_decisions",
    "list_links",
    "rated_series",
    "why_they_differ",
]
