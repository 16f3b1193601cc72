"""The page of distributions, generated from the tables the demonstration draws from, so that they cannot differ."""

from __future__ import annotations

from clew.demonstration.case import CASE_TABLES, case_rows
from clew.demonstration.distributions import ALL, Delay, Distribution, Rate, Shares
from clew.demonstration.distributions.conduct import DUTIES
from clew.demonstration.distributions.recording import FILLED
from clew.demonstration.make import NOTICE

_INTRODUCTION = f"""# The demonstration dataset

> {NOTICE}

This page is generated from `clew.demonstration`; a test compares the two.

`clew.demonstration` makes three years, 2013 to 2015, of the records of a London-like force, and lays into them the
published facts of one public case, told by role only. The background is synthetic. It is there to make the work as hard
as it is: places where many die, officials in hundreds of events, families, fires, pacts, overdoses from one batch,
people known from several incidents, names mistyped and numbers held twice. What cannot be taken from a source is
marked *assumed*; no rate was chosen to make the case easier or harder to find. One known series measures neither how
many series Clew would find nor how often it would be wrong.

## How it is made

- Every subject (deaths, people, scene, ...) has its own stream of random numbers from the seed, so that equal seeds
  give equal tables and a change in one subject leaves the draws of the others alone.
- Deaths and incidents are Poisson processes. A death has a manner first, and from it a person, a place, a method.
- Homes are drawn by small area from the residents of the person's sex and age (4,835 small areas of London, Office
  for National Statistics, Open Government Licence v3.0; contains National Statistics and Ordnance Survey data © Crown
  copyright and database right; residents as of the extract, 9.0 million). A house has one address and one point,
  always the same.
- Names and streets are invented words; telephone numbers begin with 06, which is not in use; no registration mark
  begins with Q and I.
- The groups are planted by changing deaths already drawn. `groups.csv` lists them; they are true links and no crime.
- What is recorded is versioned: a death is `under_investigation` at first, its category and its closing come as later
  rows; toxicology comes weeks later; some people and addresses are put right later.
- The extract is taken at the end of the last year: nothing recorded later is in it.
- The force of the background works to today's standards as given below. In the case only what was done is recorded.

## What is left out

- Seasons of single manners of death, hours of the day and days of the week: deaths fall evenly over the 24 hours.
- GHB formed in the body after death, which laboratories report in other deaths too.
- Any relation between deprivation, crime and death but through age and sex; ethnic group is independent of all else.
- Searches for links (`link_search.run`): no force ran them, so the stream is not declared complete.
"""

_CASE = """## The case

Each row of the case is in `src/clew/demonstration/data/case/`, with `basis`, the number of its source in DOMAIN.md
10, and `certainty`. The rules for what is not published:

- `recorded_at` is when the force demonstrably held a fact. E0 was noted on 19 June 2014; when it was reported is not
  published, so it is recorded on that day. E1 is recorded on the day without names, and P's part in it on 27 June 2014,
  the day by which his own interview gave it to the detectives on D1: whether another system held his name is not known.
- Toxicology came on unknown days; seven weeks after each death are assumed.
- Where reports differ, both are kept: the call (04:05, 04:18), who found D4, the distance to the flat, what D3's
  relative said of the handwriting.
- P's flat lies 450 m from the church, with an uncertainty of 250 m; station and flat are from memory.
- Routine duties that no source says were left undone are taken as done in time and marked assumed. So what is shown as
  missing is what a source says was missing, save where the sources are silent about a check that they discuss.
- Protected characteristics of the four men are left out altogether.
- After the arrest on 15 October 2015 nothing but the charge and D4's toxicology is recorded.
"""


def page() -> str:
    """The page as Markdown."""
    parts = [_INTRODUCTION, "## Distributions\n"]
    for title, distributions in ALL.items():
        rows = [f"| {each.meaning} | {_values(each)} | {_source(each)} |" for each in distributions]
        parts.append(f"### {title}\n\n| what | distribution | source |\n|---|---|---|\n" + "\n".join(rows) + "\n")
    parts += [_filled(), _duties(), _CASE, _case_table()]
    return "\n".join(parts)


def _values(each: Distribution) -> str:
    if isinstance(each, Shares):
        shares = zip(each.values, each.probabilities, strict=True)
        return ", ".join(f"{value.replace('|', ' ') or 'not noted'} {share:.3g}" for value, share in shares)
    if isinstance(each, Rate):
        return f"{each.value:g} {each.unit}"
    low, high = (each.median_hours * 2.718281828 ** (sign * 1.6449 * each.log_spread) for sign in (-1, 1))
    return f"log-normal, median {each.median_hours:g} h, nine in ten within {low:.3g} to {high:.3g} h"


def _source(each: Distribution | Delay) -> str:
    return "*assumed*" if each.source == "assumed" else each.source


def _filled() -> str:
    details = list(next(iter(FILLED.values())))
    rows = [
        f"| {role} | " + " | ".join(f"{rates[name]:g}" for name in details) + " |" for role, rates in FILLED.items()
    ]
    head = f"| role | {' | '.join(details)} |\n|{'---|' * (len(details) + 1)}\n"
    return "### How often each detail of a person is filled (all *assumed*)\n\n" + head + "\n".join(rows) + "\n"


def _duties() -> str:
    rows = [f"| {name} | {duty.due_hours:g} | {duty.late:g} | {duty.missing:g} |" for name, duty in DUTIES.items()]
    head = "| activity | as a rule within hours | share late | share never |\n|---|---|---|---|\n"
    return (
        "### How duties are done (all *assumed*; the hours are those of DOMAIN.md 3)\n\n"
        + head
        + "\n".join(rows)
        + "\n"
    )


def _case_table() -> str:
    parts = []
    for name in CASE_TABLES:
        frame = case_rows(name)
        label = {"events": "kind", "people": "role", "circumstances": "feature", "actions": "activity"}.get(
            name, "kind"
        )
        detail = {"people": "person_ref", "circumstances": "value", "actions": "action_id"}.get(name)
        rows = [
            f"| {row['event_id']} | {row[label]}{' ' + (row[detail] or '') if detail else ''} | {row['recorded_at']} | "
            f"{row['certainty']} | {row['basis'] or ''} |"
            for row in frame.iter_rows(named=True)
        ]
        head = "| event | what | recorded (London time) | certainty | basis |\n|---|---|---|---|---|\n"
        parts.append(f"### Case: {name}\n\n{head}" + "\n".join(rows) + "\n")
    return "\n".join(parts)
