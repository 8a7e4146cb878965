"""`museion keys rewrap`: puts the root key under another guard."""

import argparse
import dataclasses
import getpass
import sys
from pathlib import Path
from typing import Any

from museion_hub.custody.root import rewrap_root_key
from museion_hub.custody.unlocking import guard_of
from museion_hub.run.lock import run_lock
from museion_hub.settings import RootKey, load_settings
from museion_hub.workplaces import state_paths


def add_commands(commands: "argparse._SubParsersAction[Any]") -> None:
    """Add the operator's commands to `museion keys`."""
    parser = commands.add_parser(
        "rewrap", help="put the root key under a file's mode, a passphrase or a token"
    )
    parser.add_argument("--config", type=Path, help="settings file; by default ./museion.toml")
    parser.add_argument("--to", required=True, choices=[kind.value for kind in RootKey])
    parser.add_argument("--passphrase-file", type=Path, help="holds the new passphrase")
    parser.add_argument("--module", help="library of the new token")
    parser.add_argument("--token", help="label of the new token")
    parser.add_argument("--pin-file", type=Path, help="holds the PIN of the new token")
    parser.set_defaults(run=rewrap)


def rewrap(options: argparse.Namespace) -> int:
    """Replace the guard of the root key, while nothing runs."""
    settings = load_settings(options.config)
    given = {
        "root_key_passphrase_file": options.passphrase_file,
        "root_key_module": options.module,
        "root_key_token": options.token,
        "root_key_pin_file": options.pin_file,
    }
    said = {name: str(value) for name, value in given.items() if value}
    wanted = dataclasses.replace(settings, root_key=RootKey(options.to), **said)  # type: ignore[arg-type]  # texts all
    if options.to == RootKey.PASSPHRASE and not options.passphrase_file:
        wanted = dataclasses.replace(wanted, root_key_passphrase_file="")
    paths = state_paths(settings)
    with run_lock(paths.run / "lock"):
        old = guard_of(settings, lambda: ask("Passphrase of the root key: "))
        new = guard_of(wanted, ask_twice)
        rewrap_root_key(paths.root_key_file, old, new)
    sys.stdout.write(f'Done. Set in museion.toml: root_key = "{options.to}"\n')
    return 0


def ask(question: str) -> str:
    """Ask at the terminal, without showing what is typed."""
    return getpass.getpass(question)


def ask_twice() -> str:
    """Ask for a new passphrase until it was typed the same twice."""
    while True:
        first = ask("New passphrase of the root key: ")
        if first == ask("The same again: "):
            return first
        sys.stderr.write("They differ.\n")
