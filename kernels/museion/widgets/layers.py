"""Registered images that lie over each other in one viewer.

A layer is stored values and a transform: the viewer moves its tiles to where they belong,
and nothing is resampled. Whether it fits is checked here, before a picture could mislead.
"""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, replace
from functools import cached_property
from typing import Any, TypedDict, cast

import numpy as np
from numpy.typing import NDArray

from museion.errors import InputError
from museion_datasets.cube import Cube
from museion_datasets.dataset import Dataset
from museion_datasets.errors import InvalidError
from museion_datasets.item import Item
from museion_datasets.maps import MapStack
from museion_datasets.painting import RAMPS

type Transforms = Sequence[Any] | Mapping[str, Any]

STRETCH = "stretch"
_MATRIX = (3, 3)


class Look(TypedDict, total=False):
    """How an image looks at first; as of `Layer`."""

    variable: str
    plane: str
    colours: str
    limits: tuple[float, float] | None
    wavelengths_nm: Sequence[float] | None


@dataclass(frozen=True, slots=True)
class Layer:
    """An image of a stack, and how it looks at first.

    Attributes
    ----------
    of : DataArray, Item, Dataset or str
        What is shown, as for `museion.view`.
    name : str
        For people; the item's name by default.
    transform : (3, 3) array, object with ``matrix``, or ``"stretch"``, optional
        From its pixels (x, y, 1) to those of the base; none if both have the same pixels.
        ``"stretch"`` lays what is not registered yet over the whole base, and the viewer says
        so: for setting control points by hand.
    variable : str
        Of an item that holds several maps, which.
    plane : str
        Of several maps, which one is shown first, as in ``"Pb L"``.
    colours : str
        Ramp of a map: ``"viridis"``, ``"magma"``, ``"cividis"``, ``"grey"``, ``"blue-red"``
        around a middle, or from
        transparent to ``"red"``, ``"orange"``, ``"yellow"``, ``"green"``, ``"cyan"``,
        ``"blue"``, ``"violet"``, ``"white"``.
    limits : (float, float), optional
        Values at the ends of the contrast; the 1st and 99th percentile by default.
    wavelengths_nm : sequence of float, optional
        Of a cube: three as red, green and blue, or one as grey.
    opacity : float
        From 0 to 1.
    shown : bool
        Whether it is visible at first.
    """

    of: Any
    _: KW_ONLY
    name: str = ""
    transform: Any = None
    variable: str = ""
    plane: str = ""
    colours: str = ""
    limits: tuple[float, float] | None = None
    wavelengths_nm: Sequence[float] | None = None
    opacity: float = 1.0
    shown: bool = True

    def look(self) -> Look:
        """Return how it looks as options of a viewer; what was not said is left out."""
        found = {key: getattr(self, key) for key in Look.__optional_keys__}
        return cast("Look", {key: value for key, value in found.items() if value})


@dataclass(frozen=True)
class Source:
    """An item of a dataset.

    Attributes
    ----------
    dataset : Dataset
        Open.
    item : Item
        One of its items.
    """

    dataset: Dataset
    item: Item

    @cached_property
    def image(self) -> Cube | MapStack:
        """The item as a cube, or else as maps."""
        return open_image(self.dataset, self.item.name)

    @property
    def is_cube(self) -> bool:
        """Whether it has spectra."""
        return isinstance(self.image, Cube)


def open_image(dataset: Dataset, item: str, variable: str = "") -> Cube | MapStack:
    """Open an array item as a cube, or else as maps or a picture.

    Parameters
    ----------
    dataset : Dataset
        Open.
    item : str
        Name of the array item.
    variable : str
        Which of its maps.

    Returns
    -------
    Cube or MapStack
        No values are read.
    """
    record = dataset.record
    store, title, synthetic = dataset.store, record.title, record.synthetic
    try:
        return Cube(store, item, title=title, synthetic=synthetic)
    except InvalidError:
        return MapStack(store, item, title=title, synthetic=synthetic, variable=variable or None)


def with_transforms(
    layers: Sequence[Layer], names: Sequence[str], transforms: Transforms | None
) -> list[Layer]:
    """Give layers the transforms that were said beside them.

    Parameters
    ----------
    layers : sequence of Layer
        The base first.
    names : sequence of str
        Names of their items.
    transforms : sequence or mapping, optional
        As for `museion.view`.

    Returns
    -------
    list of Layer
        The base without.

    Raises
    ------
    InputError
        If they don't match the layers.
    """
    if transforms is None:
        return list(layers)
    if isinstance(transforms, Mapping):
        strangers = sorted(set(transforms) - set(names))
        if strangers:
            raise InputError(
                f"A transform for what is not shown: {', '.join(map(str, strangers))}",
                hint=f"the items are {', '.join(names)}.",
            )
        said = [transforms.get(name) for name in names]
    else:
        said = list(transforms)
    if len(said) != len(layers):
        raise InputError(
            f"Not one transform for each image: {len(said)} for {len(layers)}",
            hint="give None for the base and for what has the same pixels.",
        )
    return [
        layer if transform is None else replace(layer, transform=transform)
        for layer, transform in zip(layers, said, strict=True)
    ]


