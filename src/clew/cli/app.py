"""Gathers the commands and turns a `ClewError` into words on stderr and its exit code.

Exit codes (DESIGN.md): 0 fine, 1 findings where asked to fail on them, 2 usage or bad input, 3 integrity failure.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Annotated

import typer

import clew
from clew.cli import backstop, control, equality, ledger, links, plan, publish, sample, score, standards, witness
from clew.cli.check import check
from clew.cli.demo import demo_command
from clew.cli.replay import replay_command
from clew.cli.review import explain_command, review_command
from clew.core import ClewError

app = typer.Typer(
    name="clew",
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


COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo_command,
    "check": check,
    "review": review_command,
    "explain": explain_command,
    "replay": replay_command,
}
NOUNS = {
    "links": links.app,
    "standards": standards.app,
    "backstop": backstop.app,
    "sample": sample.app,
    "score": score.app,
    "plan": plan.app,
    "control": control.app,
    "equality": equality.app,
    "publish": publish.app,
    "ledger": ledger.app,
    "witness": witness.app,
}


for name, command in COMMANDS.items():
    app.command(name)(command)
for name, noun in NOUNS.items():
    app.add_typer(noun, name=name)


def main() -> None:
    """The ``clew`` program."""
    try:
        app()
    except ClewError as error:
        typer.echo(f"clew: {error}", err=True)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # the reader of a pipe (head, less) has gone: nothing more to say
        sys.stderr.close()
        sys.exit(0)
