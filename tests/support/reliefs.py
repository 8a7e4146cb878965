"""Surfaces whose relief is known, and a worn inscription."""

from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from museion.scans.layers.solid import Solid
from museion_datasets.ingest.scans.mesh import MeshArrays

type Array = NDArray[Any]


def sheet(heights: Array, spacing: float) -> MeshArrays:
    """Give a height field over a square grid, seen from above; heights (x, y) in metres."""
    columns, rows = heights.shape
    x, y = np.meshgrid(np.arange(columns) * spacing, np.arange(rows) * spacing, indexing="ij")
    ids = np.arange(heights.size).reshape(heights.shape)
    a, b, c, d = ids[:-1, :-1], ids[1:, :-1], ids[1:, 1:], ids[:-1, 1:]
    faces = [np.stack(corners, -1).reshape(-1, 3) for corners in ((a, b, c), (a, c, d))]
    points = np.stack([x, y, heights], axis=-1).reshape(-1, 3)
    return MeshArrays(points, np.concatenate(faces))


def bent_sheet(opening_deg: float, side: int = 81, spacing: float = 1e-4) -> tuple[MeshArrays, int]:
    """Give two planes that meet along a line, and a vertex in its middle.

    The material lies below; the angle of the air above is `opening_deg`.
    """
    slope = 1.0 / np.tan(np.radians(opening_deg) / 2.0)
    x = (np.arange(side) - side // 2) * spacing
    heights = np.repeat((np.abs(x) * slope)[:, None], side, axis=1)
    return sheet(heights, spacing), (side // 2) * side + side // 2


def solid(mesh: MeshArrays) -> Solid:
    """Give a mesh as the methods need it; its coordinates are metres."""
    return Solid.of(mesh, 1.0)


def ball(radius: float, subdivisions: int = 5) -> MeshArrays:
    """Give a sphere."""
    made = trimesh.creation.icosphere(subdivisions=subdivisions, radius=radius)
    return MeshArrays(np.asarray(made.vertices), np.asarray(made.faces, np.int64))


def inscription(
    text: str = "MVSEION",
    *,
    depth_m: float = 2e-4,
    spacing: float = 2.5e-4,
    size: tuple[int, int] = (520, 180),
    seed: int = 7,
) -> tuple[MeshArrays, Array]:
    """Give a rough, worn slab with shallow letters, and where these are.

    Returns
    -------
    MeshArrays
        Facing -y, upright, in metres.
    (n,) float64
        Depth of the letters at each vertex, as a share of `depth_m`.
    """
    width, height = size
    image = Image.new("L", size, 0)
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=height * 0.5)
    box = draw.textbbox((0, 0), text, font=font)
    at = (width - box[0] - box[2]) / 2, (height - box[1] - box[3]) / 2
    draw.text(at, text, fill=255, font=font)
    letters = _blur(np.asarray(image, np.float64).T[:, ::-1] / 255.0, 2.0)
    generator = np.random.default_rng(seed)
    rough = sum(
        amplitude * _blur(generator.normal(size=size), scale) * scale
        for scale, amplitude in ((60.0, 2.2e-3), (18.0, 2.2e-4), (5.0, 9e-5), (0.8, 1.4e-5))
    )
    heights = rough - depth_m * letters
    flat = sheet(heights, spacing)
    x, y, z = flat.vertices.T
    mesh = MeshArrays(np.stack([x, -z, y], axis=1), flat.faces)
    return mesh, letters.ravel()


def _blur(values: Array, sigma: float) -> Array:
    """Gaussian blur by the Fourier transform; the edges wrap."""
    frequencies = np.meshgrid(*(np.fft.fftfreq(count) for count in values.shape), indexing="ij")
    squares = frequencies[0] ** 2 + frequencies[1] ** 2
    spectrum = np.fft.fft2(values) * np.exp(-2.0 * np.pi**2 * sigma**2 * squares)
    blurred: Array = np.fft.ifft2(spectrum).real
    return blurred
