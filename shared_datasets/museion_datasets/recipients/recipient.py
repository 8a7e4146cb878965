"""Who may hold a dataset's keys: workgroups, and holders of a key pair outside the hub.

Outside are the institution's recovery key and partners. Each is named by the fingerprint of
its public key, so that a sealed key is bound to exactly one key pair. Public and private
keys travel as text between two lines, with a version and a checksum, so that a damaged
copy is told from a wrong one::

    -----BEGIN MUSEION PUBLIC KEY-----
    base64 of: 01, the key, first 4 bytes of SHA-256 over both after a label
    -----END MUSEION PUBLIC KEY-----
"""

import base64
import binascii
import hashlib
import textwrap
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, Self

from museion_datasets.envelope import PRIVATE_BYTES, PUBLIC_BYTES, KeyPair, public_of
from museion_datasets.errors import InvalidError

_VERSION = b"\x01"
_CHECK_BYTES = 4
_LINE_CHARACTERS = 64
_PREFIX = "key:"
MAX_KEY_TEXT_CHARACTERS = 4096


class RecipientKind(StrEnum):
    """Why somebody holds a dataset's keys."""

    OWNER = "owner"
    WORKGROUP = "workgroup"
    RECOVERY = "recovery"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody to whom a dataset's keys are sealed.

    Attributes
    ----------
    kind : str
        One of `RecipientKind`.
    name : str
        A workgroup's slug, or ``key:`` and the fingerprint of a public key.
    label : str
        Name for people.
    epochs : tuple of int
        Epochs whose key is sealed to it, ascending.
    """

    kind: str
    name: str
    label: str
    epochs: tuple[int, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the recipient as a JSON object.

        Returns
        -------
        dict
            One member for each field.
        """
        return asdict(self) | {"epochs": list(self.epochs)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        """Read a recipient from a JSON object.

        Parameters
        ----------
        data : mapping
            What `to_json` returned.

        Returns
        -------
        Recipient
            The same.

        Raises
        ------
        InvalidError
            If it is none.
        """
        names = {field.name for field in fields(cls)}
        if set(data) != names or data["kind"] not in set(RecipientKind):
            raise InvalidError("Not a valid Recipient", hint="update museion here and at the hub.")
        epochs = tuple(int(epoch) for epoch in data["epochs"])
        return cls(str(data["kind"]), str(data["name"]), str(data["label"]), epochs)


@dataclass(frozen=True, slots=True)
class Revocation:
    """What has happened to a former recipient, and what has not.

    Attributes
    ----------
    recipient : str
        As in `Recipient.name`.
    epoch : int
        Epoch of everything written from now on; the former recipient has no key to it.
    is_grant_removed : bool
        Whether no key is given out any more.
    is_mount_removed : bool
        Whether its running servers have lost sight of the sealed objects; otherwise that
        comes when they start again.
    is_reencrypted : bool
        Whether what was written before is sealed anew. What was read stays read.
    """

    recipient: str
    epoch: int
    is_grant_removed: bool
    is_mount_removed: bool
    is_reencrypted: bool

    def to_json(self) -> dict[str, Any]:
        """Return the record as a JSON object.

        Returns
        -------
        dict
            One member for each field.
        """
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Partner:
    """Somebody outside the hub who is to read a dataset.

    Attributes
    ----------
    public : bytes
        The public key, 1216 bytes.
    label : str
        Name for people.
    jurisdiction : str
        Country in which the partner computes; needed if the policy limits it.
    purpose : str or None
        What for; needed if the policy limits it.
    """

    public: bytes = field(repr=False)
    label: str
    jurisdiction: str = ""
    purpose: str | None = None


def fingerprint(public: bytes) -> str:
    """Return the fingerprint of a public key.

    Parameters
    ----------
    public : bytes
        1216 bytes.

    Returns
    -------
    str
        64 hexadecimal digits: SHA-256 over a label and the key.
    """
    return hashlib.sha256(b"museion public key 1\n" + public).hexdigest()


def outside_name(public: bytes) -> str:
    """Return the name of a recipient outside, as sealed keys are bound to it.

    Parameters
    ----------
    public : bytes
        1216 bytes.

    Returns
    -------
    str
        ``key:`` and the fingerprint.
    """
    return _PREFIX + fingerprint(public)


def encode_public_key(public: bytes) -> str:
    """Return a public key as text.

    Parameters
    ----------
    public : bytes
        1216 bytes.

    Returns
    -------
    str
        Lines of at most 64 characters.
    """
    return _armour("PUBLIC", public)


def decode_public_key(text: str) -> bytes:
    """Read a public key.

    Parameters
    ----------
    text : str
        What `encode_public_key` wrote; what stands around it is ignored.

    Returns
    -------
    bytes
        1216 bytes.
    """
    return _strip("PUBLIC", text, PUBLIC_BYTES)


def encode_private_key(pair: KeyPair) -> str:
    """Return a private key as text, for a file that only its owner reads.

    Parameters
    ----------
    pair : KeyPair
        The key pair.

    Returns
    -------
    str
        Lines of at most 64 characters.
    """
    return _armour("PRIVATE", pair.private)


def decode_private_key(text: str) -> KeyPair:
    """Read a private key.

    Parameters
    ----------
    text : str
        What `encode_private_key` wrote.

    Returns
    -------
    KeyPair
        With the public key that belongs to it.
    """
    private = _strip("PRIVATE", text, PRIVATE_BYTES)
    return KeyPair(private, public_of(private))


def _armour(kind: str, key: bytes) -> str:
    """Return a key between its two lines."""
    body = base64.b64encode(_VERSION + key + _check(kind, key)).decode()
    lines = textwrap.wrap(body, _LINE_CHARACTERS)
    first, last = (f"-----{word} MUSEION {kind} KEY-----" for word in ("BEGIN", "END"))
    return "\n".join([first, *lines, last, ""])


def _strip(kind: str, text: str, key_bytes: int) -> bytes:
    """Return the key between the two lines.

    Raises
    ------
    InvalidError
        If there is none, or it is damaged.
    """
    first, last = (f"-----{word} MUSEION {kind} KEY-----" for word in ("BEGIN", "END"))
    _, found, rest = text.partition(first)
    body, ended, _ = rest.partition(last)
    try:
        data = base64.b64decode("".join(body.split()), validate=True)
    except (binascii.Error, ValueError):
        data = b""
    key = data[1:-_CHECK_BYTES]
    is_whole = data[:1] == _VERSION and data[-_CHECK_BYTES:] == _check(kind, key)
    if not (found and ended and is_whole and len(key) == key_bytes):
        raise InvalidError(
            f"Not a {kind.lower()} key, or a damaged one",
            hint=f"copy everything from {first} to {last}.",
        )
    return key


def _check(kind: str, key: bytes) -> bytes:
    """Return the checksum of a key."""
    label = f"museion {kind.lower()} key check 1\n".encode()
    return hashlib.sha256(label + _VERSION + key).digest()[:_CHECK_BYTES]
