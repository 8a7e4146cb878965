"""How reflectance looks to the eye in daylight: weights of the bands, and the sRGB code.

The 2° observer is the analytic fit of Wyman, Sloan and Shirley; the illuminant is D65.

References
----------
C. Wyman, P.-P. Sloan, P. Shirley, "Simple analytic approximations to the CIE
XYZ color matching functions", J. Computer Graphics Techniques 2 (2013) 1-11.
CIE 15:2004, Colorimetry (D65). IEC 61966-2-1 (sRGB).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError

# Relative power of D65 every 10 nm from 380 to 780 nm (CIE 15:2004, table T.1).
_D65_NM = np.arange(380, 781, 10)
_D65 = np.array([
    49.98, 54.65, 82.75, 91.49, 93.43, 86.68, 104.86, 117.01, 117.81, 114.86, 115.92,
    108.81, 109.35, 107.80, 104.79, 107.69, 104.41, 104.05, 100.00, 96.33, 95.79,
    88.69, 90.01, 89.60, 87.70, 83.29, 83.70, 80.03, 80.21, 82.28, 78.28,
    69.72, 71.61, 74.35, 61.60, 69.89, 75.09, 63.59, 46.42, 66.81, 63.38,
])  # fmt: skip

# Lobes (weight, centre in nm, inverse widths below and above) of x, y and z.
_LOBES = (
    (
        (1.056, 599.8, 0.0264, 0.0323),
        (0.362, 442.0, 0.0624, 0.0374),
        (-0.065, 501.1, 0.0490, 0.0382),
    ),
    ((0.821, 568.8, 0.0213, 0.0247), (0.286, 530.9, 0.0613, 0.0322)),
    ((1.217, 437.0, 0.0845, 0.0278), (0.681, 459.0, 0.0385, 0.0725)),
)  # fmt: skip

# What a cube must span to be shown in colour.
_BLUEST_NM, _REDDEST_NM, _WIDEST_STEP_NM = 450.0, 650.0, 40.0

_WHITE = np.array([0.95047, 1.0, 1.08883])
_XYZ_TO_RGB = np.array([
    [3.2406, -1.5372, -0.4986],
    [-0.9689, 1.8758, 0.0415],
    [0.0557, -0.2040, 1.0570],
])


def spans_visible(wavelength_nm: NDArray[np.floating]) -> bool:
    """Whether bands suffice for colour: from blue to red, in steps of at most 40 nm.

    Parameters
    ----------
    wavelength_nm : (n,) float
        Wavelengths of the bands, rising.

    Returns
    -------
    bool
        True if `srgb_weights` makes sense.
    """
    nm = np.asarray(wavelength_nm, dtype=float)
    if nm.size == 0 or nm[0] > _BLUEST_NM or nm[-1] < _REDDEST_NM:
        return False
    needed = nm[(nm >= _BLUEST_NM) & (nm <= _REDDEST_NM)]
    gaps = np.diff(np.concatenate([[_BLUEST_NM], needed, [_REDDEST_NM]]))
    return bool(gaps.max() <= _WIDEST_STEP_NM)


def srgb_weights(wavelength_nm: NDArray[np.floating]) -> NDArray[np.float64]:
    """How much each band adds to linear red, green and blue.

    Parameters
    ----------
    wavelength_nm : (n,) float
        Wavelengths of the bands; those outside 380 to 780 nm get weight zero.

    Returns
    -------
    (3, n) float64
        Such that a white of reflectance 1 becomes (1, 1, 1).

    Raises
    ------
    InvalidError
        If the bands leave out a part of the visible spectrum.
    """
    nm = np.asarray(wavelength_nm, dtype=float)
    if not spans_visible(nm):
        raise InvalidError(
            f"the cube does not span the visible spectrum: {nm.min():g} to {nm.max():g} nm",
            hint="show single bands instead",
        )
    light = np.interp(nm, _D65_NM, _D65, left=0.0, right=0.0) * np.gradient(nm)
    xyz = np.stack([sum(_lobe(nm, *lobe) for lobe in lobes) for lobes in _LOBES]) * light
    xyz *= (_WHITE / xyz.sum(axis=1))[:, None]
    weights: NDArray[np.float64] = _XYZ_TO_RGB @ xyz
    return weights


def encode_srgb(linear: Any) -> Any:  # noqa: ANN401 - array or DataArray
    """Turn linear light into the sRGB code.

    Parameters
    ----------
    linear : array or DataArray
        0 to 1; what lies outside is cut off.

    Returns
    -------
    array or DataArray
        0 to 1.
    """
    light = linear.clip(0.0, 1.0)
    is_dark = light <= 0.0031308  # noqa: PLR2004 - IEC 61966-2-1
    return is_dark * 12.92 * light + (1 - is_dark) * (1.055 * light ** (1 / 2.4) - 0.055)


def _lobe(
    nm: NDArray[np.float64], weight: float, centre: float, below: float, above: float
) -> NDArray[np.float64]:
    offset = (nm - centre) * np.where(nm < centre, below, above)
    return weight * np.exp(-0.5 * offset**2)
