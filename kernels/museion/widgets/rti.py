"""The relighting viewer in a notebook: `RtiView`.

Where the light is, and which lights were saved, is `RtiView.light` and `RtiView.lights`; both
stay in the notebook's view specification. The still shows the model under the light of this
moment, and below it in raking light from all sides.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any, Literal, TypedDict

import numpy as np
import traitlets
from numpy.typing import NDArray
from PIL import Image

from museion.errors import InputError
from museion.imaging.rti.models import direction_of
from museion.imaging.rti.relighting import (
    RAKING_DEG,
    STRIP_LIGHTS,
    Gloss,
    draw_glossy,
    draw_matt,
    draw_normals,
)
from museion.widgets.base import SPEC_VERSION, StreamedView, browser_code
from museion_datasets.dataset import Dataset
from museion_datasets.rti import RtiModel, SavedLight, read_lights

LIGHT_DEG = (135.0, 40.0)
MAX_LIGHTS = 100
NOW = "now"
_STILL_PX = 300  # the still is the coarsest level at least this long
_GAP_PX = 4

type Look = Literal["photograph", "gloss", "normals"]
type Pixels = NDArray[np.uint8]
_LOOKS = ("photograph", "gloss", "normals")


class LightPlace(TypedDict):
    """A light as browser and kernel exchange it: a name, and angles in degrees."""

    label: str
    azimuth: float
    elevation: float


class RtiView(StreamedView):
    """A surface under a light that the hand moves.

    Parameters
    ----------
    dataset : Dataset
        Open.
    item : str
        Name of the RTI model in it.
    light : (float, float)
        Where the light is at first: azimuth, in degrees from the right over the top, and
        elevation above the surface.
    look : str
        ``"photograph"``, ``"gloss"`` (specular enhancement) or ``"normals"``.
    raking_deg : float
        Elevation of the lights of the raking strip.
    height : int
        In CSS pixels.

    Raises
    ------
    InputError
        If there is no such look, or a light is below the surface.
    """

    _esm = browser_code("rti")
    light = traitlets.List(traitlets.Dict()).tag(sync=True)
    lights = traitlets.List(traitlets.Dict()).tag(sync=True)

    def __init__(
        self,
        dataset: Dataset,
        item: str,
        *,
        light: tuple[float, float] = LIGHT_DEG,
        look: Look = "photograph",
        raking_deg: float = RAKING_DEG,
        height: int = 460,
    ) -> None:
        record = dataset.record
        self._model = RtiModel(dataset.store, item, title=record.title, synthetic=record.synthetic)
        if look not in _LOOKS:
            raise InputError(
                f"Not a way to show an RTI model: {look!r:.40}", hint=f"give {', '.join(_LOOKS)}."
            )
        direction_of(0.0, raking_deg)
        first = {"azimuth": float(light[0]), "elevation": float(light[1])}
        spec = {
            "version": SPEC_VERSION,
            "kind": "rti",
            "dataset": dataset.path,
            "dataset_version": dataset.version,
            "item": item,
            "title": record.title,
            "synthetic": record.synthetic,
            "height": height,
            "options": {"look": look, "raking": float(raking_deg), "light": first},
        }
        saved = [asdict(each) for each in self._model.info.lights]
        super().__init__(_spec=spec, light=[{"label": NOW, **first}], lights=saved)

    @property
    def spec(self) -> dict[str, Any]:
        """The view specification; its options hold the lights of this moment."""
        spec = super().spec
        light = {"azimuth": self._place.azimuth, "elevation": self._place.elevation}
        saved = [asdict(each) for each in read_lights([_plain(each) for each in self.lights])]
        return {**spec, "options": {**spec["options"], "light": light, "lights": saved}}

    @property
    def azimuth(self) -> float:
        """Where the light comes from, in degrees from the right over the top."""
        return self._place.azimuth

    @property
    def elevation(self) -> float:
        """The light's height above the surface, in degrees."""
        return self._place.elevation

    def move_light(self, azimuth: float, elevation: float) -> None:
        """Put the light elsewhere, in the browser too.

        Parameters
        ----------
        azimuth, elevation : float
            In degrees.
        """
        self.light = [{"label": NOW, "azimuth": float(azimuth), "elevation": float(elevation)}]

    def still(self) -> bytes:
        """Return a PNG of the model under the light, and below it in raking light."""
        values = self._model.coarse(_STILL_PX)
        main = self._draw(values, self._place.azimuth, self._place.elevation)
        step = max(1, -(-values.shape[1] * STRIP_LIGHTS // main.shape[1]))
        small = values[::step, ::step]
        raking = self._spec["options"]["raking"]
        sides = [self._draw(small, 360.0 * at / STRIP_LIGHTS, raking) for at in range(STRIP_LIGHTS)]
        return _png(_stack(main, sides))

    def describe(self) -> str:
        """Return one line for where no picture can be shown."""
        spec, place, info = self._spec, self._place, self._model.info
        note = ", synthetic" if spec["synthetic"] else ""
        return (
            f"RtiView of {spec['dataset']} version {spec['dataset_version']}, {spec['item']}: "
            f"{info.width} x {info.height} px, {info.basis}, light from {place.azimuth:.0f} "
            f"degrees, {place.elevation:.0f} degrees high{note}"
        )

    @property
    def _place(self) -> SavedLight:
        """The light that is on."""
        return read_lights([_plain(each) for each in self.light])[0]

    def _draw(self, values: NDArray[np.float32], azimuth: float, elevation: float) -> Pixels:
        """Draw planes as the viewer does."""
        basis, light = self._model.basis, direction_of(azimuth, elevation)
        match self._spec["options"]["look"]:
            case "normals":
                drawn = draw_normals(values)
            case "gloss":
                drawn = draw_glossy(values, basis, light, Gloss())
            case _:
                drawn = draw_matt(values, basis, light)
        pixels: Pixels = np.round(255 * np.nan_to_num(drawn)).astype(np.uint8)
        return pixels

    @traitlets.validate("light", "lights")
    def _check_lights(self, proposal: dict[str, Any]) -> list[LightPlace]:
        """Accept only lights above the surface.

        Raises
        ------
        InputError
            From Python; a browser only sends what it got from a hand.
        """
        lights: list[LightPlace] = proposal["value"]
        is_one = proposal["trait"].name == "light"
        if len(lights) > MAX_LIGHTS or (is_one and len(lights) != 1):
            raise InputError(
                f"Not a number of lights: {len(lights)}",
                hint=f"one is on, and at most {MAX_LIGHTS} are saved.",
            )
        for light in lights:
            if len(read_lights([_plain(light)])) != 1:
                raise InputError(
                    f"Not a light above the surface: {light!r:.120}",
                    hint="give a label, an azimuth, and an elevation from 0 to 90, in degrees.",
                )
        return lights


def _plain(light: Mapping[str, Any]) -> dict[str, Any]:
    """Return a light without who set it, which the server adds in shared notebooks."""
    return {key: value for key, value in light.items() if key not in {"author", "edited_by"}}


def _stack(main: Pixels, sides: Sequence[Pixels]) -> Pixels:
    """Put pictures in a row below another one, on black."""
    height, width = sides[0].shape[:2]
    wide = max(main.shape[1], len(sides) * (width + _GAP_PX) - _GAP_PX)
    canvas = np.zeros((main.shape[0] + _GAP_PX + height, wide, 3), np.uint8)
    left = (wide - main.shape[1]) // 2
    canvas[: main.shape[0], left : left + main.shape[1]] = main
    for at, side in enumerate(sides):
        start = at * (width + _GAP_PX)
        canvas[main.shape[0] + _GAP_PX :, start : start + width] = side
    return canvas


def _png(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG", optimize=True)
    return buffer.getvalue()
