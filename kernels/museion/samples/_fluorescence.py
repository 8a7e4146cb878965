"""What X-rays make of a layered painting, and what a detector counts of it.

A tube's spectrum (Kramers' continuum behind a capillary, and the anode's lines) falls on paint
over ground over wood. Each line's intensity is the sum over the incident energies of Sherman's
primary fluorescence, with absorption on the way in and out in each pixel's own paint; scatter
likewise, Rayleigh and Compton. Enhancement of one element by another's lines is left out. Cross
sections come from xraylib; peaks are given their shape by `museion.imaging.xrf.response`.

References
----------
J. Sherman, "The theoretical derivation of fluorescent X-ray intensities from mixtures",
Spectrochimica Acta 7 (1955) 283-306.
H. A. Kramers, "On the theory of X-ray absorption and of the continuous X-ray spectrum",
Philosophical Magazine 46 (1923) 836-871.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.imaging.xrf.lines import FAMILIES, atomic_number, compton_kev, find_lines
from museion.imaging.xrf.response import Response, channel_edges
from museion.samples._matter import SYMBOLS

TUBE_KV = 50.0
ANODE = "Rh"
ANGLE_DEG = 100.0
_SIN_IN, _SIN_OUT = 1.0, 0.71  # beam along the normal, detector at 45 degrees
_STEP_KEV = 2.0
_LOWEST_KEV, _HIGHEST_KEV = 1.2, 28.2
_ANODE_SHARE = 0.10  # of the photons, in the anode's K lines
_CLUSTER_KEV = 0.3
_COMPTON_WIDENING = 2.2
_BERYLLIUM_G_CM2, _SILICON_G_CM2 = 0.0046, 0.105
_AIR_G_CM2 = {"N": 9.1e-4, "O": 2.8e-4, "Ar": 1.6e-5}  # one centimetre

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Layers:
    """A painting, seen by a beam.

    Attributes
    ----------
    paint : (pixels, elements) float64
        Mass per area of the elements of `SYMBOLS`, in g/cm².
    ground, wood : (elements,) float64
        The same everywhere.
    """

    paint: Floats
    ground: Floats
    wood: Floats


@dataclass(frozen=True, slots=True)
class _Beam:
    """The tube's photons: energies in keV, their number, and mass attenuation (elements, k)."""

    energy_kev: Floats
    photons: Floats
    attenuation: Floats
    is_line: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Cluster:
    """Lines of an element so near to each other that they are absorbed alike."""

    symbol: str
    energies_kev: Floats
    strengths: Floats
    """Of each line at each incident energy, (lines, k): cm²/g times photons."""

    @property
    def mean_kev(self) -> float:
        return float(np.average(self.energies_kev, weights=self.strengths.sum(axis=1)))


def expected_counts(layers: Layers, energy_kev: Floats, response: Response) -> tuple[Floats, ...]:
    """Return what a detector counts on average, in factors.

    Parameters
    ----------
    layers : Layers
        The painting.
    energy_kev : (channels,) float64
        Energies of the channels.
    response : Response
        The detector's.

    Returns
    -------
    amounts : (pixels, parts) float64
        Intensities of lines and of scatter, in arbitrary units.
    shapes : (parts, channels) float64
        Their spectra: ``amounts @ shapes`` are the counts.
    """
    beam = _tube()
    edges = channel_edges(energy_kev)
    into = layers.paint @ beam.attenuation / _SIN_IN
    amounts, shapes = [], []
    for cluster in _clusters(beam):
        amounts.append(_emitted(cluster, layers, beam, into))
        shares = cluster.strengths.sum(axis=1) / cluster.strengths.sum()
        shapes.append(response.lines(edges, cluster.energies_kev, shares))
        shapes[-1] *= _seen(np.array([cluster.mean_kev]))[0]
    scattered, spectra = _scattered(layers, beam, into, edges, response)
    argon = _argon(beam, edges, response)
    everywhere = np.ones((len(layers.paint), 1))
    return (
        np.column_stack([*amounts, scattered, everywhere]),
        np.vstack([*shapes, spectra, argon]),
    )


def _tube() -> _Beam:
    """Return the photons of the tube behind its optics, which pass less of high energies."""
    centres = np.arange(_LOWEST_KEV + _STEP_KEV, TUBE_KV, _STEP_KEV)
    passed = np.exp(-((centres / 38.0) ** 2)) * (1 - np.exp(-((centres / 6.0) ** 2)))
    photons = (TUBE_KV / centres - 1) * passed
    family = find_lines(ANODE, "K", TUBE_KV)
    lines = family.lines if family else ()
    sharp = np.array([line.energy_kev for line in lines])
    strong = np.array([line.share for line in lines]) * photons.sum() * _ANODE_SHARE
    energies = np.concatenate([centres, sharp])
    is_line = np.arange(len(energies)) >= len(centres)
    return _Beam(energies, np.concatenate([photons, strong]), _attenuation(energies), is_line)


def _clusters(beam: _Beam) -> list[_Cluster]:
    """Return the lines of all elements in the detector's range, in clusters."""
    found = []
    for symbol in SYMBOLS:
        lines = [
            (line.energy_kev, line.transition)
            for shell in FAMILIES
            for family in [find_lines(symbol, shell, TUBE_KV)]
            for line in (family.lines if family else ())
            if _LOWEST_KEV < line.energy_kev < _HIGHEST_KEV
        ]
        lines.sort()
        energies = np.array([energy for energy, _ in lines])
        gaps = np.flatnonzero(np.diff(energies) > _CLUSTER_KEV) + 1
        for part in np.split(np.arange(len(lines)), gaps):
            strengths = np.array([_strengths(symbol, lines[at][1], beam) for at in part])
            if len(part) and strengths.sum() > 0:
                found.append(_Cluster(symbol, energies[part], strengths))
    return found


