"""`museion.cluster`: one call to a Dask client, wherever the deployment computes.

A kernel has at most one cluster per place. Asking again for the same cluster returns
the running one, so that a cell can be run twice; asking for another size replaces it.

The module's name has an underscore because a submodule ``museion.cluster`` would hide
the function of that name.
"""

import threading

from museion._cluster_places import ClusterClient, start_cluster
from museion._cluster_request import ClusterRequest, Place, require_request

_LOCK = threading.Lock()
_RUNNING: dict[Place, tuple[ClusterRequest, ClusterClient]] = {}


def cluster(workers: int = 2, memory: str | int = "1GB", place: str | None = None) -> ClusterClient:
    """Return a Dask client with workers of its own.

    The client is also the default for Dask computations until it is closed. Use it as
    a context manager to stop the workers at the end of a block.

    Parameters
    ----------
    workers : int
        Number of worker processes, each with one thread.
    memory : str or int
        Memory of each worker, for example ``"1GB"``.
    place : str, optional
        ``"workspace"`` (the default: processes beside the kernel) or ``"gateway"``
        (processes of the workgroup, started by the deployment).

    Returns
    -------
    ClusterClient
        A `distributed.Client`; closing it stops the workers.

    Raises
    ------
    MuseionError
        The arguments do not fit, or the place refuses or does not answer.

    Examples
    --------
    >>> with cluster(workers=2) as client:  # doctest: +SKIP
    ...     client.submit(sum, [1, 2, 3]).result()
    6
    """
    request = require_request(workers, memory, place)
    with _LOCK:
        if running := _RUNNING.pop(request.place, None):
            earlier, client = running
            if earlier == request and client.status == "running":
                _RUNNING[request.place] = running
                return client
            client.close()
        client = start_cluster(request)
        _RUNNING[request.place] = (request, client)
        return client
