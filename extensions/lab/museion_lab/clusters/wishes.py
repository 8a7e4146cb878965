"""What a browser may wish of a cluster, read strictly: names, whole numbers, nothing else.

How many workers there may be is for the agent and the place to say; here only what could
never be meant is refused.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

MOST_WORKERS = 100_000
MAX_NAME = 80
MEMORY_GB = (0.25, 4096.0)
NUMBERS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "scale": ("workers",),
    "adapt": ("minimum", "maximum"),
    "close": (),
})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something was not done.

    Attributes
    ----------
    status : int
        HTTP status.
    message : str
        One sentence.
    hint : str
        The remedy.
    kind : str
        For programs.
    """

    status: int
    message: str
    hint: str
    kind: str = "refused"


class WishError(Exception):
    """A wish that could never be meant.

    Parameters
    ----------
    message : str
        One sentence.
    hint : str
        The remedy.
    """

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.refusal = Refusal(HTTPStatus.BAD_REQUEST, message, hint, "invalid")


@dataclass(frozen=True, slots=True)
class StartWish:
    """A cluster to start.

    Attributes
    ----------
    name : str
        By which `museion.cluster(name=…)` finds it.
    place : str
        Where it computes.
    workers : int
        Number of worker processes.
    memory_bytes : int
        Of each worker.
    """

    name: str
    place: str
    workers: int
    memory_bytes: int


def read_wish(name: str, body: bytes) -> dict[str, int]:
    """Read a wish of a running cluster.

    Parameters
    ----------
    name : str
        ``"scale"``, ``"adapt"`` or ``"close"``.
    body : bytes
        A JSON object.

    Returns
    -------
    dict of str to int
        Exactly the numbers that belong to the wish.

    Raises
    ------
    WishError
        A number is missing, not whole, negative or beyond every measure.
    """
    said = _object(body)
    wish = {number: _whole(said, number) for number in NUMBERS[name]}
    if name == "adapt" and wish["minimum"] > wish["maximum"]:
        raise WishError(
            f"The least number of workers is above the most: {wish['minimum']}",
            f"Choose at most {wish['maximum']}.",
        )
    return wish


def read_start(body: bytes, places: Collection[str]) -> StartWish:
    """Read the wish for a new cluster.

    Parameters
    ----------
    body : bytes
        A JSON object with ``name``, ``place``, ``workers`` and ``memory_gb``.
    places : collection of str
        Where this workspace may compute.

    Returns
    -------
    StartWish

    Raises
    ------
    WishError
        Something in it could never be meant.
    """
    said = _object(body)
    name = " ".join(str(said.get("name") or "").split())
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise WishError("The cluster needs a name", f"Write one of at most {MAX_NAME} letters.")
    if (place := said.get("place")) not in places:
        raise WishError("There is no such place to compute", "Choose one of those in the list.")
    workers = _whole(said, "workers")
    if workers < 1:
        raise WishError("A cluster needs workers: 0", "Choose at least 1.")
    return StartWish(name, str(place), workers, int(_memory(said) * 1e9))


def _memory(said: Mapping[str, Any]) -> float:
    value = said.get("memory_gb")
    low, high = MEMORY_GB
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise WishError(
            "A worker's memory is not an amount that fits",
            f"Choose between {low:g} and {high:g} GB.",
        )
    return float(value)


def _whole(said: Mapping[str, Any], name: str) -> int:
    value = said.get(name)
    if type(value) is not int or not 0 <= value <= MOST_WORKERS:
        raise WishError(
            f"Not a number of workers: {value!r:.40}", f"Send {name} as a whole number from 0."
        )
    return value


def _object(body: bytes) -> dict[str, Any]:
    try:
        said = json.loads(body or b"{}")
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise WishError("The request is not well formed", "Send a JSON object.")
    return said
