"""A scan of the sample panel by macro X-ray fluorescence, with its ground truth.

Synthetic. The painting of `museion.samples.panel`, under the beam of a rhodium tube on a stage
that stands a little askew: every two millimetres a spectrum of 1024 channels, whose lines
follow from the formulae, the thickness and the absorption of the paint in the spot
(`museion.samples._fluorescence`), with Poisson's statistics. One row was measured half as long.
"""

from dataclasses import dataclass

import numpy as np
import xarray as xr
from numpy.typing import NDArray
from scipy import ndimage

from museion.imaging.xrf.response import Response
from museion.samples import _brush, _matter
from museion.samples._easel import NAMES
from museion.samples._fluorescence import ANODE, TUBE_KV, Layers, expected_counts
from museion.samples.panel import PIXEL_SIZE_MM, SEED, Painting, paint_panel

HEIGHT, WIDTH, CHANNELS = 112, 152, 1024
STEP_MM = 2.0
ZERO_KEV, GAIN_KEV = -0.031, 0.0279
HALF_ROW = 67
LIVE_TIME_S = 0.1

_RESPONSE = Response(noise_kev=0.075, fano=0.118)
_MEAN_COUNTS = 9000.0
_TURN_DEG = 1.4
_OFFSET_MM = (1.6, -1.3)
_SPOT_MM = 0.8  # standard deviation of the beam's profile
_PIGMENT_VOLUME = 0.45
_GROUND_CM, _WOOD_CM = 0.03, 1.0
_CM_PER_UM = 1e-4

type Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Scan:
    """The spectra and what is true about them.

    Attributes
    ----------
    cube : DataArray
        Counts, (y, x, channel) uint16, 112 x 152 x 1024; energies are not given.
    truth : Dataset
        ``areal_density`` (element, y, x) in g/m², of the paint in the spot; ``to_panel``
        (row, column), the matrix from pixels (x, y, 1) here to those of the panel's cube;
        attributes ``zero_kev`` and ``gain_kev`` of the channels, ``half_row``.
    """

    cube: xr.DataArray
    truth: xr.Dataset


def make_scan(seed: int = SEED) -> Scan:
    """Paint the panel and scan it.

    Parameters
    ----------
    seed : int
        Same seed, same painting and same scan.

    Returns
    -------
    Scan
        Takes some seconds and 300 MB.
    """
    painting = paint_panel(np.random.default_rng(seed))
    paint = _under_the_beam(painting)
    ground = _matter.GROUND.composition() * _matter.GROUND.density * _GROUND_CM
    wood = _matter.WOOD.composition() * _matter.WOOD.density * _WOOD_CM
    energy = ZERO_KEV + GAIN_KEV * np.arange(CHANNELS, dtype=np.float64)
    amounts, shapes = expected_counts(Layers(paint, ground, wood), energy, _RESPONSE)
    amounts *= _MEAN_COUNTS / (amounts.mean(axis=0) @ shapes.sum(axis=1))
    by_row = amounts.reshape(HEIGHT, WIDTH, -1)
    by_row[HALF_ROW] *= 0.5
    rng = np.random.default_rng(seed + 1)
    counts = np.stack([rng.poisson(row @ shapes).astype(np.uint16) for row in by_row])
    return Scan(_labelled(counts), _truth(paint))


def to_panel() -> Floats:
    """Return the (3, 3) matrix from pixels (x, y, 1) of the scan to those of the panel's cube."""
    scale = STEP_MM / PIXEL_SIZE_MM
    turn = np.radians(_TURN_DEG)
    linear = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    size_px = np.array([_brush.WIDTH, _brush.HEIGHT])
    middle = (size_px - 1) / 2 + np.array(_OFFSET_MM) / PIXEL_SIZE_MM
    matrix = np.eye(3)
    matrix[:2, :2] = linear
    matrix[:2, 2] = middle - linear @ ((np.array([WIDTH, HEIGHT]) - 1) / 2)
    return matrix


def _under_the_beam(painting: Painting) -> Floats:
    """Return the mass of each element per area in each spot, (pixels, elements) in g/cm²."""
    x, y = np.meshgrid(np.arange(WIDTH), np.arange(HEIGHT))
    places = np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    across, down, _ = to_panel() @ places
    spot = _SPOT_MM / PIXEL_SIZE_MM

    def seen(plane: NDArray[np.float32]) -> Floats:
        blurred = ndimage.gaussian_filter(plane, spot, mode="nearest")
        sampled: Floats = ndimage.map_coordinates(blurred, [down, across], order=1, mode="nearest")
        return sampled

    easel = painting.easel
    depth = easel.thickness_um * _CM_PER_UM * (1 - painting.damage.cracks)
    oil = _matter.OIL.composition() * _matter.OIL.density * (1 - _PIGMENT_VOLUME)
    mass = seen(depth)[:, None] * oil
    for name, fraction in zip(NAMES, easel.fractions, strict=True):
        matter = _matter.PIGMENTS[name]
        volume = seen(fraction * depth) * _PIGMENT_VOLUME
        mass += volume[:, None] * matter.density * matter.composition()
    return mass


def _labelled(counts: NDArray[np.uint16]) -> xr.DataArray:
    return xr.DataArray(
        counts,
        name="counts",
        dims=("y", "x", "channel"),
        attrs={
            "long_name": "counts",
            "units": "count",
            "quantity": "counts",
            "pixel_size_mm": STEP_MM,
            "live_time_s": LIVE_TIME_S,
            "tube": f"{ANODE}, {TUBE_KV:g} kV",
            "synthetic": 1,
        },
    )


def _truth(paint: Floats) -> xr.Dataset:
    density = (paint.T * 1e4).reshape(-1, HEIGHT, WIDTH).astype(np.float32)
    return xr.Dataset(
        {
            "areal_density": (("element", "y", "x"), density, {"units": "g m-2"}),
            "to_panel": (("row", "column"), to_panel()),
        },
        coords={"element": list(_matter.SYMBOLS)},
        attrs={
            "synthetic": 1,
            "zero_kev": ZERO_KEV,
            "gain_kev": GAIN_KEV,
            "half_row": HALF_ROW,
        },
    )
