"""A PKCS#11 token as the guard of the root key: a smart card, an HSM, or SoftHSM in tests.

The token holds an AES-256 key that never leaves it; the root key lies in its file, sealed with
that key by AES-256-GCM. So a stolen file is worth nothing without the token and its PIN, and a
stolen token nothing without the file. The root key itself is in this process's memory while the
registry runs: a token that did every vend could not be asked through HPKE.
"""

import base64
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import pkcs11
from pkcs11 import Attribute, GCMParams, KeyType, Mechanism, ObjectClass
from pkcs11.exceptions import (
    NoSuchKey,
    NoSuchToken,
    PinIncorrect,
    PinLenRange,
    PinLocked,
    PKCS11Error,
)

from museion_datasets.envelope import KEY_BYTES
from museion_hub.custody.errors import LockedError
from museion_hub.custody.guards import Fields, decode

KEY_LABEL: Final = "museion-root"
NONCE_BYTES: Final = 12
TAG_BITS: Final = 128
_INFO: Final = b"museion/root-key/pkcs11/v1"
_WRONG_PIN: Final = (PinIncorrect, PinLenRange)


@dataclass(frozen=True, slots=True)
class TokenGuard:
    """A token's key.

    Attributes
    ----------
    module : str
        Path of the token's library.
    label : str
        Label of the token.
    pin : str
        Of its user; never shown.
    """

    module: str
    label: str
    pin: str = field(repr=False)
    kind: str = "pkcs11"

    def seal(self, root: bytes) -> Fields:
        """Give what the file has to hold; makes the token's key at the first time."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        with self._session(writes=True) as session:
            key = _find_key(session) or _make_key(session)
            sealed = key.encrypt(root, mechanism=Mechanism.AES_GCM, mechanism_param=_params(nonce))
        texts = {"nonce": nonce, "sealed": sealed}
        return {name: base64.b64encode(value).decode() for name, value in texts.items()}

    def open(self, fields: Fields) -> bytes:
        """Give the root key.

        Raises
        ------
        LockedError
            If the token holds no key of ours, or another one.
        """
        params = _params(decode(fields["nonce"]))
        with self._session(writes=False) as session:
            key = _find_key(session)
            if key is None:
                raise LockedError(
                    f"The token {self.label} holds no key named {KEY_LABEL}",
                    hint="insert the token with which the root key was sealed",
                )
            try:
                opened = key.decrypt(
                    decode(fields["sealed"]), mechanism=Mechanism.AES_GCM, mechanism_param=params
                )
            except PKCS11Error as error:
                raise LockedError(
                    f"The key in the token {self.label} does not open the root key",
                    hint="insert the token with which it was sealed, or restore the file",
                ) from error
        return bytes(opened)

    @contextmanager
    def _session(self, *, writes: bool) -> Iterator[pkcs11.Session]:
        """Open the token.

        Raises
        ------
        LockedError
            If library or token are missing, or the PIN is wrong.
        """
        try:
            token = pkcs11.lib(self.module).get_token(token_label=self.label)
            session = token.open(rw=writes, user_pin=self.pin)
        except NoSuchToken as error:
            raise LockedError(
                f"There is no token labelled: {self.label}",
                hint="insert it, or correct `root_key_token` in museion.toml",
            ) from error
        except _WRONG_PIN as error:
            raise LockedError(
                f"The PIN does not open the token {self.label}",
                hint="correct the file with the PIN before the token locks itself",
            ) from error
        except PinLocked as error:
            raise LockedError(
                f"The token {self.label} has locked itself after too many wrong PINs",
                hint="unlock it with the security officer's PIN",
            ) from error
        except PKCS11Error as error:
            raise LockedError(
                f"The token's library does not answer: {self.module} ({type(error).__name__})",
                hint="correct `root_key_module` in museion.toml, or look at the token",
            ) from error
        with session:
            yield session


def _find_key(session: pkcs11.Session) -> Any:  # noqa: ANN401 - which operations a key has depends on the token
    try:
        return session.get_key(
            object_class=ObjectClass.SECRET_KEY, key_type=KeyType.AES, label=KEY_LABEL
        )
    except NoSuchKey:
        return None


def _make_key(session: pkcs11.Session) -> Any:  # noqa: ANN401 - same
    return session.generate_key(
        KeyType.AES,
        KEY_BYTES * 8,
        label=KEY_LABEL,
        store=True,
        template={Attribute.SENSITIVE: True, Attribute.EXTRACTABLE: False},
    )


def _params(nonce: bytes) -> GCMParams:
    return GCMParams(nonce, aad=_INFO, tag_bits=TAG_BITS)
