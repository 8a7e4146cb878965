"""The X-ray lines that elements send out: energies and relative intensities.

Tabulated atomic data come from xraylib; nothing is typed in here. A *family* is what one
amount explains: all lines from the K, L or M shells of an element, in fixed proportions.

References
----------
T. Schoonjans et al., "The xraylib library for X-ray-matter interactions. Recent
developments", Spectrochimica Acta B 66 (2011) 776-784.
S. J. B. Reed and N. G. Ware, "Escape peaks and internal fluorescence in X-ray spectra
recorded with lithium drifted silicon detectors", J. Phys. E 5 (1972) 582-584.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from museion.errors import InputError

FAMILIES = ("K", "L", "M")
ELECTRON_REST_KEV = 510.99895
_FAINTEST = 1e-4  # of a family's intensity; fainter lines change nothing
_HEAVIEST = 98
_TRANSITION = re.compile(r"(K|L[1-3]|M[1-5])([LMNOPQ]\d)_LINE")
_SILICON = 14
_SIEGBAHN = {
    "KA": "KL3",
    "KA1": "KL3",
    "KA2": "KL2",
    "KB": "KM3",
    "KB1": "KM3",
    "KB3": "KM2",
    "LA": "L3M5",
    "LA1": "L3M5",
    "LA2": "L3M4",
    "LB1": "L2M4",
    "LB": "L2M4",
    "LB2": "L3N5",
    "LG1": "L2N4",
    "MA": "M5N7",
    "MA1": "M5N7",
    "MB": "M4N6",
}


@dataclass(frozen=True, slots=True)
class Line:
    """One X-ray line.

    Attributes
    ----------
    transition : str
        Shells in IUPAC notation: ``"KL3"`` is K-alpha 1.
    energy_kev : float
        Its energy.
    share : float
        Of the family's photons, 0 to 1.
    """

    transition: str
    energy_kev: float
    share: float


@dataclass(frozen=True, slots=True)
class Family:
    """The lines of an element that one amount explains.

    Attributes
    ----------
    element : str
        Symbol, as in ``"Pb"``.
    shell : str
        ``"K"``, ``"L"`` or ``"M"``.
    lines : tuple of Line
        The strongest first.
    """

    element: str
    shell: str
    lines: tuple[Line, ...]

    @property
    def name(self) -> str:
        """As in ``"Pb L"``."""
        return f"{self.element} {self.shell}"

    @property
    def main_kev(self) -> float:
        """Energy of the strongest line."""
        return self.lines[0].energy_kev


def find_lines(element: str, shell: str, primary_kev: float) -> Family | None:
    """Find the lines that an element sends out under X-rays.

    Parameters
    ----------
    element : str
        Symbol.
    shell : str
        ``"K"``, ``"L"`` or ``"M"``.
    primary_kev : float
        Energy of the X-rays that excite it; of a tube, one that stands for its spectrum.

    Returns
    -------
    Family or None
        Shares by fluorescence cross section with the cascade of vacancies; None if the shell
        is not excited or has no known line.

    Raises
    ------
    InputError
        If there is no such element or shell.
    """
    if shell not in FAMILIES:
        raise InputError(f"Not a family of lines: {shell!r:.20}", hint="use K, L or M.")
    number = atomic_number(element)
    return _family(element, number, shell, float(primary_kev))


@cache
def _family(element: str, number: int, shell: str, primary_kev: float) -> Family | None:
    """Return the family's lines above the faintest."""
    found = []
    for transition in _transitions(shell):
        line = getattr(_xraylib(), f"{transition}_LINE")
        energy = _known("LineEnergy", number, line)
        strength = _known("CS_FluorLine_Kissel_Cascade", number, line, primary_kev)
        if energy > 0 and strength > 0:
            found.append((transition, energy, strength))
    whole = sum(strength for _, _, strength in found)
    lines = [
        Line(transition, energy, strength / whole)
        for transition, energy, strength in found
        if strength > _FAINTEST * whole
    ]
    lines.sort(key=lambda line: -line.share)
    return Family(element, shell, tuple(lines)) if lines else None


@cache
def edge_kev(element: str, shell: str) -> float:
    """Return the energy above which a shell is excited.

    Parameters
    ----------
    element : str
        Symbol.
    shell : str
        ``"K"``, ``"L"`` or ``"M"``: the lowest of its subshells counts.

    Returns
    -------
    float
        keV; 0 if the element has no such shell.
    """
    lowest = {"K": "K_SHELL", "L": "L3_SHELL", "M": "M5_SHELL"}[shell]
    return _known("EdgeEnergy", atomic_number(element), getattr(_xraylib(), lowest))


