"""What to show beside an opened version: whether it was released, by whom, and when.

Quick enough for a display: the statement, its signatures and the keys are checked, the
objects are not.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from museion_datasets.errors import DatasetsError
from museion_datasets.evidence.certificate import Standing
from museion_datasets.evidence.signing import TrustedKey
from museion_datasets.evidence.timestamp import read_stamp
from museion_datasets.model import Head
from museion_datasets.objects import ObjectStore
from museion_datasets.release.checks import log_check
from museion_datasets.release.files import (
    STAMP,
    OpenedRelease,
    SignedRelease,
    file_path,
    open_signed,
    read_signed,
    release_numbers,
)
from museion_datasets.release.report import Outcome, printable


@dataclass(frozen=True, slots=True)
class ReleaseState:
    """Whether a version was released.

    Attributes
    ----------
    release : int or None
        Number of the newest release of the version; None if there is none.
    author, institution : str
        Who signed.
    created : str
        When, as the author says.
    is_trusted : bool
        Whether a known key stands behind the signer.
    is_logged : bool
        Whether there is a proof that it was logged.
    stamped : str or None
        Time that a time stamp claims.
    problem : str
        What is wrong with the newest release; empty if nothing is.
    """

    release: int | None = None
    author: str = ""
    institution: str = ""
    created: str = ""
    is_trusted: bool = False
    is_logged: bool = False
    stamped: str | None = None
    problem: str = ""

    def __str__(self) -> str:
        if self.problem:
            return f"release {self.release} is not to be relied on: {printable(self.problem)}"
        if self.release is None:
            return "not released"
        who = f"{printable(self.author)} ({printable(self.institution)})"
        parts = [f"release {self.release}, signed by {who} on {self.created[:10]}"]
        parts += [] if self.is_trusted else ["by a key that nobody vouches for here"]
        parts += ["time-stamped"] if self.stamped else []
        parts += ["in the log"] if self.is_logged else []
        return ", ".join(parts)


def find_release_state(
    objects: ObjectStore, head: Head, trusted: Iterable[TrustedKey] = ()
) -> ReleaseState:
    """Return whether a version was released.

    Parameters
    ----------
    objects : ObjectStore
        The dataset's directory.
    head : Head
        The version, as the catalogue gave it.
    trusted : iterable of TrustedKey
        Of the catalogue and of the person.

    Returns
    -------
    ReleaseState
        Of the newest release of this version. A damaged release that may have been of it is
        told as a problem.
    """
    keys = tuple(trusted)
    problem = ReleaseState()
    for number in reversed(release_numbers(objects)):
        try:
            signed = read_signed(objects, number)
            opened = open_signed(signed, keys)
            if _is_of(opened, head, number):
                return _state(objects, number, signed, opened)
        except DatasetsError as error:
            problem = ReleaseState(release=number, problem=error.message)
    return problem


def _is_of(opened: OpenedRelease, head: Head, number: int) -> bool:
    """Return whether a release is of this very version."""
    outline = opened.release.outline
    found = (outline.release, outline.dataset, outline.version, outline.manifest_root)
    return found == (number, head.dataset, head.version, head.manifest_root)


def _state(
    objects: ObjectStore, number: int, signed: SignedRelease, opened: OpenedRelease
) -> ReleaseState:
    """Return what to show of a release."""
    stamp = objects.get_public(file_path(number, STAMP))
    outline = opened.release.outline
    return ReleaseState(
        release=number,
        author=outline.author,
        institution=outline.institution,
        created=opened.release.created,
        is_trusted=opened.judgement.standing is Standing.TRUSTED,
        is_logged=log_check(signed, opened).outcome is not Outcome.SKIPPED,
        stamped=None if stamp is None else read_stamp(stamp, signed.envelope).time,
    )
