"""Copies a version out: decrypted as plain files, or sealed as it lies.

Plain, every item becomes what any program opens: arrays and trees are ordinary zarr
groups (or NetCDF), tables are Parquet, files are what was put in; a README says rights and
provenance, and SHA256SUMS what was written. Sealed, the copy is a dataset's directory of
this one version with its releases, complete for verifying it offline without keys.

A copy is made beside its place and moved there when it is whole, so that a half one never
looks like one.
"""

import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from museion_datasets.dataset import Dataset
from museion_datasets.display.text import plain, size_text
from museion_datasets.errors import ConflictError, IntegrityError, InvalidError, PolicyError
from museion_datasets.jurisdiction import require_jurisdiction
from museion_datasets.model import Head
from museion_datasets.objects import LocalObjects, ObjectStore, storage_errors
from museion_datasets.policy import RIGHTS, DatasetPolicy, require_storable
from museion_datasets.release.files import release_numbers
from museion_datasets.release.state import find_release_state
from museion_datasets.sealing.keynames import require_key
from museion_datasets.versions.naming import ItemKind

_PIECE_BYTES = 4 << 20
_PLAIN_FOLDERS = ("arrays/", "trees/", "tables/", "scans/", "files/")
_ZARR_FOLDERS = ("arrays/", "trees/")
_MAX_NAME_BYTES = 255

type Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all, and what is being copied."""


@dataclass(frozen=True, slots=True)
class Export:
    """What was copied.

    Attributes
    ----------
    folder : Path
        Where to.
    files : int
        How many files.
    size_bytes : int
        Their size.
    """

    folder: Path
    files: int
    size_bytes: int


def export_plain(
    dataset: Dataset,
    folder: Path,
    *,
    netcdf: bool = False,
    jurisdiction: str = "",
    progress: Progress | None = None,
) -> Export:
    """Copy a version's items, decrypted.

    Parameters
    ----------
    dataset : Dataset
        The version.
    folder : Path
        Not there yet, or empty.
    netcdf : bool
        Whether arrays and trees become NetCDF files rather than zarr groups.
    jurisdiction : str
        Where the folder lies; needed where the policy says where the data may be stored.
    progress : callable, optional
        Told how far it is.

    Returns
    -------
    Export
        What was copied.
    """
    require_exportable(dataset.snapshot.policy, folder, jurisdiction)
    left_out = _ZARR_FOLDERS if netcdf else ()
    keys = [
        key
        for key in dataset.keys()  # noqa: SIM118 - a method with a prefix
        if key.startswith(_PLAIN_FOLDERS) and not key.startswith(left_out or ("\0",))
    ]
    with _whole(folder) as part:
        sums = dict(_copy_plain(dataset, keys, part, progress))
        if netcdf:
            sums |= dict(_write_netcdf(dataset, part))
        texts = {"README.md": readme(dataset), "museion.json": _description(dataset)}
        for name, text in texts.items():
            (part / name).write_text(text, encoding="utf-8")
            sums[name] = hashlib.sha256(text.encode()).hexdigest()
        lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items()))
        (part / "SHA256SUMS").write_text(lines, encoding="utf-8")
        return _measured(folder, part)


def export_sealed(
    dataset: Dataset, folder: Path, *, jurisdiction: str = "", progress: Progress | None = None
) -> Export:
    """Copy a version as it lies: sealed objects, its head and its releases.

    Parameters
    ----------
    dataset : Dataset
        The version.
    folder : Path
        Not there yet, or empty.
    jurisdiction : str
        Where the folder lies; needed where the policy says where the data may be stored.
    progress : callable, optional
        Told how far it is.

    Returns
    -------
    Export
        What was copied; no key is needed to verify it, and none is in it.
    """
    require_exportable(dataset.snapshot.policy, folder, jurisdiction)
    snapshot = dataset.snapshot
    source = snapshot.sealed.objects
    entries = (*snapshot.manifest.objects, *snapshot.manifest)
    total = sum(entry.ciphertext_bytes for entry in entries)
    with _whole(folder) as part:
        copy, done = LocalObjects(part), 0
        for entry in entries:
            copy.write(entry.object_id, _pieces(source, entry.object_id, entry.ciphertext_bytes))
            done += entry.ciphertext_bytes
            if progress:
                progress(done, total, entry.object_id)
        copy.keep_head(snapshot.head.version, json.dumps(snapshot.head.to_json()).encode())
        for path in _public_paths(source, snapshot.head):
            content = source.get_public(path)
            if content is not None:
                copy.put_public(path, content)
        return _measured(folder, part)


def require_exportable(policy: DatasetPolicy | None, folder: Path, jurisdiction: str) -> None:
    """Refuse a folder where the dataset may not be stored.

    Parameters
    ----------
    policy : DatasetPolicy or None
        The dataset's.
    folder : Path
        Where a copy, or a part of it, would lie.
    jurisdiction : str
        Where that is; empty if nobody said it.

    Raises
    ------
    PolicyError
        With the reason.
    """
    if policy is None:
        return
    where = require_jurisdiction(jurisdiction) if jurisdiction else ""
    try:
        require_storable(policy, str(folder), where)
    except PolicyError as error:
        hint = error.hint if where else "say where it lies: jurisdiction=, or --jurisdiction."
        raise PolicyError(error.message, hint=hint) from None


def readme(dataset: Dataset) -> str:
    """Return the text beside a plain copy: what it is, whose, and where it comes from.

    Parameters
    ----------
    dataset : Dataset
        The version.

    Returns
    -------
    str
        Markdown.
    """
    record, head = dataset.record, dataset.head
    rights = RIGHTS.get(record.rights)
    facts = [
        ("Dataset", f"{record.path}, version {head.version}"),
        ("Rights", f"{rights.label}, {rights.uri}" if rights else record.rights),
        ("Owner", dataset.owner),
        *(("Condition", each) for each in dataset.conditions),
        ("Kind", f"{record.kind}, {'computed' if record.synthetic else 'measured'}"),
        ("Committed", f"{head.created} by {head.author}"),
        ("Message", head.message),
        *(("Derived from", each) for each in dataset.derived_from),
        ("Signature", dataset.signature),
        ("Identifier", record.id),
        ("Manifest root", head.manifest_root),
    ]
    lines = [f"- {name}: {_line(value)}" for name, value in facts if value]
    items = [
        f"- {_line(item.name)} ({item.kind.value}, {size_text(item.size_bytes)})"
        for item in dataset.items.values()
    ]
    about = [_line(record.description), ""] if record.description else []
    return "\n".join([
        f"# {_line(record.title)}",
        "",
        *about,
        *lines,
        "",
        "## Items",
        "",
        *items,
        "",
        _HOW,
    ])


_HOW = """\
## How to open it

