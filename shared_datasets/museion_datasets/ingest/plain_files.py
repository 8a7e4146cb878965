"""Files and folders that are kept as they are: documents, recordings, archives, whole trees.

A folder keeps its tree: every file under its own name. Links are not followed, since they
may lead anywhere; what operating systems leave behind is skipped. Both are said.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.form import Reading
from museion_datasets.ingest.limits import MAX_DEPTH, MAX_FILES
from museion_datasets.ingest.source import Original, look_at, reading, safe_name

_JUNK = frozenset({
    "thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store", ".directory", "__macosx",
    ".spotlight-v100", ".trashes", ".fseventsd", "$recycle.bin", "system volume information",
})  # fmt: skip
_KEPT = {
    ".mtl", ".off", ".3mf", ".fbx", ".dae", ".x3d", ".pts", ".ptx", ".xyz", ".pcd",
    ".dng", ".cr2", ".cr3", ".nef", ".arw", ".raf", ".orf", ".rw2",
    ".pdf", ".txt", ".md", ".xml", ".json", ".jsonld", ".yaml", ".lp", ".ptm", ".rti",
    ".wav", ".mp4", ".mov", ".svg", ".docx", ".xlsx", ".odt", ".ods", ".zip",
    ".bcf", ".spx", ".mca", ".mda", ".cfg", ".rpl", ".dms", ".wdf", ".spc", ".jdx", ".sed",
    ".asd", ".npz", ".npy",
}  # fmt: skip


_NAMED = 3


class PlainFileReader:
    """Keeps a file of a kind that has no analysis form here."""

    name = "file"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether its ending is one that is kept as it is."""
        return bool(head is not None) and path.suffix.lower() in _KEPT and not path.is_dir()

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the file."""
        return (look_at(path),)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open nothing: the file is all there is."""
        with reading(path):
            yield Reading(())


class FolderReader:
    """Keeps a folder with everything in it."""

    name = "folder"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether it is a folder."""
        return head == b"" and path.is_dir()

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return all files of the tree.

        Raises
        ------
        InvalidError
            If there is none, or two keep the same name.
        """
        found = tuple(_walk(path, PurePosixPath(safe_name(path.resolve().name)), []))
        if not found:
            raise InvalidError(f"The folder is empty: {path.name!r:.80}", hint="check its path.")
        names = {original.name for original in found}
        if len(names) != len(found):
            raise InvalidError(
                f"Two files of {path.name!r:.80} would keep the same name",
                hint="rename one of those with control characters in its name.",
            )
        return found

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Say what was skipped."""
        skipped: list[str] = []
        for _ in _walk(path, PurePosixPath(), skipped):
            pass
        yield Reading((), _said(skipped), {"skipped": skipped})


def _said(skipped: list[str]) -> tuple[str, ...]:
    """Name what was skipped, the first few in full."""
    if not skipped:
        return ()
    rest = len(skipped) - _NAMED
    more = f" and {rest:,} more" if rest > 0 else ""
    return (f"Skipped: {', '.join(skipped[:_NAMED])}{more}",)


def _walk(
    folder: Path, inside: PurePosixPath, skipped: list[str], *, depth: int = 0
) -> Iterator[Original]:
    """Yield the files below a folder in the order of their names.

    Raises
    ------
    InvalidError
        If it is too deep, or holds too many files.
    """
    if depth > MAX_DEPTH:
        raise InvalidError(
            f"Folders lie more than {MAX_DEPTH} deep in {folder.name!r:.80}",
            hint="ingest an inner folder.",
        )
    with reading(folder):
        entries = sorted(os.scandir(folder), key=lambda entry: os.fsencode(entry.name))
    if len(entries) > MAX_FILES:
        raise InvalidError(
            f"More than {MAX_FILES:,} files in {folder.name!r:.80}",
            hint="pack them into archives, or ingest them in several datasets.",
        )
    for entry in entries:
        path, name = folder / entry.name, inside / safe_name(entry.name)
        if entry.name.lower() in _JUNK or entry.name.startswith("._"):
            skipped.append(f"{name} (left by an operating system)")
        elif entry.is_symlink():
            skipped.append(f"{name} (a link)")
        elif entry.is_dir(follow_symlinks=False):
            yield from _walk(path, name, skipped, depth=depth + 1)
        elif entry.is_file(follow_symlinks=False):
            yield look_at(path, str(name))
        else:
            skipped.append(f"{name} (no ordinary file)")
