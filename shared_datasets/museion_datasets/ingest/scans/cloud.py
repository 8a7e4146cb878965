"""A cloud of points as a scan; one that is too large for that as an array item.

A scan's cloud is read whole. Red, green and blue are its colours, and stay layers as well where
they have more than 8 bits; what else each point has becomes a layer, in the type in which the
instrument wrote it. The array item has one dimension `point` and one variable for each field, `x`,
`y` and `z` in metres with z up; its values are read block by block.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from museion_datasets.ingest.form import ArrayForm, CloudForm, Region, ScanForm, Values, Variable
from museion_datasets.ingest.scans.mesh import MeshArrays, drawable_part
from museion_datasets.ingest.scans.scan import ScanInfo
from museion_datasets.ingest.scans.surface import step_for_noise
from museion_datasets.ingest.scans.terms import ColorUse, ScanTerms, UpAxis
from museion_datasets.ingest.scans.thinning import MAX_POINTS

type Array = NDArray[Any]
type Fields = Mapping[str, tuple[Values, Mapping[str, Any]]]

POINT = "point"
_AXES = ("x", "y", "z")
_COLORS = ("red", "green", "blue")
_NORMALS = (
    ("nx", "ny", "nz"), ("NormalX", "NormalY", "NormalZ"), ("normalX", "normalY", "normalZ"),
    ("nor:normalX", "nor:normalY", "nor:normalZ"),
)  # fmt: skip
_BYTE = 255
_PLACE_BYTES = 24


class Column:
    """A field of a cloud that is read when it is asked for.

    Parameters
    ----------
    count : int
        Points.
    dtype : dtype
        Of the field.
    read : callable
        Returns the values from one point up to another.
    """

    def __init__(self, count: int, dtype: Any, read: Callable[[int, int], Array]) -> None:  # noqa: ANN401
        self.shape: tuple[int, ...] = (count,)
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        self._read = read

    def __getitem__(self, region: Region) -> Array:
        start, stop, _ = region[0].indices(self.shape[0])
        return np.asarray(self._read(start, stop), self.dtype)


@dataclass(frozen=True, slots=True)
class CloudFile:
    """A cloud in a file.

    Attributes
    ----------
    info : ScanInfo
        What a person reads about it.
    unit : str
        Unit of length of the file.
    frame : str
        The frame that the person or the file names.
    fields : mapping of str to (Values, mapping)
        Values and attributes; `x`, `y` and `z` among them.
    read_all : callable
        Gives all of these values at once, by name.
    """

    info: ScanInfo
    unit: str
    frame: str
    fields: Fields
    read_all: Callable[[], Mapping[str, Array]]


def cloud_form(file: CloudFile, terms: ScanTerms, *, suffix: str = "") -> ArrayForm | CloudForm:
    """Return a scan of points, or an array item if there are too many.

    Parameters
    ----------
    file : CloudFile
    terms : ScanTerms
        For the noise, and whether colours were measured.
    suffix : str
        As of `ArrayForm`.
    """
    count = file.fields["x"][0].shape[0]
    if count > MAX_POINTS:
        return _array_form(file, terms, suffix)

    def read() -> ScanForm:
        scales = {name: about for name, (_, about) in file.fields.items()}
        mesh = cloud_mesh(file.read_all(), scales, terms)
        return ScanForm(suffix, mesh, cloud_info(file.info, mesh, terms))

    return CloudForm(suffix, count * _PLACE_BYTES, read)


def cloud_info(info: ScanInfo, mesh: MeshArrays, terms: ScanTerms) -> ScanInfo:
    """Return what a person reads about a cloud, its grid step chosen by the noise.

    Parameters
    ----------
    info : ScanInfo
        Title, source, and what the file says.
    mesh : MeshArrays
        The cloud.
    terms : ScanTerms
    """
    shown, _ = drawable_part(mesh)
    step, _ = step_for_noise(shown, terms.noise_m)
    count = len(mesh.vertices)
    geometry = {"points": count, "not_finite": count - len(shown.vertices)}
    about = {**info.about, "geometry": geometry}
    return replace(info, step_m=step, noise_m=terms.noise_m, about=about)


def cloud_mesh(
    columns: Mapping[str, Array], scales: Mapping[str, Mapping[str, Any]], terms: ScanTerms
) -> MeshArrays:
    """Return the arrays of a cloud.

    Parameters
    ----------
    columns : mapping of str to (n,) array
        As the file has them; `x`, `y` and `z` in metres, z up, once scaled.
    scales : mapping of str to mapping
        `scale_factor` and `add_offset` of the columns that have them.
    terms : ScanTerms
        Whether colours were measured, and which axis of the file points up.
    """
    layers = dict(columns)
    vertices = np.stack([_scaled(layers.pop(name), scales.get(name, {})) for name in _AXES], axis=1)
    colors = None
    if terms.colors is ColorUse.KEEP and set(_COLORS) <= layers.keys():
        colors, is_whole = _colors([layers[name] for name in _COLORS])
        for name in _COLORS if is_whole else ():
            del layers[name]
    normals = None
    names = next((each for each in _NORMALS if set(each) <= layers.keys()), ())
    if names:
        x, y, z = (layers.pop(name).astype(np.float64) for name in names)
        normals = np.stack([x, -z, y] if terms.up is UpAxis.Y else [x, y, z], axis=1)
    return MeshArrays(vertices, np.empty((0, 3), np.int64), colors, normals, layers)


def _scaled(values: Array, about: Mapping[str, Any]) -> NDArray[np.float64]:
    scale, offset = about.get("scale_factor", 1.0), about.get("add_offset", 0.0)
    metres: NDArray[np.float64] = values.astype(np.float64) * scale + offset
    return metres


def _colors(channels: list[Array]) -> tuple[NDArray[np.uint8] | None, bool]:
    """Return colours of 8 bits, and whether they are all that the channels hold."""
    if any(each.dtype.kind not in "iu" or each.min(initial=0) < 0 for each in channels):
        return None, False
    raw = np.stack(channels, axis=1)
    is_whole = int(raw.max(initial=0)) <= _BYTE
    return (raw if is_whole else (raw >> 8).clip(0, _BYTE)).astype(np.uint8), is_whole


def _array_form(file: CloudFile, terms: ScanTerms, suffix: str) -> ArrayForm:
    attrs = {"geometry": "point cloud", "unit": "m", "up": "z", "file_unit": file.unit}
    if file.frame:
        attrs["frame"] = file.frame
    told: dict[str, Any] = attrs | ({} if terms.noise_m is None else {"noise_m": terms.noise_m})
    variables: dict[str, Variable] = {}
    for name, (values, about) in file.fields.items():
        units = {"units": "m"} if name in _AXES else {}
        variables[_usable(name, variables)] = Variable((POINT,), values, {**units, **about})
    return ArrayForm(suffix, xr.Dataset(attrs=told), variables)


def _usable(name: str, taken: Mapping[str, Variable]) -> str:
    """Return a name that an array can have: no folder, no dimension, not there yet."""
    plain = name.replace("/", "_").strip(". ") or "field"
    while plain in taken or plain in {POINT, "zarr.json"}:
        plain += "_"
    return plain
