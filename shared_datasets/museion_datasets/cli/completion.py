"""`museion completion`: lets a shell complete commands, options and files."""

import argparse
from collections.abc import Callable

import shtab

from museion_datasets.cli.answer import EXIT_DONE, say


def describe(
    parser: argparse.ArgumentParser, make_parser: Callable[[], argparse.ArgumentParser]
) -> None:
    """Describe the command.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    make_parser : callable
        Makes the whole parser, of which the completion speaks.
    """
    parser.description = 'Print what a shell needs: eval "$(museion completion bash)"'
    parser.add_argument("shell", choices=shtab.SUPPORTED_SHELLS)

    def run(options: argparse.Namespace) -> int:
        say(shtab.complete(make_parser(), options.shell).rstrip("\n"))
        return EXIT_DONE

    parser.set_defaults(run=run)
