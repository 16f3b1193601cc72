"""Scoring a sample blind: forms from the rules' own questions, some items twice, adjudication, corrected rates."""

from clew.assurance.scoring.assignment import Part, assign
from clew.assurance.scoring.form import Answer, Question, ReviewForm, form_of
from clew.assurance.scoring.measurement import CorrectedRate, corrected_rate, rule_agreement
from clew.assurance.scoring.sheet import Adjudication, Score, Sheet

__all__ = [
    "Adjudication",
    "Answer",
    "CorrectedRate",
    "Part",
    "Question",
    "ReviewForm",
    "Score",
    "Sheet",
    "assign",
    "corrected_rate",
    "form_of",
    "rule_agreement",
]
