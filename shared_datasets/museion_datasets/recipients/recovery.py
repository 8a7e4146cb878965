"""The recovery file: an institution's public key, and its private key under shares.

Every dataset's keys are sealed to the public key. The private key is sealed under a key
that exists only as shares, of which a number of officers hold one each; enough of them open
it, without the hub. The file itself is no secret: it is configured at the hub, and copied
beside the objects of each dataset. See `museion_datasets.recipients.shares` for the shares.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from museion_datasets import envelope
from museion_datasets.errors import InvalidError, KeyUnavailableError
from museion_datasets.recipients.recipient import fingerprint

FORMAT_VERSION: Final = 1
KEK_BYTES: Final = 16
MAX_LABEL_CHARACTERS: Final = 120
_LABEL: Final = b"museion/recovery/v1"
_SHORT: Final = 16


@dataclass(frozen=True, slots=True)
class RecoveryFile:
    """A recovery key as everybody may see it.

    Attributes
    ----------
    label : str
        Name for people, as in ``"Museum of Fine Arts, recovery 2026"``.
    public : bytes
        The public key, 1216 bytes.
    sealed_private : bytes
        The private key under the key that the shares give.
    threshold, shares : int
        How many shares are needed, and how many there are.
    """

    label: str
    public: bytes = field(repr=False)
    sealed_private: bytes = field(repr=False)
    threshold: int
    shares: int

    def __post_init__(self) -> None:
        is_named = 1 <= len(self.label.strip()) <= MAX_LABEL_CHARACTERS
        if not (is_named and 2 <= self.threshold <= self.shares <= 255):  # noqa: PLR2004 - a byte
            raise InvalidError(
                f"Not a recovery key: {self.threshold} of {self.shares} shares",
                hint=f"give it a name, and a threshold of 2 up to the number of shares, {255}.",
            )

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the public key."""
        return fingerprint(self.public)

    @property
    def path(self) -> str:
        """Where its copy lies in a dataset's directory."""
        return f"keys/recovery-{self.fingerprint[:_SHORT]}.json"

    def open(self, kek: bytes) -> envelope.KeyPair:
        """Open the private key.

        Parameters
        ----------
        kek : bytes
            What the shares give, 16 bytes.

        Returns
        -------
        KeyPair
            The recovery key pair.

        Raises
        ------
        KeyUnavailableError
            If the shares are not of this key.
        """
        info = _info(self.public)
        try:
            private = envelope.unwrap_under_root(_wrapping_key(kek), self.sealed_private, info)
        except KeyUnavailableError as error:
            raise KeyUnavailableError(
                f"These shares do not open the recovery key {self.fingerprint[:_SHORT]}",
                hint="collect more shares, each of this very recovery key.",
            ) from error
        return envelope.KeyPair(private, self.public)

    def encode(self) -> bytes:
        """Return the file's content.

        Returns
        -------
        bytes
            JSON.
        """
        content = {
            "format": FORMAT_VERSION,
            "label": self.label,
            "public": base64.b64encode(self.public).decode(),
            "sealed_private": base64.b64encode(self.sealed_private).decode(),
            "threshold": self.threshold,
            "shares": self.shares,
        }
        return json.dumps(content, indent=1).encode()

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """Read a file's content.

        Parameters
        ----------
        data : bytes
            The file.

        Returns
        -------
        RecoveryFile
            Checked in form.

        Raises
        ------
        InvalidError
            If it is none.
        """
        try:
            return cls._of(json.loads(data))
        except (ValueError, TypeError, KeyError, AttributeError, binascii.Error) as error:
            raise InvalidError(
                "Not a recovery file", hint="use what `museion recovery create` wrote."
            ) from error

    @classmethod
    def _of(cls, content: Mapping[str, Any]) -> Self:
        """Read the JSON object.

        Raises
        ------
        ValueError
            If it is of another format.
        """
        public = base64.b64decode(content["public"], validate=True)
        if content["format"] != FORMAT_VERSION or len(public) != envelope.PUBLIC_BYTES:
            raise ValueError(content["format"])
        return cls(
            str(content["label"]),
            public,
            base64.b64decode(content["sealed_private"], validate=True),
            int(content["threshold"]),
            int(content["shares"]),
        )


def seal_recovery(
    label: str, pair: envelope.KeyPair, kek: bytes, *, threshold: int, shares: int
) -> RecoveryFile:
    """Return the recovery file of a key pair.

    Parameters
    ----------
    label : str
        Name for people.
    pair : KeyPair
        The recovery key pair.
    kek : bytes
        16 random bytes, to be split into shares.
    threshold, shares : int
        As in `RecoveryFile`.

    Returns
    -------
    RecoveryFile
        To be configured at the hub.
    """
    sealed = envelope.wrap_under_root(_wrapping_key(kek), pair.private, _info(pair.public))
    return RecoveryFile(label, pair.public, sealed, threshold, shares)


def _wrapping_key(kek: bytes) -> bytes:
    """Return the AES-256 key for what the shares give."""
    return HKDF(SHA256(), envelope.KEY_BYTES, None, _LABEL).derive(kek)


def _info(public: bytes) -> bytes:
    """Return the context of the private key."""
    return _LABEL + b"/" + fingerprint(public).encode()
