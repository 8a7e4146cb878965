"""How the gateway proves to a scheduler that it is the gateway: with the cluster's own TLS.

A cluster has one certificate, made for it alone, which is its own authority. Python loads
certificates from files only; so the pair goes through a file that is in memory and has no
name.
"""

import os
import ssl


def cluster_context(certificate: bytes, key: bytes) -> ssl.SSLContext:
    """Return the TLS settings of a client of one cluster.

    Parameters
    ----------
    certificate, key : bytes
        PEM.

    Returns
    -------
    ssl.SSLContext
        It trusts that cluster and no other, and shows its certificate.

    Raises
    ------
    ValueError
        They are no credentials.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=certificate.decode())
    descriptor = os.memfd_create("credentials")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(certificate + key)
            file.flush()
            context.load_cert_chain(f"/proc/self/fd/{descriptor}")
    except ssl.SSLError as error:
        raise ValueError("these are no TLS credentials") from error
    return context
