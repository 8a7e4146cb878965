"""Refines a registration on the surfaces themselves: trimmed iterative closest points.

Samples of the moving scan go to the closest points of the fixed triangles; the motion that
brings them onto the tangent planes is solved, and so on. The largest residuals and what has
no partner (closest to an open border) take no part.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from museion.errors import InputError
from museion.scans.measure.alignment import Alignment
from museion.scans.measure.closest import ClosestPoints
from museion.scans.measure.paradata import Origin, paradata
from museion.scans.measure.quantities import Quantity
from museion.scans.measure.surface import Patch
from museion.scans.measure.transform import Transform

type Array = NDArray[Any]

SOURCE = (
    "Besl & McKay 1992, doi:10.1109/34.121791; Chen & Medioni 1992, "
    "doi:10.1016/0262-8856(92)90066-C; Chetverikov et al. 2002, doi:10.1109/ICPR.2002.1047997"
)
LEAST_STABILITY = 1e-4
_FEWEST = 20
_SETTLED = 1e-9  # largest shift of a point in one step, against the size of the scan


@dataclass(frozen=True, slots=True)
class IcpOptions:
    """How a registration is refined.

    Attributes
    ----------
    overlap : float
        Share of the samples that is expected to have a partner; the rest is trimmed.
    samples : int
        Vertices of the moving scan that take part, drawn with `seed`.
    max_iterations : int
    seed : int
    """

    overlap: float = 0.8
    samples: int = 20_000
    max_iterations: int = 60
    seed: int = 0


@dataclass(frozen=True, slots=True)
class _Step:
    transform: Transform
    residuals: Array
    is_used: Array
    stability: float
    shift: float


def refine(
    moving: Patch,
    fixed: Patch,
    start: Transform,
    origins: tuple[Origin, Origin],
    options: IcpOptions,
) -> Alignment:
    """Return the motion that brings a scan's surface onto another's.

    Parameters
    ----------
    moving, fixed : Patch
        All their triangles.
    start : Transform
        Where the search starts: near enough that closest points are about the right ones.
    origins : (Origin, Origin)
    options : IcpOptions

    Raises
    ------
    InputError
        If too little of the surfaces meets, they slide on each other, or the search does not
        settle.
    """
    _require_options(options)
    chosen = np.random.default_rng(options.seed).permutation(len(moving.vertices))
    samples = moving.vertices[np.sort(chosen[: options.samples])]
    closest = ClosestPoints(fixed)
    transform, size = start, float(np.ptp(samples, axis=0).max())
    for iteration in range(1, options.max_iterations + 1):
        step = _step(samples, closest, transform, options.overlap)
        if step.stability < LEAST_STABILITY:
            raise InputError(
                f"The surfaces slide on each other, stability {step.stability:.1g}: "
                "their shape does not determine the motion",
                hint="register by pairs of points, as a plain sphere, cylinder or plane needs.",
            )
        transform = step.transform @ transform
        if step.shift <= _SETTLED * size:
            return _result(step, transform, origins, options, iteration)
    raise InputError(
        f"The registration does not settle: points still move by {step.shift:.3g} m",
        hint="start nearer, by pairs of points, or set overlap to the share that both scans show.",
    )


def _require_options(options: IcpOptions) -> None:
    if not 0.0 < options.overlap <= 1.0 or options.samples < _FEWEST or options.max_iterations < 1:
        raise InputError(
            f"Options that no registration can work with: {options}",
            hint=f"overlap is above 0 and at most 1, samples {_FEWEST} or more.",
        )


def _step(samples: Array, closest: ClosestPoints, transform: Transform, overlap: float) -> _Step:
    points = transform.apply(samples)
    match = closest.find(points)
    residuals = ((points - match.points) * match.normals).sum(axis=1)
    away = np.where(match.is_border, np.inf, np.linalg.norm(points - match.points, axis=1))
    most = max(round(overlap * len(points)), 1)
    is_used = np.isfinite(away)
    is_used &= away <= np.partition(away, most - 1)[most - 1]
    if is_used.sum() < _FEWEST:
        raise InputError(
            f"Too little of the surfaces meets: {int(is_used.sum())} samples",
            hint="start nearer, by pairs of points.",
        )
    motion, stability = _onto_planes(points[is_used], match.normals[is_used], residuals[is_used])
    shift = float(np.linalg.norm(motion.apply(points) - points, axis=1).max())
    return _Step(motion, residuals, is_used, stability, shift)


def _onto_planes(points: Array, normals: Array, residuals: Array) -> tuple[Transform, float]:
    """Motion that takes the residuals along the normals away, and how well it is determined."""
    center = points.mean(axis=0)
    arms = points - center
    size = float(np.sqrt((arms * arms).sum(axis=1).mean())) or 1.0
    rows = np.concatenate([np.cross(arms / size, normals), normals], axis=1)
    system = rows.T @ rows / len(rows)
    spectrum = np.linalg.eigvalsh(system)
    stability = float(max(spectrum[0], 0.0) / spectrum[-1])
    if stability < LEAST_STABILITY:
        return Transform.identity(), stability
    solution = np.linalg.solve(system, -rows.T @ residuals / len(rows))
    rotation = Rotation.from_rotvec(solution[:3] / size).as_matrix()
    return Transform(rotation, center + solution[3:] - rotation @ center), stability


def _result(
    step: _Step,
    transform: Transform,
    origins: tuple[Origin, Origin],
    options: IcpOptions,
    iterations: int,
) -> Alignment:
    used = step.residuals[step.is_used]
    return Alignment(
        transform=transform,
        rms=Quantity(float(np.sqrt(np.mean(used**2))), "m"),
        residuals=step.residuals,
        is_used=step.is_used,
        stability=step.stability,
        iterations=iterations,
        paradata=paradata(
            origins,
            "trimmed iterative closest points, point to plane",
            SOURCE,
            ("libigl", "scipy"),
            overlap=options.overlap,
            samples=len(step.residuals),
            seed=options.seed,
        ),
    )
