"""The Kubelka-Munk theory of light in paint.

Two fluxes, one down and one up, in a layer that absorbs (K) and scatters (S) in
proportion to its thickness. Reflectances are internal: without the Fresnel
reflection at the surface (Saunderson's correction is left to the caller).

References
----------
P. Kubelka and F. Munk, "Ein Beitrag zur Optik der Farbanstriche",
Zeitschrift für technische Physik 12 (1931) 593-601.
P. Kubelka, "New contributions to the optics of intensely light-scattering
materials, part I", J. Opt. Soc. Am. 38 (1948) 448-457.
"""

from typing import Any

import numpy as np


def absorption_over_scattering(reflectance: Any) -> Any:  # noqa: ANN401 - array or DataArray
    """K/S of a layer so thick that nothing shows through.

    Parameters
    ----------
    reflectance : array or DataArray
        Reflectance of the opaque layer, 0 < R <= 1.

    Returns
    -------
    array or DataArray
        ``(1 - R)² / 2R``, of the same shape. Mixtures are linear in it, unlike
        in reflectance.
    """
    return (1 - reflectance) ** 2 / (2 * reflectance)


def infinite_reflectance(ratio: Any) -> Any:  # noqa: ANN401 - array or DataArray
    """Reflectance of an opaque layer from its K/S: undoes `absorption_over_scattering`."""
    return 1 / (1 + ratio + np.sqrt(ratio * (ratio + 2)))


def layer_reflectance(
    absorption: Any,  # noqa: ANN401 - array or DataArray
    scattering: Any,  # noqa: ANN401
    substrate: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Reflectance of a layer of finite thickness over a substrate.

    Parameters
    ----------
    absorption, scattering : array or DataArray
        K·X and S·X: coefficients times the layer's thickness X, without unit;
        both positive.
    substrate : array or DataArray
        Reflectance of what lies below, 0 to 1.

    Returns
    -------
    array or DataArray
        ``(1 - Rg (a - b coth bSX)) / (a - Rg + b coth bSX)`` with ``a = 1 + K/S``
        and ``b = sqrt(a² - 1)`` (Kubelka 1948, equation 10).
    """
    ratio = absorption / scattering
    a = 1 + ratio
    b = np.sqrt(ratio * (ratio + 2))
    b_coth = b / np.tanh(b * scattering)
    return (1 - substrate * (a - b_coth)) / (a - substrate + b_coth)
