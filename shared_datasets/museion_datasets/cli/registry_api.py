"""How a command asks a hub's registry, and in whose name.

In a workspace the environment says both, and the token is the workspace's own. Elsewhere a person
gives the address and a file with their own token. On the hub's machine `--config` names the
settings file: whoever can read the deployment's state is its operator.
"""

import argparse
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from museion_datasets import environment
from museion_datasets.catalogue._registry import require_success
from museion_datasets.cli.connection import read_token
from museion_datasets.errors import InvalidError, UnavailableError

OPERATORS = "museion.operators"
_TIMEOUT_S = 60.0


class RegistryApi:
    """The registry's API, as somebody.

    Parameters
    ----------
    url : str
        Address of the registry service.
    token : str
        Hub token; never shown.
    remedy : str
        What to do if it does not answer.
    """

    def __init__(
        self, url: str, token: str, *, remedy: str = "check the address, then try again."
    ) -> None:
        self._client = httpx.Client(
            base_url=f"{url.rstrip('/')}/api/v1/",
            headers={"Authorization": f"token {token}"},
            timeout=_TIMEOUT_S,
            limits=httpx.Limits(max_keepalive_connections=0),
            trust_env=False,
        )
        self._url = url
        self._remedy = remedy

    def __repr__(self) -> str:
        return f"RegistryApi({self._url!r})"

    def ask(self, method: str, *parts: str, body: object = None, **query: object) -> Any:  # noqa: ANN401 - JSON
        """Send a request and return the parsed answer.

        Parameters
        ----------
        method : str
            HTTP method.
        *parts : str
            Of the path below the API; none of them can lead elsewhere.
        body : JSON
            What to send; members that are None are left out.
        **query : object
            Parameters of the address; those that are None are left out.

        Returns
        -------
        JSON
            None for an empty answer.

        Raises
        ------
        UnavailableError
            If the registry does not answer.
        """
        if isinstance(body, dict):
            body = {name: value for name, value in body.items() if value is not None}
        given: dict[str, Any] = {name: value for name, value in query.items() if value is not None}
        path = "/".join(_segment(part) for part in parts)
        try:
            response = self._client.request(method, path, json=body, params=given)
            require_success(response)
            return response.json() if response.content else None
        except (httpx.TransportError, ValueError) as error:
            raise UnavailableError(
                f"The registry does not answer: {self._url}", hint=self._remedy
            ) from error


def add_registry(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which registry, and as whom.

    Parameters
    ----------
    parser : argparse.ArgumentParser
        The command's.
    """
    group = parser.add_argument_group("registry", "By default the workspace's own.")
    group.add_argument("--url", help="as in https://hub.example.org/services/registry")
    group.add_argument(
        "--token-file", type=Path, metavar="FILE", help="holds your hub token; - for standard input"
    )
    group.add_argument(
        "--config",
        type=Path,
        metavar="FILE",
        help="as operator of this museion.toml, on its machine",
    )


def open_registry(options: argparse.Namespace) -> RegistryApi:
    """Connect to the registry that the options name.

    Parameters
    ----------
    options : argparse.Namespace
        With what `add_registry` added.

    Returns
    -------
    RegistryApi
        In the name that belongs to the address.

    Raises
    ------
    InvalidError
        If nothing names a registry, or no token belongs to it.
    """
    if options.config is not None:
        url, token = operator("connection")(options.config)
        return RegistryApi(url, token, remedy=f"start it: museion run --config {options.config}")
    known_url, known_token = environment.find_registry()
    url = options.url or known_url
    if not url.startswith(("http://", "https://")):
        raise InvalidError(
            "Nothing says which registry is meant",
            hint="open a terminal in a workspace, or give --url and --token-file, or --config.",
        )
    token = read_token(options.token_file) if options.token_file else ""
    if not token and url.rstrip("/") == known_url.rstrip("/"):
        token = known_token  # which goes to no other address than its own
    if not token:
        raise InvalidError(
            f"There is no token for this registry: {url}", hint="name a file: --token-file FILE."
        )
    return RegistryApi(url, token)


def operator(name: str) -> Any:  # noqa: ANN401 - what the hub's package offers
    """Return what the hub's package lets an operator do.

    Parameters
    ----------
    name : str
        Of an entry point.

    Returns
    -------
    callable
        As the entry point says.

    Raises
    ------
    UnavailableError
        If the hub is not installed here.
    """
    for point in entry_points(group=OPERATORS, name=name):
        try:
            return point.load()
        except ModuleNotFoundError:
            break
    raise UnavailableError(
        "Only the hub's own machine has an operator: museion[hub] is not installed here",
        hint="give --url and --token-file instead of --config.",
    )


def _segment(part: str) -> str:
    """Return one segment of a path.

    Raises
    ------
    InvalidError
        If it would be none: empty, or a step in a folder.
    """
    if part in {"", ".", ".."}:
        raise InvalidError(f"Not a name: {part!r}", hint="compare it with museion … list.")
    return quote(part, safe="")
