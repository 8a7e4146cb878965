"""TIFF files: one image, or a stack of pages that are the bands of a cube.

Pages are decoded strip by strip, so that a stack larger than memory can be read. The first
series of a file counts; further ones (thumbnails, previews) are named. Wavelengths come
from the pages' names where each says its own, as in ``450 nm``.
"""

import logging
import re
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import prod
from pathlib import Path
from threading import get_ident
from typing import Any, override

import numpy as np
import tifffile
import xarray as xr
import zarr

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.damage import Guarded, parsing
from museion_datasets.ingest.form import ArrayForm, Reading, Region, Values, Variable
from museion_datasets.ingest.limits import MAX_PARTS, require_expansion
from museion_datasets.ingest.record import plain_json
from museion_datasets.ingest.source import Original, look_at, reading
from museion_datasets.ingest.spectral_frame import Bands, make_frame

MAGIC = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
_RAW = frozenset({".dng", ".nef", ".arw", ".cr2", ".orf", ".rw2"})
_NM = re.compile(r"(?<![0-9.])([0-9]{3,5}(?:\.[0-9]+)?)[ _-]?nm(?![a-z])", re.IGNORECASE)
_MM_PER_UNIT = {2: 25.4, 3: 10.0}
_TAGS = ("Make", "Model", "Software", "DateTime", "Artist", "Copyright", "ImageDescription")
_STACKED = "ZCTIQ"
_STACK_DIMS = 3


class TiffReader:
    """Reads images and stacks."""

    name = "TIFF"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether it is TIFF or BigTIFF; camera raw files are kept as they are."""
        return head.startswith(MAGIC) and path.suffix.lower() not in _RAW

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the file."""
        return (look_at(path),)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open a file."""
        with open_tiff(path) as (tiff, values):
            series = tiff.series[0]
            axes = _squeeze_axes(series.axes, series.shape)
            facts = tiff_facts(tiff)
            notes = _further(tiff)
            if len(values.shape) == _STACK_DIMS and axes[0] in _STACKED:
                framed = make_frame(
                    Bands(values.shape[0], _page_wavelengths(tiff), names=None), Planes(values)
                )
                attrs = {**framed.attrs, **_pixel_size(tiff), "quantity": "values"}
                variable = Variable(framed.dims, framed.values, attrs)
                form = ArrayForm("", framed.frame, {"values": variable})
                yield Reading((form,), (*notes, *framed.notes), facts)
                return
            yield Reading((_image(values, axes, tiff),), notes, facts)


class Planes:
    """Bands of a stack as (y, x, band).

    Parameters
    ----------
    stack : Values
        As (band, y, x).
    """

    def __init__(self, stack: Values) -> None:
        self._stack = stack
        self.shape = (*stack.shape[1:], stack.shape[0])
        self.dtype = stack.dtype.newbyteorder("=")

    def __getitem__(self, region: Region) -> Any:  # noqa: ANN401
        rows, columns, bands = region
        return np.moveaxis(np.asarray(self._stack[bands, rows, columns], self.dtype), 0, -1)


@contextmanager
def open_tiff(path: Path) -> Iterator[tuple[tifffile.TiffFile, Guarded]]:
    """Open a file's first series as an array that is read region by region.

    Parameters
    ----------
    path : Path
        A TIFF file.

    Yields
    ------
    tiff : tifffile.TiffFile
        Its tags.
    values : Guarded
        Its first series without dimensions of length one.
    """
    with reading(path):
        size = path.stat().st_size
    with ExitStack() as stack:
        with parsing(path), _strict():
            tiff = stack.enter_context(tifffile.TiffFile(path))
            _require_whole(tiff, path, size)
            store = stack.enter_context(tiff.series[0].aszarr(squeeze=True))
            values: Any = zarr.open_array(store, mode="r")
        yield tiff, Guarded(values, path)


def tiff_facts(tiff: tifffile.TiffFile) -> dict[str, Any]:
    """Return a file's metadata in JSON types.

    Parameters
    ----------
    tiff : tifffile.TiffFile
        Open.

    Returns
    -------
    dict
        Tags for people, ImageJ's and OME's own.
    """
    page = tiff.pages[0]
    tags = {name: page.tags[name].value for name in _TAGS if name in page.tags}  # type: ignore[union-attr]
    return {
        "tags": plain_json(tags),
        "pages": len(tiff.pages),
        **({"imagej": plain_json(tiff.imagej_metadata)} if tiff.imagej_metadata else {}),
        **({"ome_xml": tiff.ome_metadata} if tiff.ome_metadata else {}),
    }


def find_wavelength(name: str) -> float | None:
    """Return the wavelength in nm that a name says, if it says just one.

    Parameters
    ----------
    name : str
        Of a file or a page.

    Returns
    -------
    float or None
        As in 450.0 for ``panel_0450nm.tif``.

    Examples
    --------
    >>> find_wavelength("panel_0450nm.tif"), find_wavelength("panel_7.tif")
    (450.0, None)
    """
    found = {float(number) for number in _NM.findall(name)}
    return found.pop() if len(found) == 1 else None


def _require_whole(tiff: tifffile.TiffFile, path: Path, size: int) -> None:
    """Raise unless every strip that the pages name lies in the file.

    Raises
    ------
    InvalidError
        If one does not, or the file unfolds too far.
    """
    if not tiff.pages or not tiff.series:
        raise InvalidError(f"There is no image in {path.name!r:.80}", hint="export it again.")
    if len(tiff.pages) > MAX_PARTS:
        raise InvalidError(
            f"More than {MAX_PARTS:,} pages in {path.name!r:.80}", hint="export it in parts."
        )
    series = tiff.series[0]
    require_expansion(path.name, series.nbytes, size)
    if 0 in series.shape:
        raise InvalidError(f"An image without pixels: {path.name!r:.80}", hint="export it again.")
    for page in series.pages:
        if page is None:
            raise InvalidError(f"A page is missing in {path.name!r:.80}", hint="export it again.")
        _require_strips(page, path, size)


def _require_strips(page: Any, path: Path, size: int) -> None:  # noqa: ANN401
    """Raise unless each strip of a page is there: the library gives zeros for missing ones.

    Raises
    ------
    InvalidError
        If one is missing or lies beyond the end of the file.
    """
    strips = list(zip(page.dataoffsets, page.databytecounts, strict=True))
    is_whole = all(offset > 0 < count and offset + count <= size for offset, count in strips)
    wanted = prod(page.chunked) if isinstance(page, tifffile.TiffPage) else len(strips)
    if not strips or not is_whole or len(strips) < min(wanted, page.nbytes):
        raise InvalidError(
            f"The file is cut short: {path.name!r:.80}",
            hint="copy it again from where it was made.",
        )


class _strict(logging.Handler):  # noqa: N801 - reads as a word: with …
    """Turns what the library only logs of a page into an error, within a ``with`` block."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = get_ident()
        self._found: list[str] = []

    def __enter__(self) -> None:
        logging.getLogger("tifffile").addHandler(self)

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        logging.getLogger("tifffile").removeHandler(self)
        if self._found and error is None:
            raise ValueError(self._found[0])

    @override
    def emit(self, record: logging.LogRecord) -> None:
        message = record.getMessage()
        if record.thread == self._thread and "tifffile.TiffPage" in message:
            self._found.append(message)


