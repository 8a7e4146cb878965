"""Unrolled orthophoto of a vessel: its outer wall laid flat, at scale.

Each pixel looks at the wall from outside, along the normal of the fitted cylinder or cone;
what it sees first is drawn. Relief is the height of the surface over that cylinder or cone.
"""

import io
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, PngImagePlugin

from museion.errors import InputError
from museion.scans.measure.anchors import barycentric
from museion.scans.measure.axis import SOURCE, Axis, Wall, fit_axis, fit_wall
from museion.scans.measure.development import Development, develop
from museion.scans.measure.drawing import nice_length
from museion.scans.measure.paradata import Measurement, Origin, paradata
from museion.scans.measure.quantities import Quantity, show_length
from museion.scans.measure.surface import Patch

type Array = NDArray[Any]

_RAYS_AT_ONCE = 1_000_000
_DEEPEST = 0.5  # of the wall's radius: what is farther in is seen through a hole
_METRES_PER_INCH = 0.0254
_FOOT_PX = 40


class WallKind(StrEnum):
    """What a vessel's wall is developed from."""

    CYLINDER = "cylinder"
    CONE = "cone"


class Channel(StrEnum):
    """What a picture shows."""

    COLOR = "color"
    RELIEF = "relief"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class Unrolled(Measurement):
    """A vessel's outer wall, laid flat.

    Attributes
    ----------
    axis : Axis
        Heights count from its point.
    wall : Wall
        The cylinder or cone.
    pixel_m : float
        Side of a pixel on it, in metres.
    relief : (rows, columns) float32
        Height over the wall in metres, positive outwards; NaN where nothing is seen.
    colors : (rows, columns, 3) uint8 or None
        sRGB, white where nothing is seen; None if the scan has no colours.
    """

    axis: Axis
    wall: Wall
    pixel_m: float
    relief: Array
    colors: Array | None

    def values(self) -> dict[str, Quantity | str]:
        """Return what was measured, by name."""
        known = self.relief[np.isfinite(self.relief)]
        rows, columns = self.relief.shape
        found: dict[str, Quantity | str] = {
            "radius at half height": Quantity(
                self.wall.radius + self.wall.slope * (self.wall.low + self.wall.high) / 2.0, "m"
            ),
            "half angle": Quantity(float(np.rad2deg(np.arctan(abs(self.wall.slope)))), "°"),
            "height": Quantity(self.wall.high - self.wall.low, "m"),
            "picture": f"{columns} x {rows} pixels of {show_length(self.pixel_m)}",
        }
        if len(known):
            found["relief from"] = Quantity(float(known.min()), "m")
            found["relief to"] = Quantity(float(known.max()), "m")
        return found

    def to_png(self, channel: str | Channel = Channel.RELIEF, *, scale_bar: bool = True) -> bytes:
        """Return a picture that prints at full size, paradata in its text fields.

        Parameters
        ----------
        channel : {"relief", "color"}
        scale_bar : bool
            Whether a strip with a scale bar is added below.

        Raises
        ------
        InputError
            If colours are asked for and the scan has none.
        """
        if Channel(channel) is Channel.COLOR and self.colors is None:
            raise InputError("The scan has no colours", hint='use channel="relief".')
        wants_color = Channel(channel) is Channel.COLOR
        pixels = self.colors if wants_color else _grey(self.relief)
        image = Image.fromarray(np.asarray(pixels, np.uint8))
        if scale_bar:
            image = _with_scale_bar(image, self.pixel_m)
        info = PngImagePlugin.PngInfo()
        for name, text in self.paradata.rows():
            info.add_itxt(name, text)
        dots = _METRES_PER_INCH / self.pixel_m
        buffer = io.BytesIO()
        image.save(buffer, "PNG", pnginfo=info, dpi=(dots, dots))
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.to_png(Channel.RELIEF if self.colors is None else Channel.COLOR)


@dataclass(frozen=True, slots=True)
class UnrollOptions:
    """How a vessel is unrolled.

    Attributes
    ----------
    kind : WallKind
    pixel_m : float
        Side of a pixel, in metres.
    axis : Axis or None
        None to fit it.
    seam_deg : float
        Angle around the axis at which the wall is cut open; from +x for an upright axis.
    """

    kind: WallKind
    pixel_m: float
    axis: Axis | None = None
    seam_deg: float = 0.0


