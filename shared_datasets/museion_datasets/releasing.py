"""What a library does with releases, beside reading and writing datasets."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Protocol, TypedDict, Unpack

from museion_datasets.catalogue import Catalogue
from museion_datasets.dataset import Dataset
from museion_datasets.errors import DatasetsError
from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.provenance import read_provenance, summarise
from museion_datasets.release.files import OpenedRelease
from museion_datasets.release.making import ReleaseWish, make_release, stamp_release
from museion_datasets.release.state import ReleaseState, find_release_state
from museion_datasets.sealing.stored import Progress
from museion_datasets.versions.snapshot import Snapshot


class ReleaseTerms(TypedDict, total=False):
    """What the author of a release may say.

    Attributes
    ----------
    message : str
        What is released, for people.
    provenance : dict
        What it was made from: free JSON. By default what the version's items say
        themselves; ``{}`` says nothing.
    stamp_url : str or None
        A time-stamp authority to ask.
    """

    message: str
    provenance: dict[str, Any]
    stamp_url: str | None


class _Openings(Protocol):
    """What `Releasing` needs of the library that it is part of."""

    _catalogue: Catalogue
    _keys_of_notary: tuple[TrustedKey, ...] | None

    def open(self, path: str, version: int | None = None) -> Dataset: ...

    def trusted_keys(self) -> Sequence[TrustedKey]: ...


class Releasing:
    """Part of a `museion_datasets.library.Library`."""

    _catalogue: Catalogue
    _keys_of_notary: tuple[TrustedKey, ...] | None = None

    def release(
        self: _Openings,
        path: str,
        version: int | None = None,
        *,
        progress: Progress | None = None,
        **terms: Unpack[ReleaseTerms],
    ) -> OpenedRelease:
        """Sign a version: what it is, whose, for whom, and that its objects are these.

        What is signed becomes readable to whoever can read the storage: title, owner,
        recipients, message and provenance, but nothing of what the dataset holds.

        Parameters
        ----------
        path : str
            Workgroup and name.
        version : int, optional
            The newest by default.
        progress : callable, optional
            Called with the number of objects and bytes checked since the last call.
        **terms
            See `ReleaseTerms`.

        Returns
        -------
        OpenedRelease
            Signed and stored.
        """
        snapshot = self.open(path, version).snapshot
        notary = self._catalogue.notary()
        if "provenance" not in terms:
            terms["provenance"] = summarise(read_provenance(snapshot))
        wish, reopen = ReleaseWish(**terms), partial(_open_version, self, path)
        opened = make_release(notary, snapshot, wish, reopen, progress=progress)
        self._keys_of_notary = None  # a local catalogue has made its key just now
        return opened

    def author(self) -> str:
        """Return as whom this process commits and signs.

        Returns
        -------
        str
            A person's account, or ``wg-<slug>``.
        """
        return self._catalogue.author()

    def stamp(self: _Openings, path: str, release: int, url: str) -> None:
        """Have a release time-stamped that was made without.

        Parameters
        ----------
        path : str
            Workgroup and name.
        release : int
            Its number.
        url : str
            Address of a time-stamp authority.
        """
        stamp_release(self.open(path).snapshot.sealed.objects, release, url)

    def release_state(self: _Openings, path: str, version: int | None = None) -> ReleaseState:
        """Return whether a version was released, by whom, and whether to rely on it.

        Parameters
        ----------
        path : str
            Workgroup and name.
        version : int, optional
            The newest by default.

        Returns
        -------
        ReleaseState
            Its text is for people.
        """
        snapshot = self.open(path, version).snapshot
        return find_release_state(snapshot.sealed.objects, snapshot.head, self.trusted_keys())

    def trusted_keys(self: _Openings) -> Sequence[TrustedKey]:
        """Return the keys that the catalogue stands for; none if it does not answer.

        Returns
        -------
        sequence of TrustedKey
            Asked for once.
        """
        if self._keys_of_notary is None:
            try:
                self._keys_of_notary = tuple(self._catalogue.notary().trusted_keys())
            except DatasetsError:
                return ()
        return self._keys_of_notary


def _open_version(library: _Openings, path: str, version: int) -> Snapshot:
    """Open another version of a dataset."""
    return library.open(path, version).snapshot
