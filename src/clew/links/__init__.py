"""Links between events, each with evidence in independent families and a stated chance rate.

`find_links` gives the strongest links known at T. `events` and `places` are what is read of each event; `candidates`
finds the pairs that could be links, `evidence` says what they have in common by `weights` (documented defaults) or a
fitted `model`, `identity` who is who, `scoring` adds it up, `incidents` sets apart what is one event, `strongest` gives
the links among all. `rates` says how often, and grows series; `recurrence` counts what pairs cannot say, one person or
one spot in several deaths. `explain` says why; `decisions` holds what people made of links, `listing` which are listed.
`setup` is what a search goes by. `training` fits a model to solved series; `updates` keeps links up to date event by
event.
A link is a candidate, never a decision, and accuses nobody.
"""

from clew.links.decisions import Decided, Decision, Decisions, NewFact, Verdict, link_decisions
from clew.links.explain import Explanation, Row, explain_pair
from clew.links.find import DECOY_REPLICATES, Links, find_links
from clew.links.listing import CONTRACT, STATEMENT, Listing, list_links
from clew.links.model import IDENTITY, LinkModel
from clew.links.rates.rating import RATES
from clew.links.rates.series import Series, grow_series, rated_series
from clew.links.rates.ties import why_they_differ
from clew.links.scoring import FAMILIES
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
