"""A folder with one image file for each band, the wavelengths in the files' names.

It is such a folder if every image in it has one channel, the same size and type, and a
name that says its own wavelength with unit, as in ``panel_0450nm.tif``. Numbers without a
unit are counters, not wavelengths.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.form import ArrayForm, Reading, Region, Variable
from museion_datasets.ingest.plain_files import FolderReader
from museion_datasets.ingest.source import Original, reading
from museion_datasets.ingest.spectral_frame import Bands, make_frame
from museion_datasets.ingest.tiff import find_wavelength, open_tiff

_ENDINGS = (".tif", ".tiff")
_FEWEST = 3


class BandFolderReader:
    """Reads the files of a folder as bands of a cube."""

    name = "TIFF bands"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether its images say their wavelengths."""
        if head or not path.is_dir():
            return False
        names = [each.name for each in _images(path)]
        return len(names) >= _FEWEST and all(find_wavelength(name) for name in names)

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return everything in the folder, not the bands only."""
        return FolderReader().originals(path)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open the bands as one cube.

        Raises
        ------
        InvalidError
            If they do not fit together.
        """
        files = sorted(_images(path), key=lambda each: find_wavelength(each.name) or 0.0)
        values = BandFiles(files)
        nm = tuple(found for each in files if (found := find_wavelength(each.name)) is not None)
        framed = make_frame(Bands(len(files), nm, names=tuple(f.name for f in files)), values)
        with FolderReader().open(path) as folder:
            variable = Variable(framed.dims, framed.values, {"quantity": "values"})
            form = ArrayForm("", framed.frame, {"values": variable})
            notes = ("The wavelengths are from the files' names", *framed.notes, *folder.notes)
            yield Reading((form,), notes, folder.facts)


class BandFiles:
    """Bands of files as (y, x, band).

    Parameters
    ----------
    files : list of Path
        One for each band.

    Raises
    ------
    InvalidError
        If sizes or types differ.
    """

    def __init__(self, files: list[Path]) -> None:
        self._files = files
        found = {_look(each) for each in files}
        if len(found) != 1 or len(next(iter(found))[0]) != len("yx"):
            raise InvalidError(
                f"The bands differ in size, type or channels: {files[0].parent.name!r:.60}",
                hint="export all bands the same way, each as one grey image.",
            )
        ((shape, dtype),) = found
        self.shape = (*shape, len(files))
        self.dtype: np.dtype[Any] = np.dtype(dtype).newbyteorder("=")

    def __getitem__(self, region: Region) -> Any:  # noqa: ANN401
        rows, columns, bands = region
        chosen = self._files[bands]
        ends = [part.indices(n)[:2] for part, n in zip(region[:2], self.shape[:2], strict=True)]
        sides = [stop - start for start, stop in ends]
        out = np.empty((*sides, len(chosen)), self.dtype)
        for at, file in enumerate(chosen):
            with open_tiff(file) as (_, values):
                out[..., at] = values[rows, columns]
        return out


def _images(folder: Path) -> list[Path]:
    """Return the images of a folder, links left out."""
    with reading(folder):
        return sorted(
            each
            for each in folder.iterdir()
            if each.suffix.lower() in _ENDINGS
            and not each.name.startswith(".")
            and each.is_file()
            and not each.is_symlink()
        )


def _look(path: Path) -> tuple[tuple[int, ...], str]:
    """Return size and type of an image."""
    with open_tiff(path) as (_, values):
        return values.shape, np.dtype(values.dtype).newbyteorder("=").str
