"""Keys that lie beside a dataset's objects, sealed to recipients outside the hub.

``keys/<epoch>.json`` holds the key of one epoch, sealed to the recovery key and to each
partner. ``keys/recovery-<first 16 digits of its fingerprint>.json`` is a copy of the
recovery file, so that a copied directory and enough shares are all that is needed to read.
Everything here is ciphertext or public. Nobody vouches for these files: a forged one gives
a key that opens nothing, since each object commits to its key.
"""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self

from museion_datasets import envelope
from museion_datasets.errors import IntegrityError, KeyUnavailableError
from museion_datasets.recipients.recipient import outside_name

FORMAT_VERSION = 1
FOLDER = "keys"
_PATH = re.compile(r"keys/([1-9][0-9]{0,8})\.json")
_HINT = "copy the dataset's directory again, keys/ included."


class _PublicFiles(Protocol):
    """What of an object layer is needed here."""

    def put_public(self, path: str, data: bytes) -> None: ...

    def get_public(self, path: str) -> bytes | None: ...


@dataclass(frozen=True, slots=True)
class KeyFile:
    """One epoch's key, sealed to recipients outside.

    Attributes
    ----------
    dataset : str
        The dataset's id.
    epoch : int
        Counts from 1.
    sealed : mapping of str to bytes
        What `museion_datasets.envelope.seal` returned, by the recipient's name.
    """

    dataset: str
    epoch: int
    sealed: Mapping[str, bytes] = field(repr=False)

    @property
    def path(self) -> str:
        """Where it lies in the dataset's directory."""
        return f"{FOLDER}/{self.epoch}.json"

    def encode(self) -> bytes:
        """Return the file's content.

        Returns
        -------
        bytes
            JSON; the same keys always give the same bytes.
        """
        keys = {name: base64.b64encode(key).decode() for name, key in self.sealed.items()}
        content = {
            "format": FORMAT_VERSION,
            "dataset": self.dataset,
            "epoch": self.epoch,
            "keys": keys,
        }
        return json.dumps(content, indent=1, sort_keys=True).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a file's content.

        Parameters
        ----------
        data : bytes
            From anywhere: it is only believed as far as it opens something.

        Returns
        -------
        KeyFile
            Of the right form.

        Raises
        ------
        IntegrityError
            If it is none.
        """
        try:
            return cls._of(json.loads(data))
        except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
            raise IntegrityError("A file of sealed keys is damaged", hint=_HINT) from error

    @classmethod
    def _of(cls, content: Mapping[str, Any]) -> Self:
        """Read the JSON object.

        Raises
        ------
        ValueError
            If it is of another format.
        """
        if content["format"] != FORMAT_VERSION or type(content["epoch"]) is not int:
            raise ValueError(content["format"])
        sealed = {
            str(name): base64.b64decode(key, validate=True) for name, key in content["keys"].items()
        }
        return cls(str(content["dataset"]), content["epoch"], sealed)


def is_key_file(path: str) -> bool:
    """Return whether a public file's path is that of a `KeyFile`.

    Parameters
    ----------
    path : str
        Below the dataset's directory.

    Returns
    -------
    bool
        False for copies of recovery files.
    """
    return _PATH.fullmatch(path) is not None


def publish(objects: _PublicFiles, files: Mapping[str, bytes]) -> None:
    """Put key files beside a dataset's objects, unless they lie there.

    Parameters
    ----------
    objects : PublicFiles
        The dataset's directory.
    files : mapping of str to bytes
        By path. One without any key is written only in place of one that has some.
    """
    for path, data in files.items():
        present = objects.get_public(path)
        if present != data and (present is not None or not _is_empty(path, data)):
            objects.put_public(path, data)


def _is_empty(path: str, data: bytes) -> bool:
    """Return whether a file of keys holds none."""
    return is_key_file(path) and not KeyFile.decode(data).sealed


def open_keys(files: Mapping[str, bytes], dataset: str, pair: envelope.KeyPair) -> dict[int, bytes]:
    """Open every epoch's key that is sealed to a key pair.

    Parameters
    ----------
    files : mapping of str to bytes
        The public files below ``keys/``, by path.
    dataset : str
        The dataset's id; a file of another one opens nothing.
    pair : KeyPair
        Of the recovery or of the partner.

    Returns
    -------
    dict of int to bytes
        By epoch.

    Raises
    ------
    KeyUnavailableError
        If nothing is sealed to this key pair.
    """
    name = outside_name(pair.public)
    found = [KeyFile.decode(data) for path, data in files.items() if is_key_file(path)]
    keys = {
        file.epoch: envelope.open_(
            pair.private, file.sealed[name], envelope.wrap_info(dataset, file.epoch, name)
        )
        for file in found
        if name in file.sealed
    }
    if not keys:
        raise KeyUnavailableError(
            "None of this dataset's keys is sealed to this key pair",
            hint="ask the owner to share the dataset with your public key.",
        )
    return keys
