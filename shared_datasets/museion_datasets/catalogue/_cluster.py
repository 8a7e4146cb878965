"""A hub's registry as a cluster's worker sees it: what was granted to the cluster, no more.

The token is the cluster's. It ends when the cluster does, and is replaced when the process
that registered the cluster registers it again; a worker then waits a moment for the new one.
"""

from threading import Condition
from typing import Final

import httpx

from museion_datasets.catalogue._access import DatasetAccess
from museion_datasets.catalogue._answers import decode
from museion_datasets.catalogue._patience import Patience
from museion_datasets.catalogue._registry import RegistryCatalogue
from museion_datasets.clusters.grants import Lease, Wish
from museion_datasets.errors import KeyUnavailableError

_PATIENCE_S: Final = 25.0
_NEW_TOKEN_S: Final = 5.0
_LEASE: Final = "clusters/self/lease"


class ClusterCatalogue(RegistryCatalogue):
    """The datasets that a registry has granted to a cluster.

    Parameters
    ----------
    url : str
        Address of the registry service.
    token : str
        The cluster's; never shown.
    patience_s : float
        For how long to ask again when the registry does not answer.
    """

    def __init__(self, url: str, token: str, *, patience_s: float = _PATIENCE_S) -> None:
        super().__init__(url, "", sign=self._sign, patience=Patience(patience_s))
        self.__token: str | None = token
        self._changed = Condition()

    def renew_token(self, token: str) -> None:
        """Go on with another token.

        Parameters
        ----------
        token : str
            The cluster's newest.
        """
        with self._changed:
            self.__token = token
            self._changed.notify_all()

    def lease(self, timeout_s: float) -> Lease:
        """Ask which grants hold at this moment, once.

        Parameters
        ----------
        timeout_s : float
            For how long to wait for the answer.

        Returns
        -------
        Lease
            A token that has ended raises `KeyUnavailableError`.
        """
        answer = self._parsed(lambda: self._client.post(_LEASE, json={}, timeout=timeout_s))
        return decode(lambda: Lease.from_json(answer))

    def open_granted(self, wish: Wish) -> DatasetAccess:
        """Exchange a grant for access to its dataset.

        Parameters
        ----------
        wish : Wish
            What is needed of the dataset.

        Returns
        -------
        DatasetAccess
            With the keys that this takes, and to read with the version's head.

        Raises
        ------
        KeyUnavailableError
            If the token has ended, and no other one comes.
        """
        body = {"purpose": wish.purpose, "mode": wish.mode.value, "version": wish.version}
        token = self.__token
        try:
            return self._open(wish.dataset, body)
        except KeyUnavailableError:
            if not self._wait_for_another(token):
                raise
            return self._open(wish.dataset, body)

    def _sign(self, request: httpx.Request) -> httpx.Request:
        """Sign with the newest token."""
        request.headers["Authorization"] = f"cluster {self.__token}"
        return request

    def _wait_for_another(self, token: str | None) -> bool:
        """Tell whether the token was replaced while a request was under way, or soon after."""
        with self._changed:
            return self._changed.wait_for(lambda: self.__token != token, _NEW_TOKEN_S)
