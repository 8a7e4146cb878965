"""Walks an HDF5 file without leaving it.

A file may point at others: by external links, by values stored elsewhere, by virtual
datasets. A file from outside that does so would make the reader fetch what its sender
wishes, so such parts are skipped and named, and a variable's values never come from there.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import h5py

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.damage import parsing
from museion_datasets.ingest.limits import MAX_DEPTH, MAX_PARTS, require_expansion
from museion_datasets.ingest.source import reading


@dataclass(slots=True)
class Contents:
    """What a file holds.

    Attributes
    ----------
    datasets : dict of str to h5py.Dataset
        By path without leading slash, in the file's order.
    groups : dict of str to h5py.Group
        By path; the root is the empty text.
    skipped : list of str
        Paths that lead out of the file.
    """

    datasets: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, Any] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


@contextmanager
def open_hdf5(path: Path) -> Iterator[tuple[h5py.File, Contents]]:
    """Open a file and list what it holds.

    Parameters
    ----------
    path : Path
        An HDF5 file.

    Yields
    ------
    file : h5py.File
        Open for reading.
    contents : Contents
        Its own datasets.
    """
    with reading(path):
        size = path.stat().st_size
        path.open("rb").close()
    with ExitStack() as stack:
        with parsing(path):
            file = stack.enter_context(h5py.File(path, "r", locking=False))
            contents = Contents(groups={"": file})
            _walk(file, "", contents, 0)
            stored = sum(each.nbytes for each in contents.datasets.values())
        require_expansion(path.name, stored, size)
        yield file, contents


def _walk(group: Any, inside: str, contents: Contents, depth: int) -> None:  # noqa: ANN401
    """List a group.

    Raises
    ------
    InvalidError
        If it is too deep, or holds too many datasets.
    """
    if depth > MAX_DEPTH or len(contents.datasets) + len(contents.groups) > MAX_PARTS:
        raise InvalidError(
            f"The file holds too many or too deep groups near {inside!r:.80}",
            hint="export the measurement into a file of its own.",
        )
    for name in group:
        path = f"{inside}/{name}" if inside else name
        link = group.get(name, getlink=True)
        if isinstance(link, h5py.ExternalLink):
            contents.skipped.append(path)
        elif isinstance(link, h5py.HardLink):
            _visit(group[name], path, contents, depth)


def _visit(found: Any, path: str, contents: Contents, depth: int) -> None:  # noqa: ANN401
    """List a group or dataset."""
    if isinstance(found, h5py.Group):
        if found.id not in {known.id for known in _ancestors(contents, path.rpartition("/")[0])}:
            contents.groups[path] = found
            _walk(found, path, contents, depth + 1)
    elif isinstance(found, h5py.Dataset):
        if found.is_virtual or found.external:
            contents.skipped.append(path)
        else:
            contents.datasets[path] = found


def _ancestors(contents: Contents, path: str) -> list[Any]:
    """Return the groups that a path lies in: a hard link may lead back to one of them."""
    parts = path.split("/") if path else []
    return [contents.groups["/".join(parts[:count])] for count in range(len(parts) + 1)]


def text(value: Any) -> str:  # noqa: ANN401
    """Return an attribute as text.

    Parameters
    ----------
    value : any
        Bytes, text, or an array of one.

    Returns
    -------
    str
        Empty for what is no text.
    """
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value if isinstance(value, str) else ""