def measure_unrolled(patch: Patch, origin: Origin, options: UnrollOptions) -> Unrolled:
    """Return the outer wall of a vessel, laid flat.

    Parameters
    ----------
    patch : Patch
        All triangles.
    origin : Origin
    options : UnrollOptions

    Raises
    ------
    InputError
        If no axis is determined, the wall is no cone, or pixels do not suit its size.
    """
    axis = fit_axis(patch) if options.axis is None else options.axis
    wall = fit_wall(patch, axis, is_cone=options.kind is WallKind.CONE)
    view = develop(axis, wall, options.pixel_m, options.seam_deg)
    relief, colors = _look(patch, view, axis, _DEEPEST * wall.radius)
    return Unrolled(
        axis=axis,
        wall=wall,
        pixel_m=options.pixel_m,
        relief=relief,
        colors=colors,
        paradata=paradata(
            origin,
            f"{options.kind.value} development, seen along the wall's normals",
            SOURCE if options.axis is None else "axis as given",
            ("embreex",),
            axis_point=", ".join(f"{value:.6g}" for value in axis.point),
            axis_direction=", ".join(f"{value:.6g}" for value in axis.direction),
            seam=f"{options.seam_deg:g}°",
            pixel=show_length(options.pixel_m),
        ),
    )


def _look(
    patch: Patch, view: Development, axis: Axis, deepest_m: float
) -> tuple[Array, Array | None]:
    from embreex.mesh_construction import TriangleMesh  # noqa: PLC0415 - compiled
    from embreex.rtcore_scene import EmbreeScene  # noqa: PLC0415

    centered = patch.vertices - axis.point  # rays are traced in single precision
    scene = EmbreeScene(robust=True)
    TriangleMesh(scene, centered.astype(np.float32), patch.faces.astype(np.int32))
    away = 2.0 * float(np.linalg.norm(centered, axis=1).max())
    relief = np.full(view.shape, np.nan, np.float32)
    colors = None if patch.colors is None else np.full((*view.shape, 3), 255, np.uint8)
    for start in range(0, len(view.rows), _RAYS_AT_ONCE):
        part = slice(start, start + _RAYS_AT_ONCE)
        outward = view.outward[part]
        origins = view.points[part] - axis.point + away * outward
        faces = scene.run(origins.astype(np.float32), (-outward).astype(np.float32))
        seen = np.flatnonzero(np.asarray(faces) >= 0)
        corners = centered[patch.faces[np.asarray(faces)[seen]]]
        heights = away - _exact(origins[seen], -outward[seen], corners)
        near = np.isfinite(heights) & (heights > -deepest_m)
        seen, corners, heights = seen[near], corners[near], heights[near]
        pixel = view.rows[part][seen], view.columns[part][seen]
        relief[pixel] = heights
        if colors is not None and patch.colors is not None:
            points = origins[seen] + (heights - away)[:, None] * outward[seen]
            weights = np.clip(barycentric(points, corners), 0.0, 1.0)
            own = patch.colors[patch.faces[np.asarray(faces)[seen]]]
            mixed = np.einsum("mc,mcx->mx", weights, own) / weights.sum(axis=1, keepdims=True)
            colors[pixel] = np.rint(mixed)
    return relief, colors


def _exact(origins: Array, directions: Array, corners: Array) -> Array:
    """Distances along rays to the planes of triangles, in double precision."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    slant = (directions * normals).sum(axis=1)
    slant = np.where(slant != 0.0, slant, np.nan)
    away: Array = ((corners[:, 0] - origins) * normals).sum(axis=1) / slant
    return away


def _grey(relief: Array) -> Array:
    """Relief as grey, its middle 96 % from dark to light, white where nothing is seen."""
    is_known = np.isfinite(relief)
    if not is_known.any():
        return np.full(relief.shape, 255, np.uint8)
    low, high = np.quantile(relief[is_known], [0.02, 0.98])
    share = (relief - low) / max(float(high - low), 1e-12)
    grey: Array = np.where(is_known, 20.0 + 215.0 * np.clip(np.nan_to_num(share), 0, 1), 255.0)
    return grey.astype(np.uint8)


def _with_scale_bar(image: Image.Image, pixel_m: float) -> Image.Image:
    width, height = image.size
    whole = Image.new("RGB", (width, height + _FOOT_PX), "white")
    whole.paste(image, (0, 0))
    length = nice_length(width * pixel_m / 4.0)
    draw = ImageDraw.Draw(whole)
    bar = round(length / pixel_m)
    draw.rectangle((8, height + 10, 8 + bar, height + 14), fill="black")
    draw.text((8, height + 20), f"{length * 1e3:g} mm", fill="black")
    return whole
