"""The arrays of a stored item, for what reads them without xarray."""

from typing import Any

import zarr

from museion_datasets.arrays.store import SealedStore
from museion_datasets.errors import NotFoundError


def open_variables(store: SealedStore, item: str) -> dict[str, Any]:
    """Open what an array item holds.

    Parameters
    ----------
    store : SealedStore
        A version's store.
    item : str
        Name of the array item.

    Returns
    -------
    dict of str to zarr.Array
        By name, in their order.

    Raises
    ------
    NotFoundError
        If there is no such item.
    """
    try:
        group = zarr.open_group(store, path=f"arrays/{item}", mode="r", zarr_format=3)
    except (FileNotFoundError, ValueError) as error:
        raise NotFoundError(f"No such item: {item!r:.80}", hint="check the spelling.") from error
    return dict(sorted(group.arrays()))


def find_level(store: SealedStore, item: str, level: int) -> Any:  # noqa: ANN401 - zarr's union of array kinds
    """Open a level of an array item's pyramid.

    Parameters
    ----------
    store : SealedStore
        A version's store.
    item : str
        Name of the array item.
    level : int
        From 1.

    Returns
    -------
    zarr.Array or None
        None if there is no such level.
    """
    path = f"pyramids/{item}/{level}"
    try:
        return zarr.open_array(store, path=path, mode="r", zarr_format=3)
    except FileNotFoundError:
        return None


def dims_of(array: Any) -> tuple[str, ...]:  # noqa: ANN401 - the same
    """Return the names of an array's dimensions; none if it has none.

    Parameters
    ----------
    array : zarr.Array
        Any.

    Returns
    -------
    tuple of str
        One for each dimension, or empty.
    """
    return tuple(str(each) for each in array.metadata.dimension_names or ())