def _strengths(symbol: str, transition: str, beam: _Beam) -> Floats:
    """Return a line's cross section times the photons, at each incident energy."""
    lib = _xraylib()
    number, line = atomic_number(symbol), getattr(lib, f"{transition}_LINE")
    section = [
        _known(lib.CS_FluorLine_Kissel_Cascade, number, line, float(e)) for e in beam.energy_kev
    ]
    return np.array(section) * beam.photons


def _emitted(cluster: _Cluster, layers: Layers, beam: _Beam, into: Floats) -> Floats:
    """Return a cluster's intensity from paint and ground in each pixel."""
    at = SYMBOLS.index(cluster.symbol)
    strength = cluster.strengths.sum(axis=0)
    attenuation = _attenuation(np.array([cluster.mean_kev]))[:, 0] / _SIN_OUT
    way = into + (layers.paint @ attenuation)[:, None]
    intensity = layers.paint[:, at] * (_mean_transmission(way) @ strength)
    if layers.ground[at] > 0:
        below = layers.ground @ beam.attenuation / _SIN_IN + layers.ground @ attenuation
        intensity += layers.ground[at] * (np.exp(-way) @ (strength * _mean_transmission(below)))
    return intensity


def _scattered(
    layers: Layers, beam: _Beam, into: Floats, edges: Floats, response: Response
) -> tuple[Floats, Floats]:
    """Return scatter in each pixel for each incident energy and kind, and the spectra of it."""
    ratio = 1 + _SIN_IN / _SIN_OUT
    ground = layers.ground @ beam.attenuation * ratio
    wood = layers.wood @ beam.attenuation * ratio
    amounts, shapes = [], []
    for kind, widening in (("DCS_Rayl", 1.0), ("DCS_Compt", _COMPTON_WIDENING)):
        section = _sections(kind, beam.energy_kev)
        own = (layers.paint @ section) * _mean_transmission(into * ratio)
        below = (layers.ground @ section) * _mean_transmission(ground)
        below = below + (layers.wood @ section) * _mean_transmission(wood) * np.exp(-ground)
        amounts.append((own + below * np.exp(-into * ratio)) * beam.photons)
        lost = kind == "DCS_Compt"
        seen = [compton_kev(float(e), ANGLE_DEG) if lost else float(e) for e in beam.energy_kev]
        shapes.append(_scatter_shapes(np.array(seen), beam.is_line, edges, response, widening))
    return np.hstack(amounts), np.vstack(shapes)


def _scatter_shapes(
    seen_kev: Floats,
    is_line: NDArray[np.bool_],
    edges: Floats,
    response: Response,
    widening: float,
) -> Floats:
    """Return spectra of scattered photons: of lines peaks, of the continuum its steps joined."""
    shapes = response.peaks(edges, seen_kev, widening)
    centres, widths = 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)
    smooth = np.flatnonzero(~is_line)
    for at in smooth:
        one = np.eye(len(smooth))[at]
        shapes[at] = np.interp(centres, seen_kev[smooth], one, left=0, right=0) * widths / _STEP_KEV
    return shapes * _seen(seen_kev)[:, None]


def _argon(beam: _Beam, edges: Floats, response: Response) -> Floats:
    """Return the spectrum of the argon in a centimetre of air."""
    family = find_lines("Ar", "K", TUBE_KV)
    lines = family.lines if family else ()
    strength = sum(_strengths("Ar", line.transition, beam).sum() for line in lines)
    energies = np.array([line.energy_kev for line in lines])
    shares = np.array([line.share for line in lines])
    shape = response.lines(edges, energies, shares)
    counted: Floats = shape * _AIR_G_CM2["Ar"] * strength * _seen(energies)[0]
    return counted


def _mean_transmission(way: Floats) -> Floats:
    """Return the mean of exp(-t) for t from 0 to the way."""
    safe = np.maximum(way, 1e-9)
    mean: Floats = -np.expm1(-safe) / safe
    return mean


def _seen(energy_kev: Floats) -> Floats:
    """Return which share of photons passes air and window and stops in the silicon."""
    lib = _xraylib()

    def thickness(symbol: str, mass: float) -> Floats:
        number = atomic_number(symbol)
        return np.array([lib.CS_Total(number, float(e)) for e in energy_kev]) * mass

    lost = thickness("Be", _BERYLLIUM_G_CM2)
    lost = lost + sum(thickness(symbol, mass) for symbol, mass in _AIR_G_CM2.items())
    seen: Floats = np.exp(-lost) * -np.expm1(-thickness("Si", _SILICON_G_CM2))
    return seen


def _attenuation(energy_kev: Floats) -> Floats:
    """Return mass attenuation (elements, energies) in cm²/g."""
    lib = _xraylib()
    return np.array([
        [lib.CS_Total(atomic_number(symbol), float(e)) for e in energy_kev] for symbol in SYMBOLS
    ])


def _sections(kind: str, energy_kev: Sequence[float] | Floats) -> Floats:
    """Return differential cross sections of scatter times 4π, (elements, energies) in cm²/g."""
    section = getattr(_xraylib(), kind)
    theta = float(np.radians(ANGLE_DEG))
    return np.array([
        [section(atomic_number(symbol), float(e), theta) for e in energy_kev] for symbol in SYMBOLS
    ]) * (4 * np.pi)


def _known(function: Any, *arguments: float) -> float:  # noqa: ANN401 - of a compiled library
    """Return a tabulated value, or 0 where the tables have none."""
    try:
        return float(function(*arguments))
    except ValueError:
        return 0.0


def _xraylib() -> Any:  # noqa: ANN401 - a compiled library without types
    import xraylib  # noqa: PLC0415 - only who makes the sample pays

    return xraylib
