"""Where clients find the gateway; needs nothing of dask-gateway, so that the hub can import it."""

SERVICE = "dask-gateway"
PREFIX = f"/services/{SERVICE}"


def workspace_environment(url: str, scheduler_port: int) -> dict[str, str]:
    """Return the variables by which a kernel's Dask finds the gateway.

    They are Dask's own, so that `dask_gateway.Gateway()` works without arguments.

    Parameters
    ----------
    url : str
        The deployment's address, as seen by the kernel.
    scheduler_port : int
        Port on the kernel's loopback at which schedulers are reached.

    Returns
    -------
    dict of str to str

    Examples
    --------
    >>> workspace_environment("http://127.0.0.1:8000", 8786)["DASK_GATEWAY__ADDRESS"]
    'http://127.0.0.1:8000/services/dask-gateway'
    """
    return {
        "DASK_GATEWAY__ADDRESS": f"{url}{PREFIX}",
        "DASK_GATEWAY__AUTH__TYPE": "jupyterhub",
        "DASK_GATEWAY__PROXY_ADDRESS": f"gateway://127.0.0.1:{scheduler_port}",
    }
