"""The cube viewer in a notebook: `CubeView`.

What was picked in the browser is `CubeView.picks`, what was drawn is `CubeView.regions`;
`CubeView.spectra` and `CubeView.region_spectra` read their spectra from the dataset at full
precision.
"""

from collections.abc import Sequence
from typing import Any, NotRequired, TypedDict, Unpack

import numpy as np
import traitlets
import xarray as xr

from museion.errors import InputError
from museion.widgets.base import SPEC_VERSION, browser_code
from museion.widgets.layers import Look, plain_look, require_look
from museion.widgets.maps import ImageView
from museion.widgets.regions import SIGNED, Author, RegionMarks
from museion_datasets.cube import Cube
from museion_datasets.dataset import Dataset
from museion_datasets.spectral_axis import ENERGY

MAX_RADIUS_PX = 50
MAX_PICKS = 10_000
WINDOW_KEV = 0.2


class Pick(TypedDict):
    """A picked spot, as browser and kernel exchange it."""

    x: int
    y: int
    radius: int
    label: str
    author: NotRequired[Author]
    edited_by: NotRequired[Author]


class CubeLook(Look, total=False):
    """How a cube looks at first.

    Attributes
    ----------
    wavelengths_nm, limits
        As of `museion.widgets.layers.Layer`.
    window_kev : float
        Of a cube over energy: width of the window around each shown energy, whose counts are
        added; 0.2 by default.
    elements : sequence of str
        Whose lines stand in the plot of a cube over energy, as in ``["Pb", "Fe K"]``.
    """

    window_kev: float
    elements: Sequence[str]


class CubeView(RegionMarks, ImageView):
    """Image and spectra of a cube.

    Parameters
    ----------
    dataset : Dataset
        Open.
    item : str
        Name of the cube in it.
    radius : int
        Of new picks, in pixels.
    picks : sequence of Pick
        Picked from the start.
    layers : sequence of dict
        What lies over it, as `museion.widgets.layers.describe_layer` returns it.
    height : int
        In CSS pixels.
    **look
        See `CubeLook`.
    """

    _esm = browser_code("cube")
    picks = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        dataset: Dataset,
        item: str,
        *,
        radius: int = 3,
        picks: Sequence[Pick] = (),
        layers: Sequence[dict[str, Any]] = (),
        height: int = 460,
        **look: Unpack[CubeLook],
    ) -> None:
        record = dataset.record
        self._cube = Cube(dataset.store, item, title=record.title, synthetic=record.synthetic)
        self._image = self._cube
        require_look(self._image, look.get("plane", ""), look.get("colours", ""))
        options: dict[str, Any] = {"radius": radius, **plain_look(look)}
        if self._cube.axis is ENERGY:
            width = look.get("window_kev", WINDOW_KEV)
            options |= {"window": float(width), "lines": _lines(look.get("elements", ()))}
        elif look.get("elements"):
            raise InputError(
                f"A cube over {self._cube.axis.name} has no X-ray lines",
                hint="calibrate its channels first: xrf.calibrate_energy(…).apply(cube).",
            )
        if layers:
            options["layers"] = list(layers)
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
        """The view specification; its options hold the marks of this moment."""
        spec = super().spec
        marks = {"picks": list(self.picks), "regions": list(self.regions)}
        return {**spec, "options": {**spec["options"], **marks}}

    def spectra(self) -> xr.Dataset:
        """Return the picked spectra.

        Returns
        -------
        Dataset
            ``mean`` and ``std`` (pick, wavelength; of other cubes energy or channel), with the
            picks' ``x``, ``y`` and ``radius`` in pixels and their ``author`` (username, empty
            if nobody is known) along ``pick``, whose coordinate is their labels.
        """
        read = [self._cube.spectrum(pick["x"], pick["y"], pick["radius"]) for pick in self.picks]
        axis = self._cube.axis
        empty = np.empty((0, len(self._cube.coordinate)), np.float32)
        return xr.Dataset(
            {
                "mean": (
                    ("pick", axis.name),
                    np.stack([s.mean for s in read]) if read else empty,
                ),
                "std": (("pick", axis.name), np.stack([s.std for s in read]) if read else empty),
            },
            coords={
                "pick": [pick["label"] for pick in self.picks],
                axis.name: (axis.name, list(self._cube.coordinate), {"units": axis.units}),
                **{key: ("pick", [p[key] for p in self.picks]) for key in ("x", "y", "radius")},
                "author": ("pick", [p.get("author", {}).get("username", "") for p in self.picks]),
            },
        )

    def describe(self) -> str:
        """Return one line for where no picture can be shown."""
        spec, cube = self._spec, self._cube
        span = cube.name_of((0, len(cube.coordinate) - 1))
        note = ", synthetic" if spec["synthetic"] else ""
        return (
            f"CubeView of {spec['dataset']} version {spec['dataset_version']}, {spec['item']}: "
            f"{cube.width} x {cube.height} px, {span}{note}"
        )

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


def _lines(elements: Sequence[str]) -> list[dict[str, Any]]:
    """Return the strong lines of elements, as the plot shows them."""
    from museion.imaging.xrf.marks import strong_lines  # noqa: PLC0415 - loads xraylib

    return [
        {"name": line.name, "energy_kev": line.energy_kev, "share": line.share}
        for line in strong_lines(elements)
    ]


def _is_pick(pick: Any, cube: Cube) -> bool:  # noqa: ANN401 - from outside
    if set(pick) - SIGNED != {"x", "y", "radius", "label"} or not isinstance(pick["label"], str):
        return False
    limits = {"x": cube.width - 1, "y": cube.height - 1, "radius": MAX_RADIUS_PX}
    return all(
        type(pick[name]) is int and 0 <= pick[name] <= limit for name, limit in limits.items()
    )
