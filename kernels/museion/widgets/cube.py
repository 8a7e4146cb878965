"""The cube viewer in a notebook: `CubeView`.

What was picked in the browser is `CubeView.picks`; `CubeView.spectra` reads the picked
spectra from the dataset at full precision.
"""

import io
from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypedDict

import numpy as np
import traitlets
import xarray as xr
from PIL import Image

from museion.errors import InputError
from museion.widgets.base import SPEC_VERSION, StreamedView, browser_code
from museion_datasets.colour import encode_srgb, srgb_weights
from museion_datasets.cube import Cube, Floats
from museion_datasets.dataset import Dataset

MAX_RADIUS_PX = 50
MAX_PICKS = 32
_STILL_PX = 300  # the still is the coarsest level at least this long


class Pick(TypedDict):
    """A picked spot, as browser and kernel exchange it."""

    x: int
    y: int
    radius: int
    label: str


class CubeView(StreamedView):
    """Image and spectra of a cube.

    Parameters
    ----------
    dataset : Dataset
        Open.
    item : str
        Name of the cube in it.
    wavelengths_nm : sequence of float, optional
        Shown first: three as red, green and blue, or one as grey.
    radius : int
        Of new picks, in pixels.
    picks : sequence of Pick
        Picked from the start.
    height : int
        In CSS pixels.
    """

    _esm = browser_code("cube")
    picks = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        dataset: Dataset,
        item: str,
        *,
        wavelengths_nm: Sequence[float] | None = None,
        radius: int = 3,
        picks: Sequence[Pick] = (),
        height: int = 460,
    ) -> None:
        record = dataset.record
        self._cube = Cube(dataset.store, item, title=record.title, synthetic=record.synthetic)
        options: dict[str, Any] = {"radius": radius}
        if wavelengths_nm is not None:
            options["wavelengths_nm"] = [float(nm) for nm in wavelengths_nm]
        spec = {
            "version": SPEC_VERSION,
            "kind": "cube",
            "dataset": dataset.path,
            "dataset_version": dataset.version,
            "item": item,
            "title": record.title,
            "synthetic": record.synthetic,
            "height": height,
            "options": options,
        }
        super().__init__(_spec=spec, picks=list(picks))

    @property
    def spec(self) -> dict[str, Any]:
        """The view specification; its options hold the picks of this moment."""
        spec = super().spec
        return {**spec, "options": {**spec["options"], "picks": list(self.picks)}}

    def spectra(self) -> xr.Dataset:
        """Return the picked spectra.

        Returns
        -------
        Dataset
            ``mean`` and ``std`` (pick, wavelength), with the picks' ``x``, ``y`` and
            ``radius`` in pixels along ``pick``, whose coordinate is their labels.
        """
        read = [self._cube.spectrum(pick["x"], pick["y"], pick["radius"]) for pick in self.picks]
        empty = np.empty((0, len(self._cube.wavelength_nm)), np.float32)
        return xr.Dataset(
            {
                "mean": (
                    ("pick", "wavelength"),
                    np.stack([s.mean for s in read]) if read else empty,
                ),
                "std": (("pick", "wavelength"), np.stack([s.std for s in read]) if read else empty),
            },
            coords={
                "pick": [pick["label"] for pick in self.picks],
                "wavelength": ("wavelength", list(self._cube.wavelength_nm), {"units": "nm"}),
                **{key: ("pick", [p[key] for p in self.picks]) for key in ("x", "y", "radius")},
            },
        )

    def still(self) -> bytes:
        """Return a PNG of the cube in daylight, or of one band where it has no colours."""
        return self._still

    def describe(self) -> str:
        """Return one line for where no picture can be shown."""
        spec, nm = self._spec, self._cube.wavelength_nm
        note = ", synthetic" if spec["synthetic"] else ""
        return (
            f"CubeView of {spec['dataset']} version {spec['dataset_version']}, {spec['item']}: "
            f"{self._cube.width} x {self._cube.height} px, {nm[0]:g} to {nm[-1]:g} nm{note}"
        )

    @cached_property
    def _still(self) -> bytes:
        cube, info = self._cube, self._cube.info
        level = max(
            (each for each in info.levels if max(each.width, each.height) >= _STILL_PX),
            key=lambda each: each.level,
            default=info.levels[0],
        )
        if not info.has_daylight:
            band = cube.find_band(info.default_rgb[0]) or 0
            values = cube.window(level.level, slice(None), slice(None), [band])
            low, high = info.limits["low"][band], info.limits["high"][band]
            return _png(np.repeat((values - low) / (high - low), 3, axis=-1))
        weights = srgb_weights(np.asarray(info.wavelength_nm)).astype(np.float32)
        seen = np.flatnonzero(np.any(weights, axis=0))
        values = cube.window(level.level, slice(None), slice(None), seen.tolist())
        return _png(values @ weights[:, seen].T)

    @traitlets.validate("picks")
    def _check_picks(self, proposal: dict[str, Any]) -> list[Pick]:
        """Accept only picks inside the cube.

        Raises
        ------
        InputError
            From Python; a browser only sends what it got from a click.
        """
        picks: list[Pick] = proposal["value"]
        if len(picks) > MAX_PICKS:
            raise InputError(f"Too many picks: {len(picks)}", hint=f"at most {MAX_PICKS} show.")
        for pick in picks:
            if not _is_pick(pick, self._cube):
                raise InputError(
                    f"Not a pick inside the cube: {pick!r:.120}",
                    hint=f"give x below {self._cube.width}, y below {self._cube.height}, radius "
                    f"up to {MAX_RADIUS_PX}, all whole, and a label.",
                )
        return picks


def _is_pick(pick: Any, cube: Cube) -> bool:  # noqa: ANN401 - from outside
    if set(pick) != {"x", "y", "radius", "label"} or not isinstance(pick["label"], str):
        return False
    limits = {"x": cube.width - 1, "y": cube.height - 1, "radius": MAX_RADIUS_PX}
    return all(
        type(pick[name]) is int and 0 <= pick[name] <= limit for name, limit in limits.items()
    )


def _png(linear: Floats) -> bytes:
    """Encode linear light (y, x, 3) as an sRGB image; NaN becomes black."""
    code = encode_srgb(np.nan_to_num(linear))
    buffer = io.BytesIO()
    Image.fromarray(np.round(255 * code).astype(np.uint8)).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