def _squeeze_axes(axes: str, shape: tuple[int, ...]) -> str:
    """Leave out the letters of dimensions of length one."""
    kept = "".join(axis for axis, length in zip(axes, shape, strict=True) if length != 1)
    return kept or axes


def _image(values: Any, axes: str, tiff: tifffile.TiffFile) -> ArrayForm:  # noqa: ANN401
    """Return what is no stack of single bands: an image, or a stack of colour images."""
    letters = {"Y": "y", "X": "x", "S": "channel"}
    dims = tuple(letters.get(axis, f"{axis.lower()}_axis") for axis in axes)
    if len(dims) != len(values.shape):
        dims = tuple(f"dim_{at}" for at in range(len(values.shape)))
    variable = Variable(dims, values, {"quantity": "image", **_pixel_size(tiff)})
    return ArrayForm("", xr.Dataset(), {"image": variable})


def _page_wavelengths(tiff: tifffile.TiffFile) -> tuple[float, ...] | None:
    """Return wavelengths from the names of pages, if each says its own."""
    if len(tiff.series[0].pages) != tiff.series[0].shape[0]:
        return None
    names = [_page_name(page) for page in tiff.series[0].pages]
    labels = (tiff.imagej_metadata or {}).get("Labels") or names
    found = [find_wavelength(str(name)) for name in labels]
    known = tuple(nm for nm in found if nm is not None)
    bands = tiff.series[0].shape[0]
    return known if len(known) == len(found) == bands and len(set(known)) == bands else None


def _page_name(page: Any) -> str:  # noqa: ANN401
    tags = page.tags if isinstance(page, tifffile.TiffPage) else page.aspage().tags
    found = [tags[name].value for name in ("PageName", "ImageDescription") if name in tags]
    return str(found[0]) if found else ""


def _pixel_size(tiff: tifffile.TiffFile) -> dict[str, float]:
    """Return the side of a pixel from the resolution tags, if they say one."""
    tags = tiff.pages[0].tags  # type: ignore[union-attr]
    try:
        unit = _MM_PER_UNIT[int(tags["ResolutionUnit"].value)]
        count, per = tags["XResolution"].value
        return {"pixel_size_mm": unit * per / count} if count and per else {}
    except (KeyError, TypeError, ValueError):
        return {}


def _further(tiff: tifffile.TiffFile) -> tuple[str, ...]:
    count = len(tiff.series) - 1
    return (f"{count} further images (previews?) stay in the original only",) if count else ()
