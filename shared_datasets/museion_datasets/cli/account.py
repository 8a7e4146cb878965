"""`museion account …`: the people of a deployment, for its administrators."""

import argparse
import getpass
import sys
from pathlib import Path
from typing import Any

from museion_datasets.cli.connection import read_token
from museion_datasets.cli.declared import Answer, Command, add_declared, argument, listing
from museion_datasets.cli.registry_api import add_registry, open_registry, operator
from museion_datasets.errors import HintedError, InvalidError

_NOT_RUNNING = ("unavailable", "state")
_USERNAME = argument("username", metavar="USERNAME")
_PASSWORD_FILE = argument(
    "--password-file",
    type=Path,
    metavar="FILE",
    help="holds the password; - for standard input; otherwise it is asked for",
)


def describe_account(parser: argparse.ArgumentParser) -> None:
    """List, make and remove the people of a deployment.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        Empty.
    """
    below = parser.add_subparsers(required=True, metavar="COMMAND", dest="account_command")
    add_declared(below, COMMANDS, add_registry)


def _list(options: argparse.Namespace) -> Answer:
    """List everybody."""
    found = open_registry(options).ask("GET", "people")
    head = ("USERNAME", "ADMINISTRATOR", "WORKGROUPS", "SINCE", "NAME")
    rows = [
        (
            each["username"],
            "yes" if each["is_administrator"] else "",
            str(each["workgroups"]),
            str(each["created"])[:10],
            each["display_name"],
        )
        for each in found
    ]
    return listing(found, head, rows)


def _create(options: argparse.Namespace) -> Answer:
    """Make a person; on the hub's own machine also while nothing runs.

    Raises
    ------
    HintedError
        As it came, if the registry refuses.
    """
    wish = {
        "username": options.username,
        "display_name": options.name or options.username,
        "email": options.email,
        "is_administrator": options.administrator,
        "password": None if options.no_password else _password(options),
    }
    try:
        return _account(open_registry(options).ask("POST", "people", body=wish))
    except HintedError as error:
        if options.config is None or error.kind.value not in _NOT_RUNNING:
            raise
    return _account(operator("create_account")(options.config, wish))


def _set_password(options: argparse.Namespace) -> Answer:
    """Give a person a new password."""
    return _change(options, {"password": _password(options)})


def _administrator(options: argparse.Namespace) -> Answer:
    """Make a person an administrator, or end that."""
    return _change(options, {"is_administrator": not options.end})


def _change(options: argparse.Namespace, change: dict[str, Any]) -> Answer:
    """Change a person's account."""
    return _account(open_registry(options).ask("PATCH", "people", options.username, body=change))


def _remove(options: argparse.Namespace) -> Answer:
    """Remove a person with all memberships."""
    open_registry(options).ask("DELETE", "people", options.username)
    text = f"{options.username} can no longer sign in, and belongs to no workgroup."
    return Answer({"removed": options.username}, text)


def _account(account: dict[str, Any]) -> Answer:
    """Return an account for people and programs."""
    kind = "administrator" if account["is_administrator"] else "person"
    how = "with a password" if account["has_password"] else "through the identity provider only"
    name = f"{account['username']} ({account['display_name']})"
    return Answer(account, f"{name}: {kind}, signs in {how}")


def _password(options: argparse.Namespace) -> str:
    """Return the password, from a file or from the terminal.

    Raises
    ------
    InvalidError
        If nobody is there to be asked, or typed two different ones.
    """
    if options.password_file is not None:
        return read_token(options.password_file)
    if not sys.stdin.isatty():
        raise InvalidError("A password is needed", hint="give --password-file FILE.")
    first = getpass.getpass(f"New password of {options.username}: ")
    if getpass.getpass("The same again: ") != first:
        raise InvalidError("The two passwords differ", hint="type the same one twice.")
    return first


COMMANDS = (
    Command("list", "list everybody", _list),
    Command(
        "create",
        "make a person who can sign in",
        _create,
        (
            _USERNAME,
            argument("--name", help="as others see it; the username unless told"),
            argument("--email", metavar="ADDRESS"),
            argument("--administrator", action="store_true", help="who runs the deployment"),
            _PASSWORD_FILE,
            argument(
                "--no-password",
                action="store_true",
                help="signs in through the identity provider only",
            ),
        ),
    ),
    Command("password", "give a person a new password", _set_password, (_USERNAME, _PASSWORD_FILE)),
    Command(
        "administrator",
        "make a person an administrator, or end that",
        _administrator,
        (_USERNAME, argument("--end", action="store_true", help="no longer an administrator")),
    ),
    Command(
        "remove",
        "remove a person from the deployment",
        _remove,
        (_USERNAME,),
        "Remove {username}? Nobody gets this username again.",
    ),
)
