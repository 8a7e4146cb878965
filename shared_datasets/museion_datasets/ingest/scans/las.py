"""Reads LAS and LAZ clouds with laspy and lazrs, a million points at a time.

Coordinates stay the integers of the file, with scale and offset beside them, so nothing is
rounded. The unit of length is taken from the coordinate system that the file declares.
"""

import re
import struct
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.damage import Guarded, parsing
from museion_datasets.ingest.form import Reading, Values
from museion_datasets.ingest.limits import require_expansion
from museion_datasets.ingest.scans.cloud import CloudFile, Column, cloud_form
from museion_datasets.ingest.scans.raw import require_room
from museion_datasets.ingest.scans.scan import ScanInfo
from museion_datasets.ingest.scans.terms import ScanTerms, UpAxis, require_unit

type Array = NDArray[Any]

_PIECE_POINTS = 1 << 20
_KEPT_BYTES = 256 << 20
"""A cloud whose records take less is decompressed once; a larger one once for each field."""

# Places in the header, and the least bytes of a record: LAS 1.4 R15, ASPRS 2019.
_MINOR_AT, _RECORDS_AT, _EXTENDED_AT = 25, 100, 243
_RECORD_BYTES, _EXTENDED_BYTES, _EXTENDED_SINCE = 54, 60, 4
_CHUNK_BYTES, _CHUNK_POINTS = 20, 1 << 20

_AXES: Mapping[UpAxis, Mapping[str, tuple[int, float]]] = {
    UpAxis.Z: {"x": (0, 1.0), "y": (1, 1.0), "z": (2, 1.0)},
    UpAxis.Y: {"x": (0, 1.0), "y": (2, -1.0), "z": (1, 1.0)},
}
"""Which of the file's axes each of ours is, and its sign."""

_UNIT_CODES = {9001: "m", 9002: "ft", 9003: "us-ft"}
_UNIT_NAMES = {
    "metre": "m", "meter": "m", "m": "m", "foot": "ft", "ft": "ft", "international foot": "ft",
    "us survey foot": "us-ft", "foot_us": "us-ft", "ftus": "us-ft", "us_survey_foot": "us-ft",
}  # fmt: skip
_WKT_ID, _KEYS_ID, _LASZIP_ID = 2112, 34735, 22204
_LINEAR_UNIT_KEYS = (3076, 4099)
_SYSTEM_KEYS = (3072, 2048)
_USER_DEFINED = 32767
_UNIT = re.compile(r"(?:LENGTH)?UNIT\[\s*\"([^\"]+)\"", re.IGNORECASE)
_SYSTEM = re.compile(r"(?:PROJCS|PROJCRS|COMPD_CS|COMPOUNDCRS|LOCAL_CS)\[\s*\"([^\"]+)\"")


@contextmanager
def open_las(path: Path, terms: ScanTerms) -> Iterator[Reading]:
    """Open a LAS or LAZ file.

    Parameters
    ----------
    path : Path
        The file.
    terms : ScanTerms
        Its unit, where the file does not say it.

    Yields
    ------
    Reading
        One cloud of points.

    Raises
    ------
    InvalidError
        If it is damaged, cut short, or nobody says its unit of length.
    """
    _require_records(path)
    with parsing(path), _opened(path) as file:
        header = file.header
    _require_points(path, header)
    said = _declared(header)
    unit = terms.unit or said.unit
    if not unit:
        raise InvalidError(
            f"The file says no unit of length: {path.name!r:.80}",
            hint="say it: unit='m', on the command line --unit m.",
        )
    points = _Points(path, header)
    with parsing(path):
        axes = _AXES[terms.up or UpAxis.Z]
        fields = _fields(points, header, require_unit(unit), axes)
    guarded = {name: (Guarded(values, path), attrs) for name, (values, attrs) in fields.items()}
    frame = terms.frame or said.system

    def read_all() -> dict[str, Array]:
        with parsing(path):
            return points.read_all({name: _stored(name, axes) for name in fields})

    about = {"format": "LAS", "file_unit": unit, "frame": frame}
    info = ScanInfo(path.stem, source=path.name, about=about)
    form = cloud_form(CloudFile(info, unit, frame, guarded, read_all), terms)
    facts = {
        "version": str(header.version),
        "point_format": header.point_format.id,
        "software": str(header.generating_software),
        "system": said.system,
        "bounds": [list(map(float, header.mins)), list(map(float, header.maxs))],
    }
    origin = "as declared" if terms.unit else "as the file says"
    size = f"Cloud of {header.point_count:,} points, {len(fields)} fields"
    yield Reading((form,), (size, f"Unit of length: {unit}, {origin}"), facts)


