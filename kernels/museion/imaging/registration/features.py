"""Registration by features that look alike in both images, for modalities that do.

References
----------
D. G. Lowe, "Distinctive image features from scale-invariant keypoints", Int. J. Computer
Vision 60 (2004) 91-110.
M. A. Fischler and R. C. Bolles, "Random sample consensus", Comm. ACM 24 (1981) 381-395.
"""

from dataclasses import replace
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion.imaging.registration.images import Floats, require_image
from museion.imaging.registration.points import NEEDED, register_points, require_freedom
from museion.imaging.registration.transform import Freedom, Transform

_LARGEST_PX = 2048
_RATIO = 0.8
_NEAR_PX = 2.0
_TRIALS = 2000
_MIN_AGREEING = 8
_KEPT_POINTS = 200


def register_features(moving: Any, fixed: Any, model: str = Freedom.AFFINE) -> Transform:  # noqa: ANN401 - DataArrays or arrays
    """Register two images by SIFT features and RANSAC.

    For images of the same kind: bands of two cubes, tiles of a reflectogram, photographs.
    Where contrast differs in kind (X-rays and colour) use `register_mutual_information`.

    Parameters
    ----------
    moving, fixed : DataArray
        Images (y, x).
    model : str
        As for `register_points`.

    Returns
    -------
    Transform
        By least squares from the features that agree, which are its residuals' points.

    Raises
    ------
    InputError
        If one is no image, or too few features agree.
    """
    freedom = require_freedom(model)
    one, two = require_image(moving, "moving"), require_image(fixed, "fixed")
    moving_xy, fixed_xy = _matches(one, two)
    agree = _agreeing(moving_xy, fixed_xy, freedom)
    if agree.sum() < max(_MIN_AGREEING, 2 * NEEDED[freedom]):
        raise InputError(
            f"The images have too little in common: {int(agree.sum())} features agree",
            hint="use register_mutual_information, or set control points by hand.",
        )
    kept = np.flatnonzero(agree)
    kept = kept[:: max(1, -(-len(kept) // _KEPT_POINTS))]
    shapes = {"moving_shape": _shape(one), "fixed_shape": _shape(two)}
    found = register_points(moving_xy[kept], fixed_xy[kept], freedom, **shapes)
    return replace(
        found, method="features", note=f"{int(agree.sum())} of {len(agree)} features agree"
    )


def _matches(moving: Floats, fixed: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (x, y) of features that look alike, in both images."""
    feature: Any = import_module("skimage.feature")  # heavy: loaded when needed

    one, first = _features(moving)
    two, second = _features(fixed)
    if not len(one) or not len(two):
        return np.empty((0, 2)), np.empty((0, 2))
    pairs = feature.match_descriptors(first, second, max_ratio=_RATIO, cross_check=True)
    return one[pairs[:, 0]], two[pairs[:, 1]]


def _features(image: Floats) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return (x, y) and descriptors of an image's features; none is an answer too."""
    feature: Any = import_module("skimage.feature")
    transform: Any = import_module("skimage.transform")

    factor = -(-max(image.shape) // _LARGEST_PX)
    small = transform.downscale_local_mean(image, (factor, factor)) if factor > 1 else image
    sift = feature.SIFT()
    try:
        sift.detect_and_extract(small)
    except RuntimeError:  # what it says when there is none
        return np.empty((0, 2)), np.empty((0, 128))
    xy = sift.keypoints[:, ::-1].astype(np.float64)
    return (xy + 0.5) * factor - 0.5, sift.descriptors


def _agreeing(
    moving: NDArray[np.float64], fixed: NDArray[np.float64], freedom: Freedom
) -> NDArray[np.bool_]:
    """Return which pairs one transform explains."""
    kinds: Any = import_module("skimage.transform")
    measure: Any = import_module("skimage.measure")

    needed = max(2, NEEDED[freedom])
    if len(moving) < max(_MIN_AGREEING, 2 * needed):
        return np.zeros(len(moving), bool)
    kind = {
        Freedom.TRANSLATION: kinds.EuclideanTransform,
        Freedom.RIGID: kinds.EuclideanTransform,
        Freedom.SIMILARITY: kinds.SimilarityTransform,
        Freedom.AFFINE: kinds.AffineTransform,
        Freedom.PROJECTIVE: kinds.ProjectiveTransform,
    }[freedom]
    _, inliers = measure.ransac(
        (moving, fixed), kind, needed, residual_threshold=_NEAR_PX, max_trials=_TRIALS, rng=0
    )
    return np.zeros(len(moving), bool) if inliers is None else np.asarray(inliers)


def _shape(image: Floats) -> tuple[int, int]:
    height, width = image.shape
    return height, width