def describe_layer(layer: Layer, source: Source, *, base: Source) -> dict[str, Any]:
    """Return a layer as view specifications hold it.

    Parameters
    ----------
    layer : Layer
        What was asked for.
    source : Source
        What it shows.
    base : Source
        What it lies on.

    Returns
    -------
    dict
        One of the option ``layers``.

    Raises
    ------
    InputError
        If it doesn't fit on the base, or asks for what there is not.
    """
    image = open_image(source.dataset, source.item.name, layer.variable)
    if not 0 <= layer.opacity <= 1:
        raise InputError(f"Not an opacity: {layer.opacity}", hint="give a number from 0 to 1.")
    require_look(image, layer.plane, layer.colours)
    entry: dict[str, Any] = {
        "kind": "cube" if isinstance(image, Cube) else "map",
        "dataset": source.dataset.path,
        "dataset_version": source.dataset.version,
        "item": source.item.name,
        "name": layer.name or layer.plane or source.item.name,
        "opacity": float(layer.opacity),
        "shown": bool(layer.shown),
    }
    if isinstance(layer.transform, str) and layer.transform == STRETCH:
        entry["transform"] = _stretched(image, base.image).ravel().tolist()
        entry["stretched"] = True
    elif layer.transform is not None:
        entry["transform"] = read_matrix(layer.transform).ravel().tolist()
    elif (image.width, image.height) != (base.image.width, base.image.height):
        raise InputError(
            f"{source.item.name} is {image.width} x {image.height} px, its base "
            f"{base.item.name} {base.image.width} x {base.image.height} px, and nothing says how "
            "they lie on each other",
            hint="register them with museion.imaging.registration and give the transform, or "
            'give transform="stretch" and set control points in the viewer.',
        )
    return entry | plain_look(layer.look())


def _stretched(image: Cube | MapStack, base: Cube | MapStack) -> NDArray[np.float64]:
    """Return the matrix that lays an image's corners on those of the base."""
    across, down = base.width / image.width, base.height / image.height
    return np.array([[across, 0, (across - 1) / 2], [0, down, (down - 1) / 2], [0, 0, 1]])


def plain_look(look: Look) -> dict[str, Any]:
    """Return a look in JSON types.

    Parameters
    ----------
    look : Look
        What was asked for.

    Returns
    -------
    dict
        Limits as ``low`` and ``high``.

    Raises
    ------
    InputError
        If the limits are not in order.
    """
    plain = {key: value for key, value in look.items() if key in {"variable", "plane", "colours"}}
    wavelengths_nm, limits = look.get("wavelengths_nm"), look.get("limits")
    if wavelengths_nm is not None:
        plain["wavelengths_nm"] = [float(nm) for nm in wavelengths_nm]
    if limits is not None:
        low, high = (float(each) for each in limits)
        if not low < high:
            raise InputError(
                f"The limits are not in order: {low:g} to {high:g}", hint="give low below high."
            )
        plain |= {"low": low, "high": high}
    return plain


def require_look(image: Cube | MapStack, plane: str, colours: str) -> None:
    """Raise unless an image has a plane, and there is a ramp of colours.

    Parameters
    ----------
    image : Cube or MapStack
        What is shown.
    plane, colours : str
        As for `Layer`; empty for the default.

    Raises
    ------
    InputError
        With what there is.
    """
    if colours and colours not in RAMPS:
        raise InputError(f"No such colours: {colours!r:.40}", hint=f"choose {', '.join(RAMPS)}.")
    if not plane:
        return
    names = [] if isinstance(image, Cube) else [each.name for each in image.variable.planes]
    if plane not in names:
        raise InputError(
            f"No such map: {plane!r:.60}",
            hint=f"there is {', '.join(filter(None, names)) or 'one'}.",
        )


def read_matrix(transform: Any) -> NDArray[np.float64]:  # noqa: ANN401 - whatever was given
    """Return the matrix of a transform.

    Parameters
    ----------
    transform : (3, 3) array or object with ``matrix``
        From layer to base pixels.

    Returns
    -------
    (3, 3) float64
        Affine, and such that it can be undone.

    Raises
    ------
    InputError
        If it is something else.
    """
    try:
        matrix = np.asarray(getattr(transform, "matrix", transform), dtype=np.float64)
    except (TypeError, ValueError):
        matrix = np.empty(0)
    if matrix.shape != _MATRIX or not np.isfinite(matrix).all():
        raise InputError(
            f"Not a transform: {transform!r:.80}",
            hint="give a (3, 3) matrix of finite numbers, from layer to base pixels.",
        )
    if matrix[2, 2] != 0:
        matrix = matrix / matrix[2, 2]
    if not np.allclose(matrix[2], (0.0, 0.0, 1.0), atol=1e-9):
        raise InputError(
            "The transform is not affine: it bends parallel lines",
            hint='register with model="affine", or resample the layer and save it.',
        )
    if abs(np.linalg.det(matrix[:2, :2])) < np.finfo(float).tiny:
        raise InputError(
            "The transform puts the whole layer on a line", hint="check its first two rows."
        )
    return np.vstack([matrix[:2], (0.0, 0.0, 1.0)])
