"""Commands that are declared: what they are called, what they take, and the work.

Everything that is the same for each of them, how it is parsed, confirmed and answered, is here
once; so a command is a line in a table and a function from options to an `Answer`.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from museion_datasets.cli.answer import EXIT_DONE, answer, table
from museion_datasets.errors import InvalidError

type Describe = Callable[[argparse.ArgumentParser], None]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command found or did: JSON for programs, text for people."""

    data: Any
    text: str
    exit_code: int = EXIT_DONE


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument or option, as `argparse` takes it."""

    names: tuple[str, ...]
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """One command.

    Attributes
    ----------
    name : str
        What a person types.
    summary : str
        One line for the help, in lower case, without a full stop.
    work : callable
        Does it.
    arguments : tuple of Argument
        In their order.
    question : str
        Asked before it is done, with the options' values in braces; empty to ask nothing.
    describe : callable, optional
        Adds what a table can't say, such as groups of options, behind them.
    """

    name: str
    summary: str
    work: Callable[[argparse.Namespace], Answer]
    arguments: tuple[Argument, ...] = ()
    question: str = ""
    describe: Describe | None = None


def argument(*names: str, **options: Any) -> Argument:  # noqa: ANN401 - argparse's own
    """Return an argument.

    Parameters
    ----------
    *names : str
        As of `argparse.ArgumentParser.add_argument`.
    **options : object
        Likewise.

    Returns
    -------
    Argument
        To stand in a table.
    """
    return Argument(names, options)


def listing(
    data: Any,  # noqa: ANN401 - JSON
    head: tuple[str, ...],
    rows: Sequence[tuple[str, ...]],
    nothing: str = "There is none.",
) -> Answer:
    """Return a list for programs and, as a table, for people.

    Parameters
    ----------
    data : JSON
        For programs.
    head : tuple of str
        The columns' names.
    rows : sequence of tuple of str
        Equally long.
    nothing : str
        Said if there is no row.
    """
    return Answer(data, table([head, *rows]) if rows else nothing)


def add_declared(
    below: "argparse._SubParsersAction[Any]",
    commands: Sequence[Command],
    describe_common: Describe | None = None,
) -> None:
    """Add commands to a parser, each with ``--json``, and ``--yes`` where it asks.

    Parameters
    ----------
    below : argparse's sub-parsers
        Where to add.
    commands : sequence of Command
        In the order of the help.
    describe_common : callable, optional
        Adds the options that all of them share.
    """
    for command in commands:
        parser = below.add_parser(
            command.name, help=command.summary, description=f"{command.summary.capitalize()}."
        )
        for each in command.arguments:
            parser.add_argument(*each.names, **each.options)
        if command.question:
            parser.add_argument("--yes", action="store_true", help="do it without asking")
        for describe in (command.describe, describe_common):
            if describe is not None:
                describe(parser)
        parser.add_argument("--json", action="store_true", help="answer in JSON")
        parser.set_defaults(run=_runner(command))


def _runner(command: Command) -> Callable[[argparse.Namespace], int]:
    """Return what runs a command from its options to its exit code."""

    def run(options: argparse.Namespace) -> int:
        if command.question and not options.yes:
            _require_yes(command.question.format(**vars(options)))
        found = command.work(options)
        answer(found.data, found.text, as_json=options.json)
        return found.exit_code

    return run


def _require_yes(question: str) -> None:
    """Ask before something ends.

    Raises
    ------
    InvalidError
        If the person does not say yes, or nobody is there to be asked.
    """
    if not sys.stdin.isatty():
        raise InvalidError(f"This needs a yes: {question}", hint="add --yes.")
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise InvalidError("Nothing was done", hint="answer y, or add --yes.")
