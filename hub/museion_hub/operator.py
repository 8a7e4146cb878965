"""What the command line may do on the hub's machine, for whoever can read the deployment's state.

Such a person could read the database and the root key; so `museion … --config` asks nobody for a
password. While the hub runs everything goes through the registry, with the token that the
supervisor made at the start. Only people can also be made while nothing runs: the first
administrator has to come from somewhere.
"""

from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from museion_hub.errors import StateError
from museion_hub.registry import own_account
from museion_hub.registry.database import Database
from museion_hub.registry.people import Details, create_person
from museion_hub.run.lock import run_lock
from museion_hub.runtime import LOOPBACK, load_runtime
from museion_hub.settings import load_settings
from museion_hub.workplaces import registry_database_url, state_paths

ACTOR: Final = "operator"


def find_connection(config: Path) -> tuple[str, str]:
    """Give the registry's address on this machine and the operator's token.

    Parameters
    ----------
    config : Path
        The deployment's settings file.

    Raises
    ------
    StateError
        If it was never started here, or its state is somebody else's.
    """
    paths = state_paths(load_settings(config))
    try:
        runtime = load_runtime(paths.runtime_file)
    except StateError as error:
        raise StateError(
            f"No deployment of yours runs with this state: {paths.root}",
            hint=f"start it: museion run --config {config}",
        ) from error
    return f"http://{LOOPBACK}:{runtime.ports.registry}/services/registry", runtime.tokens.operator


def create_account(config: Path, wish: dict[str, Any]) -> dict[str, Any]:
    """Make a person while nothing runs, in the database itself.

    Parameters
    ----------
    config : Path
        The deployment's settings file.
    wish : dict
        As the API takes it.

    Returns
    -------
    dict
        The account, as the API gives it.
    """
    settings = load_settings(config)
    paths = state_paths(settings)
    paths.create()
    database = Database(registry_database_url(settings))
    with run_lock(paths.run / "lock"), closing(database):
        database.upgrade()
        with database.writing() as session:
            create_person(
                session,
                wish["username"],
                display_name=wish["display_name"],
                password=wish["password"],
                details=Details(email=wish["email"], is_administrator=wish["is_administrator"]),
                actor=ACTOR,
            )
            account = asdict(own_account.account_of(session, wish["username"]))
    return account | {"created": account["created"].isoformat()}
