"""What every face of the backstop says, word for word: what it is, what was found, what to do, who signs."""

from __future__ import annotations

from clew.backstop import By, Scan, Watch
from clew.publish.wording import counted, day_words, number_words

PRINCIPLE = (
    "A backstop, and one that accuses no one. It counts deaths; it does not know why there were more. Staff, "
    "residents, "
    "shifts, illness, referral and recording explain most of what crosses a limit, and chance explains its share."
)
LATE = (
    "It is slow: an excess of a few deaths a year is not told from chance for years, if ever. Nothing crossed is no "
    "assurance. What finds a single wrong death is the look at that death."
)
NO_NAMES = (
    "Series by professional are neither named, numbered nor ordered, and no figure belongs to anybody: what is "
    "given are "
    "the records. Before they are read, take out who attended and who certified."
)
WHAT_TO_DO = (
    "Have every record below reviewed by two people apart, who are not told why it came up. Half of the records, where "
    "they could be found, are comparisons. The first question is whether each death was what it was taken for. "
    "Only when "
    "the answers are in is the key opened, by the statistician."
)
SIGN_OFF = (
    "Statistician (name, date): rule fixed before the records were opened; method and limits fit for this use: ________"
)


#: What the last column of the table of groups means.
DIFFER = (
    "Such units differ for reasons of their own, fitted here as a standard deviation, a share of their mean; the "
    "limits allow for it."
)


def unit_words(by: By, count: int) -> str:
    """``1 place``, ``12 areas``."""
    return f"{count:,} {by.value}{'' if count == 1 else 's'}"


def found_words(watch: Watch) -> str:
    """How many series crossed, beside how many chance makes."""
    count = len(watch.signals)
    crossed = (
        "No series of records" if not count else f"{count} series of records" if count > 1 else "One series of records"
    )
    return (
        f"{crossed} crossed a limit that {number_words(100 * watch.share)} per cent of {watch.rule.by.value}s cross by "
        f"chance: of {unit_words(watch.rule.by, watch.units)} watched for {number_words(watch.years)} years, at most "
        f"{number_words(watch.by_chance)} on average if nothing is wrong anywhere."
    )


def rule_words(watch: Watch) -> str:
    """The rule, its digest, and the seed."""
    zone, rule = watch.known.dataset.zone, watch.rule
    kinds = f" ({', '.join(rule.place_types).replace('_', ' ')})" if rule.by is By.PLACE else ""
    return (
        f"Rule {rule.digest}: deaths by {rule.by.value}{kinds} from {day_words(rule.watch_from, zone)}, charts "
        f"tuned to a rate {rule.rate_ratio:g} times what was expected, at most "
        f"{counted(rule.false_alarms_per_year, 'false alarm')} a year over all. Seed {watch.seed}."
    )


def left_out_words(watch: Watch) -> str:
    """What could not be watched; "" if everything could."""
    parts = [
        (watch.without_history, "first seen during the watch: nothing is usual for them yet"),
        (watch.too_few_alike, "of a kind with fewer than ten: how much such commonly differ cannot be told"),
    ]
    told = [f"{unit_words(watch.rule.by, count)} {why}" for count, why in parts if count]
    if watch.left_out:
        told.append(f"{watch.left_out:,} deaths whose record does not say which {watch.rule.by.value}")
    return f"Not watched: {'; '.join(told)}." if told else ""


def scan_words(found: Scan) -> str:
    """What a scan found, beside how often chance does it."""
    count, often = len(found.areas), found.false_alarms_per_year
    areas = "No circle" if not count else "One circle" if count == 1 else f"{count} circles"
    return (
        f"{areas} with more deaths in its last weeks than chance makes "
        f"{'once' if often == 1 else f'{number_words(often)} times'} a "
        f"year. {found.deaths:,} deaths of {found.weeks} weeks scanned, {found.unplaced:,} more without a place "
        f"left out."
    )
