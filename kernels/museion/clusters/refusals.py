"""Says in our words what a gateway or its client said: one sentence and a hint."""

import asyncio
import re

from aiohttp import ClientError, ClientResponseError
from dask_gateway.client import GatewayClusterError, GatewayServerError

from museion.errors import InputError, MuseionError, RefusedError, UnreachableError

PASSING = (ClientError, OSError, asyncio.TimeoutError, GatewayClusterError, GatewayServerError)
"""What may be over in a moment."""
FORBIDDEN = frozenset({401, 403})
OWN_PLACE = 'compute in the workspace with place="workspace", or ask the operator'
_HINTED = re.compile(r"(?P<message>.*?)\s*\(hint: (?P<hint>.*)\)\s*", re.DOTALL)


def explain(error: Exception, place: str) -> MuseionError:
    """Return an error for people.

    Parameters
    ----------
    error : Exception
        What dask-gateway's client raised.
    place : str
        Name of the compute place.

    Returns
    -------
    MuseionError

    Examples
    --------
    >>> print(explain(ValueError("workers must be <= 4, got 9 (hint: ask for 4)"), "gateway"))
    workers must be <= 4, got 9
    hint: ask for 4
    """
    if isinstance(error, ClientResponseError) and error.status in FORBIDDEN:
        return RefusedError(
            f"This account may not start clusters at {place}: status {error.status}",
            hint="sign in again, or ask the operator for access to the service dask-gateway",
        )
    if hinted := _HINTED.fullmatch(str(error)):
        kind = InputError if isinstance(error, ValueError) else UnreachableError
        return kind(hinted["message"], hint=hinted["hint"])
    if isinstance(error, ClientError | OSError):
        return UnreachableError(
            f"The gateway of {place} does not answer: {_one_line(error)}", hint=OWN_PLACE
        )
    if isinstance(error, ValueError):
        return InputError(
            f"The gateway of {place} does not accept this cluster: {_one_line(error)}",
            hint="change the number of workers, their memory or the environment",
        )
    return UnreachableError(
        f"The gateway of {place} could not start the cluster: {_one_line(error)}",
        hint="its queue may be full: try again later with fewer workers, or " + OWN_PLACE,
    )


def failed(place: str, said: str = "") -> UnreachableError:
    """Return the error for a cluster that ran and has failed."""
    if hinted := _HINTED.fullmatch(said):
        return UnreachableError(hinted["message"], hint=hinted["hint"])
    return UnreachableError(
        f"The cluster has failed at its place: {place}",
        hint="start it again with museion.cluster(); its results are lost",
    )


def over_limit(said: str) -> InputError:
    """Return the error for a size that the gateway has cut."""
    if hinted := _HINTED.fullmatch(said):
        return InputError(hinted["message"], hint=hinted["hint"])
    return InputError(
        f"The cluster did not get that size: {_one_line(said)}",
        hint="ask for fewer workers, or close another cluster of the workgroup",
    )


def _one_line(said: object) -> str:
    return " ".join(str(said).split()).rstrip(".") or type(said).__name__
