"""What an operator adds to `museion audit`: on the database itself, with nothing running.

``verify`` recomputes the whole log, ``checkpoint`` also works from the settings instead of a
hub's address. Imports that need the hub's environment come with the command that needs them.
"""

import argparse
import json
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.orm import Session

from museion_datasets.errors import HistoryError
from museion_datasets.log.commands import keep_and_print
from museion_datasets.log.pin import Pin, read_pin
from museion_datasets.log.tree import TreeHead
from museion_hub.audit.errors import AuditError
from museion_hub.audit.signing import open_log_key, sign_checkpoint
from museion_hub.audit.tables import LogKey
from museion_hub.audit.verification import verify
from museion_hub.registry.database import Database
from museion_hub.settings import Settings, load_settings
from museion_hub.workplaces import registry_database_url, state_paths

if TYPE_CHECKING:
    type Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - it has no other name


def add_commands(commands: "Subparsers") -> None:
    """Add the operator's commands to `museion audit`."""
    check = commands.add_parser("verify", help="recompute the whole log and say where it breaks")
    _add_config(check)
    check.add_argument("--json", action="store_true", help="answer in JSON")
    check.add_argument(
        "--checkpoint", type=Path, metavar="FILE", help="a kept checkpoint it must continue"
    )
    check.set_defaults(run=_verify)
    checkpoint = commands.choices["checkpoint"]
    _add_config(checkpoint)
    checkpoint.set_defaults(run=_checkpoint, remote=checkpoint.get_default("run"))


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=Path, help="the deployment's museion.toml")


def _verify(options: argparse.Namespace) -> int:
    pin = None if options.checkpoint is None else read_pin(options.checkpoint)
    try:
        head = _recompute(load_settings(options.config), pin)
    except AuditError as error:
        # As the one error for which the program ends with "not to be trusted".
        raise HistoryError(error.message, hint=error.hint) from error
    sys.stdout.write(_describe(head, pin, as_json=options.json))
    return 0


def _recompute(settings: Settings, pin: Pin | None) -> TreeHead:
    database = Database(registry_database_url(settings))
    with closing(database), database.reading() as session:
        if pin is not None:
            _require_own(session, pin)
        return verify(session, pinned=None if pin is None else pin.signed.checkpoint.head)


def _checkpoint(options: argparse.Namespace) -> int:
    if options.config is None:
        code: int = options.remote(options)
        return code
    keep_and_print(_sign(load_settings(options.config)), options)
    return 0


def _sign(settings: Settings) -> Pin:
    from museion_hub.registry.start import open_custody  # noqa: PLC0415 - needs the root key

    database = Database(registry_database_url(settings))
    with closing(database):
        custody = open_custody(database, state_paths(settings).root_key_file)
        with database.writing() as session:
            note = sign_checkpoint(session, custody)
            keys = open_log_key(session, custody).verifiers
    return Pin.verify(keys, note)


def _require_own(session: Session, pin: Pin) -> None:
    key = session.get(LogKey, 1)
    origin = pin.signed.checkpoint.origin
    if key is None or key.verifiers["keys"] != [str(verifier) for verifier in pin.verifiers]:
        raise AuditError(0, f"the kept checkpoint was signed by another log: {origin}")


def _describe(head: TreeHead, pin: Pin | None, *, as_json: bool) -> str:
    kept = None if pin is None else pin.signed.checkpoint.head.size
    if as_json:
        answer = {"events": head.size, "root": head.root.hex(), "kept": kept}
        return json.dumps(answer) + "\n"
    since = "" if kept is None else f", and continues the {kept} that were kept"
    return f"The audit log is whole: {head.size} events, each as it was recorded{since}\n"
