"""What README and docs say is so: commands run, quotations are printed, made pages are up to date, links lead."""

from __future__ import annotations

import re
import shlex
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from clew.cli import documentation, inputs, schema_page
from clew.cli.app import app
from clew.demonstration import write_demonstration
from clew.records import Dataset, read_dataset
from tests.documents import DOCS, PAGES, ROOT, SHELL, blocks, links, name_of, quoted, spans

COMMANDS = dict(documentation.commands_of("clew", typer.main.get_command(app)))

#: Pages whose commands another test runs, in the order and with the files that they need.
RUN_ELSEWHERE = {
    "docs/how-to/check-the-ledger.md": "tests/ledger/test_ledger_documentation.py",
    "docs/how-to/ledger-keys.md": "tests/ledger/test_ledger_documentation.py",
    "docs/how-to/check-an-event-log.md": "tests/standards/test_exchange.py",
    "docs/how-to/train-links.md": "tests/links/test_training.py",
    "docs/how-to/write-a-standard.md": "tests/standards/test_documents.py",
    "docs/how-to/draw-a-sample.md": "tests/assurance/test_commands.py",
    "docs/how-to/track-a-plan-of-action.md": "tests/assurance/test_commands.py",
    "docs/how-to/publish-safely.md": "tests/publish/test_board.py",
    "docs/how-to/prove-a-change-operates.md": "tests/assurance/test_planted_change.py",
}

#: Lines of shell blocks that are no command of Clew, and what runs them.
NOT_OURS = {
    "python3 -m venv .venv && .venv/bin/pip install -e '.[test]'": "README's line of tests, which .ci/run runs",
    ".venv/bin/python checks.py": "README's line of tests, which .ci/run runs",
    "python -m clew.cli.documentation": "test_every_made_page_is_up_to_date",
}

#: Registers that do not ship: what the page calls the file, and where it lies in CLEW_DATA.
REGISTERS = {
    "docs/how-to/medical-examiner-register.md": ("register.csv", "milwaukee/milwaukee_me_2020_2026.csv"),
    "docs/how-to/homicide-register.md": ("homicides.csv", "wapo/homicide-data_partial_32cities.csv"),
}
TUTORIAL = "docs/tutorial.md"


def shell_lines(page: Path) -> list[str]:
    return [line for block in blocks(page) if block.language in SHELL for line in block.lines]


