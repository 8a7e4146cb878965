"""Releases signed by a hub's registry, which has custody of the signing keys."""

from collections.abc import Callable
from typing import Any

from museion_datasets.errors import DatasetsError, NotFoundError, UnavailableError
from museion_datasets.evidence.records import decode_bytes
from museion_datasets.evidence.signing import TrustedKey, decode_key_file
from museion_datasets.evidence.statement import Outline, Release
from museion_datasets.model import DatasetPath
from museion_datasets.release.files import SignedRelease

type Ask = Callable[..., Any]
"""Sends method, route and body; returns parsed JSON."""


class RegistryNotary:
    """Asks a registry to sign.

    Parameters
    ----------
    ask : callable
        Sends a request to the registry.
    """

    def __init__(self, ask: Ask) -> None:
        self._ask = ask

    def outline(self, path: str, version: int) -> Outline:
        """Return what the next release of a version would say.

        Parameters
        ----------
        path : str
            Workgroup and name.
        version : int
            Counts from 1.

        Returns
        -------
        Outline
            As of now.
        """
        answer = self._ask("GET", f"{_below(path)}/versions/{int(version)}/outline")
        return _read(lambda: Outline.from_json(answer))

    def sign(self, path: str, release: Release) -> SignedRelease:
        """Have a release signed.

        Parameters
        ----------
        path : str
            Workgroup and name.
        release : Release
            What to sign.

        Returns
        -------
        SignedRelease
            With the proof that it was logged.
        """
        body = {"statement": release.to_statement().decode()}
        return _signed(self._ask("POST", f"{_below(path)}/releases", body))

    def newest(self, path: str) -> SignedRelease | None:
        """Return the release signed last.

        Parameters
        ----------
        path : str
            Workgroup and name.

        Returns
        -------
        SignedRelease or None
            None if there is none.
        """
        try:
            return _signed(self._ask("GET", f"{_below(path)}/releases/newest"))
        except NotFoundError:
            return None

    def trusted_keys(self) -> list[TrustedKey]:
        """Return the key of the registry's institution.

        Returns
        -------
        list of TrustedKey
            One.
        """
        answer = self._ask("GET", "institution")
        return _read(lambda: decode_key_file(answer["key_file"]))


def _below(path: str) -> str:
    """Return the route of a dataset."""
    return f"datasets/{DatasetPath.parse(path)}"


def _signed(answer: dict[str, Any]) -> SignedRelease:
    """Return what the registry has signed."""
    names = ("envelope", "signers", "log")
    return _read(lambda: SignedRelease(*(decode_bytes(answer[name], name) for name in names)))


def _read[T](decode: Callable[[], T]) -> T:
    """Decode an answer.

    Raises
    ------
    UnavailableError
        If it does not have the form that this version of the library understands.
    """
    try:
        return decode()
    except (KeyError, TypeError, ValueError, DatasetsError) as error:
        raise UnavailableError(
            f"The registry's answer is not understood: {type(error).__name__}",
            hint="the hub and this environment may be of different versions: update both.",
        ) from error
