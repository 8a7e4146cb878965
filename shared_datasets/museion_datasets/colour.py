"""How reflectance looks to the eye under a light: weights of the bands, and the sRGB code.

The 2° observer is the analytic fit of Wyman, Sloan and Shirley. Colours under another light
than D65 are adapted to it (Bradford), as an eye that has got used to the light sees them: a
white stays white, and what differs between two lights is metamerism.

References
----------
C. Wyman, P.-P. Sloan, P. Shirley, "Simple analytic approximations to the CIE
XYZ color matching functions", J. Computer Graphics Techniques 2 (2013) 1-11.
CIE 15:2004, Colorimetry (D65, A, daylight of any temperature). IEC 61966-2-1 (sRGB).
K. M. Lam, "Metamerism and colour constancy", University of Bradford, 1985.
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

# Mean and first two components of daylight, every 10 nm from 380 to 780 nm (CIE 15, table T.2).
_DAYLIGHT = np.array([
    [63.4, 65.8, 94.8, 104.8, 105.9, 96.8, 113.9, 125.6, 125.5, 121.3, 121.3, 113.5, 113.1,
     110.8, 106.5, 108.8, 105.3, 104.4, 100.0, 96.0, 95.1, 89.1, 90.5, 90.3, 88.4, 84.0, 85.1,
     81.9, 82.6, 84.9, 81.3, 71.9, 74.3, 76.4, 63.3, 71.7, 77.0, 65.2, 47.7, 68.6, 65.0],
    [38.5, 35.0, 43.4, 46.3, 43.9, 37.1, 36.7, 35.9, 32.6, 27.9, 24.3, 20.1, 16.2, 13.2, 8.6,
     6.1, 4.2, 1.9, 0.0, -1.6, -3.5, -3.5, -5.8, -7.2, -8.6, -9.5, -10.9, -10.7, -12.0, -14.0,
     -13.6, -12.0, -13.3, -12.9, -10.6, -11.6, -12.2, -10.2, -7.8, -11.2, -10.4],
    [3.0, 1.2, -1.1, -0.5, -0.7, -1.2, -2.6, -2.9, -2.8, -2.6, -2.6, -1.8, -1.5, -1.3, -1.2,
     -1.0, -0.5, -0.3, 0.0, 0.2, 0.5, 2.1, 3.2, 4.1, 4.7, 5.1, 6.7, 7.3, 8.6, 9.8, 10.2, 8.3,
     9.6, 8.5, 7.0, 7.6, 8.0, 6.7, 5.2, 7.4, 6.8],
])  # fmt: skip
_D50_WEIGHTS = (1.0, -1.0401, 0.3666)  # CIE 15, of x = 0.3457, y = 0.3585

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
_BRADFORD = np.array([
    [0.8951, 0.2664, -0.1614],
    [-0.7502, 1.7135, 0.0367],
    [0.0389, -0.0685, 1.0296],
])
_XYZ_TO_RGB = np.array([
    [3.2406, -1.5372, -0.4986],
    [-0.9689, 1.8758, 0.0415],
    [0.0557, -0.2040, 1.0570],
])


def illuminants() -> tuple[str, ...]:
    """Return what `srgb_weights` can take as illuminant, the default first.

    Returns
    -------
    tuple of str
        Names of the CIE: average daylight, daylight at the horizon, and a tungsten lamp.
    """
    return ("D65", "D50", "A")


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


def srgb_weights(
    wavelength_nm: NDArray[np.floating], illuminant: str = "D65"
) -> NDArray[np.float64]:
    """How much each band adds to linear red, green and blue.

    Parameters
    ----------
    wavelength_nm : (n,) float
        Wavelengths of the bands; those outside 380 to 780 nm get weight zero.
    illuminant : str
        One of `illuminants`.

    Returns
    -------
    (3, n) float64
        Such that a white of reflectance 1 becomes (1, 1, 1).

    Raises
    ------
    InvalidError
        If the bands leave out a part of the visible spectrum, or nobody knows the illuminant.
    """
    nm = np.asarray(wavelength_nm, dtype=float)
    if not spans_visible(nm):
        raise InvalidError(
            f"the cube does not span the visible spectrum: {nm.min():g} to {nm.max():g} nm",
            hint="show single bands instead",
        )
    xyz = _tristimulus(nm, illuminant)
    if illuminant == "D65":
        xyz *= (_WHITE / xyz.sum(axis=1))[:, None]
    else:
        xyz = _adaptation(xyz.sum(axis=1), _WHITE) @ xyz
    weights: NDArray[np.float64] = _XYZ_TO_RGB @ xyz
    return weights


def _tristimulus(nm: NDArray[np.float64], illuminant: str) -> NDArray[np.float64]:
    """Return what each band adds to X, Y and Z; a white has Y = 1."""
    light = np.interp(nm, _D65_NM, _power(illuminant), left=0.0, right=0.0) * np.gradient(nm)
    xyz = np.stack([sum(_lobe(nm, *lobe) for lobe in lobes) for lobes in _LOBES]) * light
    summed: NDArray[np.float64] = xyz / xyz[1].sum()
    return summed


def _power(illuminant: str) -> NDArray[np.float64]:
    """Return the relative power of a light every 10 nm from 380 to 780 nm.

    Raises
    ------
    InvalidError
        If nobody knows it.
    """
    if illuminant == "D65":
        return _D65
    if illuminant == "D50":
        warm: NDArray[np.float64] = np.asarray(_D50_WEIGHTS) @ _DAYLIGHT
        return warm
    if illuminant == "A":
        hot = 1.435e7 / 2848.0  # the defining constants of CIE 15, in nm
        shape = (560.0 / _D65_NM) ** 5
        glow: NDArray[np.float64] = 100.0 * shape * np.expm1(hot / 560.0) / np.expm1(hot / _D65_NM)
        return glow
    raise InvalidError(
        f"no such illuminant: {illuminant!r:.40}", hint=f"choose {', '.join(illuminants())}"
    )


def _adaptation(white: NDArray[np.float64], wanted: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the matrix that takes one white to another as an eye does (Bradford)."""
    gains = (_BRADFORD @ wanted) / (_BRADFORD @ white)
    return np.asarray(np.linalg.inv(_BRADFORD) @ np.diag(gains) @ _BRADFORD)


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


def decode_srgb(code: Any) -> Any:  # noqa: ANN401 - array or DataArray
    """Turn the sRGB code into linear light.

    Parameters
    ----------
    code : array
        0 to 1.

    Returns
    -------
    array
        0 to 1.
    """
    low = code <= 0.04045  # noqa: PLR2004 - IEC 61966-2-1
    return low * code / 12.92 + ~low * ((np.maximum(code, 0.0) + 0.055) / 1.055) ** 2.4


def _lobe(
    nm: NDArray[np.float64], weight: float, centre: float, below: float, above: float
) -> NDArray[np.float64]:
    offset = (nm - centre) * np.where(nm < centre, below, above)
    return weight * np.exp(-0.5 * offset**2)
