"""Releases signed by a hub's registry, which has custody of the signing keys."""

from collections.abc import Callable
from typing import Any, override

from museion_datasets.catalogue._answers import decode
from museion_datasets.catalogue._notary import Notary
from museion_datasets.errors import NotFoundError
from museion_datasets.evidence.records import decode_bytes
from museion_datasets.evidence.signing import TrustedKey, decode_key_file
from museion_datasets.evidence.statement import Outline, Release
from museion_datasets.model import DatasetPath
from museion_datasets.release.files import SignedRelease

type Ask = Callable[..., Any]
"""Sends method, route and body; returns parsed JSON."""


class RegistryNotary(Notary):
    """Asks a registry to sign.

    Parameters
    ----------
    ask : callable
        Sends a request to the registry.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    @override
    def outline(self, path: str, version: int) -> Outline:
        answer = self._ask("GET", f"{_below(path)}/versions/{int(version)}/outline")
        return decode(lambda: Outline.from_json(answer))

    @override
    def sign(self, path: str, release: Release) -> SignedRelease:
        body = {"statement": release.to_statement().decode()}
        return _signed(self._ask("POST", f"{_below(path)}/releases", body))

    @override
    def newest(self, path: str) -> SignedRelease | None:
        try:
            return _signed(self._ask("GET", f"{_below(path)}/releases/newest"))
        except NotFoundError:
            return None

    @override
    def trusted_keys(self) -> list[TrustedKey]:
        answer = self._ask("GET", "institution")
        return decode(lambda: decode_key_file(answer["key_file"]))


def _below(path: str) -> str:
    """Return the route of a dataset."""
    return f"datasets/{DatasetPath.parse(path)}"


def _signed(answer: dict[str, Any]) -> SignedRelease:
    """Return what the registry has signed."""
    names = ("envelope", "signers", "log")
    return decode(lambda: SignedRelease(*(decode_bytes(answer[name], name) for name in names)))
