"""The morning list on a terminal: a table of what to look at, its reasons, and how strong its links are.

Nothing recorded is taken for markup or terminal control: every cell is plain text, cleaned of control characters.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from clew.publish.wording import (
    long_moment_words,
    number_words,
    one_line,
    reason_word,
    shown_words,
)
from clew.review.model import Item, Reason, Review

#: Reasons shown of one death; the rest are counted.
MOST_REASONS = 4

#: Below this width a table's columns are too narrow to read, and each item is set as a paragraph.
_NARROW = 60


def print_review(review: Review, console: Console) -> None:
    """Prints `review`; colour and width are the console's (rich honours NO_COLOR). The marking is first and last."""
    dataset = review.known.dataset
    marking = Text(one_line(dataset.marking, limit=200) or "No handling marking given", style="bold")
    console.print(marking)
    console.print(
        Text(f"{one_line(dataset.name, limit=80)}, as known at {long_moment_words(review.known.at, dataset.zone)}")
    )
    if dataset.notice:
        console.print(Text(one_line(dataset.notice), style="bold yellow"))
    if review.items:
        console.print(_table(review, narrow=console.width < _NARROW))
    console.print(Text(_summary(review)))
    console.print(Text("A link is a candidate, not a decision. Clew accuses nobody.", style="dim"))
    console.print(marking)


def _table(review: Review, *, narrow: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=False, show_header=not narrow)
    table.add_column("#", justify="right", style="bold", no_wrap=True)
    if not narrow:
        table.add_column("Death", style="bold", max_width=18, overflow="fold")
    table.add_column("Why look", overflow="fold", ratio=1)
    for item in review.items:
        cells = [Text(str(item.rank)), Text(one_line(item.event_id, limit=60)), _why(item)]
        if narrow:
            cells = [cells[0], Text.assemble((one_line(item.event_id, limit=60), "bold"), "\n", cells[2])]
        table.add_row(*cells)
    return table


def _why(item: Item) -> Text:
    lines = [Text(one_line(item.headline, limit=300), style="bold")]
    lines += [_reason(reason) for reason in item.reasons[:MOST_REASONS]]
    if len(item.reasons) > MOST_REASONS:
        lines.append(Text(f"and {len(item.reasons) - MOST_REASONS} more reasons", style="dim"))
    if item.settle:
        lines.append(Text(f"Would settle it: {_settle(item.settle)}", style="dim"))
    return Text("\n").join([*lines, Text("")])


def _settle(questions: Sequence[str], *, room: int = 300) -> str:
    """As many whole questions as fit into `room` characters, the first at least, and how many more there are."""
    kept = [one_line(questions[0], limit=room)]
    for question in questions[1:]:
        if len("; ".join(kept)) + len(question) > room:
            break
        kept.append(one_line(question, limit=room))
    more = len(questions) - len(kept)
    return "; ".join(kept) + (f"; and {more} more" if more else "")


def _reason(reason: Reason) -> Text:
    said = Text(f"{reason_word(reason)}: ", style="bold cyan")
    said.append(one_line(reason.text, limit=600), style="default not bold")
    return said


def _summary(review: Review) -> str:
    counts = review.known.dataset.counts
    return (
        f"{shown_words(len(review.items), review.items_in_all).capitalize()} "
        f"{'death' if review.items_in_all == 1 else 'deaths'} with a reason to look; "
        f"{review.known.events.height:,} events known; "
        f"budget {number_words(review.budget_per_year)} links a year, {review.older_links:,} older ones not listed, "
        f"{review.links_confirmed:,} confirmed and {review.links_rejected:,} rejected by people; "
        f"{review.grouped_events:,} events grouped as incidents; "
        f"{counts.rows_read:,} rows read, {counts.rows_quarantined:,} set aside, "
        f"{counts.recorded_at_assumed:,} with an assumed time of recording."
    )
