"""Registration by mutual information, for modalities with contrast of different kinds.

References
----------
D. Mattes et al., "PET-CT image registration in the chest using free-form deformations", IEEE
Trans. Medical Imaging 22 (2003) 120-128.
"""

from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.registration.agreement import local_residuals, stands_out
from museion.imaging.registration.apply import resample
from museion.imaging.registration.images import Floats, require_image
from museion.imaging.registration.points import require_freedom
from museion.imaging.registration.transform import Freedom, Residual, Transform, rows_of

_BINS = 32
_ALL_PIXELS = 1 << 20
_SHRINK = (4, 2, 1)
_BLUR = (2.0, 1.0, 0.0)
_ITERATIONS = 200
_SEED = 1

type Matrix = NDArray[np.float64]


def register_mutual_information(
    moving: Any,  # noqa: ANN401 - DataArrays or arrays
    fixed: Any,  # noqa: ANN401
    model: str = Freedom.AFFINE,
    start: Transform | None = None,
) -> Transform:
    """Register two images by what one tells of the other, whatever the contrast.

    Parameters
    ----------
    moving, fixed : DataArray
        Images (y, x): an element map and a band, an X-ray and a photograph. A fixed image that
        is much finer than the other is averaged for the search.
    model : str
        As for `register_points`, but not ``"projective"``.
    start : Transform, optional
        From about where to search, as from three control points. By default both images are
        taken to show the same area.

    Returns
    -------
    Transform
        Its residuals are shifts that parts of the image, registered by themselves, still
        ask for; ``error_px`` their root mean square.

    Raises
    ------
    InputError
        If one is no image, the kind is not offered, or the images tell nothing of each other
        in the place found.
    """
    freedom = require_freedom(model)
    if freedom is Freedom.PROJECTIVE:
        raise InputError(
            "Mutual information finds no projective transform", hint='use "affine", or points.'
        )
    one, whole = require_image(moving, "moving"), require_image(fixed, "fixed")
    two, enlarge = _not_much_finer(whole, one)
    begin = np.linalg.inv(start.matrix) @ enlarge if start else _same_area(one, two, freedom)
    found = np.linalg.inv(begin @ _optimize(one, two, freedom, begin))
    placed = resample(one, np.linalg.inv(found), (0, 0), _shape(two), order=1, fill=np.nan)
    if not stands_out(placed, two):
        raise InputError(
            "The images tell nothing of each other: no place stands out",
            hint="check that they show the same area, choose maps with more structure, or set "
            "three control points and give them as start.",
        )
    residuals = tuple(_enlarged(each, enlarge) for each in local_residuals(placed, two, found))
    lengths = np.array([each.length_px for each in residuals])
    error = float(np.sqrt((lengths**2).mean())) if len(lengths) else float("nan")
    return Transform(
        rows_of(enlarge @ found),
        freedom,
        "mutual information",
        _shape(one),
        _shape(whole),
        residuals,
        error,
        f"{len(residuals)} parts of the image checked by themselves",
    )


def _not_much_finer(fixed: Floats, moving: Floats) -> tuple[Floats, Matrix]:
    """Return the fixed image in pixels about as large as the moving one's, and the way back.

    Detail that the moving image can't have costs time, and hides which place of a part is best.
    """
    factor = max(1, int(np.sqrt(fixed.size / moving.size)))
    height, width = (length // factor for length in fixed.shape)
    blocks = fixed[: height * factor, : width * factor].reshape(height, factor, width, factor)
    enlarge = np.diag([float(factor), float(factor), 1.0])
    enlarge[:2, 2] = (factor - 1) / 2
    return blocks.mean(axis=(1, 3), dtype=np.float32), enlarge


def _enlarged(residual: Residual, enlarge: Matrix) -> Residual:
    """Return a residual in the pixels of the whole fixed image."""
    x, y, _ = enlarge @ [*residual.fixed, 1.0]
    by = float(enlarge[0, 0])
    return Residual(residual.moving, (float(x), float(y)), by * residual.dx, by * residual.dy)


def _same_area(moving: Floats, fixed: Floats, freedom: Freedom) -> Matrix:
    """Return the matrix from fixed to moving pixels if both show the same area."""
    matrix = np.eye(3)
    if freedom in {Freedom.SIMILARITY, Freedom.AFFINE}:
        scale = np.array(moving.shape[::-1]) / np.array(fixed.shape[::-1])
        if freedom is Freedom.SIMILARITY:
            scale[:] = np.sqrt(scale.prod())
        matrix[0, 0], matrix[1, 1] = scale
    centre = (np.array(fixed.shape[::-1]) - 1) / 2
    target = (np.array(moving.shape[::-1]) - 1) / 2
    matrix[:2, 2] = target - matrix[:2, :2] @ centre
    return matrix


def _optimize(moving: Floats, fixed: Floats, freedom: Freedom, begin: Matrix) -> Matrix:
    """Return the matrix in fixed pixels that, before `begin`, tells most.

    Raises
    ------
    InputError
        If the images don't overlap at the start.
    """
    sitk: Any = import_module("SimpleITK")  # heavy: loaded when needed

    centre = [(length - 1) / 2 for length in fixed.shape[::-1]]
    search = {
        Freedom.TRANSLATION: lambda: sitk.TranslationTransform(2),
        Freedom.RIGID: lambda: sitk.Euler2DTransform(centre),
        Freedom.SIMILARITY: lambda: sitk.Similarity2DTransform(1.0, 0.0, (0.0, 0.0), centre),
        Freedom.AFFINE: lambda: _centred(sitk.AffineTransform(2), centre),
    }[freedom]()
    first = sitk.AffineTransform(2)
    first.SetMatrix(begin[:2, :2].ravel().tolist())
    first.SetTranslation(begin[:2, 2].tolist())
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_BINS)
    if fixed.size > _ALL_PIXELS:
        method.SetMetricSamplingStrategy(method.RANDOM)
        method.SetMetricSamplingPercentage(_ALL_PIXELS / fixed.size, _SEED)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(1.0, 1e-4, _ITERATIONS, 0.6)
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(list(_SHRINK))
    method.SetSmoothingSigmasPerLevel(list(_BLUR))
    method.SetMovingInitialTransform(first)
    method.SetInitialTransform(search, inPlace=True)
    try:
        method.Execute(sitk.GetImageFromArray(fixed), sitk.GetImageFromArray(moving))
    except RuntimeError as error:  # what it says when nothing overlaps
        raise InputError(
            "The images don't overlap where the search began", hint="give a start nearer by."
        ) from error
    corners = ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0))
    zero, right, down = (np.array(search.TransformPoint(corner)) for corner in corners)
    matrix = np.eye(3)
    matrix[:2] = np.stack([right - zero, down - zero, zero], axis=1)
    return matrix


def _centred(transform: Any, centre: list[float]) -> Any:  # noqa: ANN401 - SimpleITK's own
    transform.SetCenter(centre)
    return transform


def _shape(image: Floats) -> tuple[int, int]:
    height, width = image.shape
    return height, width
