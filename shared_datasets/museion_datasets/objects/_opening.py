"""From a place's address to the object layer of one dataset."""

from pathlib import Path

from museion_datasets.objects._local import LocalObjects
from museion_datasets.objects._protocol import ObjectStore
from museion_datasets.place import Credentials, Location


def open_objects(url: str, location: str, credentials: Credentials | None = None) -> ObjectStore:
    """Return the object layer of a dataset.

    Parameters
    ----------
    url : str
        The place: ``file:///directory`` or ``s3://bucket/prefix``.
    location : str
        The dataset's directory below it, as in ``"murals/<id>"``.
    credentials : Credentials, optional
        How to reach a bucket; a directory needs none.

    Returns
    -------
    ObjectStore
        Nothing is read or written yet.
    """
    place = Location.parse(url)
    if not place.is_remote:
        return LocalObjects(Path(place.path) / location)
    from museion_datasets.objects._remote import RemoteObjects  # noqa: PLC0415 - heavy, rare

    prefix = "/".join(part for part in (place.path, location) if part)
    return RemoteObjects(place.bucket, prefix, credentials or Credentials())
