"""A ranking of library spectra by likeness, with the runner-up and why.

Likeness is the spectral angle, which brightness does not change. Several spectra of one material
(shades, grain sizes) compete as one. Two materials are not told apart if their angles differ by
less than the noise of the measurement makes of an angle; then the ranking says so rather than
give one name.

References
----------
F. A. Kruse et al., "The spectral image processing system (SIPS)", Remote Sensing of
Environment 44 (1993) 145-163.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_SIGMA = 2.0
_LEAST_MARGIN_RAD = 0.005

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Match:
    """One material of a ranking.

    Attributes
    ----------
    rank : int
        From 1.
    name : str
        Of the spectrum that fits best.
    material : str
        Without its shade.
    entry : int
        Number of the spectrum in the library.
    angle : float
        In radians.
    scale : float
        Brightness of the measured spectrum over that of the library's.
    differs_nm : float
        Where the two differ most, brightness set aside.
    difference : float
        By how much there, in reflectance; positive where the measured one is brighter.
    elements : str
        Symbols joined by a space.
    """

    rank: int
    name: str
    material: str
    entry: int
    angle: float
    scale: float
    differs_nm: float
    difference: float
    elements: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """What a spectrum resembles.

    Attributes
    ----------
    matches : tuple of Match
        Best first.
    margin : float
        Least difference of two angles that means something, in radians.
    max_angle : float
        Beyond this, in radians, a material is none of the library's.
    low_nm, high_nm : float
        The range that was compared.
    """

    matches: tuple[Match, ...]
    margin: float
    max_angle: float
    low_nm: float
    high_nm: float

    @property
    def is_unknown(self) -> bool:
        """Whether nothing in the library is near enough."""
        return not self.matches or self.matches[0].angle > self.max_angle

    @property
    def candidates(self) -> tuple[Match, ...]:
        """Those that cannot be told from the best; empty if unknown."""
        if self.is_unknown:
            return ()
        limit = self.matches[0].angle + self.margin
        return tuple(each for each in self.matches if each.angle <= limit)

    @property
    def why(self) -> str:
        """The verdict in one or two sentences."""
        if not self.matches:
            return "The library is empty."
        best = self.matches[0]
        there = f"at {best.differs_nm:.0f} nm by {best.difference:+.3f}"
        if self.is_unknown:
            return (
                f"Unknown: the nearest, {best.material}, is {best.angle:.3f} rad away "
                f"(limit {self.max_angle:g}) and differs most {there}."
            )
        others = self.candidates[1:]
        if others:
            named = ", ".join(each.material for each in others)
            return (
                f"Not decided: {best.material} ({best.angle:.3f} rad) cannot be told from {named} "
                f"between {self.low_nm:.0f} and {self.high_nm:.0f} nm."
            )
        if len(self.matches) == 1:
            return f"{best.material}, {best.angle:.3f} rad, differs most {there}."
        second = self.matches[1]
        return (
            f"{best.material} ({best.angle:.3f} rad) rather than {second.material} "
            f"({second.angle:.3f} rad), which differs most at {second.differs_nm:.0f} nm "
            f"by {second.difference:+.3f}."
        )

    def __str__(self) -> str:
        lines = [
            f"{each.rank:>3}  {each.angle:.4f} rad  {each.name}  {each.elements}".rstrip()
            for each in self.matches
        ]
        return "\n".join([self.why, *lines])

    def __repr__(self) -> str:
        return str(self)


@dataclass(frozen=True, slots=True)
class Entries:
    """Library spectra at the measured spectrum's wavelengths.

    Attributes
    ----------
    spectra : (n, bands) float64
        Reflectance.
    names, materials, elements : sequence of str
        Of each.
    """

    spectra: Floats
    names: Sequence[str]
    materials: Sequence[str]
    elements: Sequence[str]


def rank(
    measured: Floats,
    error: Floats | None,
    nm: Floats,
    entries: Entries,
    *,
    count: int,
    max_angle: float,
) -> Ranking:
    """Rank the materials of a library.

    Parameters
    ----------
    measured : (bands,) float64
        Reflectance.
    error : (bands,) float64 or None
        Its standard error, of the mean; None if it is not known.
    nm : (bands,) float64
        Wavelengths.
    entries : Entries
        At the same.
    count : int
        How many materials.
    max_angle : float
        In radians.

    Returns
    -------
    Ranking
        Best first.
    """
    length = np.linalg.norm(measured)
    lengths = np.linalg.norm(entries.spectra, axis=1)
    unit, units = measured / length, entries.spectra / lengths[:, None]
    apart = np.linalg.norm(units - unit, axis=1)
    angles = 2 * np.arctan2(apart, np.linalg.norm(units + unit, axis=1))
    matches: list[Match] = []
    seen: set[str] = set()
    for entry in np.argsort(angles, kind="stable"):
        material = entries.materials[entry]
        if material in seen:
            continue
        seen.add(material)
        spectrum = entries.spectra[entry]
        scale = float(measured @ spectrum / (spectrum @ spectrum))
        residual = measured - scale * spectrum
        worst = int(np.abs(residual).argmax())
        matches.append(
            Match(
                len(matches) + 1,
                entries.names[entry],
                material,
                int(entry),
                float(angles[entry]),
                scale,
                float(nm[worst]),
                float(residual[worst]),
                entries.elements[entry],
            )
        )
        if len(matches) == count:
            break
    noise = 0.0 if error is None else _SIGMA * float(np.sqrt(np.mean(error**2)) / length)
    margin = max(_LEAST_MARGIN_RAD, noise)
    return Ranking(tuple(matches), margin, max_angle, float(nm[0]), float(nm[-1]))
