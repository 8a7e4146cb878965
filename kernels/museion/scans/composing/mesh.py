"""A level of detail of a scan as a pythreejs mesh."""

from typing import Any

import numpy as np
import pythreejs

from museion.errors import InputError
from museion.scans.composing.sealed import around_middle, sealed_geometry
from museion.scans.exports.content import require_triangles
from museion.scans.levels import ScanCut

MOST_TRIANGLES = 5_000_000
_ROUGHNESS = 0.7


def require_drawable(max_triangles: object) -> int:
    """Return a number of triangles that pythreejs can handle.

    Raises
    ------
    InputError
        If there are more, or it is no number of triangles.
    """
    wished = require_triangles(max_triangles)
    if wished > MOST_TRIANGLES:
        raise InputError(
            f"Too many triangles for pythreejs: {wished}",
            hint=f"ask for at most {MOST_TRIANGLES}, or show the scan with museion.view.",
        )
    return wished


def make_mesh(cut: ScanCut, scale: float = 1.0) -> Any:  # noqa: ANN401 - pythreejs has no types
    """Return the mesh, its `position` in the scan's own frame.

    Parameters
    ----------
    cut : ScanCut
    scale : float
        Metres for one unit of its coordinates.

    Returns
    -------
    pythreejs.Mesh
        In metres, z up.

    Raises
    ------
    InputError
        If it is a cloud of points.
    """
    if cut.normals is None or len(cut.faces) == 0:
        raise InputError(
            "A cloud of points is no mesh that pythreejs could light",
            hint="show it with museion.view.",
        )
    positions, middle = around_middle(cut.vertices * scale)
    arrays = {
        "position": positions,
        "normal": cut.normals.astype(np.float32),
        "index": cut.faces.astype(np.uint32).ravel(),
    }
    if cut.colors is not None:
        arrays["color"] = cut.colors.astype(np.float32) / np.float32(255)
    material = pythreejs.MeshStandardMaterial(
        vertexColors="NoColors" if cut.colors is None else "VertexColors",
        roughness=_ROUGHNESS,
        metalness=0.0,
        side="DoubleSide",
    )
    return pythreejs.Mesh(sealed_geometry(arrays), material, position=tuple(middle.tolist()))
