"""How the models of reflectance transformation imaging (RTI) answer to a light.

A model is an array (y, x, plane). Its basis says what the planes are: six terms of a
polynomial in the light's direction and one colour (PTM, LRGB), or the terms of a polynomial
or of hemispherical harmonics for each of red, green and blue (PTM RGB, HSH). The last three
planes of every model are the surface normal. Values are display values, 0 black to 1 white,
as the images were, since that is how the field fits and stores them.

Directions are unit vectors from the object to the light: x to the right, y up, z to the
camera.

References
----------
T. Malzbender, D. Gelb, H. Wolters, "Polynomial texture maps", SIGGRAPH (2001) 519-528.
P. Gautron, J. Křivánek, S. Pattanaik, K. Bouatouch, "A novel hemispherical basis for accurate
and efficient rendering", Eurographics Symposium on Rendering (2004) 321-330.
"""

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError

RTI = "rti"
PLANE = "plane"
NORMAL_PLANES = ("nx", "ny", "nz")
PTM_TERMS = 6
HSH_TERMS = (1, 4, 9, 16)
DISPLAY_GAMMA = 2.2
_COLOURS = "rgb"
_RINGS_DEG = (40.0, 60.0)
_AROUND = 12

type Floats = NDArray[np.float64]


class BasisKind(StrEnum):
    """Which family of models."""

    PTM_LRGB = "ptm_lrgb"
    PTM_RGB = "ptm_rgb"
    HSH = "hsh"


@dataclass(frozen=True, slots=True)
class Basis:
    """What the planes of a model mean.

    Attributes
    ----------
    kind : BasisKind
        The family.
    terms : int
        Functions of the light's direction.

    Raises
    ------
    InvalidError
        If the family has no such number of terms.
    """

    kind: BasisKind
    terms: int

    def __post_init__(self) -> None:
        allowed = HSH_TERMS if self.kind is BasisKind.HSH else (PTM_TERMS,)
        if self.terms not in allowed:
            raise InvalidError(
                f"Not a number of terms of {self.kind.value}: {self.terms}",
                hint=f"it has {' or '.join(map(str, allowed))}.",
            )

    @property
    def is_lrgb(self) -> bool:
        """Whether one brightness is shared by the three colours."""
        return self.kind is BasisKind.PTM_LRGB

    @property
    def planes(self) -> tuple[str, ...]:
        """Names of all planes, the normal's last."""
        numbers = range(self.terms)
        if self.is_lrgb:
            return (*(f"l{term}" for term in numbers), "red", "green", "blue", *NORMAL_PLANES)
        return (*(f"{colour}{term}" for term in numbers for colour in _COLOURS), *NORMAL_PLANES)

    def weights(self, directions: Floats) -> Floats:
        """Return what each term contributes under each light.

        Parameters
        ----------
        directions : (n, 3) float64
            Unit vectors to the light.

        Returns
        -------
        (n, terms) float64
            The terms' values.
        """
        directions = np.atleast_2d(np.asarray(directions, np.float64))
        if self.kind is BasisKind.HSH:
            return _hsh(directions)[:, : self.terms]
        u, v = directions[:, 0], directions[:, 1]
        return np.stack([u * u, v * v, u * v, u, v, np.ones_like(u)], axis=1)

    def brightness(self, values: NDArray[np.floating]) -> Floats:
        """Return the terms of the mean of red, green and blue.

        Parameters
        ----------
        values : (…, planes) array
            Of a model.

        Returns
        -------
        (…, terms) float64
            To be weighted with `weights`.
        """
        wide = np.asarray(values, np.float64)
        if self.is_lrgb:
            return wide[..., : self.terms] * wide[..., 6:9].mean(axis=-1, keepdims=True)
        shape = (*wide.shape[:-1], self.terms, len(_COLOURS))
        means: Floats = wide[..., : 3 * self.terms].reshape(shape).mean(axis=-1)
        return means

    def relight(self, values: NDArray[np.floating], direction: Floats) -> NDArray[np.floating]:
        """Return the colours under a light.

        Parameters
        ----------
        values : (…, planes) array
            Of a model.
        direction : (3,) float64
            Unit vector to the light.

        Returns
        -------
        (…, 3) array
            Display values, not clipped; NaN where the model has none.
        """
        weights = self.weights(direction)[0].astype(values.dtype)
        shown: NDArray[np.floating]
        if self.is_lrgb:
            shown = (values[..., : self.terms] @ weights)[..., None] * values[..., 6:9]
        else:
            shape = (*values.shape[:-1], self.terms, len(_COLOURS))
            terms = values[..., : 3 * self.terms].reshape(shape)
            shown = np.einsum("...tc,t->...c", terms, weights)
        return shown


