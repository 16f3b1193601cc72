"""A standard as a page that a person can read (Markdown): what binds, from whom, and how it was tried out."""

from __future__ import annotations

from collections.abc import Iterator

from clew.standards.language.checks import required_rules
from clew.standards.language.model import LABEL_COLUMNS, Pattern, Response, Rule, Standard
from clew.standards.language.write_expression import text_of
from clew.standards.verdict import Norm

_TABLE_WORDS = {
    "events": "event",
    "people": "person",
    "circumstances": "circumstance",
    "actions": "action",
    "exhibits": "exhibit",
    "links": "link",
}


def render_standard(standard: Standard) -> str:
    """The whole page."""
    return "\n".join(
        [*_head(standard), *(line for rule in standard.rules.values() for line in rule_lines(standard, rule))]
    )


def _head(standard: Standard) -> Iterator[str]:
    yield f"# {standard.title}"
    yield ""
    yield f"`{standard.label}`, authority: {standard.authority or 'not stated'}; time zone {standard.zone.key}."
    dates = {
        "published": standard.published,
        "in force from": standard.effective_from,
        "in force to": standard.effective_to,
    }
    yield "; ".join(f"{name} {day.isoformat() if day else 'not stated'}" for name, day in dates.items()) + "."
    if standard.parameters:
        yield from ("", "## Deadlines", "", "| name | value | meaning | status |", "|---|---|---|---|")
        for parameter in standard.parameters.values():
            values = ", ".join(
                value.deadline.text + (f" from {value.start.isoformat()}" if value.start else "")
                for value in parameter.values
            )
            status = f"{parameter.status}{': ' + parameter.source if parameter.source else ''}"
            yield f"| {parameter.name} | {values} | {parameter.meaning} | {status} |"
    if standard.transitions:
        yield from ("", "## Categories", "", f"A new death is `{standard.initial_state}`.", "")
        for change in standard.transitions:
            gate = f" (gate {change.gate})" if change.gate else ""
            yield f"- {change.source} to {change.target}{gate}: {change.says}"
    yield from ("", "## Rules")


def rule_lines(standard: Standard, rule: Rule) -> Iterator[str]:
    """One rule: its text, what it asks of which records, sources and examples."""
    gate = ", gate" if rule.gate else ""
    yield from ("", f"### {rule.id}: {rule.title}", "", f"*{rule.norm}, {rule.severity}{gate}.* {rule.text}", "")
    if rule.trigger:
        yield f"- arises with each {pattern_text(rule.trigger.pattern)}; the clock starts when it {_clock(rule)}"
    for condition in rule.conditions:
        before = ", from before that was known" if condition.before else ""
        yield f"- applies when there is {' or '.join(map(pattern_text, condition.options))}{before}"
    for response in rule.responses:
        word = "must not be followed by" if rule.norm is Norm.PROHIBITION or rule.at_most else "asks for"
        yield f"- {word} {response_text(response)}"
    if rule.norm is Norm.GATE:
        yield f"- asks that nothing stands open of {', '.join(required_rules(standard, rule))}"
    deadlines = standard.deadlines(rule)
    if deadlines:
        name = f"{rule.within}: " if isinstance(rule.within, str) else ""
        yield f"- within {name}{', '.join(value.deadline.text for value in deadlines)}"
    if rule.waiver:
        yield f"- may be waived, in time and with a reason, by {', '.join(rule.waiver.roles)}"
    if rule.ask:
        yield f"- the reviewer asks: {rule.ask}"
    for name in rule.sources:
        yield f"- source: {standard.sources.get(name, name)}"
    for example in rule.examples:
        yield f"- example: {example.name}: {', '.join(example.expect) or 'no duty'}"


def _clock(rule: Rule) -> str:
    if rule.norm in (Norm.PRECEDENCE, Norm.GATE) or rule.trigger is None:
        return "happened"
    return {"occurred": "happened", "known": "was known", "recorded": "was recorded"}[rule.trigger.clock]


def pattern_text(pattern: Pattern) -> str:
    """A pattern in words."""
    labels = " or ".join(pattern.labels) or "of any kind"
    where = f" with {text_of(pattern.where)}" if pattern.where else ""
    return f"{_TABLE_WORDS[pattern.table]} {labels}{where}"


def response_text(response: Response) -> str:
    """What answers a duty, in words."""
    parts = [pattern_text(response.pattern)]
    label = LABEL_COLUMNS[response.pattern.table]
    if response.equals:
        parts.append(f"whose {response.equals.response} is the {response.equals.trigger} of what it answers")
    if response.differs:
        parts.append(f"by another {response.differs.response} than {response.differs.trigger}")
    if response.at_least > 1:
        parts.append(f"at least {response.at_least} of them")
    if response.look_back:
        parts.append(f"from {response.look_back.text} before")
    if not response.shared:
        parts.append(f"each {label} answering one duty only")
    return ", ".join(parts)
