"""Turns what an agent hands out into what a Dask client needs."""

from dask_gateway.client import GatewaySecurity
from distributed.security import Security

from museion.clusters.backend import Connection

GATEWAY_SCHEME = "gateway://"


def security_of(connection: Connection) -> Security:
    """Return the credentials of a connection; they are kept in memory.

    Parameters
    ----------
    connection : Connection
        From an agent.

    Returns
    -------
    Security
    """
    if connection.address.startswith(GATEWAY_SCHEME):
        own: Security = GatewaySecurity(tls_key=connection.key, tls_cert=connection.certificate)
        return own
    return Security(
        require_encryption=True,
        tls_ca_file=connection.certificate,
        tls_client_cert=connection.certificate,
        tls_client_key=connection.key,
    )
