"""What a standard may not be: each fault is refused with its line, what is wrong and how to mend it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from clew.core import ClewError
from clew.standards import Standard, StandardError, load_standard, parse_standard
from clew.standards.language.checks import check_versions

HEAD = "standard: {id: x, version: 1.0.0, title: X, zone: Europe/London}\n"
RULE = """rules:
  - id: R1
    norm: obligation
    text: a rule
    trigger: {action: check.intelligence}
    oblige: {action: device.triaged}
    within: PT4H
"""


def refusal(text: str) -> StandardError:
    with pytest.raises(StandardError) as caught:
        parse_standard(text, name="s.yaml")
    assert caught.value.where, "a fault has a place"
    return caught.value


FAULTS = {
    "an unknown field": (RULE.replace("    text:", "    txet: x\n    text:"), "txet", "did you mean text", 5),
    "a duration of a month": (RULE.replace("PT4H", "P1M"), "months", "P30D", 8),
    "a deadline nobody defined": (RULE.replace("PT4H", "soon"), "soon", "parameters", 8),
    "two rules of one id": (RULE + RULE.partition("\n")[2], "two rules", "own id", 9),
    "a norm that is none": (RULE.replace("obligation", "obligatoin"), "obligatoin", "obligation", 4),
    "a role that is none": (RULE.replace("{action: check.intelligence}", "{person: fnder}"), "fnder", "finder", 6),
    "a column that is none": (
        RULE.replace("device.triaged}", "device.triaged, where: outcom == 'x'}"),
        "outcom",
        "outcome",
        7,
    ),
    "a trigger that never can fire": (
        RULE.replace(
            "{action: check.intelligence}", "{event: death, where: \"kind == 'incident' and kind == 'death'\"}"
        ),
        "never be true",
        "correct",
        6,
    ),
    "a value the column never holds": (
        RULE.replace("{action: check.intelligence}", "{event: death, where: category == 'unexplained'}"),
        "never be true",
        "correct",
        6,
    ),
    "a condition of which neither alternative can hold": (
        RULE.replace(
            "    trigger:",
            "    applies_when: [{any: [{event: death, where: kind == 'incident' and kind == 'death'}, "
            "{person: deceased, where: age < 20 and age > 40}]}]\n    trigger:",
        ),
        "could never apply",
        "correct",
        6,
    ),
    "a number above and below": (
        RULE.replace("{action: check.intelligence}", "{person: deceased, where: age >= 40 and 40 > age}"),
        "age can never be true",
        "correct",
        6,
    ),
    "a value that is there and is not": (
        RULE.replace("device.triaged}", "device.triaged, where: not has(outcome) and outcome == 'x'}"),
        "could never be met",
        "correct",
        7,
    ),
    "a value that is and is not": (
        RULE.replace("device.triaged}", "device.triaged, where: \"outcome in ['x'] and outcome != 'x'\"}"),
        "outcome can never be true",
        "correct",
        7,
    ),
    "a clock that nothing can stop": (
        RULE + "    pause: {from: {person: deceased, where: age == 3 and age > 4}, to: {action: device.triaged}}\n",
        "could never pause",
        "correct",
        9,
    ),
    "a text compared with a number": (
        RULE.replace("{action: check.intelligence}", "{person: deceased, where: age == 'forty'}"),
        "compared",
        "quotes",
        6,
    ),
    "a trigger's value nobody bound": (
        RULE.replace("device.triaged}", "device.triaged, where: about == $person}"),
        "$person",
        "bind",
        7,
    ),
    "a trigger's value inside an or": (
        RULE.replace("intelligence}", "intelligence, bind: {p: about}}").replace(
            "device.triaged}", "device.triaged, where: about == $p or has(reason)}"
        ),
        "$name",
        "top of the condition",
        7,
    ),
    "a calendar that is none": (
        RULE.replace("PT4H", "{working_days: 5, calendar: office}"),
        "office",
        "calendars",
        8,
    ),
    "a rule without a deadline": (RULE.replace("    within: PT4H\n", ""), "within", "add within", 3),
    "a source nobody lists": (RULE.replace("    text:", "    sources: [hearsay]\n    text:"), "hearsay", "sources", 5),
    "rules that require each other": (
        """rules:
  - {id: G1, norm: gate, text: g, trigger: {action: category.decided}, requires: [G2]}
  - {id: G2, norm: gate, text: g, trigger: {action: category.decided}, requires: [G1]}
