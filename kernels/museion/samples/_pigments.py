"""Optical constants of the pigments on the sample panel.

Each pigment is a masstone reflectance built from its well-known features (edges,
peaks, absorption bands) and a scattering coefficient that falls with wavelength
as a power law. Absorption follows from both by Kubelka-Munk. The curves are
parametric and made up to look like the published ones; they are no measurement.

Where the features stand in the literature:

- vermilion's edge near 600 nm, lead-tin yellow's near 470-490 nm, the iron
  oxides' bands near 650-670 and 860-920 nm: M. Aceto et al., "Characterisation of
  colourants on illuminated manuscripts by portable fibre optic UV-visible-NIR
  reflectance spectrophotometry", Analytical Methods 6 (2014) 1488-1500.
- azurite's peak near 455-460 nm and its copper band around 800 nm, malachite's
  peak near 530 nm, verdigris' band near 715 nm, ultramarine's band at 600 nm and
  rise beyond 700 nm, cobalt blue's triple band 545-630 nm, titanium white's edge
  near 400 nm: A. Cosentino, "FORS spectral database of historical pigments in
  different binders", e-conservation Journal 2 (2014) 57-68.
- red lake's double band near 525 and 560 nm: C. Bisulca et al., "UV-Vis-NIR
  reflectance spectroscopy of red lakes in paintings", Art2008, Jerusalem (2008).
- scattering that falls with wavelength, so that paint turns transparent in the
  near infrared: J. R. J. van Asperen de Boer, "Infrared reflectography: a method
  for the examination of paintings", Applied Optics 7 (1968) 1711-1714.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from museion.imaging.kubelka_munk import absorption_over_scattering

type Spectrum = NDArray[np.float64]
type Terms = tuple[tuple[float, float, float], ...]

REFERENCE_NM = 550.0


@dataclass(frozen=True, slots=True)
class Pigment:
    """A pigment in its binder.

    Attributes
    ----------
    title : str
        Its common name.
    base : float
        Masstone reflectance at 400 nm, before peaks and bands.
    scattering : float
        S at 550 nm, per micrometre.
    fall : float
        Exponent of the power law ``S ~ wavelength ** -fall``.
    edges : tuple of (centre nm, width nm, rise)
        Sigmoid steps of reflectance.
    peaks : tuple of (centre nm, FWHM nm, height)
        Gaussian reflectance peaks.
    bands : tuple of (centre nm, FWHM nm, depth)
        Gaussian absorption bands, as fraction taken away.
    """

    title: str
    base: float
    scattering: float
    fall: float = 1.9
    edges: Terms = ()
    peaks: Terms = ()
    bands: Terms = ()

    def masstone(self, nm: Spectrum) -> Spectrum:
        """Reflectance of an opaque layer at wavelengths `nm`."""
        reflectance = np.full_like(nm, self.base)
        for centre, width, rise in self.edges:
            reflectance += rise / (1.0 + np.exp(-(nm - centre) / width))
        for centre, fwhm, height in self.peaks:
            reflectance += height * _gauss(nm, centre, fwhm)
        for centre, fwhm, depth in self.bands:
            reflectance *= 1.0 - depth * _gauss(nm, centre, fwhm)
        return reflectance.clip(0.015, 0.985)

    def coefficients(self, nm: Spectrum) -> tuple[Spectrum, Spectrum]:
        """K and S per micrometre at wavelengths `nm`."""
        scattering = self.scattering * (nm / REFERENCE_NM) ** -self.fall
        return absorption_over_scattering(self.masstone(nm)) * scattering, scattering


def _gauss(nm: Spectrum, centre: float, fwhm: float) -> Spectrum:
    result: Spectrum = np.exp(-4.0 * np.log(2.0) * ((nm - centre) / fwhm) ** 2)
    return result


PIGMENTS: dict[str, Pigment] = {
    "lead_white": Pigment(
        "lead white", 0.80, 0.26, 2.1, edges=((392, 14, 0.14), (520, 60, 0.02)),
    ),
    "azurite": Pigment(
        "azurite", 0.13, 0.070, 1.9, edges=((945, 26, 0.44),),
        peaks=((458, 100, 0.30),), bands=((635, 150, 0.58), (795, 220, 0.55)),
    ),
    "ultramarine": Pigment(
        "natural ultramarine", 0.09, 0.032, 2.0, edges=((732, 20, 0.62), (820, 60, 0.12)),
        peaks=((455, 92, 0.22),), bands=((600, 140, 0.74),),
    ),
    "vermilion": Pigment(
        "vermilion", 0.045, 0.17, 2.1, edges=((601, 8.5, 0.66), (680, 60, 0.16)),
    ),
    "red_lake": Pigment(
        "red lake", 0.085, 0.012, 2.0, edges=((612, 16, 0.62), (720, 50, 0.18)),
        peaks=((435, 60, 0.06),), bands=((522, 40, 0.68), (562, 36, 0.66)),
    ),
    "lead_tin_yellow": Pigment(
        "lead-tin yellow", 0.11, 0.22, 1.8, edges=((474, 13, 0.60), (560, 50, 0.13)),
    ),
    "yellow_ochre": Pigment(
        "yellow ochre", 0.07, 0.085, 1.8, edges=((540, 20, 0.37), (740, 30, 0.14)),
        bands=((485, 42, 0.28), (655, 90, 0.13), (915, 150, 0.27)),
    ),
    "red_earth": Pigment(
        "red earth", 0.05, 0.11, 1.8, edges=((582, 11, 0.22), (735, 28, 0.20)),
        bands=((668, 80, 0.12), (868, 120, 0.24)),
    ),
    "malachite": Pigment(
        "malachite", 0.11, 0.060, 1.5, edges=((1010, 40, 0.26),),
        peaks=((530, 105, 0.34),), bands=((690, 130, 0.35), (805, 260, 0.58)),
    ),
    "verdigris": Pigment(
        "verdigris", 0.07, 0.018, 1.7, edges=((965, 40, 0.50),),
        peaks=((503, 92, 0.40),), bands=((715, 260, 0.72),),
    ),
    "umber": Pigment(
        "umber", 0.045, 0.060, 1.8, edges=((600, 45, 0.10), (820, 90, 0.17)),
    ),
    "bone_black": Pigment("bone black", 0.032, 0.020, 1.2, edges=((860, 80, 0.02),)),
    "titanium_white": Pigment(
        "titanium white", 0.06, 0.46, 1.7, edges=((404, 4.5, 0.90),),
    ),
    "phthalo_blue": Pigment(
        "phthalocyanine blue", 0.035, 0.010, 2.1, edges=((772, 12, 0.55), (850, 60, 0.20)),
        peaks=((462, 70, 0.16),), bands=((612, 70, 0.50), (700, 60, 0.50)),
    ),
    "cobalt_blue": Pigment(
        "cobalt blue", 0.14, 0.075, 1.8, edges=((700, 11, 0.52),),
        peaks=((452, 92, 0.34),), bands=((545, 60, 0.62), (586, 56, 0.66), (628, 58, 0.70)),
    ),
}  # fmt: skip

GROUND = Pigment("chalk and glue", 0.66, 0.10, edges=((420, 45, 0.20), (640, 120, 0.06)))
GRIME = Pigment("grime", 0.06, 0.02, edges=((650, 120, 0.06),))


def coefficient_table(nm: Spectrum) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """K and S of all pigments, each (pigment, wavelength), in the order of `PIGMENTS`."""
    pairs = [pigment.coefficients(nm) for pigment in PIGMENTS.values()]
    absorption, scattering = zip(*pairs, strict=True)
    return np.stack(absorption).astype(np.float32), np.stack(scattering).astype(np.float32)
