"""A hub's log over HTTP, read with a member's token; nothing it says is believed here.

Answers are cut off at the most bytes they may have, so a hub that lies can't fill the memory.
"""

import json
from typing import Final, Self

import httpx

from museion_datasets.errors import InvalidError, KeyUnavailableError, UnavailableError
from museion_datasets.log.note import MAX_NOTE_BYTES
from museion_datasets.log.pin import MAX_KEYS

MAX_KEYS_BYTES: Final = 64 * 1024
_TIMEOUT_S: Final = 30.0
_REFUSED: Final = (httpx.codes.UNAUTHORIZED, httpx.codes.FORBIDDEN)


class RemoteLog:
    """The log at one registry; a context manager.

    Parameters
    ----------
    url : str
        Address of the registry service, as in ``MUSEION_REGISTRY_URL``.
    token : str
        Hub token; goes to that address and nowhere else.
    transport : httpx.BaseTransport, optional
        How the registry is reached; by TCP unless told otherwise.
    """

    def __init__(
        self, url: str, token: str, *, transport: httpx.BaseTransport | None = None
    ) -> None:
        self.address = url.rstrip("/")
        self._client = httpx.Client(
            base_url=f"{self.address}/log/",
            headers={"Authorization": f"token {token}"},
            timeout=_TIMEOUT_S,
            transport=transport,
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_raised: object) -> None:
        self._client.close()

    def __repr__(self) -> str:
        return f"RemoteLog({self.address!r})"

    def checkpoint(self) -> str:
        """Return the newest checkpoint as the log sends it.

        Raises
        ------
        InvalidError
            If it is no text.
        """
        try:
            return self.fetch("checkpoint", MAX_NOTE_BYTES).decode()
        except UnicodeDecodeError:
            raise InvalidError("Not a checkpoint", hint="ask whoever runs the hub") from None

    def keys(self) -> tuple[str, ...]:
        """Return the keys that the log says are its own: to be trusted once, then kept.

        Raises
        ------
        InvalidError
            If the answer has another form.
        """
        try:
            return _parse_keys(self.fetch("keys", MAX_KEYS_BYTES))
        except (KeyError, TypeError, ValueError, RecursionError):
            raise InvalidError(
                "The hub names no keys of its log", hint="ask whoever runs the hub"
            ) from None

    def fetch(self, path: str, max_bytes: int) -> bytes:
        """Return what is at an address below the log's; a `Fetch`.

        Raises
        ------
        InvalidError
            If it is larger than anything that may be there.
        KeyUnavailableError
            If the token does not count.
        UnavailableError
            If the registry does not answer, or has nothing there.
        """
        try:
            with self._client.stream("GET", path) as response:
                if response.status_code in _REFUSED:
                    raise KeyUnavailableError(
                        "The hub refuses the token", hint="make a new one, or restart the kernel"
                    )
                response.raise_for_status()
                return _read(response, max_bytes)
        except httpx.HTTPError as error:
            raise UnavailableError(
                f"The log does not answer: {self.address} ({path})",
                hint="wait a minute, then try again; if it stays, ask whoever runs the hub",
            ) from error


def _read(response: httpx.Response, max_bytes: int) -> bytes:
    content = bytearray()
    for chunk in response.iter_bytes():
        content += chunk
        if len(content) > max_bytes:
            raise InvalidError(
                f"The log's answer is larger than it may be, limit: {max_bytes} bytes",
                hint="tell whoever runs the hub",
            )
    return bytes(content)


def _parse_keys(content: bytes) -> tuple[str, ...]:
    keys = json.loads(content)["keys"]
    if not 1 <= len(keys) <= MAX_KEYS or not all(isinstance(key, str) for key in keys):
        raise ValueError("not a list of keys")
    return tuple(keys)
