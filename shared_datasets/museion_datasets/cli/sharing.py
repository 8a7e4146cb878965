"""`museion dataset share`, `revoke` and `rotate`: who holds a dataset's keys."""

import argparse
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from museion_datasets.cli.answer import table, warn
from museion_datasets.cli.connection import PATH, open_library
from museion_datasets.cli.declared import Answer, Command, argument
from museion_datasets.cli.progress import byte_bar
from museion_datasets.errors import InvalidError, UnavailableError

if TYPE_CHECKING:
    from museion_datasets.library import Library
    from museion_datasets.recipients.recipient import Partner, Recipient, Revocation
    from museion_datasets.versions.rekey import Rekeyed

_TICK_S = 0.2
_THOUSAND = 1000


def _share(options: argparse.Namespace) -> Answer:
    """Let somebody read, or list who may."""
    library = open_library(options)
    recipient = options.workgroup or (options.key and _partner(options))
    found = (
        library.share(options.path, recipient) if recipient else library.recipients(options.path)
    )
    return Answer([each.to_json() for each in found], _recipients(found))


def _revoke(options: argparse.Namespace) -> Answer:
    """Take a recipient's access away."""
    done = open_library(options).revoke(options.path, options.recipient)
    return Answer(done.to_json(), _happened(done))


def _rotate(options: argparse.Namespace) -> Answer:
    """Begin a new epoch."""
    library = open_library(options)
    data: dict[str, Any] = {"path": options.path}
    lines = []
    if not options.resume:
        data["epoch"] = library.rotate(options.path)
        lines.append(
            f"What is written to {options.path} from now on is sealed with the key of epoch "
            f"{data['epoch']}."
        )
    if options.reencrypt or options.resume:
        done = _reencrypt(library, options)
        data["reencrypted"] = asdict(done)
        lines.append(
            f"Version {done.version} is sealed with the newest key: {done.objects} objects."
        )
    return Answer(data, "\n".join(lines))


def _reencrypt(library: "Library", options: argparse.Namespace) -> "Rekeyed":
    """Seal everything anew, showing how far it is; an interruption leaves it resumable.

    Raises
    ------
    KeyboardInterrupt
        As it came.
    """
    work = library.reencrypt(options.path, purpose=options.purpose)
    bar = byte_bar()
    try:
        while (done := work.wait(_TICK_S)) is None:
            if bar:
                bar(int(work.share * _THOUSAND), _THOUSAND, "sealing anew")
    except KeyboardInterrupt:
        work.stop()
        warn("interrupted; museion dataset rotate --resume goes on from here")
        raise
    return done


def _partner(options: argparse.Namespace) -> "Partner":
    """Return the partner that the options describe.

    Raises
    ------
    InvalidError
        If nobody is named.
    UnavailableError
        If the key cannot be read.
    """
    from museion_datasets.recipients.recipient import Partner, decode_public_key  # noqa: PLC0415

    if not options.label:
        raise InvalidError("A partner needs a name", hint="give --label 'Name of the institution'.")
    try:
        text = options.key.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UnavailableError(
            f"The key cannot be read: {options.key}", hint="check its name and permissions."
        ) from error
    return Partner(decode_public_key(text), options.label, options.jurisdiction, options.purpose)


def _recipients(found: "list[Recipient]") -> str:
    """Return who holds keys, as a table."""
    rows = [(each.name, each.kind, ", ".join(map(str, each.epochs)), each.label) for each in found]
    return table([("RECIPIENT", "KIND", "EPOCHS", "NAME"), *rows])


def _happened(done: "Revocation") -> str:
    """Return what a revocation has done, and what not."""
    marks = [
        (done.is_grant_removed, "no key is given out to it any more"),
        (done.is_mount_removed, "its running servers no longer see the sealed objects"),
        (done.is_reencrypted, "what was written before is sealed anew"),
    ]
    lines = [f"  {'done' if is_done else 'not done':<9} {what}" for is_done, what in marks]
    first = f"{done.recipient} has no key to what is written from now on (epoch {done.epoch})."
    return "\n".join([first, *lines, "  What it has read, it may have kept."])


def _describe_share(parser: argparse.ArgumentParser) -> None:
    """Add who is to read."""
    to = parser.add_mutually_exclusive_group()
    to.add_argument("--with", dest="workgroup", metavar="WORKGROUP", help="a workgroup of the hub")
    to.add_argument("--key", type=Path, metavar="FILE", help="a partner's public key")
    parser.add_argument("--label", help="the partner's name for people; needed with --key")
    parser.add_argument("--jurisdiction", default="", help="country where the partner computes")


SHARE = Command(
    "share", "let a workgroup or a partner read", _share, (PATH,), describe=_describe_share
)
REVOKE = Command(
    "revoke",
    "take a recipient's access away",
    _revoke,
    (
        PATH,
        argument("recipient", metavar="RECIPIENT", help="as museion dataset share lists it"),
    ),
)
ROTATE = Command(
    "rotate",
    "begin a new key epoch",
    _rotate,
    (
        PATH,
        argument(
            "--reencrypt", action="store_true", help="seal anew what the newest version holds, too"
        ),
        argument(
            "--resume", action="store_true", help="begin no new epoch: only finish sealing anew"
        ),
    ),
)
