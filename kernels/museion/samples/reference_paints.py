"""A library of reference paints for the sample panel: those that are on it, and others.

Synthetic. Each pigment is ground a little coarser or finer than the painter's, from another
deposit, in linseed oil and without varnish, and brushed out on white card in four shades: thick,
thin, and with two amounts of white. So its spectrum is like that on the panel, not the same, as
in a real library. Curves come from `museion.samples._pigments` by Kubelka-Munk theory.
"""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion.imaging.kubelka_munk import layer_reflectance
from museion.samples._other_pigments import OTHERS
from museion.samples._pigments import PIGMENTS, Pigment, Terms

SEED = 1650
WAVELENGTH_NM = np.arange(380.0, 1021.0, 2.0)
SHADES = ((140.0, 0.0), (30.0, 0.0), (80.0, 0.5), (80.0, 0.85))
"""Thickness in um, and volume share of lead white, of each shade."""

_ELEMENTS = {
    "lead_white": "Pb",
    "azurite": "Cu",
    "ultramarine": "Na Al Si S",
    "vermilion": "Hg S",
    "red_lake": "Al",
    "lead_tin_yellow": "Pb Sn",
    "yellow_ochre": "Fe",
    "red_earth": "Fe",
    "malachite": "Cu",
    "verdigris": "Cu",
    "umber": "Fe Mn",
    "bone_black": "Ca P",
    "titanium_white": "Ti",
    "phthalo_blue": "Cu",
    "cobalt_blue": "Co Al",
}
_CARD = 0.88
_GLOSS = 0.003
_NOISE = 0.0012


def make_library(seed: int = SEED) -> xr.DataArray:
    """Brush out and measure the paints.

    Parameters
    ----------
    seed : int
        Same seed, same library.

    Returns
    -------
    DataArray
        Reflectance (paint, wavelength) float32, 380 to 1020 nm; coordinates ``name``, with the
        shade's number as in `SHADES`, and ``elements`` of the pigment, joined by a space.
    """
    rng = np.random.default_rng(seed)
    rows = list(_brushed(rng))
    return xr.DataArray(
        np.stack([spectrum for *_, spectrum in rows]).astype(np.float32),
        name="reflectance",
        dims=("paint", "wavelength"),
        coords={
            "name": ("paint", [name for name, *_ in rows]),
            "elements": ("paint", [elements for _, elements, _ in rows]),
            "wavelength": ("wavelength", WAVELENGTH_NM, {"units": "nm"}),
        },
        attrs={"quantity": "reflectance", "binder": "linseed oil", "synthetic": 1},
    )


def _brushed(rng: np.random.Generator) -> Iterator[tuple[str, str, NDArray[np.float64]]]:
    """Yield name, elements and spectrum of each shade."""
    known = {name: (pigment, _ELEMENTS[name]) for name, pigment in PIGMENTS.items()}
    white = np.stack(PIGMENTS["lead_white"].coefficients(WAVELENGTH_NM))
    oil = np.exp(-0.30 * np.exp(-(WAVELENGTH_NM - 400.0) / 60.0))
    for pigment, elements in (known | OTHERS).values():
        grain = rng.lognormal(0.0, 0.25)  # finer grain scatters more, and absorbs a little more
        own = np.stack(_other_deposit(pigment, rng).coefficients(WAVELENGTH_NM))
        own *= np.array([[grain**0.35], [grain]])
        for shade, (thickness_um, share) in enumerate(SHADES, start=1):
            absorb, scatter = (share * white + (1.0 - share) * own) * thickness_um
            measured = oil * layer_reflectance(absorb, scatter, _CARD) + _GLOSS
            noise = rng.normal(0.0, _NOISE, WAVELENGTH_NM.size)
            yield f"{pigment.title}--{shade}", elements, measured + noise


def _other_deposit(pigment: Pigment, rng: np.random.Generator) -> Pigment:
    """Return the pigment with its features a little elsewhere, and a little otherwise."""

    def moved(terms: Terms, by_nm: float) -> Terms:
        return tuple(
            (
                centre + rng.normal(0.0, by_nm),
                width * rng.lognormal(0.0, 0.06),
                strength * rng.lognormal(0.0, 0.05),
            )
            for centre, width, strength in terms
        )

    return replace(
        pigment,
        base=pigment.base * rng.lognormal(0.0, 0.08),
        edges=moved(pigment.edges, 1.5),
        peaks=moved(pigment.peaks, 2.0),
        bands=moved(pigment.bands, 2.5),
    )
