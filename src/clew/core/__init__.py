"""Small things every floor needs: the base error, the clock's one entrance. Knows nothing of deaths."""

from clew.core.clock import format_instant, parse_instant, parse_zone
from clew.core.errors import ClewError, IntegrityError, UsageError

__all__ = ["ClewError", "IntegrityError", "UsageError", "format_instant", "parse_instant", "parse_zone"]
