"""Photographs and scans: JPEG, PNG and what else Pillow reads.

Pixels are kept as they lie in the file; an orientation that the camera noted is kept as
metadata and not applied, so that a coordinate means the same as in the original. 16-bit
PNG in colour, which Pillow would cut to 8 bits, is decoded by imagecodecs.
"""

import hashlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import xarray as xr
from PIL import ExifTags, Image

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.damage import parsing
from museion_datasets.ingest.form import ArrayForm, Reading, Variable
from museion_datasets.ingest.limits import MAX_IMAGE_BYTES, require_expansion
from museion_datasets.ingest.record import plain_json
from museion_datasets.ingest.source import Original, look_at, reading

_PNG = b"\x89PNG\r\n\x1a\n"
_MAGIC = (b"\xff\xd8\xff", _PNG, b"BM", b"GIF8", b"\0\0\0\x0cjP  ")
_DEPTH_AT = 24
_DEEP = 16
_MM_PER_INCH = 25.4
_FORMATS = ("JPEG", "PNG", "BMP", "GIF", "WEBP", "JPEG2000")
_ORIENTATION = 0x0112


class ImageReader:
    """Reads one image."""

    name = "image"

    def recognises(self, _path: Path, head: bytes) -> bool:
        """Return whether it begins as an image does."""
        is_webp = head[:4] == b"RIFF" and head[8:12] == b"WEBP"
        return head.startswith(_MAGIC) or is_webp

    def originals(self, path: Path) -> tuple[Original, ...]:
        """Return the file."""
        return (look_at(path),)

    @contextmanager
    def open(self, path: Path) -> Iterator[Reading]:
        """Open an image."""
        with _opened(path) as image:
            with parsing(path):
                pixels, channels = _decode(path, image)
                attrs, facts, notes = _attrs(image), _facts(image), _said(image)
            dims = ("y", "x", "channel")[: pixels.ndim]
            frame = xr.Dataset()
            if channels and "channel" in dims:
                frame = frame.assign_coords(channel=("channel", channels))
            variable = Variable(dims, pixels, {"quantity": "image", **attrs})
            yield Reading((ArrayForm("", frame, {"image": variable}),), notes, facts)


@contextmanager
def _opened(path: Path) -> Iterator[Image.Image]:
    """Open an image without decoding it.

    Raises
    ------
    InvalidError
        If it is too large.
    """
    with reading(path):
        size = path.stat().st_size
        path.open("rb").close()
    with ExitStack() as stack:
        Image.init()
        with parsing(path), unlimited():
            image = stack.enter_context(Image.open(path, formats=_FORMATS))
        decoded = image.width * image.height * len(image.getbands())
        if decoded > MAX_IMAGE_BYTES:
            raise InvalidError(
                f"The image is too large: {decoded:,} bytes, at most {MAX_IMAGE_BYTES:,}",
                hint="save it as TIFF, which is read piece by piece.",
            )
        require_expansion(path.name, decoded, size)
        yield image


@contextmanager
def unlimited() -> Iterator[None]:
    """Switch Pillow's own limit off: ours is named in `limits` and asked right after."""
    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _decode(path: Path, image: Image.Image) -> tuple[Any, list[str]]:
    """Return pixels and the names of their channels."""
    if image.format == "PNG" and path.read_bytes()[_DEPTH_AT] == _DEEP and image.mode != "I;16":
        pixels = imagecodecs.png_decode(path.read_bytes())
        names = {2: ["L", "A"], 3: ["R", "G", "B"], 4: ["R", "G", "B", "A"]}
        return pixels, names.get(pixels.shape[-1], []) if pixels.ndim == len("yxc") else []
    if image.mode in {"P", "PA"}:
        image = image.convert("RGBA" if "transparency" in image.info else "RGB")
    return np.asarray(image), list(image.getbands())


def _attrs(image: Image.Image) -> dict[str, Any]:
    """Return what belongs to the pixels."""
    attrs: dict[str, Any] = {}
    orientation = image.getexif().get(_ORIENTATION)
    if orientation is not None:
        attrs["exif_orientation"] = int(orientation)
    dpi = image.info.get("dpi", (0, 0))[0]
    if dpi and float(dpi) > 1:
        attrs["pixel_size_mm"] = _MM_PER_INCH / float(dpi)
    profile = image.info.get("icc_profile")
    if profile:
        attrs["icc_profile_sha256"] = hashlib.sha256(profile).hexdigest()
    return attrs


def _facts(image: Image.Image) -> dict[str, Any]:
    """Return the image's metadata in JSON types."""
    exif = {ExifTags.TAGS.get(key, str(key)): value for key, value in image.getexif().items()}
    return {"format": image.format, "mode": image.mode, "exif": plain_json(exif)}


def _said(image: Image.Image) -> tuple[str, ...]:
    orientation = image.getexif().get(_ORIENTATION, 1)
    frames = getattr(image, "n_frames", 1)
    turned = "The camera noted another orientation; pixels are kept as stored"
    more = f"{frames - 1} further pictures stay in the original only"
    return (*((turned,) if orientation != 1 else ()), *((more,) if frames > 1 else ()))
