"""A painted panel that never existed, as a reflectance cube with its ground truth.

Synthetic. Fifteen pigments with parametric optical constants, mixed by two-constant
Kubelka-Munk theory into one paint layer of known thickness over a chalk ground with
a carbon underdrawing. Scattering falls towards the infrared and most pigments stop
absorbing there, so the drawing shows near 950 nm and hides in the visible, for the
physical reason and not because an image was blended in. Cracks, a yellowed varnish,
retouching in modern pigments, residual uneven light and band-dependent noise follow.

The constants and their sources stand in `museion.samples._pigments`, the theory in
`museion.imaging.kubelka_munk`.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.imaging.kubelka_munk import layer_reflectance
from museion.samples import _brush, _pigments, _surface, _underdrawing
from museion.samples._easel import NAMES, Easel
from museion.samples._figure import paint_figure
from museion.samples._landscape import SKY, paint_landscape

SEED = 1432
PIXEL_SIZE_MM = 0.5
WAVELENGTH_NM = np.arange(400.0, 1001.0, 4.0)

_DRAWING_UM = 6.0  # thickness of the carbon lines
_ROWS = 32  # rows rendered at once, so that memory stays small


@dataclass(frozen=True, slots=True)
class Panel:
    """The cube and what is true about it.

    Attributes
    ----------
    cube : DataArray
        Reflectance, (y, x, wavelength) float32, 480 x 640 x 151, 400 to 1000 nm.
    truth : Dataset
        ``abundance`` (pigment, y, x), ``thickness`` (y, x) in um, ``underdrawing``,
        ``retouching`` and ``cracks`` (y, x) from 0 to 1, ``illumination`` (y, x)
        and ``noise`` (wavelength), the standard deviation at reflectance 0.5.
    """

    cube: xr.DataArray
    truth: xr.Dataset


@dataclass(frozen=True, slots=True)
class Painting:
    """The panel itself.

    Attributes
    ----------
    easel : Easel
        The paint.
    drawing : Mask
        Carbon under it, 0 to 1.
    damage : Damage
        Cracks and retouching.
    """

    easel: Easel
    drawing: _brush.Mask
    damage: _surface.Damage


def make_panel(seed: int = SEED) -> Panel:
    """Paint the panel and take its picture.

    Parameters
    ----------
    seed : int
        Same seed, same panel.

    Returns
    -------
    Panel
        Takes some seconds and 400 MB.
    """
    rng = np.random.default_rng(seed)
    painting = paint_panel(rng)
    easel, drawing, damage = painting.easel, painting.drawing, painting.damage
    light = 1.0 + 0.025 * _brush.noise(rng, (90, 120)).clip(-2, 2)
    clean = _render(easel, drawing, damage.cracks) * light[..., None].astype(np.float32)
    cube = _label(_photograph(clean, rng))
    return Panel(cube, _truth(easel, drawing, damage, light.astype(np.float32)))


def paint_panel(rng: np.random.Generator) -> Painting:
    """Paint the panel and let it age.

    Parameters
    ----------
    rng : Generator
        New, of the panel's seed, for the panel of that seed.

    Returns
    -------
    Painting
        Before any instrument sees it.
    """
    easel = Easel(SKY[1], 30.0)
    paint_landscape(easel, rng)
    paint_figure(easel, rng)
    easel.thickness_um *= 1.0 + 0.10 * _brush.noise(rng, (1, 3), (3, 8))
    easel.thickness_um.clip(8.0, 70.0, out=easel.thickness_um)
    damage = _surface.age(easel, rng)
    drawing = _underdrawing.draw(rng) * (1.0 - damage.retouching)
    return Painting(easel, drawing, damage)


def noise_level(nm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the standard deviation at reflectance 0.5: silicon tires at both ends."""
    level: NDArray[np.float64] = (
        0.0022 + 0.010 * np.exp(-(nm - 400.0) / 22.0) + 0.011 * np.exp((nm - 1000.0) / 38.0)
    )
    return level


def _render(easel: Easel, drawing: _brush.Mask, cracks: _brush.Mask) -> NDArray[np.float32]:
    """Noise-free reflectance (y, x, wavelength), strip by strip."""
    absorb, scatter = _pigments.coefficient_table(WAVELENGTH_NM)
    ground = _pigments.GROUND.masstone(WAVELENGTH_NM).astype(np.float32)
    k, s = _pigments.PIGMENTS["bone_black"].coefficients(WAVELENGTH_NM)
    drawn = layer_reflectance(k * _DRAWING_UM, s * _DRAWING_UM, ground).astype(np.float32)
    grime = _pigments.GRIME.masstone(WAVELENGTH_NM).astype(np.float32)
    veil = _surface.varnish(WAVELENGTH_NM).astype(np.float32)
    cube = np.empty((*drawing.shape, WAVELENGTH_NM.size), np.float32)
    for top in range(0, drawing.shape[0], _ROWS):
        rows = slice(top, top + _ROWS)
        thickness = easel.thickness_um[rows, :, None]
        fractions = easel.fractions[:, rows].reshape(len(NAMES), -1).T  # flat: one fast product
        substrate = ground + drawing[rows, :, None] * (drawn - ground)
        paint = layer_reflectance(
            (fractions @ absorb).reshape(substrate.shape) * thickness,
            (fractions @ scatter).reshape(substrate.shape) * thickness,
            substrate,
        )
        cube[rows] = veil * (paint + cracks[rows, :, None] * (grime - paint))
    return cube


def _photograph(clean: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Add shot and readout noise and the faint column pattern of a line scanner."""
    level = noise_level(WAVELENGTH_NM).astype(np.float32)
    columns = 0.25 * level * rng.standard_normal((1, clean.shape[1], level.size), np.float32)
    for top in range(0, clean.shape[0], _ROWS):
        part = clean[top : top + _ROWS]
        grain = rng.standard_normal(part.shape, np.float32)
        part += level * np.sqrt(0.2 + 1.6 * part) * grain + columns
    return clean.clip(0.0, 1.5, out=clean)


def _label(values: NDArray[np.float32]) -> xr.DataArray:
    return xr.DataArray(
        values,
        name="reflectance",
        dims=("y", "x", "wavelength"),
        coords={
            "wavelength": ("wavelength", WAVELENGTH_NM, {"units": "nm", "long_name": "wavelength"})
        },
        attrs={
            "long_name": "reflectance",
            "units": "1",
            "quantity": "reflectance",
            "pixel_size_mm": PIXEL_SIZE_MM,
            "synthetic": 1,
            "default_rgb_nm": [650.0, 550.0, 450.0],
        },
    )


def _truth(
    easel: Easel, drawing: _brush.Mask, damage: _surface.Damage, light: _brush.Mask
) -> xr.Dataset:
    plane = ("y", "x")
    titles = [_pigments.PIGMENTS[name].title for name in NAMES]
    return xr.Dataset(
        {
            "abundance": (("pigment", *plane), easel.fractions, {"long_name": "volume fraction"}),
            "thickness": (plane, easel.thickness_um, {"units": "um"}),
            "underdrawing": (plane, drawing.astype(np.float32), {"long_name": "carbon coverage"}),
            "retouching": (plane, damage.retouching),
            "cracks": (plane, damage.cracks),
            "illumination": (plane, light),
            "noise": ("wavelength", noise_level(WAVELENGTH_NM)),
        },
        coords={"pigment": list(titles), "wavelength": WAVELENGTH_NM},
        attrs={"synthetic": 1},
    )
