"""Makes a workspace's clusters known to the registry, and asks for what they may read."""

from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from museion_datasets.catalogue._answers import decode
from museion_datasets.clusters.grants import Grant, Registration, Wish
from museion_datasets.errors import NotFoundError

_ROUTE: Final = "clusters"


type Ask = Callable[..., Any]
"""Sends method, route and body; returns parsed JSON."""


class Registrar:
    """What a workspace says about its clusters.

    Parameters
    ----------
    ask : callable
        Sends a request on behalf of the workspace.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def register(self, cluster: str, place: str, label: str) -> Registration:
        """Make a cluster known, or get a fresh token for one that is.

        Parameters
        ----------
        cluster : str
            Its id.
        place : str
            Where it runs: ``"workspace"``, or a compute place of the deployment.
        label : str
            For people.

        Returns
        -------
        Registration
            With the token of its workers; the one before has ended.
        """
        body = {"place": place, "cluster": cluster, "label": label}
        answer = self._ask("POST", _ROUTE, body, is_repeatable=True)
        return decode(lambda: Registration.from_json(answer))

    def grant(self, cluster: str, wish: Wish) -> Grant:
        """Ask that a cluster may open a dataset.

        Parameters
        ----------
        cluster : str
            Its id.
        wish : Wish
            What for.

        Returns
        -------
        Grant
            The same for the same wish. A refusal raises `PolicyError` with the reason.
        """
        route = f"{_below(cluster)}/grants"
        answer = self._ask("POST", route, wish.to_json(), is_repeatable=True)
        return decode(lambda: Grant.from_json(answer))

    def close(self, cluster: str) -> None:
        """Say that a cluster has ended; nothing if the registry does not know it any more.

        Parameters
        ----------
        cluster : str
            Its id.
        """
        try:
            self._ask("DELETE", _below(cluster), is_repeatable=True)
        except NotFoundError:
            return


def _below(cluster: str) -> str:
    """Return the route of a cluster."""
    return f"{_ROUTE}/{quote(cluster, safe='')}"
