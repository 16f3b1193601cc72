"""How often what should be done is done in time, late, or not at all; and how long decisions take.

Aimed at a force in which one unexpected death in seven or so has at least one missed gate; all assumed.
"""

from __future__ import annotations

from dataclasses import dataclass

from clew.demonstration.distributions.model import Delay, Rate, Shares


@dataclass(frozen=True, kw_only=True)
class Duty:
    """How a duty is done: within `due_hours` as a rule, after it in `late`, never in `missing`; shares of duties."""

    due_hours: float
    late: float
    missing: float


#: activity -> how it is done. `due_hours` is the proposal of DOMAIN section 3 where there is one.
DUTIES: dict[str, Duty] = {
    "check.intelligence": Duty(due_hours=4, late=0.06, missing=0.075),
    "decision_maker.notified": Duty(due_hours=0.4, late=0.05, missing=0.06),
    "decision_maker.acknowledged": Duty(due_hours=0.5, late=0.06, missing=0.08),
    "conflict.recorded": Duty(due_hours=1, late=0.05, missing=0.15),
    "conflict.resolved": Duty(due_hours=72, late=0.1, missing=0.05),
    "dissent.resolved": Duty(due_hours=12, late=0.08, missing=0.08),
    "interview.planned": Duty(due_hours=24, late=0.1, missing=0.1),
    "incident.attached": Duty(due_hours=4, late=0.06, missing=0.08),
    "device.triaged": Duty(due_hours=120, late=0.12, missing=0.08),
    "device.examined": Duty(due_hours=672, late=0.15, missing=0.1),
    "call_data.requested": Duty(due_hours=24, late=0.1, missing=0.12),
    "account_preservation.requested": Duty(due_hours=24, late=0.1, missing=0.12),
    "handwriting.submitted": Duty(due_hours=72, late=0.08, missing=0.15),
    "forensic.decided": Duty(due_hours=72, late=0.08, missing=0.08),
    "task.created": Duty(due_hours=24, late=0.06, missing=0.05),
    "task.completed": Duty(due_hours=336, late=0.1, missing=0.05),
    "third_party.considered": Duty(due_hours=1, late=0.05, missing=0.08),
    "route.established": Duty(due_hours=72, late=0.1, missing=0.08),
    "cctv.secured": Duty(due_hours=24, late=0.08, missing=0.08),
    "cctv.viewed": Duty(due_hours=168, late=0.1, missing=0.08),
    "toxicology.requested": Duty(due_hours=48, late=0.04, missing=0.08),
    "link.reviewed": Duty(due_hours=24, late=0.1, missing=0.15),
    "prior_file.attached": Duty(due_hours=0.25, late=0.08, missing=0.1),
    "claim.answered": Duty(due_hours=72, late=0.15, missing=0.18),
    "review.reopened": Duty(due_hours=120, late=0.1, missing=0.1),
    "specialist.reviewed": Duty(due_hours=4, late=0.06, missing=0.06),
    "specialist.requested": Duty(due_hours=24, late=0.1, missing=0.15),
    "decline.recorded": Duty(due_hours=24, late=0.08, missing=0.08),
    "category.reviewed": Duty(due_hours=24, late=0.06, missing=0.045),
    "family.informed": Duty(due_hours=24, late=0.05, missing=0.03),
    "family.answered": Duty(due_hours=72, late=0.12, missing=0.08),
    "missing_report.merged": Duty(due_hours=24, late=0.06, missing=0.06),
    "exhibit.sealed": Duty(due_hours=8, late=0.05, missing=0.04),
    "coroner.reported": Duty(due_hours=24, late=0.04, missing=0.01),
    "supervisor.signed_off": Duty(due_hours=24, late=0.0, missing=0.05),
    "supervisor.attended": Duty(due_hours=4, late=0.04, missing=0.05),
    "handover.acknowledged": Duty(due_hours=1, late=0.08, missing=0.1),
}

CATEGORY_DELAY: dict[str, Delay] = {
    "expected": Delay(meaning="category decided, expected deaths", median_hours=14, log_spread=0.7),
    "natural": Delay(meaning="category decided, natural, infant and accident", median_hours=48, log_spread=0.9),
    "drugs": Delay(meaning="category decided, drugs", median_hours=216, log_spread=1.0),
    "homicide": Delay(meaning="category decided, homicides", median_hours=10, log_spread=1.0),
    "other": Delay(meaning="category decided, other manners", median_hours=72, log_spread=0.8),
}
UNDECIDED = Rate(meaning="unexpected deaths still under investigation at the end", value=0.02)
HOMICIDE_MISTAKEN = Rate(meaning="homicides first taken for not suspicious", value=0.02)
HOMICIDE_MISTAKEN_DELAY = Delay(meaning="until that is put right", median_hours=60 * 24, log_spread=0.6)
CLOSED_DELAY = Delay(meaning="closed after the category, natural and expected", median_hours=14 * 24, log_spread=0.7)
CLOSED_INQUEST_DELAY = Delay(
    meaning="closed after the category, with an inquest", median_hours=170 * 24, log_spread=0.5
)
REASONS_MISSING = Rate(meaning="category decided without reasons", value=0.03)
OPINION = Rate(meaning="a professional's opinion recorded, unexpected deaths", value=0.3)
OPINION_SUSPICIOUS = Rate(meaning="suspicious, of opinions on deaths that are no homicides", value=0.015)
ACCOUNT_CHANGED = Rate(meaning="somebody changes an account, where one was noted", value=0.03)
DEVICE_SEIZED = Rate(meaning="a device seized, unexpected deaths of 10 to 64", value=0.12)
PATHOLOGIST_RECOMMENDS = Rate(meaning="the pathologist recommends something, unexpected deaths", value=0.02)
CLAIM = Rate(meaning="an outsider claims a link or raises a doubt, unexpected deaths", value=0.006)
CLAIM_BY = Shares(meaning="who claims", shares={"family": 62, "friend": 22, "press": 4, "coroner": 6, "charity": 6})
CORONER_CONCERN = Rate(meaning="the coroner voices a concern, unexpected deaths", value=0.004)
SPECIALIST = Rate(meaning="advice of the homicide command asked for, unexpected deaths no homicides", value=0.02)
SPECIALIST_DECLINES = Rate(meaning="declined, of those", value=0.75)
UNCORROBORATED = Rate(meaning="a single-source explanation not corroborated", value=0.06)
DOCTOR_MISSING = Rate(meaning="no opinion of the attending doctor recorded, expected deaths", value=0.03)
HANDOVER = Rate(meaning="the decision-maker changes, unexpected deaths", value=0.06)