def basis_of(kind: str, plane_count: int) -> Basis:
    """Return the basis of a stored model.

    Parameters
    ----------
    kind : str
        Its attribute ``rti_basis``.
    plane_count : int
        How many planes it has.

    Returns
    -------
    Basis
        Whose planes are as many.

    Raises
    ------
    InvalidError
        If there is no such basis, or it has other planes.
    """
    try:
        family = BasisKind(kind)
    except ValueError as error:
        raise InvalidError(
            f"Not a basis of RTI models: {kind!r:.40}", hint="fit the capture again."
        ) from error
    terms = PTM_TERMS if family is not BasisKind.HSH else (plane_count - 3) // 3
    basis = Basis(family, terms)
    if len(basis.planes) != plane_count:
        raise InvalidError(
            f"An RTI model of {family.value} has {len(basis.planes)} planes, this one: "
            f"{plane_count}",
            hint="fit the capture again.",
        )
    return basis


def estimate_normals(basis: Basis, values: NDArray[np.floating]) -> NDArray[np.float32]:
    """Estimate normals from a model alone, where the images are gone.

    The model is asked for its brightness under 25 lights from 40° up, display values are
    turned back to light with a gamma of 2.2, and a matt surface is fitted to the answers.
    Shadows and gloss are in the model and bend these normals: those of the images are better.

    Parameters
    ----------
    basis : Basis
        Of the model.
    values : (…, planes) array
        Of the model; the normal's planes are not read.

    Returns
    -------
    (…, 3) float32
        Unit vectors to the camera's side; NaN where the model is black or has no value.
    """
    directions, solve = _probe()
    seen = np.maximum(basis.brightness(values) @ basis.weights(directions).T, 0.0)
    vectors = seen**DISPLAY_GAMMA @ solve.T
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        normals = vectors / lengths
    normals[~(normals[..., 2] > 0)] = np.nan
    return normals.astype(np.float32)


@lru_cache(maxsize=1)
def _probe() -> tuple[Floats, Floats]:
    """Return the lights under which a model is asked, and the matrix from answers to normals."""
    rows = [(0.0, 0.0, 1.0)]
    for elevation in np.deg2rad(_RINGS_DEG):
        for azimuth in np.arange(_AROUND) * 2 * np.pi / _AROUND:
            level = np.cos(elevation)
            rows.append((level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)))
    directions = np.asarray(rows)
    return directions, np.linalg.pinv(directions)


def _hsh(directions: Floats) -> Floats:
    """Return all sixteen hemispherical harmonics, in the order and with the signs of HSH files."""
    c = np.clip(directions[:, 2], 0.0, 1.0)
    phi = np.arctan2(directions[:, 1], directions[:, 0])
    s = np.sqrt(c - c * c)  # half the sine of the stretched polar angle
    x, pi = 2 * c - 1, np.pi
    s3, q = s**3, c * c - c
    cos1, sin1 = np.cos(phi), np.sin(phi)
    columns = [
        np.full_like(c, 1 / np.sqrt(2 * pi)),
        np.sqrt(6 / pi) * s * cos1,
        np.sqrt(3 / (2 * pi)) * x,
        np.sqrt(6 / pi) * s * sin1,
        np.sqrt(30 / pi) * q * np.cos(2 * phi),
        np.sqrt(30 / pi) * x * s * cos1,
        np.sqrt(5 / (2 * pi)) * (1 + 6 * q),
        np.sqrt(30 / pi) * x * s * sin1,
        np.sqrt(30 / pi) * q * np.sin(2 * phi),
        2 * np.sqrt(35 / pi) * s3 * np.cos(3 * phi),
        np.sqrt(210 / pi) * x * q * np.cos(2 * phi),
        2 * np.sqrt(21 / pi) * (1 + 5 * q) * s * cos1,
        np.sqrt(7 / (2 * pi)) * (20 * c**3 - 30 * c * c + 12 * c - 1),
        2 * np.sqrt(21 / pi) * (1 + 5 * q) * s * sin1,
        np.sqrt(210 / pi) * x * q * np.sin(2 * phi),
        2 * np.sqrt(35 / pi) * s3 * np.sin(3 * phi),
    ]
    return np.stack(columns, axis=1)