- `arrays/…` and `trees/…` are zarr 3 groups: `xarray.open_zarr("arrays/…", consolidated=False)`
- `tables/….parquet`: `pandas.read_parquet("tables/….parquet")`
- `files/…` are the files as they were put in, byte for byte

This copy is not encrypted: the rights above go with it. `sha256sum -c SHA256SUMS` checks it.
"""


def _description(dataset: Dataset) -> str:
    """Return what the catalogue says, for programs."""
    said: dict[str, Any] = {
        "record": dataset.record.to_json(),
        "head": dataset.head.to_json(),
        "owner": dataset.owner,
        "signature": dataset.signature,
    }
    return json.dumps(said, indent=2, ensure_ascii=False) + "\n"


def _line(text: str) -> str:
    """Return a person's text as one line of Markdown that starts nothing."""
    return plain(text).replace("<", "&lt;").replace("`", "'")


def _copy_plain(
    dataset: Dataset, keys: Sequence[str], part: Path, progress: Progress | None
) -> Iterator[tuple[str, str]]:
    """Write decrypted objects; yield the path and SHA-256 of each."""
    snapshot = dataset.snapshot
    total, done = sum(snapshot.require(key).plaintext_bytes for key in keys), 0
    for key in keys:
        path = _inside(part, key)
        hasher = hashlib.sha256()
        with dataset.open_file(key) as source, storage_errors("write"), _fresh(path) as target:
            while piece := source.read(_PIECE_BYTES):
                hasher.update(piece)
                target.write(piece)
                done += len(piece)
        if progress:
            progress(done, total, key)
        yield key, hasher.hexdigest()


