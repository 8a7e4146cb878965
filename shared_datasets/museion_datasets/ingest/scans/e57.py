"""Reads E57 clouds with the reference library: each scan of a file becomes an item.

Points are placed by the pose of their scan, spherical coordinates become Cartesian, and a
point that the scanner marks as invalid has no position (NaN). E57 is always in metres.
Source: ASTM E2807.

The library's ready-made reader is not used: it deletes a file that it can't open.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.damage import Guarded, parsing
from museion_datasets.ingest.form import ArrayForm, CloudForm, Reading, Values
from museion_datasets.ingest.limits import MAX_PARTS, require_expansion
from museion_datasets.ingest.scans.cloud import CloudFile, Column, cloud_form
from museion_datasets.ingest.scans.scan import ScanInfo
from museion_datasets.ingest.scans.terms import ScanTerms, UpAxis

type Array = NDArray[Any]

_PIECE_POINTS = 1 << 18
_CARTESIAN = ("cartesianX", "cartesianY", "cartesianZ")
_SPHERICAL = ("sphericalRange", "sphericalAzimuth", "sphericalElevation")
_INVALID = ("cartesianInvalidState", "sphericalInvalidState")
_PLACES = frozenset({*_CARTESIAN, *_SPHERICAL})
_NAMES = {"colorRed": "red", "colorGreen": "green", "colorBlue": "blue"}
_HINT = "copy it again from where it was made; if it opens elsewhere, export it anew."


@dataclass(frozen=True, slots=True)
class _Scan:
    """One scan of a file."""

    number: int
    name: str
    count: int
    dtypes: Mapping[str, np.dtype[Any]]
    rotation: Array
    translation: Array
    has_pose: bool


@contextmanager
def open_e57(path: Path, terms: ScanTerms) -> Iterator[Reading]:
    """Open an E57 file.

    Parameters
    ----------
    path : Path
        The file.
    terms : ScanTerms
        Its frame and noise.

    Yields
    ------
    Reading
        One cloud of points for each scan.

    Raises
    ------
    InvalidError
        If it is damaged or cut short, holds no points, or is said to be in another unit.
    """
    if terms.unit not in {None, "m"}:
        raise InvalidError(
            f"E57 is in metres, not in {terms.unit}: {path.name!r:.80}", hint="leave the unit out."
        )
    scans, system = _open(path, _describe)
    scans = [scan for scan in scans if scan.count]
    if not scans:
        raise InvalidError(f"The file holds no points: {path.name!r:.80}", hint=_HINT)
    frame = terms.frame or system
    forms = []
    for scan in scans:
        suffix = f"scan-{scan.number + 1}" if len(scans) > 1 else ""
        forms.append(_form(path, scan, terms, frame=frame, suffix=suffix))
    total = sum(scan.count for scan in scans)
    notes = (f"Cloud of {total:,} points in {len(scans):,} scans", "Unit of length: m, as E57 says")
    facts = {
        "system": system,
        "scans": [
            {
                "name": scan.name, "points": scan.count, "has_pose": scan.has_pose,
                "rotation": scan.rotation.tolist(), "translation": scan.translation.tolist(),
            }
            for scan in scans
        ],
    }  # fmt: skip
    yield Reading(tuple(forms), notes, facts)


def _open[T](path: Path, use: Callable[[Any, Any], T]) -> T:
    """Open a file, use it, and close it.

    Raises
    ------
    InvalidError
        If the library finds damage.
    """
    from pye57 import libe57  # noqa: PLC0415 - only for files that need it

    try:
        with parsing(path):
            image = libe57.ImageFile(str(path), "r")
            try:
                return use(image, libe57)
            finally:
                image.close()
    except libe57.E57Exception as error:
        raise InvalidError(
            f"The file is cut short or damaged: {path.name!r:.80}: {error!s:.120}", hint=_HINT
        ) from error


def _describe(image: Any, libe57: Any) -> tuple[list[_Scan], str]:  # noqa: ANN401 - no types
    root = image.root()
    size = Path(image.fileName()).stat().st_size
    system = ""
    if root.isDefined("coordinateMetadata"):
        system = " ".join(root["coordinateMetadata"].value().split())[:200]
    data = root["data3D"] if root.isDefined("data3D") else []
    if len(data) > MAX_PARTS:
        raise ValueError(f"{len(data):,} scans")
    return [_scan(data[number], number, size, libe57) for number in range(len(data))], system


def _scan(node: Any, number: int, size: int, libe57: Any) -> _Scan:  # noqa: ANN401 - no types
    points = node["points"]
    prototype = libe57.StructureNode(points.prototype())
    dtypes = {}
    for at in range(prototype.childCount()):
        child = prototype.get(at)
        dtypes[child.elementName()] = _dtype(child, libe57)
    count = int(points.childCount())
    require_expansion("A scan", count * sum(each.itemsize for each in dtypes.values()), size)
    has_pose = bool(node.isDefined("pose"))
    w, x, y, z, *move = _pose(node["pose"]) if has_pose else (1.0, *[0.0] * 6)
    rotation = np.array([
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ])
    name = str(node["name"].value()) if node.isDefined("name") else ""
    return _Scan(number, name, count, dtypes, rotation, np.array(move), has_pose)


def _pose(pose: Any) -> tuple[float, ...]:  # noqa: ANN401 - no types
    """Return w, x, y, z of the rotation and the translation.

    Raises
    ------
    ValueError
        If the rotation is none.
    """
    turn: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)
    move: tuple[float, ...] = (0.0, 0.0, 0.0)
    if pose.isDefined("rotation"):
        turn = tuple(float(pose["rotation"][name].value()) for name in "wxyz")
        if not abs(sum(each * each for each in turn) - 1.0) < 1e-3:  # noqa: PLR2004
            raise ValueError(f"a rotation that is no rotation: {turn}")
    if pose.isDefined("translation"):
        move = tuple(float(pose["translation"][name].value()) for name in "xyz")
    return (*turn, *move)


def _dtype(node: Any, libe57: Any) -> np.dtype[Any]:  # noqa: ANN401 - no types
    kind = node.type()
    if kind == libe57.NodeType.E57_INTEGER:
        limits = libe57.IntegerNode(node)
        low, high = limits.minimum(), limits.maximum()
        codes = ("u1", "u2", "u4") if low >= 0 else ("i1", "i2", "i4")
        fitting = (c for c in codes if np.iinfo(c).min <= low and high <= np.iinfo(c).max)
        return np.dtype(next(fitting, "i8"))
    if kind == libe57.NodeType.E57_FLOAT:
        is_single = libe57.FloatNode(node).precision() == libe57.FloatPrecision.E57_SINGLE
        return np.dtype("f4" if is_single else "f8")
    if kind == libe57.NodeType.E57_SCALED_INTEGER:
        return np.dtype("f8")
    raise ValueError(f"a field of an unknown type: {node.elementName()}")


def _form(
    path: Path, scan: _Scan, terms: ScanTerms, *, frame: str, suffix: str
) -> ArrayForm | CloudForm:
    fields: dict[str, tuple[Values, Mapping[str, Any]]] = {}
    is_y_up = terms.up is UpAxis.Y
    for axis, name in enumerate("xyz"):

        def place(start: int, stop: int, axis: int = axis) -> Array:
            return _positions(path, scan, start, stop, is_y_up=is_y_up)[:, axis]

        fields[name] = Column(scan.count, np.float64, place), {}
    for name, dtype in scan.dtypes.items():
        if name in _PLACES:
            continue

        def values(start: int, stop: int, name: str = name) -> Array:
            return _read(path, scan, (name,), start, stop)[name]

        fields[_NAMES.get(name, name)] = Column(scan.count, dtype, values), {}
    guarded = {name: (Guarded(each, path), attrs) for name, (each, attrs) in fields.items()}

    def read_all() -> dict[str, Array]:
        found = _read(path, scan, tuple(scan.dtypes), 0, scan.count)
        points = _place(found, scan, is_y_up=is_y_up)
        others = {
            _NAMES.get(name, name): found[name] for name in scan.dtypes if name not in _PLACES
        }
        return {name: points[:, axis] for axis, name in enumerate("xyz")} | others

    title = ", ".join(filter(None, [path.stem, scan.name or suffix]))
    about = {"format": "E57", "file_unit": "m", "frame": frame, "scan": scan.name}
    info = ScanInfo(title, source=path.name, about=about)
    return cloud_form(CloudFile(info, "m", frame, guarded, read_all), terms, suffix=suffix)


def _positions(path: Path, scan: _Scan, start: int, stop: int, *, is_y_up: bool) -> Array:
    """Return (n, 3) positions in the frame of the file; NaN where the scanner has none."""
    marks = tuple(name for name in _INVALID if name in scan.dtypes)
    found = _read(path, scan, (*_places(scan), *marks), start, stop)
    return _place(found, scan, is_y_up=is_y_up)


def _places(scan: _Scan) -> tuple[str, ...]:
    return _CARTESIAN if set(_CARTESIAN) <= scan.dtypes.keys() else _SPHERICAL


def _place(found: Mapping[str, Array], scan: _Scan, *, is_y_up: bool) -> Array:
    """Return positions of fields that were read, as `_positions`."""
    names = _places(scan)
    first, second, third = (found[name].astype(np.float64) for name in names)
    if names is _SPHERICAL:
        across = first * np.cos(third)
        first, second, third = (
            across * np.cos(second), across * np.sin(second), first * np.sin(third),
        )  # fmt: skip
    points = np.stack([first, second, third], axis=1) @ scan.rotation.T + scan.translation
    for name in (each for each in _INVALID if each in found):
        points[found[name] != 0] = np.nan
    if is_y_up:
        points = np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1)
    return points


def _read(
    path: Path, scan: _Scan, names: tuple[str, ...], start: int, stop: int
) -> dict[str, Array]:
    """Return fields of the points from `start` up to `stop`; the format is read from its front."""

    def use(image: Any, libe57: Any) -> dict[str, Array]:  # noqa: ANN401 - no types
        points = image.root()["data3D"][scan.number]["points"]
        buffers = libe57.VectorSourceDestBuffer()
        pieces = {name: np.empty(_PIECE_POINTS, scan.dtypes[name]) for name in names}
        for name, piece in pieces.items():
            buffers.append(
                libe57.SourceDestBuffer(image, name, piece, _PIECE_POINTS, True, True)  # noqa: FBT003
            )
        found = {name: np.empty(stop - start, scan.dtypes[name]) for name in names}
        reader, at = points.reader(buffers), 0
        while at < stop:
            count = reader.read()
            if count == 0:
                raise EOFError(f"the points end at {at:,} of {scan.count:,}")
            low, high = max(start, at), min(stop, at + count)
            for name, piece in pieces.items():
                if low < high:
                    found[name][low - start : high - start] = piece[low - at : high - at]
            at += count
        reader.close()
        return found

    return _open(path, use)
