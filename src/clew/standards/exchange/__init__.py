"""In and out: event logs in (XES, OCEL 2.0, CSV), verdicts out (CSV, Parquet, OCEL 2.0, OSCAL)."""

from clew.standards.exchange.logs import LogOptions, read_log
from clew.standards.exchange.ocel import to_ocel
from clew.standards.exchange.oscal import to_oscal

__all__ = ["LogOptions", "read_log", "to_ocel", "to_oscal"]
