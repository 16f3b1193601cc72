"""The command line: nouns, then verbs. Each noun is a module of this package; `clew.cli.app` gathers them."""

from clew.cli.app import main

__all__ = ["main"]
