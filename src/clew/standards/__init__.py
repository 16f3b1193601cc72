"""Dated, sourced standards tested on every case as known at T.

`language` reads YAML into typed form; `engine` decides all duties at once; `oracle` decides them one by one, for the
tests; `library` holds the standards that ship. The face is below: load a standard, evaluate it, read the duties.
"""

from clew.standards.duties import SCHEMA
from clew.standards.evaluate import Prepared, count_verdicts, evaluate, prepare
from clew.standards.language.document import StandardError
from clew.standards.language.model import Rule, Standard
from clew.standards.load import load_standard, parse_standard, shipped
from clew.standards.verdict import OPEN_VERDICTS, Norm, Severity, Verdict, View

__all__ = [
    "OPEN_VERDICTS",
    "SCHEMA",
    "Norm",
    "Prepared",
    "Rule",
    "Severity",
    "Standard",
    "StandardError",
    "Verdict",
    "View",
    "count_verdicts",
    "evaluate",
    "load_standard",
    "parse_standard",
    "prepare",
    "shipped",
]
