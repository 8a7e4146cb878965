"""Catalogues: which datasets there are, and the keys to those we may open.

`RegistryCatalogue` asks a hub's registry; `LocalCatalogue` is a directory on a laptop.
A reader trusts its catalogue, and only that, for the head of a version.
"""

from museion_datasets.catalogue._access import (
    LOCAL_PLACE,
    Catalogue,
    DatasetAccess,
    NewDataset,
)
from museion_datasets.catalogue._local import LocalCatalogue
from museion_datasets.catalogue._notary import Notary
from museion_datasets.catalogue._opening import open_catalogue
from museion_datasets.catalogue._registry import RegistryCatalogue

__all__ = [
    "LOCAL_PLACE",
    "Catalogue",
    "DatasetAccess",
    "LocalCatalogue",
    "NewDataset",
    "Notary",
    "RegistryCatalogue",
    "open_catalogue",
]