@dataclass(frozen=True, slots=True)
class _Declared:
    """What the file says of its coordinates."""

    unit: str
    system: str


class _Points:
    """The records of a file."""

    def __init__(self, path: Path, header: Any) -> None:  # noqa: ANN401 - laspy has no types
        self._path, self.count = path, int(header.point_count)
        self._is_kept = self.count * header.point_format.size <= _KEPT_BYTES
        self._all: Any = None

    def read(self, name: str, start: int, stop: int) -> Array:
        """Return a field's values as they are stored."""
        if self._is_kept:
            if self._all is None:
                self._all = next(self._pieces(0, self.count, self.count))
            return np.asarray(self._all[name][start:stop])
        pieces = self._pieces(start, stop, _PIECE_POINTS)
        return np.concatenate([np.asarray(piece[name]) for piece in pieces])

    def read_all(self, names: Mapping[str, str]) -> dict[str, Array]:
        """Return fields of all points in one pass; `names` gives the stored name of each."""
        found: dict[str, Array] = {}
        at = 0
        for piece in self._pieces(0, self.count, _PIECE_POINTS):
            for name, stored in names.items():
                values = np.asarray(piece[stored])
                found.setdefault(name, np.empty(self.count, values.dtype))
                found[name][at : at + len(values)] = values
            at += len(piece)
        return found

    def _pieces(self, start: int, stop: int, most: int) -> Iterator[Any]:
        with _opened(self._path) as file:
            file.seek(start)
            while start < stop:
                piece = file.read_points(min(most, stop - start))
                if len(piece) != min(most, stop - start):
                    raise EOFError(f"the points end at {start + len(piece):,} of {self.count:,}")
                start += len(piece)
                yield piece


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """Open a file; what its libraries raise on damage becomes a ValueError.

    Raises
    ------
    ValueError
        If they give up.
    """
    import laspy  # noqa: PLC0415 - only for files that need it
    import lazrs  # noqa: PLC0415

    try:
        with laspy.open(path) as file:
            yield file
    except (laspy.LaspyException, lazrs.LazrsError) as error:
        raise ValueError(str(error)) from error


def _require_records(path: Path) -> None:
    """Refuse a header that promises more records than fit; the library would read them all.

    Raises
    ------
    InvalidError
        If it does.
    """
    with parsing(path), path.open("rb") as file:
        head = file.read(_EXTENDED_AT + 4).ljust(_EXTENDED_AT + 4, b"\0")
    room = path.stat().st_size
    (count,) = struct.unpack_from("<I", head, _RECORDS_AT)
    require_room("records of metadata", count, _RECORD_BYTES, room)
    if head[_MINOR_AT] >= _EXTENDED_SINCE:
        (count,) = struct.unpack_from("<I", head, _EXTENDED_AT)
        require_room("extended records", count, _EXTENDED_BYTES, room)


def _require_points(path: Path, header: Any) -> None:  # noqa: ANN401 - laspy has no types
    """Refuse a header that promises more than the file can hold, or nothing.

    Raises
    ------
    InvalidError
        If it does.
    """
    count, size = int(header.point_count), path.stat().st_size
    if count == 0:
        raise InvalidError(f"The cloud holds no points: {path.name!r:.80}", hint="export it again.")
    if header.are_points_compressed:
        _require_chunks(path, header, size)
        require_expansion("The cloud", count * header.point_format.size, size)
    else:
        room = size - int(header.offset_to_point_data)
        require_room("points", count, int(header.point_format.size), room)


