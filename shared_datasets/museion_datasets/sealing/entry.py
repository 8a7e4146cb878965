"""What a manifest keeps of one sealed object."""

from dataclasses import dataclass, field
from enum import IntEnum


class ObjectKind(IntEnum):
    """What an object holds; the numbers are stored."""

    METADATA = 1
    CHUNK = 2
    SHARD = 3
    FILE = 4
    PAGE = 5
    INDEX = 6
    TABLE = 7


@dataclass(frozen=True, slots=True)
class Entry:
    """What a manifest says about one object.

    Attributes
    ----------
    key : str
        Logical key, as in ``"arrays/vnir/zarr.json"``.
    kind : ObjectKind
        What it holds.
    object_id : str
        Name in the storage, 32 hexadecimal digits.
    epoch : int
        Epoch of the dataset key that seals it.
    ciphertext_bytes, plaintext_bytes : int
        Lengths.
    header : bytes
        FLOE header, 74 bytes.
    content_root : bytes
        Hash over the ciphertext, 32 bytes.
    """

    key: str
    kind: ObjectKind
    object_id: str
    epoch: int
    ciphertext_bytes: int
    plaintext_bytes: int
    header: bytes = field(repr=False)
    content_root: bytes = field(repr=False)
