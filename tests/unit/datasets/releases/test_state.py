"""What stands beside an opened version."""

from pathlib import Path

from museion_datasets.library import Library
from museion_datasets.release.state import find_release_state
from tests.support.datasets import PANEL
from tests.support.releases import change_envelope, forge, read_release, release_folder


def test_released_version_says_who_and_when(library: Library) -> None:
    text = str(library.release_state(PANEL))
    created = library.release_state(PANEL).created[:10]
    assert text == f"release 1, signed by local (murals) on {created}"
    assert library.open(PANEL).signature == text


def test_version_after_the_release_is_not_released(library: Library) -> None:
    with library.draft(PANEL) as draft:
        draft.put_file("more.txt", b"more")
    assert str(library.release_state(PANEL)) == "not released"
    assert library.release_state(PANEL, 1).release == 1


def test_newest_release_of_a_version_counts(library: Library) -> None:
    library.release(PANEL, message="Again, with other words")
    assert library.release_state(PANEL).release == 2


def test_key_that_the_catalogue_does_not_stand_for_is_said(home: Path, library: Library) -> None:
    folder = release_folder(home, library)
    forge(folder, read_release(folder))
    state = library.release_state(PANEL)
    assert not state.is_trusted
    assert "nobody vouches for" in str(state)


def test_damaged_release_is_not_shown_as_none(home: Path, library: Library) -> None:
    change_envelope(release_folder(home, library), lambda e: e["signatures"].clear())
    assert "release 1 is not to be relied on" in str(library.release_state(PANEL))


def test_state_without_any_trusted_key_claims_no_trust(library: Library) -> None:
    snapshot = library.open(PANEL).snapshot
    assert not find_release_state(snapshot.sealed.objects, snapshot.head).is_trusted
