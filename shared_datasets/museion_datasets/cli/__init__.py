"""The command `museion`: what a person types.

Its commands come from the installed packages: each entry point of the group
``museion.commands`` names a function that is given an empty parser, describes the command
there and sets ``run``, which is given the options and returns the exit code. So whoever
installs the datasets library alone has ``museion dataset``, and the hub brings the rest.

Exit codes: 0 done; 1 refused or failed; 2 the command line makes no sense; 3 what was to be
verified is damaged; 4 it is intact, but nobody whom you trust has signed it; 130 interrupted.
"""

import argparse
import logging
import os
import sys
from collections.abc import Sequence

from museion_datasets.cli import completion
from museion_datasets.cli.answer import EXIT_FAILED, EXIT_INTERRUPTED, report_error
from museion_datasets.cli.commands import add_commands
from museion_datasets.errors import HintedError

_log = logging.getLogger(__name__)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; what goes wrong is one sentence and a hint, never a traceback.

    Parameters
    ----------
    arguments : sequence of str, optional
        Those of the process by default.

    Returns
    -------
    int
        The exit code.
    """
    given = sys.argv[1:] if arguments is None else list(arguments)
    options = make_parser(given).parse_args(given)
    _be_quiet(is_debugging=options.debug)
    try:
        code: int = options.run(options)
        sys.stdout.flush()
    except HintedError as error:
        return report_error(error)
    except KeyboardInterrupt:
        sys.stderr.write("museion: interrupted\n")
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of our output has gone, as `head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAILED
    except Exception as error:  # noqa: BLE001 - the outermost loop
        _log.exception("The command failed")
        sys.stderr.write(
            f"museion: An error that nobody has foreseen: {type(error).__name__}\n"
            "hint: repeat the command with museion --debug … and report what it prints.\n"
        )
        return EXIT_FAILED
    return code


def make_parser(arguments: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of the command line.

    Parameters
    ----------
    arguments : sequence of str
        What was typed: if a command is among it, no other one is loaded.

    Returns
    -------
    argparse.ArgumentParser
        With every installed command, or the one that was typed.
    """
    parser = argparse.ArgumentParser(
        prog="museion",
        description="A shared research environment for cultural heritage.",
        epilog="Exit codes: 0 done, 1 refused or failed, 2 usage, 3 damaged, 4 not trusted.",
    )
    parser.add_argument("--debug", action="store_true", help="say where in the code it failed")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", dest="command")
    add_commands(commands, arguments)
    shell = commands.add_parser("completion", help="print the completion for a shell")
    completion.describe(shell, make_parser)
    return parser


def _be_quiet(*, is_debugging: bool) -> None:
    """Keep log lines and tracebacks away from people who didn't ask for them."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(logging.StreamHandler() if is_debugging else logging.NullHandler())