""",
        "circle",
        "requires",
        3,
    ),
    "a gate with nothing to bar it": (
        "rules:\n  - {id: G1, norm: gate, text: g, trigger: {action: category.decided}, requires: gates}\n",
        "never bar",
        "gate: true",
        3,
    ),
    "a category that cannot be reached": (
        "states:\n  initial: under_investigation\n  transitions:\n    - {from: expected, to: homicide}\n",
        "never be reached",
        "transition",
        5,
    ),
    "a standard that ends before it begins": (
        "",
        "ends before",
        "correct",
        1,
    ),
    "an act that answers itself": (
        RULE.replace("device.triaged", "check.intelligence"),
        "itself trigger",
        "shared: true",
        3,
    ),
    "no working time at all": (
        'calendars: {c: {hours: "09:00-17:00"}}\n' + RULE.replace("PT4H", "{working_time: PT0S, calendar: c}"),
        "No working time",
        "PT1H",
        9,
    ),
    "hours that end before they begin": (
        'calendars:\n  c: {hours: "17:00-09:00"}\n',
        "before it opens",
        "09:00-17:00",
        3,
    ),
    "holidays that nobody keeps": ("calendars:\n  c: {holidays: ZZ}\n", "ZZ", "GB-ENG", 3),
    "a name given twice": (RULE.replace("    text:", "    text: b\n    text:"), "twice", "keep one", 6),
    "a sourced deadline without a source": (
        "parameters:\n  p: {value: PT1H, status: sourced}\n",
        "no source",
        "proposed",
        3,
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_is_refused_with_its_line_and_a_mend(name: str) -> None:
    text, what, mend, line = FAULTS[name]
    head = HEAD
    if "ends before it begins" in name:
        head = HEAD.replace("title: X", "title: X, effective: {from: 2024-01-01, to: 2023-01-01}")
    error = refusal(head + text)
    assert what in str(error)
    assert mend in str(error)
    assert f"line {line}" in error.where


@pytest.mark.parametrize(
    "text",
    [
        "standard: {id: x",
        "standard: &a\n  id: *a\n",
        "\x00\x01",
        "[" * 10_000,
        "",
        "- 1\n- 2\n",
        "standard: 2024-01-01",
        HEAD + "rules: [1, 2]",
        HEAD + RULE.replace("PT4H", "'" + "P" * 5000 + "'"),
        HEAD + RULE.replace("device.triaged}", 'device.triaged, where: "' + "(" * 3000 + '"}'),
        HEAD + "1: 2\n? [a]\n: b\n",
        HEAD + RULE.replace("device.triaged}", 'device.triaged, where: "' + "not " * 900 + "has(about)" + '"}') + "x",
    ],
)
def test_what_is_no_standard_is_refused_and_never_a_traceback(text: str) -> None:
    with pytest.raises(ClewError):
        parse_standard(text)


@pytest.mark.parametrize(
    "where",
    ["age >= 40 and age <= 40", "age > 18 and age != 40 and has(age)", "sex in ['male'] and sex != 'female'"],
)
def test_a_condition_that_can_hold_is_not_refused(where: str) -> None:
    parse_standard(HEAD + RULE.replace("{action: check.intelligence}", f'{{person: deceased, where: "{where}"}}'))


LAUGHS = "a0: &a0 [lol, lol]\n" + "".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 9)}]\n" for number in range(1, 12)
)
DOUBLING = "a0: &a0 {x: y}\n" + "".join(
    f"a{number}: &a{number} {{a: *a{number - 1}, b: *a{number - 1}}}\n" for number in range(1, 38)
)
HOSTILE = {
    "laughs a billion times": (HEAD + LAUGHS, "values", "line 2"),
    "doubles at every step": (HEAD + DOUBLING, "values", "line 2"),
    "merges itself over and over": (HEAD + LAUGHS.replace("[*", "{<<: [*").replace("]\n", "]}\n"), "", "line"),
    "is nested in brackets": (HEAD + "x: " + "[" * 100_000, "nested", "line 2"),
    "is nested by indentation": (HEAD + "".join("  " * n + f"k{n}:\n" for n in range(60)), "nested", "line 41"),
    "has very many values": (HEAD + "x: [" + "1," * 400_000 + "]", "values", "line 2"),
    "holds a NUL": (HEAD + RULE.replace("a rule", "a\0rule"), "U+0000", "line 5"),
    "holds a NUL in disguise": (HEAD + RULE.replace("a rule", '"a\\0rule"'), "U+0000", "line 5"),
    "holds half a character": (HEAD + RULE.replace("a rule", '"\\ud800"'), "U+D800", "line 5"),
    "turns the text around": (HEAD + RULE.replace("a rule", "a \u202e rule"), "U+202E", "line 5"),
    "holds a huge number": (HEAD + "x: " + "9" * 5000, "5000", "line 2"),
    "holds a huge number in sixteens": (HEAD + "x: 0xffffffffffffffffff", "number", "line 2"),
    "holds a very long text": (HEAD + RULE.replace("a rule", "x" * 900_000), "900000 characters", "line 5"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_could_take_up_the_machine_is_refused_with_its_place(name: str) -> None:
    text, what, where = HOSTILE[name]
    begin = time.process_time()
    error = refusal(text)
    assert time.process_time() - begin < 30
    assert what in error.what
    assert where in error.where
    assert error.mend
    assert len(str(error)) < 1_000


def test_a_file_of_ten_megabytes_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_text(HEAD + RULE.replace("a rule", "x" * 10_000_000))
    with pytest.raises(StandardError, match="bytes") as refused:
        load_standard(tmp_path / "big.yaml")
    assert refused.value.mend


@pytest.mark.parametrize("name", ["x" * 300, "x" * 100_000, "\0", "", "/dev/null"])
def test_a_name_of_no_file_is_no_standard(name: str) -> None:
    with pytest.raises(ClewError):
        load_standard(name)


def test_of_several_forms_a_value_may_have_the_fault_is_that_of_the_one_meant() -> None:
    error = refusal(HEAD + RULE.replace("PT4H", "{working_days: 2000000, calendar: office}"))
    assert "maximum of 3650" in str(error)
    error = refusal(HEAD + RULE.replace("device.triaged}", "device.triaged, at_least: 999999}"))
    assert "999999" in error.what


def test_an_expression_is_never_run_as_code() -> None:
    hostile = "__import__('os').system('true')"
    assert "cannot be read" in str(
        refusal(HEAD + RULE.replace("device.triaged}", f'device.triaged, where: "{hostile}"}}'))
    )


def versions(*dates: str) -> list[Standard]:
    return [
        parse_standard(HEAD.replace("1.0.0", f"{number}.0.0").replace("title: X", f"title: X, effective: {{{span}}}"))
        for number, span in enumerate(dates)
    ]


def test_two_versions_in_force_at_once_are_an_error_and_two_in_turn_are_not() -> None:
    check_versions(versions("from: 2020-01-01, to: 2022-01-01", "from: 2022-01-01"))
    with pytest.raises(StandardError, match="in force at once"):
        check_versions(versions("from: 2020-01-01, to: 2022-01-02", "from: 2022-01-01"))


def test_an_act_outside_the_vocabulary_and_a_rule_without_examples_are_warned_of() -> None:
    warnings = parse_standard(HEAD + RULE.replace("device.triaged", "device.triagd")).warnings
    assert any("device.triagd" in warning for warning in warnings)
    assert any("no examples" in warning for warning in warnings)


PARENT = HEAD + RULE


def child(body: str, *, extends: str = "parent.yaml") -> str:
    return HEAD.replace("id: x", f"id: local, extends: {extends}") + body


def extended(tmp_path: object, body: str) -> Standard:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "parent.yaml").write_text(PARENT)
    return parse_standard(child(body), name="child.yaml", beside=folder)


def test_a_local_exception_changes_a_rule_by_name_and_says_why(tmp_path: object) -> None:
    standard = extended(tmp_path, "override:\n  R1: {within: PT2H, because: we are quicker}\n")
    assert standard.deadlines(standard.rules["R1"])[0].deadline.text == "PT2H"
    assert standard.rules["R1"].text == "a rule"


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ("override:\n  R1: {within: PT2H}\n", "no reason"),
        ("override:\n  R9: {within: PT2H, because: x}\n", "no rule R9"),
        (RULE, "is a rule of the standard this one extends"),
        ("override:\n  R1: {within: P1M, because: x}\n", "months"),
    ],
)
def test_a_local_exception_that_conflicts_is_an_error(tmp_path: object, body: str, what: str) -> None:
    with pytest.raises(StandardError, match=what):
        extended(tmp_path, body)


def test_standards_that_extend_each_other_are_refused(tmp_path: object) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path))
    (folder / "a.yaml").write_text(child("", extends="b.yaml").replace("id: local", "id: a"))
    (folder / "b.yaml").write_text(child("", extends="a.yaml").replace("id: local", "id: b"))
    with pytest.raises(StandardError, match="circle"):
        parse_standard((folder / "a.yaml").read_text(), beside=folder)
