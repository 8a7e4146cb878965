"""What a catalogue answers, and what it has to implement."""

from dataclasses import asdict, dataclass, field
from typing import Protocol

from museion_datasets.model import DatasetRecord, Head


@dataclass(frozen=True, slots=True)
class DatasetAccess:
    """Permission to read a dataset: where it lies and the key to it.

    Attributes
    ----------
    record : DatasetRecord
        The dataset.
    head : Head or None
        The newest version; None while nothing was committed.
    epoch : int
        Epoch of the key.
    data_key : bytes
        32 bytes; never shown.
    location : str
        The dataset's directory below the storage root, as in ``"murals/<id>"``.
    """

    record: DatasetRecord
    head: Head | None
    epoch: int
    data_key: bytes = field(repr=False)
    location: str


@dataclass(frozen=True, slots=True)
class NewDataset:
    """What the person who makes a dataset says about it.

    Attributes
    ----------
    path : str
        Workgroup and name.
    title : str
        Title for people.
    kind : str
        One of `museion_datasets.model.DatasetKind`.
    rights : str
        Identifier of a rights statement.
    synthetic : bool
        Whether the data was computed rather than measured.
    description : str
        A paragraph for people; may be empty.
    """

    path: str
    title: str
    kind: str
    rights: str
    synthetic: bool
    description: str

    def to_json(self) -> dict[str, str | bool]:
        """Return the wish as a JSON object.

        Returns
        -------
        dict
            One member for each field.
        """
        return asdict(self)


class Catalogue(Protocol):
    """What a catalogue implements. All methods may be called from several threads.

    Denied and missing look the same: NotFoundError.
    """

    address: str
    """Tells one catalogue from another, as in ``"http://127.0.0.1:8000/services/registry"``."""

    def author(self) -> str:
        """Return who commits, as versions name their author."""

    def records(self) -> list[DatasetRecord]:
        """Return the datasets that we may open and that have a version."""

    def open_dataset(self, path: str) -> DatasetAccess:
        """Return access to a dataset and its newest version."""

    def head(self, path: str, version: int) -> Head:
        """Return a version."""

    def create(self, wish: NewDataset) -> DatasetRecord:
        """Make a dataset without a version; raise ConflictError if the path is taken."""

    def commit(self, path: str, head: Head, size_bytes: int) -> None:
        """Make `head` the newest version; raise ConflictError if its parent no longer is."""

    def abandon(self, path: str) -> None:
        """Remove a dataset that never got a version."""
