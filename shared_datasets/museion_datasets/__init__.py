"""Encrypted, versioned datasets for heritage research.

``connect`` gives a `Library`; ``library.open("murals/panel")`` a dataset, and
``library.draft(…)`` writes one. Importing this package loads nothing heavy: the hub uses
its light part (`errors`, `model`, `policy`, `envelope`) without numpy or zarr.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from museion_datasets.dataset import Dataset
    from museion_datasets.draft import Draft
    from museion_datasets.item import Item
    from museion_datasets.library import Library, connect
    from museion_datasets.policy import DatasetPolicy
    from museion_datasets.recipients.recipient import Partner

__all__ = ["Dataset", "DatasetPolicy", "Draft", "Item", "Library", "Partner", "connect"]

_HOMES = {
    "Dataset": "dataset",
    "DatasetPolicy": "policy",
    "Draft": "draft",
    "Item": "item",
    "Library": "library",
    "Partner": "recipients.recipient",
    "connect": "library",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
