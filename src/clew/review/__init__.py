"""The morning list, and the replay of past mornings.

`morning` gathers links, duties and questions and orders the deaths (`ordering` is the rule, `standing` says which
are open); `questions` finds conflicts and claims, `duties` what the standard finds; `model` is what a review is made
of and the JSON contract; `about` tells everything about one death; `replay` is the desk day by day.
"""

from clew.review.about import about_event
from clew.review.model import Evidence, Item, LinkFacts, Reason, ReasonKind, Review, StandardFacts
from clew.review.morning import DEFAULT_BUDGET_PER_YEAR, DEFAULT_TOP, review
from clew.review.replay import raised, replay, replay_as_json, replay_as_text

__all__ = [
    "DEFAULT_BUDGET_PER_YEAR",
    "DEFAULT_TOP",
    "Evidence",
    "Item",
    "LinkFacts",
    "Reason",
    "ReasonKind",
    "Review",
    "StandardFacts",
    "about_event",
    "raised",
    "replay",
    "replay_as_json",
    "replay_as_text",
    "review",
]