WITH_COMMANDS = [page for page in PAGES if shell_lines(page)]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demonstration of a twentieth of the size, as `clew demo` writes it."""
    folder = tmp_path_factory.mktemp("small") / "clew-demo"
    write_demonstration(folder, scale=0.05)
    return folder


@pytest.fixture
def desk(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the data that the documents speak of."""
    for name in ("clew-demo", "DATA", "my-records"):
        shutil.copytree(small, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(line: str) -> str:
    program, *words = shlex.split(line)
    assert Path(program).name == "clew", f"nothing runs {line!r}: add it to a table at the top of this test"
    result = CliRunner().invoke(app, words, env={"COLUMNS": "100"})
    assert result.exit_code == 0, (line, result.output, result.exception)
    return result.stdout


def run_page(page: Path) -> int:
    ran = 0
    for line in shell_lines(page):
        if line in NOT_OURS:
            continue
        for command in line.split(" && ") if line in readme_lines().values() else [line]:
            if not re.match(r"python3 -m venv|\.venv/bin/(pip|python) ", command):
                run(command)
                ran += 1
    return ran


def readme_lines() -> dict[str, str]:
    """The two lines of the README that a newcomer copies, by their mark."""
    text = (ROOT / "README.md").read_text("utf-8")
    marked = {
        mark: re.search(rf"<!-- {mark} -->\n```sh\n(.*?)```\n<!-- /{mark} -->", text, re.DOTALL)
        for mark in ("demo", "tests")
    }
    return {mark: found.group(1).strip() for mark, found in marked.items() if found}


@pytest.mark.parametrize(
    "page",
    [page for page in WITH_COMMANDS if name_of(page) not in {*RUN_ELSEWHERE, *REGISTERS, TUTORIAL}],
    ids=name_of,
)
def test_every_command_of_the_page_runs(page: Path, desk: Path) -> None:
    ran = run_page(page)
    assert ran or all(line in NOT_OURS for line in shell_lines(page))


@pytest.mark.parametrize("name", REGISTERS)
def test_every_command_of_the_register_runs(
    name: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, source = REGISTERS[name]
    (tmp_path / file).symlink_to(data / source)
    monkeypatch.chdir(tmp_path)
    assert run_page(ROOT / name) == 2


@pytest.mark.parametrize(("name", "test"), RUN_ELSEWHERE.items())
def test_the_pages_that_another_test_runs_are_named_in_it(name: str, test: str) -> None:
    assert Path(name).stem in (ROOT / test).read_text("utf-8")
    assert shell_lines(ROOT / name)


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of one page read a dataset once: reading gives the same every time."""
    held: dict[Path, Dataset] = {}

    def reading(data: Path, *, mapping: str | None = None, tick: Callable[..., None] | None = None) -> Dataset:
        if mapping is not None:
            return read_dataset(data, mapping=mapping, tick=tick)
        return held.get(data.resolve()) or held.setdefault(data.resolve(), read_dataset(data, tick=tick))

    monkeypatch.setattr(inputs, "read_dataset", reading)


@pytest.mark.usefixtures("read_once")
def test_the_tutorial_prints_what_it_quotes(demo_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "clew-demo").symlink_to(demo_folder)
    monkeypatch.chdir(tmp_path)
    printed, quotations = "", 0
    for block in blocks(DOCS / "tutorial.md"):
        if block.language in SHELL:
            printed = " ".join("\n".join(run(line) for line in block.lines).split())
            continue
        assert block.language == "text"
        after = 0
        for passage in quoted(block.text):
            found = printed.find(passage, after)
            assert found >= 0, f"not printed: {passage}\n\nprinted: {printed}"
            after, quotations = found + len(passage), quotations + 1
    assert quotations >= 15
    assert (demo_folder / "report.html").exists()


def test_the_readmes_two_marked_lines_are_one_line_each_and_run_the_demonstration_and_the_checks() -> None:
    lines = readme_lines()
    assert not any("\n" in line for line in lines.values())
    assert lines["demo"].endswith("clew demo --as-of 2014-09-21")
    assert lines["tests"].endswith("python checks.py")
    assert "<!-- tests -->" in (ROOT / ".ci" / "run").read_text("utf-8")


def mentioned() -> Iterator[tuple[str, str]]:
    for page in PAGES:
        for span in spans(page):
            yield name_of(page), span


@pytest.mark.parametrize(("page", "span"), sorted(set(mentioned())))
def test_a_command_that_the_text_mentions_exists_with_its_options(page: str, span: str) -> None:
    path, rest = "clew", shlex.split(span.replace("'", ""))[1:]
    while rest and f"{path} {rest[0]}" in COMMANDS:
        path = f"{path} {rest.pop(0)}"
    assert path != "clew" or all(word.startswith("-") for word in rest), f"{page}: no such command"
    below = [command for name, command in COMMANDS.items() if name == path or name.startswith(f"{path} ")]
    known = {spelling for command in below for each in command.params for spelling in each.opts} | {"--help"}
    known |= {"--install-completion"} if path == "clew" else set()
    assert {word.split("=")[0] for word in rest if word.startswith("--")} <= known


@pytest.mark.parametrize("name", documentation.PAGES)
def test_every_made_page_is_up_to_date(name: str) -> None:
    assert (DOCS / name).read_text("utf-8") == documentation.PAGES[name](), "run: python -m clew.cli.documentation"


def test_made_pages_are_written_where_they_differ(tmp_path: Path) -> None:
    assert documentation.write_pages(tmp_path) == list(documentation.PAGES)
    (tmp_path / "reference" / "json.md").write_text("old", encoding="utf-8")
    assert documentation.write_pages(tmp_path) == ["reference/json.md"]


def section(path: str) -> str:
    page = (DOCS / "reference" / "commands.md").read_text("utf-8")
    found = re.search(rf"^## `{path}`\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)
    assert found, f"{path} is not documented"
    return found.group(1)


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_and_option_that_help_shows_is_documented_and_no_other(path: str) -> None:
    shown = CliRunner().invoke(app, [*path.split()[1:], "--help"], env={"COLUMNS": "250", "TERM": "dumb"})
    assert shown.exit_code == 0
    said = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", shown.output))
    said -= {"--help", "--install-completion", "--show-completion"}
    table = "\n".join(line.split(" | ")[0] for line in section(path).splitlines() if line.startswith("| "))
    listed = set(re.findall(r"`(--[a-z-]+)`", table))
    assert listed <= said
    assert said - listed <= set(re.findall(r"--[a-z-]+", section(path).split("```text")[0]))


@pytest.mark.parametrize("path", [path for path, command in COMMANDS.items() if not hasattr(command, "commands")])
def test_every_command_says_in_one_sentence_what_it_does_and_has_an_example(path: str) -> None:
    words = section(path).strip()
    assert re.match(r"[A-Z][^\n]*\.(\n|$)", words.split("\n\n")[0].replace("\n", " ") + "\n")
    assert f"Example: `{path}" in words


@pytest.mark.parametrize("name", schema_page.SCHEMAS)
def test_every_field_of_the_json_contracts_has_a_type_and_a_meaning(name: str) -> None:
    whole: dict[str, Any] = schema_page.schema(name)
    rows = list(schema_page.fields(whole, whole))
    assert len({path for path, _, _ in rows}) == len(rows) > 15
    assert not [path for path, kind, meaning in rows if not kind or not meaning.strip() or meaning.endswith("`. ")]


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert not [target for target in links(page) if not (page.parent / target).exists()]


def test_every_page_is_in_the_index_and_every_decision_in_theirs() -> None:
    decisions = DOCS / "decisions"
    indexed = {(DOCS / target).resolve() for target in links(DOCS / "index.md")}
    indexed |= {(decisions / target).resolve() for target in links(decisions / "README.md")}
    missing = {page for page in DOCS.rglob("*.md") if page.resolve() not in indexed} - {DOCS / "index.md"}
    assert not missing


@pytest.mark.parametrize("page", [page for page in PAGES if "decisions" not in page.parts], ids=name_of)
def test_a_page_that_shows_the_case_says_that_it_is_no_validation(page: Path) -> None:
    text = " ".join(page.read_text("utf-8").split())
    if re.search(r"\bD[1-4]\b", text):
        assert re.search("not a validation|no validation", text)


PRIVATE = {
    "an e-mail address": r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}\b",
    "a path of somebody's machine": r"(?<![\w.])/(?:work|tmp|opt|home|Users|root)/\w",
    "a registry's host": r"\b(?:pypi\.org|pythonhosted\.org|proxy\.golang\.org|registry\.npmjs|index-url)",
}


def shipped_texts() -> list[Path]:
    kinds = ("csv", "yaml", "yml", "json", "md", "j2", "toml")
    return [*PAGES, ROOT / "pyproject.toml", *(file for kind in kinds for file in (ROOT / "src").rglob(f"*.{kind}"))]


@pytest.mark.parametrize("what", PRIVATE)
def test_nothing_that_ships_holds(what: str) -> None:
    pattern = re.compile(PRIVATE[what])
    found = {name_of(file): pattern.findall(file.read_text("utf-8")) for file in shipped_texts()}
    assert not {name: hits for name, hits in found.items() if hits}


def test_the_picture_of_the_report_is_there_and_small() -> None:
    picture = (DOCS / "images" / "report.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 300_000
