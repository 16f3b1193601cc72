"""The plan of action: findings, recommendations and actions that nobody can close by declaring them closed.

`findings` holds what was found; `states` the state machine as a table; `register` the events and what follows from
them; `files` the plan as a file; `due` the dates;
`importing` reads others' trackers through a mapping and refuses broken ones; `comparison` reports what moved back.
"""

from clew.assurance.plan.comparison import Comparison, compare
from clew.assurance.plan.due import DAYS_TO_ANSWER, Lateness, ResponseStatus, due_on, lateness, response_status
from clew.assurance.plan.files import Plan, plan_to_json, read_plan
from clew.assurance.plan.findings import Evidence, Finding, Severity, find
from clew.assurance.plan.importing import Import, check_feed, import_feed
from clew.assurance.plan.mapping import FeedMapping, load_mapping, shipped_mappings
from clew.assurance.plan.register import Milestone, NamedControl, PlanEvent, Recommendation, recommend, record
from clew.assurance.plan.states import TRANSITIONS, Act, State, mermaid

__all__ = [
    "DAYS_TO_ANSWER",
    "TRANSITIONS",
    "Act",
    "Comparison",
    "Evidence",
    "FeedMapping",
    "Finding",
    "Import",
    "Lateness",
    "Milestone",
    "NamedControl",
    "Plan",
    "PlanEvent",
    "Recommendation",
    "ResponseStatus",
    "Severity",
    "State",
    "check_feed",
    "compare",
    "due_on",
    "find",
    "import_feed",
    "lateness",
    "load_mapping",
    "mermaid",
    "plan_to_json",
    "read_plan",
    "recommend",
    "record",
    "response_status",
    "shipped_mappings",
]
