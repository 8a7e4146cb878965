"""What a composed scene is furnished with: reconstructions, lines, arrows, labels, lights."""

from typing import Any

import numpy as np
import pythreejs
from numpy.typing import NDArray
from PIL import ImageFont

from museion.errors import InputError
from museion.scans.composing.sealed import SealedLines, around_middle, sealed_geometry
from museion.scans.measure.plane import Plane
from museion.scans.measure.section import Section
from museion.scans.measure.surface import require_points
from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.mesh import MeshArrays, require_mesh
from museion_datasets.ingest.scans.surface import vertex_normals

type Array = NDArray[Any]

_LINE_PX = 3.0
_LETTERS_PX = 64
_HEAD_LENGTH, _HEAD_WIDTH, _SHAFT_WIDTH = 0.22, 0.07, 0.022
_SIDES = 24
_PLATE = "#fbfaf7"
_OVER = 10  # drawn after everything else
_TINY = 1e-12


def reconstruction(vertices: object, faces: object, color: str, opacity: float) -> Any:  # noqa: ANN401
    """Return a mesh of plain colour.

    Parameters
    ----------
    vertices : (n, 3) array-like
        In metres, in the scene's frame.
    faces : (m, 3) array-like of int
    color : str
        As CSS has it.
    opacity : float
        0 to 1.

    Raises
    ------
    InputError
        If the arrays are no mesh.
    """
    mesh = MeshArrays(np.asarray(vertices, np.float64), np.asarray(faces, np.int64))
    try:
        require_mesh(mesh)
    except InvalidError as error:
        raise InputError(error.message, hint=error.hint) from error
    positions, middle = around_middle(mesh.vertices)
    geometry = sealed_geometry({
        "position": positions,
        "normal": vertex_normals(mesh.vertices, mesh.faces).astype(np.float32),
        "index": mesh.faces.astype(np.uint32).ravel(),
    })
    material = pythreejs.MeshStandardMaterial(
        color=color, opacity=opacity, transparent=opacity < 1.0, roughness=0.8, side="DoubleSide"
    )
    return pythreejs.Mesh(geometry, material, position=tuple(middle.tolist()))


def lines(ends: Array, color: str, *, is_over: bool = False) -> Any:  # noqa: ANN401
    """Return straight lines.

    Parameters
    ----------
    ends : (n, 2, 3) float64
        In metres.
    color : str
    is_over : bool
        Whether they are seen through what lies before them.
    """
    flat, middle = around_middle(ends.reshape(-1, 3))
    return pythreejs.LineSegments2(
        SealedLines(positions=flat.reshape(-1, 2, 3)),
        pythreejs.LineMaterial(
            color=color, linewidth=_LINE_PX, depthTest=not is_over, transparent=is_over
        ),
        position=tuple(middle.tolist()),
        renderOrder=_OVER - 1 if is_over else 0,
    )


def outline(section: Section, color: str) -> Any:  # noqa: ANN401 - pythreejs has no types
    """Return the profile of a section as lines.

    Parameters
    ----------
    section : Section
    color : str
    """
    parts = []
    for chain in section.chains:
        points = chain.points
        following = np.roll(points, -1, axis=0)
        pairs = np.stack([points, following], axis=1)
        parts.append(pairs if chain.is_closed else pairs[:-1])
    return lines(np.concatenate(parts), color)


def cut_away(plane: Plane, middle: Array) -> Any:  # noqa: ANN401 - pythreejs has no types
    """Return the plane that hides what lies on the side its normal points to.

    Parameters
    ----------
    plane : Plane
    middle : (3,) float64
        Of the scene, which is drawn around it.
    """
    constant = plane.offset - float(plane.normal @ middle)
    return pythreejs.Plane(normal=tuple((-plane.normal).tolist()), constant=constant)


