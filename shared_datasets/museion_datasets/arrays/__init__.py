"""Arrays over sealed objects: the zarr store, the codec pipeline, and xarray's forms on it.

``xarrays`` and ``trees`` bring xarray, Dask and pandas, which take 60 MB of memory. What reads
plain values, as a workspace's server does, needs none of them: so they are loaded when they are
first used, as in ``arrays.trees.read_tree(…)``.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from museion_datasets.arrays import trees, xarrays

__all__ = ["trees", "xarrays"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - one of the modules
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return import_module(f"{__name__}.{name}")
