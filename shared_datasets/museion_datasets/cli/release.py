"""`museion dataset release`."""

import argparse
from dataclasses import asdict

from museion_datasets.cli.answer import EXIT_DONE, answer
from museion_datasets.cli.connection import add_catalogue, add_json, add_path, open_library
from museion_datasets.cli.progress import count_bar


def describe(parser: argparse.ArgumentParser) -> None:
    """Describe the command.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    add_path(parser)
    parser.add_argument("--version", type=int, help="which to release; the newest by default")
    parser.add_argument("-m", "--message", default="", help="what is released, for people")
    parser.add_argument("--stamp", metavar="URL", help="a time-stamp authority to ask (RFC 3161)")
    add_catalogue(parser)
    add_json(parser)
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Run the command.

    Parameters
    ----------
    options : argparse.Namespace
        As `describe` says.

    Returns
    -------
    int
        The exit code.
    """
    opened = open_library(options).release(
        options.path,
        options.version,
        message=options.message,
        stamp_url=options.stamp,
        progress=count_bar(0),
    )
    outline = opened.release.outline
    data = {
        "digest": opened.digest,
        "created": opened.release.created,
        "message": opened.release.message,
        **asdict(outline),
    }
    text = (
        f"Release {outline.release} of {outline.path} is version {outline.version}, signed by "
        f"{outline.author}, {outline.institution}\nKeep its digest: {opened.digest}"
    )
    answer(data, text, as_json=options.json)
    return EXIT_DONE