def _require_chunks(path: Path, header: Any, size: int) -> None:  # noqa: ANN401 - no types
    """Refuse a table of more or longer chunks than fit: the library reserves memory for them.

    A chunk begins with one point as it is, of 20 bytes or more; the table's place stands before
    the points, or at the end of the file.

    Raises
    ------
    InvalidError
        If it is such a table, or there is none.
    """
    start = int(header.offset_to_point_data)
    with parsing(path), path.open("rb") as file:
        file.seek(start)
        (place,) = struct.unpack("<q", file.read(8))
        if place == -1:
            file.seek(size - 8)
            (place,) = struct.unpack("<q", file.read(8))
        file.seek(place)
        _, count = struct.unpack("<2I", file.read(8))
    require_room("chunks", count, _CHUNK_BYTES, size)
    with parsing(path):
        chunks = _chunk_table(path, header, start)
    require_room("bytes of chunks", sum(length for _, length in chunks), 1, size)
    longest = max((points for points, _ in chunks), default=0)
    require_room("points in a chunk", longest, 1, max(int(header.point_count), _CHUNK_POINTS))


def _chunk_table(path: Path, header: Any, start: int) -> list[tuple[int, int]]:  # noqa: ANN401
    """Return points and bytes of each chunk.

    Raises
    ------
    ValueError
        If the table can't be read.
    """
    import lazrs  # noqa: PLC0415 - only for files that need it

    packed = [vlr for vlr in header.vlrs if vlr.record_id == _LASZIP_ID]
    if not packed:
        raise ValueError("nothing says how the points are compressed")
    with path.open("rb") as file:
        file.seek(start)
        try:
            found = lazrs.read_chunk_table(file, lazrs.LazVlr(packed[0].record_data))
        except lazrs.LazrsError as error:
            raise ValueError(str(error)) from error
    return [(int(count), int(length)) for count, length in found]


def _fields(
    points: _Points,
    header: Any,  # noqa: ANN401 - laspy has no types
    metres: float,
    axes: Mapping[str, tuple[int, float]],
) -> dict[str, tuple[Values, Mapping[str, Any]]]:
    """Return all fields; coordinates as integers with their scale in metres."""
    found: dict[str, tuple[Values, Mapping[str, Any]]] = {}
    for name, (axis, sign) in axes.items():
        factor = sign * metres
        attrs = {
            "scale_factor": float(header.scales[axis]) * factor,
            "add_offset": float(header.offsets[axis]) * factor,
        }
        found[name] = _column(points, _stored(name, axes), np.int32), attrs
    for name in header.point_format.dimension_names:
        if name not in {"X", "Y", "Z"}:
            found[name] = _column(points, name, points.read(name, 0, 1).dtype), {}
    return found


def _stored(name: str, axes: Mapping[str, tuple[int, float]]) -> str:
    """Return a field's name in the file."""
    return "XYZ"[axes[name][0]] if name in axes else name


def _column(points: _Points, name: str, dtype: Any) -> Column:  # noqa: ANN401
    return Column(points.count, dtype, lambda start, stop: points.read(name, start, stop))


def _declared(header: Any) -> _Declared:  # noqa: ANN401 - laspy has no types
    """Return unit and name of the coordinate system; empty where the file says none."""
    found = _Declared("", "")
    for record in [*header.vlrs, *(header.evlrs or [])]:
        if record.user_id.strip("\0 ") != "LASF_Projection":
            continue
        data = record.record_data_bytes()
        if record.record_id == _WKT_ID:
            return _from_wkt(data.decode("utf-8", "replace"))
        if record.record_id == _KEYS_ID:
            found = _from_keys(data)
    return found


def _from_wkt(text: str) -> _Declared:
    units = {_UNIT_NAMES.get(name.lower().strip(), "") for name in _UNIT.findall(text)} - {""}
    system = _SYSTEM.search(text)
    if system is None:
        return _Declared("", "")
    return _Declared(units.pop() if len(units) == 1 else "", system[1])


def _from_keys(data: bytes) -> _Declared:
    """Read a GeoTIFF key directory: rows of key, place, count and value."""
    rows = struct.unpack(f"<{len(data) // 2}H", data[: len(data) // 2 * 2])
    keys = {rows[at]: rows[at + 3] for at in range(4, len(rows) - 3, 4) if rows[at + 1] == 0}
    units = {_UNIT_CODES.get(keys[key], "") for key in _LINEAR_UNIT_KEYS if key in keys} - {""}
    code = next((keys[key] for key in _SYSTEM_KEYS if keys.get(key, 0)), 0)
    system = f"EPSG:{code}" if 0 < code < _USER_DEFINED else ""
    return _Declared(units.pop() if len(units) == 1 else "", system)
