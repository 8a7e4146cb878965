"""What the paints on the sample panel consist of: formulae, shares by mass, densities.

Formulae and densities as the handbooks have them; what is a natural product (earths, bone
black, lapis lazuli, a lake on its substrate) is given one plausible composition. Elements too
light for X-ray fluorescence stand here too: they absorb and scatter.

References
----------
N. Eastaugh et al., "Pigment Compendium", Butterworth-Heinemann (2008).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

_KAOLINITE = "Al2Si2O9H4"

SYMBOLS = (
    "H", "C", "N", "O", "Na", "Mg", "Al", "Si", "P", "S", "K", "Ca", "Ti", "Mn", "Fe", "Co",
    "Cu", "Sr", "Sn", "Hg", "Pb",
)  # fmt: skip
"""Elements of the whole panel, in the order of every array here."""


@dataclass(frozen=True, slots=True)
class Matter:
    """A material.

    Attributes
    ----------
    density : float
        g/cm³.
    shares : mapping of str to float
        Formulae, and their shares by mass.
    """

    density: float
    shares: Mapping[str, float]

    def composition(self) -> NDArray[np.float64]:
        """Return the mass share of each of `SYMBOLS`."""
        found = np.zeros(len(SYMBOLS))
        for formula, share in self.shares.items():
            for symbol, fraction in _parsed(formula).items():
                found[SYMBOLS.index(symbol)] += share * fraction
        return found / found.sum()


PIGMENTS: Mapping[str, Matter] = {
    "lead_white": Matter(6.8, {"Pb3C2O8H2": 1.0}),
    "azurite": Matter(3.8, {"Cu3C2O8H2": 0.97, "SiO2": 0.03}),
    "ultramarine": Matter(
        2.5, {"Na7Al6Si6O24S3": 0.84, "CaMgSi2O6": 0.08, "CaCO3": 0.05, "KAlSi3O8": 0.03}
    ),
    "vermilion": Matter(8.1, {"HgS": 1.0}),
    "red_lake": Matter(1.6, {"C22H20O13": 0.45, "AlO3H3": 0.49, "K2SO4": 0.06}),
    "lead_tin_yellow": Matter(8.1, {"Pb2SnO4": 1.0}),
    "yellow_ochre": Matter(3.2, {"FeO2H": 0.42, _KAOLINITE: 0.34, "SiO2": 0.24}),
    "red_earth": Matter(3.6, {"Fe2O3": 0.48, _KAOLINITE: 0.32, "SiO2": 0.20}),
    "malachite": Matter(4.0, {"Cu2CO5H2": 0.98, "SiO2": 0.02}),
    "verdigris": Matter(1.9, {"Cu2C4H8O6": 1.0}),
    "umber": Matter(3.3, {"FeO2H": 0.46, "MnO2": 0.13, _KAOLINITE: 0.25, "SiO2": 0.16}),
    "bone_black": Matter(2.3, {"Ca5P3O13H": 0.80, "C": 0.14, "CaCO3": 0.06}),
    "titanium_white": Matter(4.2, {"TiO2": 0.98, "Al2O3": 0.02}),
    "phthalo_blue": Matter(1.6, {"C32H16CuN8": 1.0}),
    "cobalt_blue": Matter(4.2, {"CoAl2O4": 1.0}),
}
"""By the names of `museion.samples._pigments`."""

OIL = Matter(0.95, {"C18H32O3": 1.0})
GROUND = Matter(1.7, {"CaCO3": 0.8794, "SrCO3": 0.0006, "C2H3NO": 0.12})
WOOD = Matter(0.5, {"C6H10O5": 1.0})


@cache
def _parsed(formula: str) -> dict[str, float]:
    """Return mass fractions of a formula's elements."""
    lib = _xraylib()
    parsed = lib.CompoundParser(formula)
    pairs = zip(parsed["Elements"], parsed["massFractions"], strict=True)
    return {lib.AtomicNumberToSymbol(number): fraction for number, fraction in pairs}


def _xraylib() -> Any:  # noqa: ANN401 - a compiled library without types
    import xraylib  # noqa: PLC0415 - only who makes the sample pays

    return xraylib
