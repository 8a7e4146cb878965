r"""A capture for RTI: images of one object under lights from known directions.

It is a folder with exactly one light position file (``.lp``), or that file itself with its
images beside it. The images become one array (light, y, x, channel) with the directions as
coordinates; they are decoded one at a time, and what the camera stored is kept. The array is
what `museion.imaging.rti` fits a model to.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.form import ArrayForm, Reading, Region, Variable
from museion_datasets.ingest.image import ImageReader
from museion_datasets.ingest.light_positions import LitImage, read_light_positions
from museion_datasets.ingest.plain_files import FolderReader
from museion_datasets.ingest.source import Original, look_at, read_head, reading
from museion_datasets.ingest.tiff import TiffReader

ENDING = ".lp"
DIMS = ("light", "y", "x", "channel")
_IMAGE_READERS = (TiffReader(), ImageReader())
_COLOURS = ("red", "green", "blue")


class RtiCaptureReader:
    """Reads a folder of images with a light position file."""

    name = "RTI capture"

    def recognises(self, path: Path, head: bytes) -> bool:
        """Return whether it is a light position file, or a folder with one."""
        if path.is_dir():
            return not head and len(_position_files(path)) == 1
        return path.suffix.lower() == ENDING

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return everything in the folder; of a file, itself and the images it names."""
        if path.is_dir():
            return FolderReader().originals(path)
        images = find_images(path, read_light_positions(path))
        return tuple(look_at(each) for each in (path, *images))

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open the images as one array."""
        positions = _position_files(path)[0] if path.is_dir() else path
        lit = read_light_positions(positions)
        values = LitImages(find_images(positions, lit))
        variable = Variable(DIMS[: len(values.shape)], values, {"quantity": "image"})
        notes: tuple[str, ...] = (f"The lights are from {positions.name}",)
        facts: dict[str, Any] = {"lights": len(lit)}
        if path.is_dir():
            with FolderReader().open(path) as folder:
                notes, facts = (*notes, *folder.notes), {**facts, **folder.facts}
        frame = capture_frame(lit, len(values.shape) == len(DIMS))
        yield Reading((ArrayForm("", frame, {"image": variable}),), notes, facts)


def capture_frame(lit: Sequence[LitImage], has_colour: bool) -> xr.Dataset:  # noqa: FBT001
    """Return the coordinates of a capture.

    Parameters
    ----------
    lit : sequence of LitImage
        Images and lights.
    has_colour : bool
        Whether it has channels.

    Returns
    -------
    xarray.Dataset
        ``light_x``, ``light_y``, ``light_z`` and ``image_name`` along ``light``.
    """
    directions = np.asarray([each.direction for each in lit])
    about = {"units": "1", "long_name": "direction to the light"}
    coords: dict[str, Any] = {
        f"light_{axis}": ("light", directions[:, at], about) for at, axis in enumerate("xyz")
    }
    coords["image_name"] = ("light", [each.name for each in lit])
    if has_colour:
        coords["channel"] = ("channel", list(_COLOURS))
    return xr.Dataset(coords=coords)


def find_images(positions: Path, lit: Sequence[LitImage]) -> list[Path]:
    """Return the images that a light position file names, beside it or in folders there.

    Parameters
    ----------
    positions : Path
        The ``.lp`` file.
    lit : sequence of LitImage
        What it says.

    Returns
    -------
    list of Path
        In the same order.

    Raises
    ------
    InvalidError
        If one is missing, or there are two of its name.
    """
    with reading(positions):
        beside: dict[str, list[Path]] = {}
        for path in sorted(positions.parent.rglob("*")):
            if path.is_file() and not path.is_symlink():
                beside.setdefault(path.name.lower(), []).append(path)
    found = []
    for each in lit:
        same = beside.get(each.name.lower(), [])
        direct = [path for path in same if path.parent == positions.parent]
        if len(direct or same) != 1:
            problem = "has no image" if not same else "has several images named"
            raise InvalidError(
                f"The capture {problem} {each.name!r:.80}, which {positions.name!r:.60} lists",
                hint="put each image once into the folder of the light position file.",
            )
        found += direct or same
    return found


class LitImages:
    """Images of one size as (light, y, x, channel), decoded one at a time.

    Parameters
    ----------
    files : list of Path
        One for each light.

    Raises
    ------
    InvalidError
        If an image is of another size or type than the first, or none.
    """

    def __init__(self, files: list[Path]) -> None:
        self._files = files
        first: tuple[tuple[int, ...], np.dtype[Any]] | None = None
        for file in files:
            with open_image(file) as values:
                kind = (tuple(values.shape), values.dtype.newbyteorder("="))
            first = first or kind
            if kind != first:
                raise InvalidError(
                    f"The image {file.name!r:.80} differs in size or type from the first",
                    hint="export all images of a capture the same way, without cropping.",
                )
        shape, self.dtype = first or ((0, 0), np.dtype(np.uint8))
        self.shape = (len(files), *shape[:2], *((3,) if len(shape) > len("yx") else ()))

    def __getitem__(self, region: Region) -> Any:  # noqa: ANN401
        lights, *inside = region
        chosen = self._files[lights]
        parts = []
        for file in chosen:
            with open_image(file) as values:
                parts.append(np.asarray(values[tuple(inside)], self.dtype))
        return np.stack(parts)


@contextmanager
def open_image(path: Path) -> Iterator[Any]:
    """Open an image as what gives regions (y, x) or (y, x, channel).

    Parameters
    ----------
    path : Path
        JPEG, PNG, TIFF or what else is read as an image.

    Yields
    ------
    Values
        Its pixels.

    Raises
    ------
    InvalidError
        If it is none, or has channels besides red, green and blue.
    """
    head = read_head(path)
    reader = next((each for each in _IMAGE_READERS if each.recognises(path, head)), None)
    if reader is None:
        raise InvalidError(
            f"Not an image that is read: {path.name!r:.80}",
            hint="develop camera raw files to TIFF or JPEG first, all the same way.",
        )
    with reader.open(path) as opened:
        form = opened.forms[0]
        variables = form.variables if isinstance(form, ArrayForm) else {}
        variable = variables.get("image")
        if variable is None or variable.dims not in {("y", "x"), ("y", "x", "channel")}:
            raise InvalidError(
                f"Not a single image: {path.name!r:.80}", hint="export each light as one image."
            )
        if variable.dims[2:] and variable.values.shape[2] != len(_COLOURS):
            raise InvalidError(
                f"The image {path.name!r:.80} has {variable.values.shape[2]} channels",
                hint="export images of a capture as grey or as red, green and blue.",
            )
        yield variable.values


def _position_files(folder: Path) -> list[Path]:
    """Return the light position files of a folder."""
    with reading(folder):
        return sorted(
            each
            for each in folder.iterdir()
            if each.suffix.lower() == ENDING and each.is_file() and not each.is_symlink()
        )