def line_energy(name: str) -> float:
    """Return the energy of a line by its name.

    Parameters
    ----------
    name : str
        Element and line, in the common or the IUPAC notation: ``"Co Ka"``, ``"Pb L3M5"``.
        ``Ka`` is the mean of its two lines, weighted as they are seen together.

    Returns
    -------
    float
        keV.

    Raises
    ------
    InputError
        If there is no such line.
    """
    element, _, line = name.strip().partition(" ")
    number, wanted = atomic_number(element), line.strip().upper()
    lib = _xraylib()
    if wanted == "KA":
        first, second = (_known("LineEnergy", number, getattr(lib, f"{t}_LINE")) for t in _KA)
        one, two = (_known("RadRate", number, getattr(lib, f"{t}_LINE")) for t in _KA)
        energy = (first * one + second * two) / (one + two) if one + two else 0.0
    else:
        code = getattr(lib, f"{_SIEGBAHN.get(wanted, wanted)}_LINE", None)
        energy = 0.0 if code is None else _known("LineEnergy", number, code)
    if energy <= 0:
        raise InputError(
            f"No such X-ray line: {name!r:.40}",
            hint='write element and line as in "Cu Ka", "Pb La1" or "Pb L3M5".',
        )
    return energy


@cache
def escape_share(energy_kev: float) -> float:
    """Return which share of photons loses a silicon K photon in a silicon detector.

    Parameters
    ----------
    energy_kev : float
        Of the photon that arrives, perpendicular to the surface.

    Returns
    -------
    float
        Of the counts in the full peak (Reed and Ware 1972, equation 3); 0 below the edge.
    """
    if energy_kev <= edge_kev("Si", "K"):
        return 0.0
    lib = _xraylib()
    jump = lib.JumpFactor(_SILICON, lib.K_SHELL)
    ratio = lib.CS_Total(_SILICON, silicon_ka_kev()) / lib.CS_Total(_SILICON, energy_kev)
    outside = 1 - ratio * np.log1p(1 / ratio)
    share = 0.5 * lib.FluorYield(_SILICON, lib.K_SHELL) * (1 - 1 / jump) * outside
    return float(share / (1 - share))


@cache
def silicon_ka_kev() -> float:
    """Return the energy that an escape peak lacks."""
    return line_energy("Si Ka")


def compton_kev(energy_kev: float, angle_deg: float) -> float:
    """Return the energy of a photon after Compton scattering by a free electron at rest.

    Parameters
    ----------
    energy_kev : float
        Before.
    angle_deg : float
        By which it is scattered.

    Returns
    -------
    float
        keV.
    """
    loss = energy_kev / ELECTRON_REST_KEV * (1 - np.cos(np.radians(angle_deg)))
    return float(energy_kev / (1 + loss))


def atomic_number(element: str) -> int:
    """Return the number of an element.

    Parameters
    ----------
    element : str
        Symbol, as in ``"Pb"``.

    Returns
    -------
    int
        1 to 98.

    Raises
    ------
    InputError
        If there is none of this symbol.
    """
    number = _numbers().get(element)
    if number is None:
        raise InputError(
            f"Not an element: {element!r:.20}", hint='give its symbol, as in "Pb" or "Pb L".'
        )
    return number


_KA = ("KL3", "KL2")


@cache
def _numbers() -> dict[str, int]:
    lib = _xraylib()
    return {lib.AtomicNumberToSymbol(number): number for number in range(1, _HEAVIEST + 1)}


@cache
def _transitions(shell: str) -> tuple[str, ...]:
    """Return all transitions to a shell from others."""
    matches = map(_TRANSITION.fullmatch, dir(_xraylib()))
    return tuple(
        match[1] + match[2] for match in matches if match and match[1][0] == shell != match[2][0]
    )


def _known(function: str, *arguments: float) -> float:
    """Return a tabulated value, or 0 where the tables have none."""
    try:
        return float(getattr(_xraylib(), function)(*arguments))
    except ValueError:
        return 0.0


def _xraylib() -> Any:  # noqa: ANN401 - a compiled library without types
    """Return xraylib, loaded when it is first needed."""
    import xraylib  # noqa: PLC0415 - see above

    return xraylib
