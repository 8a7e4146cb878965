"""Tickets to a dashboard: what stands in an address in place of a cookie.

Dashboards are shown without the rights of the workspace's origin, so a browser sends no cookie
for them. A visitor who is let in gets a ticket that is good for one cluster's pages, lasts for
an hour after it was last used, and ends at once when its visitor loses access: the hub's word
about its credential is asked for at each use, as it is for a cookie.
"""

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LASTS_S = 3600.0
MOST = 1000


@dataclass(slots=True)
class Ticket:
    """Who may see what.

    Attributes
    ----------
    cluster : str
        Its id.
    credential : str
        The visitor's own, by which the hub knows them; empty without hub.
    used_s : float
        When it was used last, in seconds of the clock.
    """

    cluster: str
    credential: str = field(repr=False)
    used_s: float


class Tickets:
    """The tickets of this server; they end with it.

    Parameters
    ----------
    clock : callable
        Seconds that only grow.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._issued: dict[str, Ticket] = {}

    def issue(self, cluster: str, credential: str) -> str:
        """Return a new ticket.

        Parameters
        ----------
        cluster : str
            For which cluster's pages.
        credential : str
            Of the visitor who was let in.

        Returns
        -------
        str
            Impossible to guess, and fit for an address.
        """
        oldest = self._clock() - LASTS_S
        kept = {name: each for name, each in self._issued.items() if each.used_s > oldest}
        self._issued = dict(list(kept.items())[-MOST + 1 :])
        name = secrets.token_urlsafe(32)
        self._issued[name] = Ticket(cluster, credential, self._clock())
        return name

    def find(self, name: str, cluster: str) -> Ticket | None:
        """Return a ticket that is good for a cluster, and note that it is used.

        Parameters
        ----------
        name : str
            From an address.
        cluster : str
            Whose pages are asked for.

        Returns
        -------
        Ticket or None
        """
        ticket = self._issued.get(name)
        if ticket is None or ticket.cluster != cluster:
            return None
        if self._clock() - ticket.used_s > LASTS_S:
            del self._issued[name]
            return None
        ticket.used_s = self._clock()
        return ticket


def credential_of(handler: Any) -> str:  # noqa: ANN401 - any handler
    """Return the credential with which the hub knows a visitor; empty without hub.

    Parameters
    ----------
    handler : JupyterHandler
        The visitor's request.

    Returns
    -------
    str
    """
    if not hasattr(handler.identity_provider, "find_visitor"):
        return ""
    return str(handler.identity_provider.hub_auth.get_token(handler) or "")
