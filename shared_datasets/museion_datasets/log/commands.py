"""The command `museion audit`, as far as it needs no more than a member's token.

``checkpoint`` shows or keeps what the log says now, ``follow`` checks it against what was kept.
What only an operator can do is added by the hub, through the entry point group
`EXTENSIONS`; without the hub's environment those commands are simply not there.
"""

import argparse
import json
import sys
from importlib.metadata import entry_points
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Final

from museion_datasets.environment import find_registry
from museion_datasets.errors import InvalidError, KeyUnavailableError
from museion_datasets.log.member import Step, Wish, follow_log
from museion_datasets.log.pin import Pin, write_pin
from museion_datasets.log.remote import RemoteLog

if TYPE_CHECKING:
    type Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name

EXTENSIONS: Final = "museion.audit_commands"


def describe_audit(parser: argparse.ArgumentParser) -> None:
    """Check the log of releases and access.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    below = parser.add_subparsers(required=True, metavar="COMMAND")
    add_commands(below)
    for point in entry_points(group=EXTENSIONS):
        try:
            extend = point.load()
        except ModuleNotFoundError:
            continue  # the hub's requirements are not installed here
        extend(below)


def add_commands(commands: "Subparsers") -> None:
    """Add what a member can do to `museion audit`."""
    checkpoint = commands.add_parser("checkpoint", help="show or keep what the log says now")
    _add_url(checkpoint)
    checkpoint.add_argument("--keep", type=Path, metavar="FILE", help="keep it in this file")
    checkpoint.set_defaults(run=_checkpoint)
    follow = commands.add_parser("follow", help="check that the log continues what you kept")
    _add_url(follow)
    follow.add_argument(
        "--keep", type=Path, metavar="FILE", required=True, help="your last checkpoint"
    )
    follow.add_argument(
        "--key", action="append", default=[], help="a key of the log that you were given"
    )
    follow.add_argument(
        "--against",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="another member's checkpoint",
    )
    follow.add_argument("--whole", action="store_true", help="fetch and hash every entry too")
    follow.set_defaults(run=_follow)


def keep_and_print(pin: Pin, options: argparse.Namespace) -> None:
    """Write a checkpoint to the file that was asked for, and to the screen.

    Raises
    ------
    InvalidError
        If there is a kept checkpoint in that file: only `follow` may replace it.
    """
    if options.keep is not None:
        if options.keep.exists():
            raise InvalidError(
                f"There is a kept checkpoint already: {options.keep}",
                hint="use `museion audit follow --keep`, which compares before it replaces",
            )
        write_pin(pin, options.keep)
    print_pin(pin, as_json=options.json)


def print_pin(pin: Pin, *, as_json: bool) -> None:
    """Write a checkpoint as the signed note, or as JSON with the keys it was signed by."""
    if not as_json:
        sys.stdout.write(str(pin.signed.note))
        return
    content = {
        "origin": pin.signed.checkpoint.origin,
        "tree_size": pin.signed.checkpoint.head.size,
        "root": pin.signed.checkpoint.head.root.hex(),
        "time_s": pin.signed.time_s,
        "keys": [str(key) for key in pin.verifiers],
        "checkpoint": str(pin.signed.note),
    }
    sys.stdout.write(json.dumps(content, ensure_ascii=False) + "\n")


def _add_url(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--url", help="address of the registry; by default the workspace's own")
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def _checkpoint(options: argparse.Namespace) -> int:
    with _open(options) as remote:
        pin = Pin.verify(remote.keys(), remote.checkpoint())
    keep_and_print(pin, options)
    return 0


def _follow(options: argparse.Namespace) -> int:
    wish = Wish(options.keep, tuple(options.key), tuple(options.against), options.whole)
    with _open(options) as remote:
        step = follow_log(remote, wish, time)
    if options.json:
        print_pin(step.newest, as_json=True)
    else:
        sys.stdout.write(_describe(step, wish))
    return 0


def _describe(step: Step, wish: Wish) -> str:
    newest = step.newest.signed.checkpoint
    if step.before is None:
        said = f"The log {newest.origin} has {newest.head.size} entries. Its keys are believed"
        keys = "".join(f"  {key.name}+{key.key_id.hex()}\n" for key in step.newest.verifiers)
        how = " as you gave them" if wish.keys else " from now on; compare them with a colleague's"
        return f"{said}{how}:\n{keys}Kept in {wish.keep}\n"
    new = newest.head.size - step.before.head.size
    return (
        f"The log {newest.origin} continues what you kept: {step.before.head.size} entries "
        f"are unchanged, {new} are new\n"
    )


def _open(options: argparse.Namespace) -> RemoteLog:
    url, token = find_registry()
    url = options.url or url
    if not url or not token:
        raise KeyUnavailableError(
            "It is not known where the log is, or as whom to ask",
            hint="give --url, and a hub token in JUPYTERHUB_API_TOKEN",
        )
    return RemoteLog(url, token)
