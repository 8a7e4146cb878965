"""A relief-decorated amphora that never existed, as a mesh with its ground truth.

Synthetic. A thrown profile with foot, neck and lip and two strap handles carries slip-painted
low relief: rays, meander, winged horses, tongues, palmettes. Throwing lines, chips, worn
slip, a crack, a plaster fill, lime deposits and the scanner's noise follow, so that raking
light and wear maps have something to find. Metres, z up, standing on z = 0.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.samples._solid_noise import solid_noise
from museion.samples._vessel_form import Form, throw_vessel
from museion.samples._vessel_ornament import CLAY, SLIP, Skin, decorate
from museion.samples._vessel_wear import Wear, age
from museion_datasets.ingest.scans.mesh import MeshArrays

type Array = NDArray[Any]

SEED = 540
SCANNER_NOISE_M = 8e-6

_FOOT_M, _MOUTH_M = 0.020, 0.335


@dataclass(frozen=True, slots=True)
class Vessel:
    """The mesh as a scanner would deliver it, and what is true about it.

    Attributes
    ----------
    mesh : MeshArrays
        Positions in metres, z up; colours sRGB.
    truth : Dataset
        ``radius`` and ``height`` (row) of the thrown profile in metres; per vertex ``relief``
        and ``wear`` (displacement along the normal in metres), ``noise``, ``loss`` (0 to 1,
        slip gone), ``fill`` (restored) and ``is_handle``; attributes ``body_volume_m3`` (clay
        of the body without handles, as displaced) and ``capacity_m3`` (up to the inner lip).
    """

    mesh: MeshArrays
    truth: xr.Dataset


def make_vessel(seed: int = SEED, *, detail: float = 1.0) -> Vessel:
    """Throw, decorate, age and scan the vessel.

    Parameters
    ----------
    seed : int
        Same seed, same vessel.
    detail : float
        1 for a scan of some 1.5 million triangles; their number grows with its square.

    Returns
    -------
    Vessel
        Mesh and truth.
    """
    rng = np.random.default_rng(seed)
    form = throw_vessel(detail)
    skin = _decorate(form)
    wear = age(form, skin, rng)
    relief = skin.relief + _throwing_lines(form, seed)
    noise = rng.normal(0.0, SCANNER_NOISE_M, len(form.points))
    moved = (relief * (1.0 - wear.fill) + wear.height)[:, None] * form.normals
    clean = form.points + moved
    vertices = clean + noise[:, None] * form.normals
    colors = np.clip(_weather(form, wear, seed), 0, 255).astype(np.uint8)
    truth = _truth(form, relief, wear, noise, clean)
    return Vessel(MeshArrays(vertices, form.faces, colors), truth)


def _decorate(form: Form) -> Skin:
    radius = np.hypot(form.points[:, 0], form.points[:, 1])
    outside = np.flatnonzero(form.is_outside)
    skin = Skin(np.zeros(len(form.points)), np.tile(np.array(CLAY, float), (len(form.points), 1)))
    own = decorate(form.angle[outside], form.height[outside], radius[outside])
    skin.relief[outside], skin.color[outside] = own.relief, own.color
    skin.color[form.is_handle] = SLIP
    is_mouth = ~form.is_outside & ~form.is_handle & (form.height > _MOUTH_M)
    skin.color[is_mouth] = SLIP
    return skin


def _throwing_lines(form: Form, seed: int) -> Array:
    """Feel the potter's fingers: fine spiral lines, and a wobble of the wall."""
    points = form.points
    spiral = np.sin(2.0 * np.pi * form.height / 0.0021 + form.angle)
    strength = 0.5 + 0.5 * solid_noise(points, 0.03, seed + 7)
    lines = 2.2e-5 * spiral * strength * ~form.is_handle
    wobble = 4.5e-4 * solid_noise(points, 0.16, seed + 8) * (form.height > _FOOT_M)
    return lines + wobble * ~form.is_handle + 3e-5 * solid_noise(points, 0.004, seed + 9, octaves=3)


def _weather(form: Form, wear: Wear, seed: int) -> Array:
    """Colour with firing clouds, grain of the clay and colour noise of the camera."""
    points = form.points
    cloud = solid_noise(points, 0.09, seed + 20, octaves=3)
    grain = solid_noise(points, 0.0024, seed + 21, octaves=2)
    brightness = 1.0 + 0.07 * cloud + 0.06 * grain
    tint = np.array([0.0, 4.0, 6.0]) * solid_noise(points, 0.05, seed + 22, octaves=2)[:, None]
    color: Array = wear.color * brightness[:, None] + tint
    return color


def _truth(form: Form, relief: Array, wear: Wear, noise: Array, clean: Array) -> xr.Dataset:
    body = form.faces[~form.is_handle[form.faces[:, 0]]]
    a, b, c = (clean[body[:, corner]] for corner in range(3))
    volume = float(np.einsum("ij,ij->i", a, np.cross(b, c)).sum() / 6.0)
    per_vertex = {
        "relief": relief, "wear": wear.height, "noise": noise, "loss": wear.loss, "fill": wear.fill,
    }  # fmt: skip
    variables = {name: ("vertex", values.astype(np.float32)) for name, values in per_vertex.items()}
    return xr.Dataset(
        {
            "radius": ("row", form.radius, {"units": "m"}),
            "height": ("row", form.profile_height, {"units": "m"}),
            **variables,
            "is_handle": ("vertex", form.is_handle.astype(np.uint8)),
        },
        attrs={
            "synthetic": 1,
            "body_volume_m3": volume,
            "capacity_m3": _capacity(form),
            "scanner_noise_m": SCANNER_NOISE_M,
        },
    )


def _capacity(form: Form) -> float:
    """Volume of revolution inside the thrown inner wall."""
    top = int(form.profile_height.argmax())
    radius, height = form.radius[top:][::-1], form.profile_height[top:][::-1]
    slices = np.diff(height) * (radius[1:] ** 2 + radius[1:] * radius[:-1] + radius[:-1] ** 2) / 3.0
    return float(np.pi * slices.sum())
