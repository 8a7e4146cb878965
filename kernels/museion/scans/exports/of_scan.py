"""The exports of a stored scan, as methods that `museion.scans.Scan` inherits."""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from museion.scans.exports.content import (
    ExportMesh,
    ScanFacts,
    coarse_mesh,
    measured_mesh,
    require_triangles,
)
from museion.scans.exports.glb import encode_glb
from museion.scans.exports.iiif import make_manifest
from museion.scans.exports.ply import encode_ply
from museion.scans.exports.write import deliver
from museion.scans.levels import ScanCut
from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.policy import DatasetPolicy


class Exportable(Protocol):
    """What an export needs of a scan."""

    @property
    def facts(self) -> ScanFacts:
        """What goes with every export."""

    @property
    def metres_per_unit(self) -> float:
        """Metres for one unit of the stored coordinates."""

    @property
    def measured(self) -> MeshArrays:
        """The mesh at full resolution."""

    @property
    def policy(self) -> DatasetPolicy | None:
        """What the owner of the dataset allows."""

    def simplified(self, max_triangles: int) -> ScanCut:
        """Return the best level of detail within a number of triangles."""


class ScanExports:
    """Part of a `museion.scans.Scan`: it as files that other programs read."""

    def to_glb(
        self: Exportable,
        path: str | os.PathLike[str] | None = None,
        *,
        max_triangles: int | None = None,
        jurisdiction: str = "",
    ) -> bytes | None:
        """Export as binary glTF 2.0: metres, y up, vertex colours, facts in `asset.extras`.

        Parameters
        ----------
        path : path-like, optional
            Takes the place of what is there, once it is whole; bytes are returned otherwise.
        max_triangles : int, optional
            The best level of detail within so many; full resolution by default.
        jurisdiction : str
            Where the path lies; needed where the policy says where the data may be stored.

        Raises
        ------
        InputError
            If the unit of length is not known, the file would be too large for GLB, or it
            can't be written.
        PolicyError
            If the owner does not allow the data to be stored there.
        """
        return _deliver(self, encode_glb(*_exported(self, max_triangles)), path, jurisdiction)

    def to_ply(
        self: Exportable,
        path: str | os.PathLike[str] | None = None,
        *,
        max_triangles: int | None = None,
        jurisdiction: str = "",
    ) -> bytes | None:
        """Export as binary PLY: metres, z up, colours and every layer, facts as comments.

        Parameters
        ----------
        path, max_triangles, jurisdiction
            As for `to_glb`.

        Raises
        ------
        InputError
            If the unit of length is not known, PLY has no type for a layer, or the file can't
            be written.
        PolicyError
            If the owner does not allow the data to be stored there.
        """
        return _deliver(self, encode_ply(*_exported(self, max_triangles)), path, jurisdiction)

    def to_iiif(
        self: Exportable,
        manifest_url: str,
        model_url: str,
        path: str | os.PathLike[str] | None = None,
        *,
        max_triangles: int | None = None,
        annotations: Sequence[Mapping[str, Any]] = (),
    ) -> bytes | None:
        """Describe a published export in a manifest of the IIIF Presentation API 4.0 (draft).

        Parameters
        ----------
        manifest_url, model_url : str
            Where the manifest and the GLB file are published.
        path : path-like, optional
            As for `to_glb`.
        max_triangles : int, optional
            As given for the GLB file.
        annotations : sequence of mapping
            W3C Web Annotations on the manifest's scene (`exports.iiif.scene_url`).

        Raises
        ------
        InputError
            If an address or an annotation is none, or the file can't be written.
        """
        facts = self.facts if max_triangles is None else self.facts.at(_cut(self, max_triangles))
        manifest = make_manifest(facts, manifest_url, model_url, annotations)
        return deliver([json.dumps(manifest, indent=2, ensure_ascii=False).encode()], path)


def _exported(scan: Exportable, max_triangles: int | None) -> tuple[ExportMesh, ScanFacts]:
    scale = scan.metres_per_unit
    if max_triangles is None:
        return measured_mesh(scan.measured, scale), scan.facts
    cut = _cut(scan, max_triangles)
    return coarse_mesh(cut, scale), scan.facts.at(cut)


def _cut(scan: Exportable, max_triangles: int) -> ScanCut:
    return scan.simplified(require_triangles(max_triangles))


def _deliver(
    scan: Exportable,
    pieces: Iterable[bytes],
    path: str | os.PathLike[str] | None,
    jurisdiction: str,
) -> bytes | None:
    if path is not None:
        from museion_datasets.export import require_exportable  # noqa: PLC0415 - loads readers

        require_exportable(scan.policy, Path(path).absolute().parent, jurisdiction)
    return deliver(pieces, path)
