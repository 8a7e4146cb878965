"""Light position files (``.lp``) of RTI: which image was lit from where.

The first line is a count; each further line is the name of an image, often with a path of the
machine where it was written, and three numbers: the direction or position of the light.
"""

import math
import re
from dataclasses import dataclass
from pathlib import Path

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.source import reading

MAX_LIGHTS = 10_000
_MAX_BYTES = 4 << 20
_NUMBERS = 3


@dataclass(frozen=True, slots=True)
class LitImage:
    """An image and its light.

    Attributes
    ----------
    name : str
        The image's file name, without folders.
    direction : (float, float, float)
        Unit vector to the light: x to the right, y up, z to the camera.
    """

    name: str
    direction: tuple[float, float, float]


def read_light_positions(path: Path) -> tuple[LitImage, ...]:
    """Read a light position file.

    Parameters
    ----------
    path : Path
        The ``.lp`` file.

    Returns
    -------
    tuple of LitImage
        In the file's order.

    Raises
    ------
    InvalidError
        If it is too long or no text.
    """
    with reading(path):
        size = path.stat().st_size
        content = path.read_bytes() if size <= _MAX_BYTES else b""
    if not content:
        raise InvalidError(
            f"Not a light position file: {path.name!r:.80}: {size:,} bytes",
            hint="it is a text of one line for each image.",
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    return parse_light_positions(text)


def parse_light_positions(text: str) -> tuple[LitImage, ...]:
    r"""Read the text of a light position file.

    Parameters
    ----------
    text : str
        Its lines.

    Returns
    -------
    tuple of LitImage
        In the file's order.

    Raises
    ------
    InvalidError
        If a line is not as it should be, or their number; the message says which.

    Examples
    --------
    >>> parse_light_positions("1\nC:\\dome\\a 01.jpg 0 0 2")
    (LitImage(name='a 01.jpg', direction=(0.0, 0.0, 1.0)),)
    """
    lines = [(at, line.strip()) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines or not re.fullmatch(r"[0-9]{1,9}", lines[0][1]):
        raise InvalidError(
            "The light position file does not begin with the number of images",
            hint="its first line is a count, then one line for each image.",
        )
    count, rest = int(lines[0][1]), lines[1:]
    if count != len(rest) or not 1 <= count <= MAX_LIGHTS:
        raise InvalidError(
            f"The light position file announces {count} images and lists {len(rest)}",
            hint="correct its first line, or add the lines that are missing.",
        )
    found = tuple(_line(at, line) for at, line in rest)
    names = [each.name for each in found]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise InvalidError(
            f"The light position file names an image twice: {twice!r:.80}",
            hint="each image has one light; remove the line that is wrong.",
        )
    return found


def _line(at: int, line: str) -> LitImage:
    """Read one line.

    Raises
    ------
    InvalidError
        If it is not a name and a direction from before the object.
    """
    parts = line.rsplit(maxsplit=_NUMBERS)
    try:
        numbers = tuple(float(part) for part in parts[1:])
    except ValueError:
        numbers = ()
    if len(numbers) != _NUMBERS or not all(map(math.isfinite, numbers)):
        raise InvalidError(
            f"Line {at} of the light position file is not a name and three numbers: {line!r:.80}",
            hint="write it as: name x y z.",
        )
    x, y, z = numbers
    length = math.hypot(x, y, z)
    if length == 0 or z <= 0:
        raise InvalidError(
            f"Line {at} of the light position file lights the object from behind: {line!r:.80}",
            hint="z is towards the camera and above 0; check which axis is which.",
        )
    name = re.split(r"[\\/]", parts[0].strip().strip('"'))[-1]
    return LitImage(name, (x / length, y / length, z / length))
