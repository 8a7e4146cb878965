"""What signs releases on behalf of a catalogue."""

from typing import Protocol

from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.evidence.statement import Outline, Release
from museion_datasets.release.files import SignedRelease


class Notary(Protocol):
    """Signs what it finds to be true. Denied and missing look the same: NotFoundError."""

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

    def sign(self, path: str, release: Release) -> SignedRelease:
        """Sign a release and remember it.

        Parameters
        ----------
        path : str
            Workgroup and name.
        release : Release
            What to sign.

        Returns
        -------
        SignedRelease
            Without a log: a local catalogue keeps none.

        Raises
        ------
        ConflictError
            If something has changed since its outline was made.
        """

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

    def trusted_keys(self) -> list[TrustedKey]:
        """Return the catalogue's own key.

        Returns
        -------
        list of TrustedKey
            Empty before the first release.
        """
