"""`museion dataset release`."""

import argparse
from dataclasses import asdict

from museion_datasets.cli.connection import PATH, open_library
from museion_datasets.cli.declared import Answer, Command, argument
from museion_datasets.cli.progress import count_bar


def _release(options: argparse.Namespace) -> Answer:
    """Sign a version."""
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
    return Answer(data, text)


RELEASE = Command(
    "release",
    "sign a version as a release",
    _release,
    (
        PATH,
        argument("--version", type=int, help="which to release; the newest by default"),
        argument("-m", "--message", default="", help="what is released, for people"),
        argument("--stamp", metavar="URL", help="a time-stamp authority to ask (RFC 3161)"),
    ),
)
