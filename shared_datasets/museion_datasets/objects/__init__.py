"""Where sealed bytes lie: write-once objects with random names.

An object layer knows nothing of keys or meaning. It promises that an object once written
is never changed, that a name is never used twice, and that `persist` returns only when the
bytes would survive a power cut. It does not promise that what it returns is what was
written: readers check that.

`LocalObjects` keeps files; `RemoteObjects` speaks to any S3-compatible storage and is
imported when it is first asked for.
"""

from typing import TYPE_CHECKING

from museion_datasets.objects._failures import storage_errors
from museion_datasets.objects._local import LocalObjects
from museion_datasets.objects._opening import open_objects
from museion_datasets.objects._protocol import ObjectReader, ObjectStore, random_name

if TYPE_CHECKING:
    from museion_datasets.objects._remote import RemoteObjects

__all__ = [
    "LocalObjects",
    "ObjectReader",
    "ObjectStore",
    "RemoteObjects",
    "open_objects",
    "random_name",
    "storage_errors",
]


def __getattr__(name: str) -> object:
    if name != "RemoteObjects":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from museion_datasets.objects._remote import RemoteObjects  # noqa: PLC0415 - heavy, rare

    return RemoteObjects
