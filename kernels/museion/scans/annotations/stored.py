"""Annotations in a dataset: one file of Web Annotations beside the scan, versioned with it."""

import json
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

from museion import _session
from museion.errors import InputError
from museion.scans.annotations.anchoring import place_annotations
from museion.scans.annotations.json_ld import from_json_ld, scene_id, to_json_ld
from museion.scans.annotations.model import Annotation

if TYPE_CHECKING:
    from museion.scans.scan import Scan
    from museion_datasets.dataset import Dataset
    from museion_datasets.draft import Draft
    from museion_datasets.versions.snapshot import Snapshot
    from museion_datasets.versions.wish import DraftTerms

MAX_BYTES = 64 * 2**20


def annotations_path(name: str) -> str:
    """Return the path under `files/` of a scan's annotations.

    Parameters
    ----------
    name : str
        Of the scan.
    """
    return f"scans/{name}/annotations.jsonld"


def put_annotations(draft: "Draft", name: str, annotations: Sequence[Annotation]) -> None:
    """Write the annotations of a scan into a draft, in place of those that are there.

    Parameters
    ----------
    draft : Draft
    name : str
        Of the scan.
    annotations : sequence of Annotation
        As `place_annotations` gives them.

    Raises
    ------
    InputError
        If there are too many.
    """
    page = to_json_ld(annotations, scene_id(draft.path, name))
    text = json.dumps(page, ensure_ascii=False, indent=1, allow_nan=False)
    draft.put_file(annotations_path(name), text.encode())


def read_annotations(snapshot: "Snapshot", scan: "Scan") -> tuple[Annotation, ...]:
    """Read the annotations of a scan, placed on its surface.

    Parameters
    ----------
    snapshot : Snapshot
        The dataset's version.
    scan : Scan

    Raises
    ------
    InputError
        If the file holds something else.
    """
    key = f"files/{annotations_path(scan.name)}"
    if snapshot.find(key) is None:
        return ()
    return _on(scan, _decode(bytes(snapshot.read(key))))


def save_annotations(
    path: str,
    name: str,
    annotations: Sequence[Annotation],
    *,
    message: str = "",
    keep_others: bool = True,
    purpose: str | None = None,
) -> "Dataset":
    """Save annotations of a scan as the dataset's next version.

    Parameters
    ----------
    path : str
        Of the dataset.
    name : str
        Of the scan.
    annotations : sequence of Annotation
        They count where the stored ones have the same id.
    message : str
        What has changed, for people.
    keep_others : bool
        Whether stored annotations with other ids stay.
    purpose : str, optional
        What the dataset is opened for, if its owner limits that.

    Returns
    -------
    Dataset
        The new version, open.

    Raises
    ------
    InputError
        If one is not on the scan, or the scan was replaced meanwhile.
    """
    from museion.scans.scan import Scan  # noqa: PLC0415 - which knows its annotations

    library = _session.library()
    scan = Scan.of(library.open(path, purpose=purpose)[name])
    known = {scan.version: scan.geometry}
    for version in {each.version for each in annotations} - {0, *known}:
        known[version] = _geometry(path, name, version, purpose)
    drawn = [
        each if each.surface else replace(each, surface=known.get(each.version, ""))
        for each in annotations
    ]
    placed = _on(scan, drawn)
    ids = {each.id for each in placed}
    others = [each for each in scan.annotations if keep_others and each.id not in ids]
    with library.draft(path, **_terms(purpose)) as draft:
        if _digest(draft, name) != scan.geometry:
            raise InputError(
                "Somebody has replaced the scan meanwhile", hint="save the annotations again."
            )
        draft.message = message or f"Annotations on {name}"
        put_annotations(draft, name, [*others, *placed])
    return library.open(path, purpose=purpose)


def _on(scan: "Scan", annotations: Sequence[Annotation]) -> tuple[Annotation, ...]:
    if all(each.anchors and each.surface == scan.geometry for each in annotations):
        return tuple(annotations)
    return place_annotations(annotations, scan.measure, surface=scan.geometry, version=scan.version)


def _terms(purpose: str | None) -> "DraftTerms":
    return {} if purpose is None else {"purpose": purpose}


def _digest(draft: "Draft", name: str) -> str:
    return f"sha256:{sha256(draft.read_bytes(f'scans/{name}/head')).hexdigest()}"


def _geometry(path: str, name: str, version: int, purpose: str | None) -> str:
    """Return the digest of the geometry that a scan had in a version.

    Raises
    ------
    InputError
        If that version had no such scan.
    """
    from museion.scans.scan import Scan  # noqa: PLC0415

    dataset = _session.library().open(path, version, purpose=purpose)
    return Scan.of(dataset[name]).geometry


def _decode(content: bytes) -> tuple[Annotation, ...]:
    """Read a file of annotations.

    Raises
    ------
    InputError
        If it is none.
    """
    if len(content) > MAX_BYTES:
        raise InputError(
            f"The file of annotations is too large: {len(content)} bytes",
            hint=f"at most {MAX_BYTES} bytes are read.",
        )
    try:
        return from_json_ld(json.loads(content))
    except (ValueError, RecursionError) as error:
        raise InputError(
            "The file of annotations is damaged", hint="open an earlier version of the dataset."
        ) from error