def arrow(start: object, end: object, color: str) -> Any:  # noqa: ANN401 - pythreejs has no types
    """Return an arrow with a round shaft.

    Parameters
    ----------
    start, end : (3,) array-like
        In metres; the tip is at `end`.
    color : str

    Raises
    ------
    InputError
        If both are the same point.
    """
    begin, tip = require_points(start, "start of the arrow"), require_points(end, "its end")
    along = tip - begin
    length = float(np.linalg.norm(along))
    if length < _TINY:
        raise InputError("The arrow has no length", hint="give two different points.")
    head = _HEAD_LENGTH * length
    material = pythreejs.MeshStandardMaterial(color=color, roughness=0.6)
    shaft = pythreejs.Mesh(
        pythreejs.CylinderGeometry(
            radiusTop=_SHAFT_WIDTH * length / 2,
            radiusBottom=_SHAFT_WIDTH * length / 2,
            height=length - head,
            radialSegments=_SIDES,
        ),
        material,
        position=(0.0, (length - head) / 2, 0.0),
    )
    point = pythreejs.Mesh(
        pythreejs.CylinderGeometry(
            radiusTop=0.0, radiusBottom=_HEAD_WIDTH * length, height=head, radialSegments=_SIDES
        ),
        material,
        position=(0.0, length - head / 2, 0.0),
    )
    return pythreejs.Group(
        children=[shaft, point],
        position=tuple(begin.tolist()),
        quaternion=_from_y(along / length),
    )


def label(place: object, text: str, height_m: float, color: str) -> Any:  # noqa: ANN401
    """Return a text that faces the viewer.

    Parameters
    ----------
    place : (3,) array-like
        In metres.
    text : str
    height_m : float
        Of the letters.
    color : str
    """
    at = require_points(place, "place of the label")
    texture = pythreejs.TextTexture(string=str(text), color=color, size=_LETTERS_PX)
    # The browser writes into a square as wide as the text; how wide, its fonts decide.
    width = float(ImageFont.load_default(_LETTERS_PX).getlength(str(text)))
    sides = max(width / _LETTERS_PX, 1.0)
    plate = pythreejs.Sprite(
        pythreejs.SpriteMaterial(color=_PLATE, opacity=0.82, transparent=True, depthTest=False),
        scale=(height_m * (width / _LETTERS_PX + 0.5), height_m * 1.3, 1.0),
        center=(0.5, 0.5),
        renderOrder=_OVER,
    )
    letters = pythreejs.Sprite(
        pythreejs.SpriteMaterial(map=texture, transparent=True, depthTest=False),
        scale=(height_m * sides, height_m * sides, 1.0),
        center=(0.5, 0.5),
        renderOrder=_OVER + 1,
    )
    return pythreejs.Group(children=[plate, letters], position=tuple(at.tolist()))


def dot(place: Array, radius_m: float, color: str) -> Any:  # noqa: ANN401 - pythreejs has no types
    """Return a small ball.

    Parameters
    ----------
    place : (3,) float64
    radius_m : float
    color : str
    """
    return pythreejs.Mesh(
        pythreejs.SphereGeometry(radius=radius_m, widthSegments=_SIDES, heightSegments=_SIDES // 2),
        pythreejs.MeshBasicMaterial(color=color),
        position=tuple(place.tolist()),
    )


def lamp(azimuth: float, elevation: float, intensity: float, color: str) -> Any:  # noqa: ANN401
    """Return a light from far away.

    Parameters
    ----------
    azimuth, elevation : float
        Where it comes from, in degrees: around the object, from +x over +y, and above the
        horizon.
    intensity : float
    color : str
    """
    around, above = np.deg2rad(azimuth), np.deg2rad(elevation)
    toward = (np.cos(above) * np.cos(around), np.cos(above) * np.sin(around), np.sin(above))
    return pythreejs.DirectionalLight(
        color=color, intensity=intensity, position=tuple(float(one) for one in toward)
    )


def _from_y(direction: Array) -> tuple[float, ...]:
    """Return the quaternion (x, y, z, w) that turns +y to a direction."""
    turned = np.array([direction[2], 0.0, -direction[0], 1.0 + direction[1]])
    length = float(np.linalg.norm(turned))
    if length < _TINY:  # straight down
        return (1.0, 0.0, 0.0, 0.0)
    return tuple((turned / length).tolist())
