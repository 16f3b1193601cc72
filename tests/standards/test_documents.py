"""What the documents say is so: their standards load and their examples hold, and the reference leaves no field out."""

from __future__ import annotations

import json
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from clew.cli.standards import app
from clew.demonstration import write_demonstration
from clew.standards import StandardError, View, load_standard, parse_standard
from clew.standards.examples import run_examples
from clew.standards.language.expression import Expression
from clew.standards.language.parse_expression import parse_expression
from clew.standards.language.schema import schema_text
from clew.standards.language.write_expression import text_of
from clew.standards.verdict import Norm, Verdict

DOCS = Path(__file__).resolve().parents[2] / "docs"


def blocks(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    return [part.partition("```")[0] for part in text.split("```yaml\n")[1:]]


def test_the_rule_in_the_how_to_is_read_without_warnings_and_its_examples_hold() -> None:
    standard = parse_standard(blocks("how-to/write-a-standard.md")[0])
    assert standard.warnings == ()
    outcomes = run_examples(standard)
    assert [outcome.found for outcome in outcomes] == [("met",), ("missed",), ("waived",)]
    assert all(outcome.holds for outcome in outcomes)


def test_the_local_standard_in_the_how_to_changes_what_it_says_it_changes() -> None:
    local, shipped = parse_standard(blocks("how-to/write-a-standard.md")[1]), load_standard("uk-unexpected-death")
    assert local.deadlines(local.rules["R01"])[0].deadline.text == "PT2H"
    changed = [name for name, rule in local.rules.items() if rule.severity is not shipped.rules[name].severity]
    assert changed == ["R22"]


def test_the_refusal_in_the_how_to_is_the_one_that_comes() -> None:
    text = blocks("how-to/write-a-standard.md")[0].replace("{value: P3D", "{value: P1M")
    with pytest.raises(StandardError) as caught:
        parse_standard(text, name="my-force.yaml")
    shown = (DOCS / "how-to/write-a-standard.md").read_text().split("```text\nclew: ")[1].partition("```")[0]
    assert str(caught.value) == shown.rstrip("\n")


def fields(schema: dict[str, Any]) -> set[str]:
    """Every field name of the schema, rows of examples left out."""
    found: set[str] = set()
    for name, value in schema.get("properties", {}).items():
        found |= {name} | fields(value)
    for key in ("oneOf", "anyOf"):
        for option in schema.get(key, []):
            found |= fields(option)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            found |= fields(schema[key])
    for value in schema.get("$defs", {}).values():
        found |= fields(value)
    return found


def test_the_reference_names_every_field_norm_verdict_and_view() -> None:
    reference = (DOCS / "reference/standard-language.md").read_text()
    missing = [name for name in sorted(fields(json.loads(schema_text()))) if name not in reference]
    assert missing == []
    assert [norm for norm in Norm if f"`{norm}`" not in reference] == []
    verdicts = (DOCS / "explanation/verdicts.md").read_text()
    assert [name for name in (*Verdict, *View) if f"`{name}`" not in verdicts] == []


def conditions() -> list[Expression]:
    standards = [load_standard(name) for name in ("uk-unexpected-death", "us-scene-investigator")]
    triggers = [rule.trigger for standard in standards for rule in standard.rules.values() if rule.trigger]
    return [trigger.pattern.where for trigger in triggers if trigger.pattern.where]


def test_a_condition_written_out_and_read_again_is_the_same() -> None:
    from clew.records import TABLES, Type

    columns: dict[str, Type] = {"distance_m": Type.NUMBER, "days_apart": Type.NUMBER, "shared_features": Type.NUMBER}
    columns["same_finder"] = Type.TEXT
    for table in TABLES.values():
        columns |= {column.name: column.type for column in table.columns}
    shipped = conditions()
    assert len(shipped) > 10
    texts = ["not (has(reason) and outcome != 'x') or contains(reason, 'y')", "age >= 18 and age < 40.5"]
    for expression in [*shipped, *(parse_expression(text, columns, {}) for text in texts)]:
        assert parse_expression(text_of(expression), columns, {}) == expression


def commands(page: str) -> list[str]:
    text = (DOCS / page).read_text(encoding="utf-8")
    lines = [line for part in text.split("```sh\n")[1:] for line in part.partition("```")[0].splitlines()]
    return [line for line in lines if line.startswith("clew standards ")]


def run(line: str) -> None:
    result = CliRunner().invoke(app, shlex.split(line)[2:])
    assert result.exit_code == 0, (line, result.output, result.exception)


def test_every_command_of_write_a_standard_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my-force.yaml").write_text(blocks("how-to/write-a-standard.md")[0])
    write_demonstration(tmp_path / "clew-demo", scale=0.02)
    monkeypatch.chdir(tmp_path)
    lines = commands("how-to/write-a-standard.md")
    assert len(lines) == 3
    for line in lines:
        run(line)


def test_every_command_of_check_an_event_log_runs(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for text in blocks("how-to/check-an-event-log.md"):
        name = text.partition("id: ")[2].partition(",")[0]
        (tmp_path / f"{name}.yaml").write_text(text)
    for log in (data / "event_logs").glob("*.csv"):
        (tmp_path / log.name).symlink_to(log)
    monkeypatch.chdir(tmp_path)
    lines = commands("how-to/check-an-event-log.md")
    assert len(lines) == 3
    for line in lines:
        run(line)
