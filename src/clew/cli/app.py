"""Gathers the commands and turns a `ClewError` into words on stderr and its exit code.

Exit codes (DESIGN.md): 0 fine, 1 findings where asked to fail on them, 2 usage or bad input, 3 integrity failure.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, MutableMapping
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

import clew
from clew.core import ClewError, UsageError


class Entry(NamedTuple):
    """A verb or a noun: its module here, the function of a verb in it or the `typer.Typer` of a noun; what it does."""

    module: str
    attribute: str
    does: str


#: Every verb and noun. What each does stands here too, so that ``clew --help`` imports none of them.
COMMANDS = {
    "demo": Entry(
        "demo",
        "demo_command",
        "Writes the demonstration dataset, once, and reviews it as at a morning; the report goes beside the data.",
    ),
    "check": Entry(
        "check", "check", "Reads a dataset and says all that is wrong with it: where, why, and how to mend it."
    ),
    "review": Entry(
        "review",
        "review_command",
        "Lists the deaths that need a second look, as known at a time, each with its reasons and their evidence.",
    ),
    "explain": Entry(
        "review",
        "explain_command",
        "Gives everything known about one death: its facts, reasons, duties and rows; "
        "or, with two events, about the pair.",
    ),
    "replay": Entry(
        "replay",
        "replay_command",
        "Replays the desk's mornings, each knowing only what was known then, "
        "and says when each series was first raised.",
    ),
    "links": Entry("links", "app", "Links between events, each with its evidence and a stated chance rate."),
    "standards": Entry(
        "standards", "app", "Standards as code: rules that can be read, cited, and tested on every case as known at T."
    ),
    "backstop": Entry(
        "backstop",
        "app",
        "Slow rates of deaths, as a backstop that accuses no one: charts by unit, and circles on the map.",
    ),
    "sample": Entry("sample", "app", "Draw a sample that nobody could steer and anybody can repeat."),
    "score": Entry("score", "app", "Score a sample blind, measure agreement, correct for reviewer error."),
    "plan": Entry("plan", "app", "Track recommendations: what is due, what moved back, what was shown."),
    "control": Entry("control", "app", "Is the change operating today? Status from data, and when it changed."),
    "equality": Entry("equality", "app", "Compare service across groups of victims, missing values first."),
    "publish": Entry("publish", "app", "Publish safely: no free text, no small counts, approved and recorded."),
    "ledger": Entry("ledger", "app", "Keeps a record that an outsider can check, and checks it."),
    "witness": Entry("witness", "app", "Remembers what a ledger showed, and cosigns only what grew from it."),
}


class _OnDemand(MutableMapping[str, Any]):
    """`COMMANDS` as Click commands, each imported when it is asked for: nobody waits for the engines of others."""

    def __init__(self) -> None:
        self._loaded: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._loaded:
            entry = COMMANDS[name]
            found = getattr(importlib.import_module(f"clew.cli.{entry.module}"), entry.attribute)
            one = typer.Typer()
            if isinstance(found, typer.Typer):
                one.add_typer(found, name=name)
            else:
                one.command(name)(found)
            self._loaded[name] = typer.main.get_group(one).commands[name]
        return self._loaded[name]

    def __setitem__(self, name: str, command: Any) -> None:
        self._loaded[name] = command

    def __delitem__(self, name: str) -> None:
        raise TypeError(f"{name!r} is a verb of clew and cannot be taken away")

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _Root(TyperGroup):
    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.commands = _OnDemand()

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self.commands = {name: TyperCommand(name, help=entry.does) for name, entry in COMMANDS.items()}
        super().format_help(ctx, formatter)


app = typer.Typer(
    name="clew",
    cls=_Root,
    help="Gives every unexpected death a second look. It links events and asks questions; it accuses nobody.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(value: bool) -> None:
    if value:
        typer.echo(f"clew {clew.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and stop.", callback=_print_version, is_eager=True)
    ] = False,
) -> None: ...


def _refuse_broken_text(arguments: list[str]) -> None:
    for place, argument in enumerate(arguments):
        if not argument.isascii() and any("\ud800" <= character <= "\udfff" for character in argument):
            raise UsageError(
                f"Argument {place} is not UTF-8 text.",
                where="the command line",
                mend="set the terminal, or the program that calls clew, to UTF-8",
            )


def main() -> None:
    """The ``clew`` program."""
    try:
        _refuse_broken_text(sys.argv)
        app()
    except ClewError as error:
        typer.echo(f"clew: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of a pipe (head, less) has gone: nothing more to say
        sys.stderr.close()
        sys.exit(0)
