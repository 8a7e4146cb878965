"""The tokens of clusters: random, known here by their hash alone, each bound to one cluster.

A cluster's token opens nothing but what was granted to this cluster, and only while the cluster
renews its lease. Looking up a hash tells a guesser nothing: which hash is near a stored one says
nothing of any token. So the time that it takes need not be hidden; the comparison that decides is
constant all the same.
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from museion_hub.registry.cluster_tables import Cluster
from museion_hub.registry.errors import UnauthenticatedError

LIFETIME: Final = timedelta(minutes=15)
"""How long a token outlives the last renewal of the lease."""
LEASE_S: Final = 30
"""How long a process may use keys after the last lease that listed their grant, in seconds."""
TOKEN_BYTES: Final = 32
MAX_TOKEN_CHARS: Final = 128
_ENDED: Final = "The cluster's token has ended"
_HINT: Final = "start the cluster again from its notebook"


@dataclass(frozen=True, slots=True)
class ClusterPrincipal:
    """A process of a cluster: it may have the keys that were granted to it, and nothing else.

    Attributes
    ----------
    id : str
        Of the cluster's row.
    cluster : str
        The name that its account gave it.
    name : str
        Hub account that has registered it, for which the log counts what it does.
    token_hash : bytes
        Hash of the token that came along.
    """

    id: str
    cluster: str
    name: str
    token_hash: bytes = field(repr=False)


def new_token() -> str:
    """Make a token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def hash_of(token: str) -> bytes:
    """Give what is stored of a token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).digest()


def require_principal(session: Session, token: str, *, now: datetime) -> ClusterPrincipal:
    """Give the cluster of a token that is valid at this moment.

    Raises
    ------
    UnauthenticatedError
        If it is none, or has ended.
    """
    if not token or len(token) > MAX_TOKEN_CHARS:
        raise UnauthenticatedError
    hashed = hash_of(token)
    found = session.scalars(select(Cluster).where(Cluster.token_hash == hashed)).one_or_none()
    if found is None:
        raise UnauthenticatedError(_ENDED, hint=_HINT)
    principal = ClusterPrincipal(found.id, found.name, found.account, hashed)
    require_row(session, principal, now=now)
    return principal


def require_row(session: Session, principal: ClusterPrincipal, *, now: datetime) -> Cluster:
    """Give a cluster whose token still is what it was, inside the transaction that acts.

    Raises
    ------
    UnauthenticatedError
        If the token has ended meanwhile.
    """
    row = session.get(Cluster, principal.id)
    if row is None or row.token_hash is None or row.revoked is not None or row.expires <= now:
        raise UnauthenticatedError(_ENDED, hint=_HINT)
    if not hmac.compare_digest(row.token_hash, principal.token_hash):
        raise UnauthenticatedError(_ENDED, hint=_HINT)
    return row


def end_tokens(session: Session, account: str) -> None:
    """End the tokens of all clusters of an account; its server may ask for new ones.

    To be called when somebody leaves who could read the account's tokens.
    """
    session.execute(update(Cluster).where(Cluster.account == account).values(token_hash=None))
