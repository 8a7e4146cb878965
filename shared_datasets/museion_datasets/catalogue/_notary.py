"""What signs releases on behalf of a catalogue."""

from typing import Protocol

from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.evidence.statement import Outline, Release
from museion_datasets.release.files import SignedRelease


class Notary(Protocol):
    """Signs what it finds to be true. Denied and missing look the same: NotFoundError."""

    def outline(self, path: str, version: int) -> Outline:
        """Return what the next release of a version would say."""

    def sign(self, path: str, release: Release) -> SignedRelease:
        """Sign a release and remember it; raise ConflictError if its outline no longer holds."""

    def newest(self, path: str) -> SignedRelease | None:
        """Return the release signed last, which may not have reached the storage."""

    def trusted_keys(self) -> list[TrustedKey]:
        """Return the keys that this catalogue itself stands for."""
