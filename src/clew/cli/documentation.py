"""The pages that are made from code, and the one way to make them again: ``python -m clew.cli.documentation``.

A page says here which function gives its text; tests/test_docs.py compares every one with what is in docs/. The page of
commands is made in this module, from the command line itself, so that no option can be added without a word on it.
"""

from __future__ import annotations

import inspect
import sys
import typing
from collections.abc import Callable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import typer

from clew.cli.app import app
from clew.cli.schema_page import json_reference
from clew.cli.weights_page import weights_reference
from clew.demonstration.document import page as demonstration_page
from clew.records.documentation import table_reference

_HEAD = """# Commands

*Made from the command line by `clew.cli.documentation`; edit the commands, not this page.*

Exit codes: 0 fine, 1 findings where you asked to fail on them, 2 usage or bad input, 3 integrity failure. An error
says what is wrong, where, why it matters and how to mend it. Results go to standard output (or `--out`), remarks and
progress to standard error, progress on a terminal only. `-h` or `--help` on any command prints what stands here.
`clew --install-completion` makes your shell complete commands.
"""

#: Options that Typer adds by itself, differently from version to version.
_TYPERS_OWN = ("install_completion", "show_completion", "help")


def command_reference() -> str:
    """docs/reference/commands.md: every command with its arguments, options, defaults and example."""
    root = typer.main.get_command(app)
    return _HEAD + "".join(_command(path, command) for path, command in commands_of("clew", root))


def commands_of(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    """`command` and all below it, as (what is typed, the command)."""
    yield path, command
    for name, below in getattr(command, "commands", {}).items():
        yield from commands_of(f"{path} {name}", below)


def _command(path: str, command: Any) -> str:
    text = inspect.cleandoc(command.help or "")
    parts = [f"\n## `{path}`\n\n", _with_example(text)]
    if hasattr(command, "commands"):
        parts.append("\nCommands: " + ", ".join(f"`{path} {name}`" for name in command.commands) + ".\n")
    shown = [each for each in command.params if not getattr(each, "hidden", False) and each.name not in _TYPERS_OWN]
    if shown:
        usage = " ".join([path, *(_argument(each) for each in shown if each.param_type_name == "argument")])
        parts.append(
            f"\n```text\n{usage} [OPTIONS]\n```\n\n| argument or option | meaning | unless given |\n|---|---|---|\n"
        )
        hints = _hints(command)
        parts += [_parameter(each, hints.get(each.name)) for each in shown]
    return "".join(parts)


def _with_example(text: str) -> str:
    """`text` with what follows "Example:" as code, in the one form of this page."""
    paragraphs = []
    for paragraph in text.split("\n\n"):
        label, found, code = paragraph.replace("**Example**:", "Example:").partition("Example: ")
        one_line = " ".join(code.replace("\\\n", " ").strip("`").split())
        paragraphs.append(f"Example: `{one_line}`" if found and not label else paragraph)
    return "\n\n".join(paragraphs) + "\n"


def _argument(parameter: Any) -> str:
    name = (parameter.metavar or parameter.name.upper()).strip("[]")
    name += "..." if parameter.nargs == -1 else ""
    return name if parameter.required else f"[{name}]"


def _parameter(parameter: Any, hint: Any) -> str:
    if parameter.param_type_name == "argument":
        name = f"`{_argument(parameter)}`"
    else:
        name = ", ".join(f"`{spelling}`" for spelling in [*parameter.opts, *parameter.secondary_opts])
    meaning = (parameter.help or "").replace("|", "\\|")
    if choices := _choices(hint):
        meaning += f" One of: {', '.join(f'`{choice}`' for choice in choices)}."
    if parameter.multiple and "repeatable" not in meaning:
        meaning += " May be given more than once."
    return f"| {name} | {meaning} | {_default(parameter)} |\n"


def _default(parameter: Any) -> str:
    if parameter.required:
        return "required"
    default = parameter.default
    if default is None or isinstance(default, bool) or default in ((), []) or callable(default):
        return ""
    value = default.value if isinstance(default, Enum) else default
    return f"`{value:g}`" if isinstance(value, float) else f"`{value}`"


def _hints(command: Any) -> dict[str, Any]:
    return typing.get_type_hints(inspect.unwrap(command.callback)) if command.callback else {}


def _choices(hint: Any) -> list[str]:
    """The values of the enumeration in `hint`, if there is one."""
    for each in (hint, *typing.get_args(hint)):
        if isinstance(each, type) and issubclass(each, Enum):
            return [str(member.value) for member in each]
    return []


#: What every generated page is made by, by its path in docs/.
PAGES: dict[str, Callable[[], str]] = {
    "explanation/demonstration.md": demonstration_page,
    "reference/commands.md": command_reference,
    "reference/json.md": json_reference,
    "reference/link-weights.md": weights_reference,
    "reference/tables.md": table_reference,
}


def write_pages(docs: Path) -> list[str]:
    """Writes every page of `PAGES` to `docs`; gives the ones that changed."""
    changed = []
    for name, page in PAGES.items():
        file, text = docs / name, page()
        if not file.exists() or file.read_text(encoding="utf-8") != text:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            changed.append(name)
    return changed


if __name__ == "__main__":
    sys.stdout.writelines(f"{name}\n" for name in write_pages(Path(sys.argv[1] if len(sys.argv) > 1 else "docs")))
