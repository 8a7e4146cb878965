"""Peaks as PyMca models them, for element maps by a second, independent physics.

Where lines lie, how strong each is within its family, which escape peaks belong to it and what
shape a peak has then come from PyMca and its library fisx, not from xraylib and
`museion.imaging.xrf.response`. The calibration of the axis, the continuum, scattered lines and
the statistics of each pixel stay as they are, so that two maps differ by the physics of peaks
alone. PyMca is asked once, for the mean spectrum: workers of a cluster need not have it.

References
----------
V. A. Solé, E. Papillon, M. Cotte, P. Walter and J. Susini, "A multiplatform code for the
analysis of energy-dispersive X-ray fluorescence spectra", Spectrochimica Acta B 62 (2007)
63-68.
"""

from importlib.metadata import version
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.xrf.lines import FAMILIES
from museion.imaging.xrf.model import Model, with_templates
from museion.imaging.xrf.response import KEV_PER_PAIR, Response

_KEV_PER_PAIR = 3.85e-3  # PyMca's: Fano's factor is scaled to give the same widths
_UNEVEN = 1e-3  # of a channel's width
_SHELLS = {"K": ("K",), "L": ("L1", "L2", "L3"), "M": ("M",)}

type Floats = NDArray[np.float64]


def pymca_name() -> str:
    """Return PyMca's name and version, as a result's attributes say it.

    Returns
    -------
    str
        As in ``"PyMca 5.9.7"``.
    """
    _require_pymca()
    return f"PyMca {version('PyMca5')}"


def with_pymca_peaks(model: Model, mean: Floats, primary_kev: float) -> Model:
    """Return a model with PyMca's peaks in place of its own.

    Parameters
    ----------
    model : Model
        Fitted to the mean spectrum.
    mean : (channels,) float64
        That spectrum, counts per pixel.
    primary_kev : float
        Energy of the exciting X-rays.

    Returns
    -------
    Model
        The same elements in the same order.

    Raises
    ------
    InputError
        If PyMca is not installed, has no such lines, or the channels are not equally wide.
    """
    families = [label for label in model.labels if _is_family(label)]
    shapes = _peaks(_configured(model, families, primary_kev), len(mean))
    labels, templates = [], []
    for label in families:
        found = [shapes[part] for part in _parts(label) if part in shapes]
        if not found and label in {each.name for each in model.wanted.families}:
            raise InputError(
                f"PyMca has no lines for {label!r:.20}",
                hint="leave it out, or use our own peaks: engine='museion'.",
            )
        labels += [label] * len(found)
        templates += found
    others = [
        (label, model.whole[at]) for at, label in enumerate(model.labels) if not _is_family(label)
    ]
    labels += [label for label, _ in others]
    return with_templates(model, mean, labels, np.array([*templates, *(t for _, t in others)]))


def _configured(model: Model, families: list[str], primary_kev: float) -> Any:  # noqa: ANN401
    """Return PyMca's theory of a spectrum with the peaks of some families."""
    theory = _require_pymca().McaTheory()
    settings = theory.getConfiguration()
    last = len(model.energy_kev) - 1
    settings["detector"].update(_detector(model.energy_kev, model.response))
    settings["fit"].update(
        energy=[primary_kev],
        energyflag=[1],
        energyweight=[1.0],
        energyscatter=[0],
        scatterflag=0,
        escapeflag=1,
        sumflag=0,
        hypermetflag=1,
        continuum=0,
        stripflag=0,
        linearfitflag=1,
        use_limit=1,
        xmin=0,
        xmax=last,
    )
    peaks: dict[str, list[str]] = {}
    for label in families:
        element, shell = label.split()
        peaks.setdefault(element, []).extend(_SHELLS[shell])
    settings["peaks"] = peaks
    theory.setConfiguration(settings)
    theory.enableOptimizedLinearFit()
    flat = np.ones(last + 1)
    theory.setData(x=np.arange(last + 1.0), y=flat, xmin=0, xmax=last)
    theory.estimate()
    return theory


def _peaks(theory: Any, channels: int) -> dict[str, Floats]:  # noqa: ANN401
    """Return the spectrum of each group of peaks, (channels,), area one in its full peaks.

    Raises
    ------
    InputError
        If PyMca left channels out.
    """
    shapes = {}
    for at, name in enumerate(theory.PARAMETERS):
        if at < theory.NGLOBAL:
            continue
        shape = theory.linearMcaTheoryDerivative(theory.parameters, at, theory.xdata)
        shapes[str(name)] = np.ravel(shape).astype(np.float64)
    wrong = [name for name, shape in shapes.items() if len(shape) != channels]
    if wrong:
        raise InputError(
            f"PyMca left channels out of {wrong[0]!r:.20}", hint="use engine='museion'."
        )
    return shapes


def _detector(energy_kev: Floats, response: Response) -> dict[str, float]:
    """Return calibration and width of peaks in PyMca's terms.

    Raises
    ------
    InputError
        If the channels are not equally wide.
    """
    step = float(energy_kev[-1] - energy_kev[0]) / (len(energy_kev) - 1)
    even = energy_kev[0] + step * np.arange(len(energy_kev))
    if np.abs(energy_kev - even).max() > _UNEVEN * step * len(energy_kev):
        raise InputError(
            "The channels are not equally wide, as PyMca wants them",
            hint="use our own peaks, which may lie anywhere: engine='museion'.",
        )
    return {
        "zero": float(energy_kev[0] - response.shift_kev) / response.stretch,
        "gain": step / response.stretch,
        "noise": float(response.noise_kev),
        "fano": float(response.fano) * KEV_PER_PAIR / _KEV_PER_PAIR,
        "sum": 0.0,
    }


def _is_family(label: str) -> bool:
    """Whether a template's label names lines of an element."""
    element, _, shell = label.partition(" ")
    return shell in FAMILIES and element.isalpha()


def _parts(label: str) -> tuple[str, ...]:
    """Return what PyMca calls the groups of a family's peaks."""
    element, shell = label.split()
    return tuple(f"{element} {each}" for each in _SHELLS[shell])


def _require_pymca() -> Any:  # noqa: ANN401 - it has no types
    """Return PyMca's module of fits.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        from PyMca5.PyMcaPhysics.xrf import (  # noqa: PLC0415 - an extra, seconds to load
            ClassMcaTheory,
        )
    except ImportError as error:
        raise InputError(
            "PyMca is not installed here",
            hint='install the extra: pip install "museion[pymca]".',
        ) from error
    return ClassMcaTheory
