"""The standards that ship say what they mean: every example of every rule holds."""

from __future__ import annotations

import pytest

from clew.standards import Norm, load_standard, shipped
from clew.standards.examples import Outcome, run_examples

OUTCOMES = [outcome for name in shipped() for outcome in run_examples(load_standard(name))]


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: f"{outcome.rule}: {outcome.name}")
def test_every_example_of_every_shipped_rule_holds(outcome: Outcome) -> None:
    assert outcome.found == outcome.expected


@pytest.mark.parametrize("name", shipped())
def test_every_shipped_rule_that_records_can_decide_has_two_examples_and_every_other_asks_its_question(
    name: str,
) -> None:
    for rule in load_standard(name).rules.values():
        assert rule.ask, rule.id
        assert rule.sources, rule.id
        assert len({example.expect for example in rule.examples}) >= 2 or rule.norm is Norm.JUDGEMENT, rule.id


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_standard_loads_without_warnings(name: str) -> None:
    assert load_standard(name).warnings == ()


def test_the_uk_standard_holds_r01_to_r38_and_marks_every_deadline_as_a_proposal() -> None:
    standard = load_standard("uk-unexpected-death")
    assert {f"R{number:02}" for number in range(1, 39)} <= set(standard.rules)
    assert {parameter.status for parameter in standard.parameters.values()} == {"proposed"}
    gates = {"R01", "R02", "R03", "R04", "R10", "R11", "R17", "R18", "R21", "R24", "R31"}
    assert all(standard.rules[name].gate for name in gates)
