"""What the workspace server is told by whoever started it.

The only module of this package that reads the environment. Where the hub started the
server, the registry's address and the server's own token are given; on a laptop without
hub the address is a directory (`file://…`) and there is no token.
"""

import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ACCOUNT_PREFIX = "wg-"


@dataclass(frozen=True, slots=True)
class Environment:
    """Where this server finds its datasets and its colleagues.

    Attributes
    ----------
    registry_url : str
        The registry's address, or a `file://` directory; empty if there is none.
    token : str
        The server's own token for the registry; empty without hub.
    storage : str
        Directory that holds the sealed objects; empty with a `file://` registry.
    account : str
        The hub account this server runs for, as in ``"wg-murals"``; empty without hub.
    limits_file : str
        Where the watch over this server writes which limits were reached; empty without one.
    """

    registry_url: str = ""
    token: str = ""
    storage: str = ""
    account: str = ""
    limits_file: str = ""

    @property
    def workgroup(self) -> str | None:
        """Slug of the workgroup this workspace belongs to; None in a private space."""
        if not self.account.startswith(ACCOUNT_PREFIX):
            return None
        return self.account.removeprefix(ACCOUNT_PREFIX)

    @property
    def is_served_by_hub(self) -> bool:
        """Whether a registry answers over HTTP."""
        return self.registry_url.startswith(("http://", "https://"))

    def __repr__(self) -> str:
        return f"Environment(registry_url={self.registry_url!r}, account={self.account!r})"


def read_environment(variables: Mapping[str, str] | None = None) -> Environment:
    """Read what the server was told.

    Parameters
    ----------
    variables : mapping of str to str, optional
        Environment variables; by default this process's own.

    Returns
    -------
    Environment
        The values, empty where a variable is not set.
    """
    known = os.environ if variables is None else variables
    return Environment(
        registry_url=known.get("MUSEION_REGISTRY_URL", ""),
        token=known.get("JUPYTERHUB_API_TOKEN", ""),
        storage=known.get("MUSEION_STORAGE", ""),
        account=known.get("JUPYTERHUB_USER", ""),
        limits_file=known.get("MUSEION_LIMITS_FILE", ""),
    )


def keep_token(token: str) -> None:
    """Give a new token of this server to the kernels: those to come, and those that run.

    Parameters
    ----------
    token : str
        In place of the one this server was started with.
    """
    os.environ["JUPYTERHUB_API_TOKEN"] = os.environ["JPY_API_TOKEN"] = token
    if not (name := os.environ.get("MUSEION_TOKEN_FILE")):
        return
    path = Path(name)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
        file.write(token)
    Path(file.name).replace(path)
