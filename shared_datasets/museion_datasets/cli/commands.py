"""Finds the commands that the installed packages bring."""

import argparse
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from museion_datasets.cli.answer import EXIT_FAILED

GROUP = "museion.commands"

type Describe = Callable[[argparse.ArgumentParser], None]
"""What an entry point names: describes a command on an empty parser."""


def add_commands(commands: "argparse._SubParsersAction[Any]", arguments: Sequence[str]) -> None:
    """Add the commands to a parser.

    A command whose libraries are not installed stays listed, and says so when it is typed.

    Parameters
    ----------
    commands : argparse's sub-parsers
        Where to add.
    arguments : sequence of str
        What was typed.
    """
    found = {point.name: point for point in entry_points(group=GROUP)}
    typed = [name for name in arguments if name in found][:1]
    for name in typed or sorted(found):
        _add(commands, found[name])


def _add(commands: "argparse._SubParsersAction[Any]", point: EntryPoint) -> None:
    """Add one command."""
    try:
        describe: Describe = point.load()
    except ImportError as error:
        _add_missing(commands, point.name, error)
        return
    summary = (describe.__doc__ or "").partition("\n")[0].rstrip(".")
    parser = commands.add_parser(point.name, help=summary, description=summary)
    describe(parser)


def _add_missing(
    commands: "argparse._SubParsersAction[Any]", name: str, error: ImportError
) -> None:
    """Add a command that cannot run here."""
    missing = (error.name or "a library").partition(".")[0]

    def refuse(_options: argparse.Namespace) -> int:
        sys.stderr.write(
            f"museion: The command {name} needs what is not installed here: {missing}\n"
            "hint: install museion with the extra that brings it, as in museion[hub].\n"
        )
        return EXIT_FAILED

    # Options of a command that is not there are no options: nothing begins with a NUL.
    parser = commands.add_parser(
        name, help=f"not installed here: needs {missing}", prefix_chars="\0", add_help=False
    )
    parser.add_argument("rest", nargs="*")
    parser.set_defaults(run=refuse)
