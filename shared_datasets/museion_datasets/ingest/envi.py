"""ENVI cubes: a text header beside a file of bare numbers.

The data file must hold exactly what the header says: shorter or longer is refused, since
either means that one of the two is wrong about every pixel. So is a header whose byte order or
interleave the numbers plainly contradict.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.envi_header import LIBRARY, EnviHeader, parse_header
from museion_datasets.ingest.form import ArrayForm, Reading, Region, Variable
from museion_datasets.ingest.limits import MAX_HEADER_BYTES
from museion_datasets.ingest.roughness import find_order
from museion_datasets.ingest.source import Original, look_at, reading
from museion_datasets.ingest.spectral_frame import Bands, make_frame

_ENDINGS = ("", ".img", ".dat", ".raw", ".bil", ".bip", ".bsq", ".sli", ".cub", ".hsi")
_AXES = {"bil": (0, 2, 1), "bip": (0, 1, 2), "bsq": (2, 0, 1)}  # of (y, x, band), as stored


class EnviReader:
    """Reads cubes and spectral libraries."""

    name = "ENVI"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether it is a header, or a data file with its header beside it."""
        if head.removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"ENVI"):
            return path.suffix.lower() == ".hdr" or b"samples" in head.lower()
        return path.suffix.lower() in _ENDINGS and _find_header(path) is not None

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the header and the data file."""
        header = _header_of(path)
        return look_at(header), look_at(_find_data(header))

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open a cube."""
        header_path = _header_of(path)
        with reading(header_path), header_path.open("rb") as file:
            header = parse_header(file.read(MAX_HEADER_BYTES + 1))
        with reading(header_path), _open_values(_find_data(header_path), header) as values:
            yield _library(header, values) if header.kind == LIBRARY else _cube(header, values)


class EnviValues:
    """The numbers of a data file as (y, x, band), read region by region.

    Parameters
    ----------
    descriptor : int
        The data file, open.
    header : EnviHeader
        What it holds.
    """

    def __init__(self, descriptor: int, header: EnviHeader) -> None:
        self._descriptor = descriptor
        self._axes = _AXES[header.interleave]
        self._offset = header.offset_bytes
        self._stored = np.dtype(header.dtype)
        self.shape: tuple[int, ...] = header.shape
        self.dtype: np.dtype[Any] = self._stored.newbyteorder("=")

    def __getitem__(self, region: Region) -> NDArray[Any]:
        bounds = [part.indices(n)[:2] for part, n in zip(region, self.shape, strict=True)]
        stored = [bounds[axis] for axis in self._axes]
        lengths = [self.shape[axis] for axis in self._axes]
        out = np.empty([stop - start for start, stop in stored], self._stored)
        self._fill(out, stored, lengths)
        return out.transpose(np.argsort(self._axes)).astype(self.dtype, copy=False)

    def run(self, start: int, count: int) -> NDArray[Any]:
        """Return some values in the order of the file, counted from the first."""
        out = np.empty(count, self._stored)
        self._read(self._offset + start * self._stored.itemsize, out)
        return out.astype(self.dtype, copy=False)

    def _fill(self, out: NDArray[Any], bounds: list[tuple[int, int]], lengths: list[int]) -> None:
        """Read the longest runs that lie together in the file."""
        (first, first_end), (second, second_end), (third, third_end) = bounds
        _, middle, inner = lengths
        if (third, third_end) != (0, inner):
            starts = [
                ((a * middle + b) * inner + third, out[a - first, b - second])
                for a in range(first, first_end)
                for b in range(second, second_end)
            ]
        elif (second, second_end) != (0, middle):
            starts = [
                ((a * middle + second) * inner, out[a - first]) for a in range(first, first_end)
            ]
        else:
            starts = [(first * middle * inner, out)]
        for start, piece in starts:
            self._read(self._offset + start * self._stored.itemsize, piece)

    def _read(self, position: int, piece: NDArray[Any]) -> None:
        """Fill `piece` from a place in the file.

        Raises
        ------
        InvalidError
            If the file ends before.
        """
        view = memoryview(piece.reshape(-1).view(np.uint8))
        done = 0
        while done < len(view):
            count = os.preadv(self._descriptor, [view[done:]], position + done)
            if count == 0:
                raise InvalidError(
                    "The data file became shorter while it was read",
                    hint="wait until the copy is done, then ingest again.",
                )
            done += count


@contextmanager
def _open_values(path: Path, header: EnviHeader) -> Iterator[EnviValues]:
    """Open a data file.

    Raises
    ------
    InvalidError
        If its length is not what the header says.
    """
    rows, columns, bands = header.shape
    expected = header.offset_bytes + rows * columns * bands * np.dtype(header.dtype).itemsize
    with path.open("rb", buffering=0) as file:
        found = os.fstat(file.fileno()).st_size
        if found != expected:
            words = "shorter" if found < expected else "longer"
            raise InvalidError(
                f"The data file is {words} than its header says: {found:,} bytes, not {expected:,}",
                hint="copy both files again; if they are complete, correct the header.",
            )
        yield EnviValues(file.fileno(), header)


