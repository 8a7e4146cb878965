"""Transforms in a dataset: a JSON file beside the images, never resampled pixels."""

import json
from typing import TYPE_CHECKING

from museion.errors import InputError
from museion.imaging.registration.transform import Transform
from museion_datasets.versions.naming import require_item_name

if TYPE_CHECKING:
    from museion_datasets.dataset import Dataset
    from museion_datasets.draft import Draft

_FOLDER = "registrations"


def put_transform(draft: "Draft", name: str, transform: Transform) -> None:
    """Store a transform with the images that it belongs to.

    Parameters
    ----------
    draft : Draft
        Open, of `museion.draft`.
    name : str
        As in ``"xrf-to-vnir"``.
    transform : Transform
        The transform.
    """
    require_item_name(name)
    stored = json.dumps(transform.to_json(), allow_nan=False, indent=1)
    draft.put_file(f"{_FOLDER}/{name}.json", stored.encode())


def find_transform(dataset: "Dataset", name: str) -> Transform | None:
    """Return a stored transform.

    Parameters
    ----------
    dataset : Dataset
        Of `museion.open`.
    name : str
        As given to `put_transform`.

    Returns
    -------
    Transform or None
        None if there is none of this name.

    Raises
    ------
    InputError
        If it is damaged.
    """
    file = f"{_FOLDER}/{name}.json"
    if file not in dataset.files:
        return None
    try:
        stored = json.loads(dataset.read_bytes(f"files/{file}"))
    except ValueError as error:
        raise InputError(
            f"A stored transform is damaged: {name!r:.60}", hint="register the images again."
        ) from error
    return Transform.from_json(stored)
