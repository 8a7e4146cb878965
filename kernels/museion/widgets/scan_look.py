"""How a scan is first looked at, and how exactly it is drawn: `Look`."""

from typing import TypedDict

from museion.scans.still import AZIMUTH, ELEVATION


class Look(TypedDict, total=False):
    """Options of a view of a scan.

    Attributes
    ----------
    azimuth, elevation : float
        Where the first view is taken from, in degrees: around the object, from +x over +y,
        and above the horizon.
    max_triangles : int
        Drawn at most while nothing moves; chosen by the graphics card otherwise.
    tolerance_px : float
        Largest error in pixels that may stay while nothing moves, 0 to 20; 1 otherwise.
    """

    azimuth: float
    elevation: float
    max_triangles: int
    tolerance_px: float


def options_of(look: Look) -> dict[str, float]:
    """Return what a view's specification says.

    Parameters
    ----------
    look : Look
    """
    first = {"azimuth": AZIMUTH, "elevation": ELEVATION}
    return {**first, **{name: float(value) for name, value in look.items()}}  # type: ignore[arg-type]
