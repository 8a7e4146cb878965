"""Shares of a recovery key: k of n open it, fewer learn nothing.

Shamir's scheme over GF(2^128) from pycryptodome, on a 16-byte key. A share is printed on
paper: Crockford's base 32 (no I, L, O or U; case, spaces and hyphens do not matter) in
groups of five letters, over

======  =========================================================
bytes   meaning
======  =========================================================
1       version, 1
4       first bytes of the recovery key's fingerprint
1       threshold
1       number of the share, from 1
16      the share
4       first bytes of SHA-256 over a label and all of the above
======  =========================================================

so that a misread letter, or a share of another key, is found at once.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from Crypto.Protocol.SecretSharing import Shamir

from museion_datasets.envelope import generate_keypair
from museion_datasets.errors import InvalidError, KeyUnavailableError
from museion_datasets.recipients.recovery import KEK_BYTES, RecoveryFile, seal_recovery

_VERSION = 1
_ID_BYTES = 4
_CHECK_BYTES = 4
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_READ_AS = str.maketrans("OIL", "011", "- \t\r\n")
_GROUP_LETTERS = 5
_BYTES = 1 + _ID_BYTES + 2 + KEK_BYTES + _CHECK_BYTES
_LETTERS = -(-_BYTES * 8 // 5)
_CHECK_HINT = "compare it with the paper, letter by letter."


@dataclass(frozen=True, slots=True)
class Share:
    """One officer's share.

    Attributes
    ----------
    key_id : bytes
        First four bytes of the recovery key's fingerprint.
    threshold : int
        How many shares are needed.
    number : int
        Counts from 1.
    secret : bytes
        16 bytes; never shown.
    """

    key_id: bytes
    threshold: int
    number: int
    secret: bytes = field(repr=False)

    def encode(self) -> str:
        """Return the share as it is printed.

        Returns
        -------
        str
            Groups of five letters and digits, joined by hyphens.
        """
        body = bytes([_VERSION, *self.key_id, self.threshold, self.number]) + self.secret
        value = int.from_bytes(body + _check(body)) << (_LETTERS * 5 - _BYTES * 8)
        letters = [_ALPHABET[value >> 5 * place & 31] for place in reversed(range(_LETTERS))]
        text = "".join(letters)
        starts = range(0, len(text), _GROUP_LETTERS)
        return "-".join(text[start : start + _GROUP_LETTERS] for start in starts)

    @classmethod
    def decode(cls, text: str) -> Self:
        """Read what a person typed.

        Parameters
        ----------
        text : str
            In any case, with or without separators.

        Returns
        -------
        Share
            With a right checksum.

        Raises
        ------
        InvalidError
            If a letter is missing or wrong.
        """
        letters = text.upper().translate(_READ_AS)
        if len(letters) != _LETTERS or not set(letters) <= set(_ALPHABET):
            raise InvalidError(
                f"Not a share: {len(letters)} letters of {_LETTERS}, or unknown ones",
                hint=_CHECK_HINT,
            )
        value = sum(_ALPHABET.index(x) << 5 * i for i, x in enumerate(reversed(letters)))
        data, rest = divmod(value, 1 << (_LETTERS * 5 - _BYTES * 8))
        whole = data.to_bytes(_BYTES)
        body, check = whole[:-_CHECK_BYTES], whole[-_CHECK_BYTES:]
        if rest or check != _check(body) or body[0] != _VERSION:
            raise InvalidError("A share has a wrong letter", hint=_CHECK_HINT)
        start = 1 + _ID_BYTES
        return cls(body[1:start], body[start], body[start + 1], body[start + 2 :])


def create_recovery(label: str, *, shares: int, threshold: int) -> tuple[RecoveryFile, list[Share]]:
    """Make a recovery key.

    Parameters
    ----------
    label : str
        Name for people.
    shares, threshold : int
        How many shares there are to be, and how many of them open the key.

    Returns
    -------
    file : RecoveryFile
        To be configured at the hub; no secret.
    shares : list of Share
        To be handed to the officers; kept nowhere else.
    """
    pair, kek = generate_keypair(), secrets.token_bytes(KEK_BYTES)
    file = seal_recovery(label, pair, kek, threshold=threshold, shares=shares)
    parts = Shamir.split(threshold, shares, kek, ssss=False)
    key_id = bytes.fromhex(file.fingerprint)[:_ID_BYTES]
    return file, [Share(key_id, threshold, number, part) for number, part in parts]


def combine(shares: Iterable[Share]) -> bytes:
    """Return what the shares of one recovery key give.

    Parameters
    ----------
    shares : iterable of Share
        At least as many as the threshold; one that is given twice counts once.

    Returns
    -------
    bytes
        16 bytes, for `RecoveryFile.open`.

    Raises
    ------
    KeyUnavailableError
        If they are of different keys, or too few.
    """
    given = {share.number: share for share in shares}
    if len({(share.key_id, share.threshold) for share in given.values()}) > 1:
        raise KeyUnavailableError(
            "The shares are of different recovery keys",
            hint="compare the first two groups of letters: they are the same on each share.",
        )
    needed = next((share.threshold for share in given.values()), 1)
    if len(given) < needed:
        raise KeyUnavailableError(
            f"Too few shares: {len(given)} of {needed}", hint="ask more officers for theirs."
        )
    parts = [(share.number, share.secret) for share in given.values()][:needed]
    return bytes(Shamir.combine(parts, ssss=False))


def is_share_of(share: Share, file: RecoveryFile) -> bool:
    """Return whether a share belongs to a recovery key.

    Parameters
    ----------
    share : Share
        An officer's.
    file : RecoveryFile
        The key.

    Returns
    -------
    bool
        By fingerprint.
    """
    return share.key_id == bytes.fromhex(file.fingerprint)[:_ID_BYTES]


def _check(body: bytes) -> bytes:
    """Return the checksum of a share."""
    return hashlib.sha256(b"museion share check 1\n" + body).digest()[:_CHECK_BYTES]
