"""What a person says of a 3D file that the file does not say itself."""

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypedDict, Unpack

from museion_datasets.errors import InvalidError

METRES_PER_UNIT = {
    "m": 1.0, "dm": 0.1, "cm": 0.01, "mm": 0.001, "um": 1e-6, "in": 0.0254, "ft": 0.3048,
    "us-ft": 1200 / 3937, "km": 1000.0,
}  # fmt: skip
_LONGEST_FRAME = 200


class UpAxis(StrEnum):
    """Which axis of the file points up."""

    Y = "y"
    Z = "z"


class ColorUse(StrEnum):
    """What to do with the colours of a file."""

    KEEP = "keep"
    HIDE = "hide"


@dataclass(frozen=True, slots=True)
class ScanTerms:
    """How to read a scan, and how exact it is.

    Attributes
    ----------
    unit : str or None
        Unit of length of the coordinates; None for the one that the file or its format says.
    up : UpAxis or None
        None for what the format says; z where it says nothing.
    colors : ColorUse
        Whether vertex colours and the base colour texture were measured.
    noise_m : float or None
        Standard deviation of the instrument in metres, as its maker or a test declares it.
        A tenth of it becomes the grid step of what is shown.
    frame : str
        Name of the frame of reference, as in "EPSG:2056" or "church survey 2024".

    Raises
    ------
    InvalidError
        If a unit is unknown, or the noise no positive length.
    """

    unit: str | None = None
    up: UpAxis | None = None
    colors: ColorUse = ColorUse.KEEP
    noise_m: float | None = None
    frame: str = ""

    def __post_init__(self) -> None:
        if self.unit is not None:
            require_unit(self.unit)
        if self.noise_m is not None and not (self.noise_m > 0.0 and math.isfinite(self.noise_m)):
            raise InvalidError(
                f"The instrument's noise is no positive length: {self.noise_m} m",
                hint="give its standard deviation, as in noise_mm=0.02.",
            )
        if len(self.frame) > _LONGEST_FRAME:
            raise InvalidError(
                f"The name of the frame is too long: {len(self.frame)} characters",
                hint=f"use at most {_LONGEST_FRAME}.",
            )


NOTHING_DECLARED = ScanTerms()


class DeclaredScan(TypedDict, total=False):
    """What a person writes down of a scan, as options and keywords.

    Attributes
    ----------
    unit : str or None
    up : "y", "z" or None
    noise_mm : float or None
        Standard deviation of the instrument in millimetres.
    frame : str
    hide_colors : bool
        The file's colours were not measured.
    """

    unit: str | None
    up: Literal["y", "z"] | None
    noise_mm: float | None
    frame: str
    hide_colors: bool


def declared(**said: Unpack[DeclaredScan]) -> ScanTerms:
    """Return terms from what a person wrote down.

    Parameters
    ----------
    **said
        As of `DeclaredScan`.

    Raises
    ------
    InvalidError
        If a name is unknown, a unit too, or the noise no positive length.
    """
    unknown = [name for name in said if name not in DeclaredScan.__annotations__]
    if unknown:
        raise InvalidError(
            f"Nothing that can be said of a scan: {unknown[0]}",
            hint=f"say one of {', '.join(DeclaredScan.__annotations__)}.",
        )
    up, noise_mm = said.get("up"), said.get("noise_mm")
    if up not in {None, *UpAxis}:
        raise InvalidError(f"No axis that can point up: {up}", hint="say y or z.")
    return ScanTerms(
        unit=said.get("unit"),
        up=None if up is None else UpAxis(up),
        colors=ColorUse.HIDE if said.get("hide_colors") else ColorUse.KEEP,
        noise_m=None if noise_mm is None else noise_mm / 1000.0,
        frame=said.get("frame", ""),
    )


def require_unit(unit: str) -> float:
    """Return how many metres a unit is.

    Raises
    ------
    InvalidError
        If the unit is unknown.
    """
    if unit not in METRES_PER_UNIT:
        raise InvalidError(
            f"Unknown unit of length: {unit}", hint=f"use one of {', '.join(METRES_PER_UNIT)}."
        )
    return METRES_PER_UNIT[unit]
