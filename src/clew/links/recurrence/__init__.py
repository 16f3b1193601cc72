"""Deaths that one person is beside, or that one spot sees, more often than such people and spots do.

Pairs cannot tell: a person beside three deaths far apart makes three links of which none is strong. Here the person, or
the spot, is what is counted: `occurrences` says which deaths each was met in, `rate` how often such persons and spots
are met again, a rate that differs from one to the next, and `find` how often recurrences this strong are seen and how
many differing rates alone would make. A recurrence is a question about deaths; it names and ranks nobody.
"""

from clew.links.recurrence.find import PERSON, SHARE_OF_BUDGET, SPOT, Recurrences, find_recurrences, undecided
from clew.links.recurrence.words import evidence, in_words, to_settle

__all__ = [
    "PERSON",
    "SHARE_OF_BUDGET",
    "SPOT",
    "Recurrences",
    "evidence",
    "find_recurrences",
    "in_words",
    "to_settle",
    "undecided",
]
