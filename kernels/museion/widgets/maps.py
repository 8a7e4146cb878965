"""The viewer of maps and pictures in a notebook: `MapView`; and what stacks of layers share."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, Unpack

import numpy as np

from museion import _session
from museion.widgets.base import SPEC_VERSION, StreamedView, browser_code
from museion.widgets.control_points import ControlPoints
from museion.widgets.layers import Look, open_image, plain_look, require_look
from museion.widgets.pictures import draw, encode_still
from museion_datasets.cube import Cube
from museion_datasets.dataset import Dataset
from museion_datasets.maps import MapStack


class ImageView(ControlPoints, StreamedView):
    """What the viewers of cubes and of maps share: layers, control points, and the still."""

    _image: Cube | MapStack

    @property
    def spec(self) -> dict[str, Any]:
        """The view specification; its options hold the marks of this moment."""
        spec = super().spec
        if not self.control_points:
            return spec
        return {**spec, "options": {**spec["options"], "control_points": self.control_points}}

    def still(self) -> bytes:
        """Return a PNG of what the viewer shows at first: the base, and the layers over it."""
        return self._still

    def _shapes(self, layer: str) -> tuple[tuple[int, int] | None, tuple[int, int]]:
        fixed = (self._image.height, self._image.width)
        for each in self._spec["options"].get("layers", ()):
            if f"{each['dataset']}/{each['item']}" == layer:
                image = open_layer(each)
                return (image.height, image.width), fixed
        return None, fixed

    @cached_property
    def _still(self) -> bytes:
        options = self._spec["options"]
        stack = [(draw(self._image, options), np.eye(3), 1.0)]
        for layer in options.get("layers", ()):
            if layer["shown"] and layer["opacity"] > 0:
                to_base = np.reshape(layer.get("transform", np.eye(3)), (3, 3))
                stack.append((draw(open_layer(layer), layer), to_base, layer["opacity"]))
        return encode_still(stack)


def open_layer(layer: Mapping[str, Any]) -> Cube | MapStack:
    """Open what a layer of a view specification names.

    Parameters
    ----------
    layer : mapping
        One of the option ``layers``.

    Returns
    -------
    Cube or MapStack
        No values are read.
    """
    dataset = _session.library().open(layer["dataset"], layer["dataset_version"])
    return open_image(dataset, layer["item"], layer.get("variable", ""))


class MapView(ImageView):
    """A map or a picture, and what lies over it.

    Parameters
    ----------
    dataset : Dataset
        Open.
    item : str
        Name of the array item.
    layers : sequence of dict
        As `museion.widgets.layers.describe_layer` returns them.
    height : int
        In CSS pixels.
    **look
        ``variable``, ``plane``, ``colours`` and ``limits``, as of
        `museion.widgets.layers.Layer`.
    """

    _esm = browser_code("cube")

    def __init__(
        self,
        dataset: Dataset,
        item: str,
        *,
        layers: Sequence[dict[str, Any]] = (),
        height: int = 460,
        **look: Unpack[Look],
    ) -> None:
        record = dataset.record
        self._image = open_image(dataset, item, look.get("variable", ""))
        require_look(self._image, look.get("plane", ""), look.get("colours", ""))
        options = plain_look(look)
        if layers:
            options["layers"] = list(layers)
        spec = {
            "version": SPEC_VERSION,
            "kind": "map",
            "dataset": dataset.path,
            "dataset_version": dataset.version,
            "item": item,
            "title": record.title,
            "synthetic": record.synthetic,
            "height": height,
            "options": options,
        }
        super().__init__(_spec=spec)

    def describe(self) -> str:
        """Return one line for where no picture can be shown."""
        spec, note = self._spec, ", synthetic" if self._spec["synthetic"] else ""
        return (
            f"MapView of {spec['dataset']} version {spec['dataset_version']}, {spec['item']}: "
            f"{self._image.width} x {self._image.height} px{note}"
        )