def _cube(header: EnviHeader, values: EnviValues) -> Reading:
    """Return a cube as (y, x, wavelength)."""
    _require_order(header, values)
    bands = Bands(
        header.bands,
        wavelength_nm=header.wavelength_nm,
        fwhm_nm=header.fwhm_nm,
        good=header.good_bands,
        names=header.band_names,
    )
    quantity = "reflectance" if header.scale is not None else "values"
    framed = make_frame(bands, values, missing=header.ignored, scale=header.scale)
    attrs: dict[str, Any] = {"quantity": quantity, "calibration": _calibration(header)}
    if header.default_bands and header.wavelength_nm:
        attrs["default_rgb_nm"] = [header.wavelength_nm[band] for band in header.default_bands]
    variable = Variable(framed.dims, framed.values, {**framed.attrs, **attrs})
    frame = framed.frame.assign_attrs(calibration=attrs["calibration"])
    return Reading(
        (ArrayForm("", frame, {quantity: variable}),),
        (*_said(header), *framed.notes),
        {"envi": dict(header.fields)},
    )


def _require_order(header: EnviHeader, values: EnviValues) -> None:
    """Raise if the numbers plainly lie in another order than the header says.

    Raises
    ------
    InvalidError
        With the order that fits.
    """
    found = find_order(values.run, header.shape, header.interleave)
    if found == "byte order":
        other = 0 if header.dtype.startswith(">") else 1
        raise InvalidError(
            f"The header's byte order makes noise of the numbers: {1 - other}",
            hint=f"correct the .hdr file to 'byte order = {other}'.",
        )
    if found is not None:
        raise InvalidError(
            f"The header's interleave makes neighbours of strangers: {header.interleave}",
            hint=f"the numbers lie as in {found}: correct the .hdr to 'interleave = {found}'.",
        )


def _library(header: EnviHeader, values: EnviValues) -> Reading:
    """Return a spectral library as (spectrum, wavelength); its samples are the channels.

    Raises
    ------
    InvalidError
        If its header is not a library's.
    """
    if header.bands != 1:
        raise InvalidError(
            f"A spectral library has one band, not {header.bands}",
            hint="write 'file type = ENVI Standard' if this is a cube.",
        )
    whole = values[slice(None), slice(None), slice(None)][..., 0]
    channels = Bands.of_library(header.fields, header.samples)
    framed = make_frame(
        channels, whole, missing=header.ignored, scale=header.scale, leading=("spectrum",)
    )
    names = [name.strip() for name in header.fields.get("spectra names", "").split(",")]
    frame = framed.frame
    if len(names) == header.lines:
        frame = frame.assign_coords(name=("spectrum", names))
    frame = frame.assign_coords(_descriptions(header, set(map(str, frame.coords))))
    variable = Variable(framed.dims, framed.values, {**framed.attrs, "quantity": "reflectance"})
    return Reading(
        (ArrayForm("", frame, {"reflectance": variable}),),
        framed.notes,
        {"envi": dict(header.fields)},
    )


def _descriptions(header: EnviHeader, taken: set[str]) -> dict[str, tuple[str, list[str]]]:
    """Return what else a library's header says of each spectrum, as coordinates."""
    skipped = taken | {"spectra names", "wavelength", "fwhm", "bbl", "description"}
    listed = {
        name.replace(" ", "_").replace("/", "_"): [item.strip() for item in text.split(",")]
        for name, text in header.fields.items()
        if name not in skipped and "," in text
    }
    return {
        name: ("spectrum", items) for name, items in listed.items() if len(items) == header.lines
    }


def _calibration(header: EnviHeader) -> str:
    """Say what the header lets one conclude, and no more."""
    if header.scale is not None:
        return "reflectance"
    said = f"{header.fields.get('data units', '')} {header.fields.get('description', '')}".lower()
    return next((word for word in ("radiance", "reflectance") if word in said), "unknown")


def _said(header: EnviHeader) -> tuple[str, ...]:
    if not header.guessed_unit:
        return ()
    return ("The header gives no unit of wavelength; it was told from the numbers' size",)


def _header_of(path: Path) -> Path:
    """Return the header of a source that was recognised.

    Raises
    ------
    InvalidError
        If there is none.
    """
    found = path if path.suffix.lower() == ".hdr" else _find_header(path)
    if found is None:
        raise InvalidError(
            f"There is no header beside {path.name!r:.80}", hint="copy its .hdr file too."
        )
    return found


def _find_header(path: Path) -> Path | None:
    """Return the header beside a data file: ``a.img.hdr`` before ``a.hdr``."""
    wanted = (f"{path.name}.hdr".lower(), f"{path.stem}.hdr".lower())
    beside = _beside(path)
    for name in wanted:
        for each in beside:
            if each.name.lower() == name and _is_envi(each):
                return each
    return None


def _is_envi(path: Path) -> bool:
    with reading(path), path.open("rb") as file:
        return file.read(16).removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"ENVI")


def _find_data(header: Path) -> Path:
    """Return the data file of a header.

    Raises
    ------
    InvalidError
        If there is none, or several that could be it.
    """
    wanted = {f"{header.stem}{ending}".lower() for ending in _ENDINGS}
    found = [each for each in _beside(header) if each.name.lower() in wanted]
    exact = [each for each in found if each.name == header.stem]
    chosen = exact or found
    if len(chosen) != 1:
        names = ", ".join(each.name for each in chosen) or "none"
        raise InvalidError(
            f"Not one data file beside {header.name!r:.80}: {names:.200}",
            hint="put header and data file alone into a folder, with the same name.",
        )
    return chosen[0]


def _beside(path: Path) -> list[Path]:
    """Return the other files of a folder."""
    with reading(path):
        return sorted(
            each for each in path.parent.iterdir() if each.name != path.name and each.is_file()
        )