def _write_netcdf(dataset: Dataset, part: Path) -> Iterator[tuple[str, str]]:
    """Write arrays and trees as NetCDF; yield the path and SHA-256 of each."""
    for item in dataset.items.values():
        if item.kind in {ItemKind.ARRAY, ItemKind.TREE}:
            name = f"{item.kind.value}s/{item.name}.nc"
            path = _inside(part, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            tree = item.to_datatree(lazy=True)
            for node in tree.subtree:
                node.attrs = {key: _plain_attribute(value) for key, value in node.attrs.items()}
                for variable in node.variables.values():
                    variable.attrs.pop("museion", None)
            tree.to_netcdf(path, engine="h5netcdf")
            with path.open("rb") as file:
                yield name, hashlib.file_digest(file, "sha256").hexdigest()


def _plain_attribute(value: Any) -> Any:  # noqa: ANN401 - any attribute
    """Return an attribute as NetCDF keeps it."""
    return json.dumps(value) if isinstance(value, dict | bool) or value is None else value


def _pieces(objects: ObjectStore, name: str, size_bytes: int) -> Iterator[memoryview]:
    """Yield a stored object piece by piece.

    Raises
    ------
    IntegrityError
        If it has another length than the manifest says.
    """
    with objects.reader(name) as reader:
        if reader.size_bytes != size_bytes:
            raise IntegrityError(
                f"A stored object has the wrong length: {name}",
                hint="restore the dataset's directory from a backup.",
            )
        for start in range(0, size_bytes, _PIECE_BYTES):
            piece = memoryview(bytearray(min(_PIECE_BYTES, size_bytes - start)))
            reader.read_into(start, piece)
            yield piece


def _public_paths(objects: ObjectStore, head: Head) -> list[str]:
    """Return the public files of a version: its release, those before it, and sealed keys."""
    release = find_release_state(objects, head).release
    last = release if release is not None else 0
    known = {str(number) for number in release_numbers(objects) if number <= last}
    releases = [path for path in objects.list_public("releases/") if path.split("/")[1] in known]
    return [*releases, *objects.list_public("keys/")]


def _inside(folder: Path, key: str) -> Path:
    """Return the file of a logical key below a folder.

    Raises
    ------
    InvalidError
        If the key would lead elsewhere, or no file system can hold it.
    """
    require_key(key)
    path = folder.joinpath(*key.split("/"))
    if not path.is_relative_to(folder) or any(
        len(os.fsencode(name)) > _MAX_NAME_BYTES or "\\" in name for name in key.split("/")
    ):
        raise InvalidError(
            f"An item cannot be a file here: {key!r:.80}", hint="rename the item in a new version."
        )
    return path


@contextmanager
def _fresh(path: Path) -> Iterator[Any]:
    """Open a new file for writing.

    Raises
    ------
    ConflictError
        If two items would be the same file.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("xb")
    except (FileExistsError, NotADirectoryError) as error:
        raise ConflictError(
            f"Two items would be the same file here: {path.name!r:.80}",
            hint="export to a file system that tells upper from lower case, or rename one item.",
        ) from error
    with file:
        yield file


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """Give a folder to fill that takes its place when the block ends, or disappears.

    Raises
    ------
    ConflictError
        If there is something in the place already.
    """
    if folder.is_symlink() or (folder.exists() and (not folder.is_dir() or any(folder.iterdir()))):
        raise ConflictError(
            f"There is something here already: {folder}", hint="name a new or an empty folder."
        )
    part = folder.absolute().with_name(f".{folder.absolute().name}.{secrets.token_hex(4)}.part")
    with storage_errors("write"):
        part.mkdir(mode=0o700, parents=True)
    try:
        yield part
        with storage_errors("write"):
            part.replace(folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _measured(folder: Path, part: Path) -> Export:
    """Return what lies in a copy."""
    files = [path.stat().st_size for path in part.rglob("*") if path.is_file()]
    return Export(folder, len(files), sum(files))
