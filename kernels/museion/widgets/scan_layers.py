"""Layers in the scan viewer, from Python: which one is shown, and those in the kernel's memory.

A stored layer is read from the workspace's server like the scan's own pages. One that lives here
only is asked for page by page through the widget; no trait holds its values, so a notebook that
saves the state of its widgets holds none either.
"""

import base64
import uuid
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypedDict, cast

import numpy as np
import traitlets

from museion.errors import InputError
from museion.scans.scan import Scan
from museion.widgets.scan_look import Look
from museion_datasets.errors import HintedError
from museion_datasets.ingest.scans.format import decode_ids
from museion_datasets.ingest.scans.layer_format import (
    LayerHead,
    encode_layer_page,
    layer_head,
    layer_listing,
)
from museion_datasets.ingest.scans.wasm import thread_meshopt
from museion_datasets.painting import RAMPS

if TYPE_CHECKING:
    from museion.scans.layers.layer import Layer

MAX_PAGES: Final = 8
LOOKS: Final = ("colors", "lit", "relief", "shade")
_STRENGTHS: Final = (0.2, 3.0)
_KEPT_CALLS: Final = 1

type Shown = "str | Layer | None"


class ShownLayer(TypedDict, total=False):
    """Which layer a view shows at first, and how; as of `ScanViewLayers.show_layer`."""

    layer: Shown
    look: str
    limits: tuple[float, float] | None
    colours: str
    strength: float | None


class ScanViewLayers(traitlets.HasTraits):
    """What a viewer of a scan shows on its surface: `show_layer`."""

    layer_infos = traitlets.List(traitlets.Dict()).tag(sync=True)
    layer_calls = traitlets.List(traitlets.Dict()).tag(sync=True)
    scan: Scan
    _kept: "dict[str, tuple[Layer, LayerHead]]"

    def show_layer(
        self,
        layer: Shown,
        *,
        look: str = "",
        limits: tuple[float, float] | None = None,
        colours: str = "",
        strength: float | None = None,
    ) -> None:
        """Show a layer in every browser that has the view open; None takes it away.

        Parameters
        ----------
        layer : str, Layer or None
            Name of a stored layer, or one in memory: it stays with the view until the kernel
            ends, or `scan.save_layer` stores it.
        look : {"colors", "lit", "relief", "shade"}
            Colours alone; colours in the light; hollows darkened and ridges brightened; values
            multiplied into the light. By default what suits the layer.
        limits : (float, float), optional
            Values at the ends of the colours, in the layer's unit.
        colours : str
            A ramp, as of `museion.widgets.layers.Layer`.
        strength : float, optional
            Of "relief" and "shade": 1 is usual, 0.2 to 3.

        Raises
        ------
        InputError
            If there is no such layer, look or ramp, or the values make no sense.
        """
        style = require_style(look, limits, colours, strength)
        if layer is None:
            self._call(None)
            return
        self._call({"name": self._keep_layer(layer), **style})

    def layer_options(self) -> dict[str, Any]:
        """Return what a view specification says of layers at this moment."""
        found: dict[str, Any] = {}
        if self.layer_infos:
            found["kernel_layers"] = list(self.layer_infos)
        if self.layer_calls:
            found["layer"] = self.layer_calls[-1]["layer"]
        return found

    def answer_layer_question(self, _view: object, content: object, _buffers: object) -> None:
        """Answer a browser that asks for pages of a layer here; pass to `Widget.on_msg`."""
        if not isinstance(content, dict) or not isinstance(content.get("request"), str):
            return
        question = content.get("question")
        if not isinstance(question, dict) or question.get("ask") != "layer":
            return
        try:
            answer: dict[str, Any] = {"pages": self._pages(question)}
        except HintedError as error:
            answer = {"trouble": error.message}
        self._send_answer({"request": content["request"], "answer": answer})

    def _send_answer(self, content: dict[str, Any]) -> None:
        """Send to the browsers."""
        raise NotImplementedError

    def _call(self, layer: dict[str, Any] | None) -> None:
        self.layer_calls = [{"call": str(uuid.uuid4()), "layer": layer}][-_KEPT_CALLS:]

    def _keep_layer(self, layer: "str | Layer") -> str:
        """Return the name of a layer; one in memory is kept for the browsers.

        Raises
        ------
        InputError
            If there is none of this name, or it is of another scan.
        """
        if isinstance(layer, str):
            if layer not in self._kept and layer not in self.scan.layers:
                known = ", ".join({*self._kept, *self.scan.layers}) or "none"
                raise InputError(f"No such layer: {layer!r:.80}", hint=f"there are: {known}.")
            return layer
        count = len(self.scan.measured.vertices)
        if layer.values.shape != (count,):
            raise InputError(
                f"The layer is of another scan: {layer.values.shape} values",
                hint=f"this scan has {count} vertices.",
            )
        stored = layer.stored()
        head = layer_head(
            stored.values,
            stored.about,
            len(self.scan.head.groups),
            b"",
            is_lossless=stored.is_lossless,
        )
        self._kept[layer.name] = (layer, head)
        (info,) = layer_listing({layer.name: head})["layers"]
        others = [each for each in self.layer_infos if each["name"] != layer.name]
        self.layer_infos = [*others, {**info, "key": str(uuid.uuid4())}]
        return layer.name

    def _pages(self, question: Mapping[str, Any]) -> dict[str, str]:
        """Return pages of a layer in memory, base64 by number.

        Raises
        ------
        InputError
            If there is no such layer or page, or too many are asked for.
        """
        kept, ids = self._kept.get(str(question.get("layer"))), question.get("pages")
        count = len(self.scan.head.groups)
        is_list = isinstance(ids, list) and 0 < len(ids) <= MAX_PAGES
        if kept is None or not is_list:
            raise InputError("The kernel has no such layer", hint="run the cell again.")
        asked = cast("list[Any]", ids)
        if not all(type(page) is int and 0 <= page < count for page in asked):
            raise InputError("The layer has no such page", hint=f"there are {count}.")
        layer, head = kept
        codec, found = thread_meshopt(), {}
        for page in asked:
            clusters = decode_ids(self.scan.read_part(f"ids/{page}"), codec)
            data = encode_layer_page(head, [layer.values[ids] for ids in clusters], codec)
            found[str(page)] = base64.b64encode(data).decode("ascii")
        return found


def split_look(look: Mapping[str, Any]) -> tuple[Look, ShownLayer]:
    """Return what a view's options say of the view, and of the layer on it.

    Parameters
    ----------
    look : mapping
        Of both.
    """
    names = ShownLayer.__annotations__
    shown = {name: value for name, value in look.items() if name in names}
    first = {name: value for name, value in look.items() if name not in names}
    return cast("Look", first), cast("ShownLayer", shown)


def require_style(
    look: str, limits: tuple[float, float] | None, colours: str, strength: float | None
) -> dict[str, Any]:
    """Return how a layer is to be shown, as the browser is told it.

    Parameters
    ----------
    look, limits, colours, strength
        As of `ScanViewLayers.show_layer`; what is empty is left out.

    Raises
    ------
    InputError
        If a look, a ramp or a number is none.
    """
    found: dict[str, Any] = _require_range(limits)
    if look:
        if look not in LOOKS:
            raise InputError(f"No such look: {look!r:.40}", hint=f"choose {', '.join(LOOKS)}.")
        found["look"] = look
    if colours:
        if colours not in RAMPS:
            raise InputError(
                f"No such colours: {colours!r:.40}", hint=f"choose {', '.join(RAMPS)}."
            )
        found["ramp"] = colours
    if strength is not None:
        least, most = _STRENGTHS
        if not least <= strength <= most:
            raise InputError(f"Not a strength: {strength}", hint=f"from {least} to {most}.")
        found["strength"] = float(strength)
    return found


def _require_range(limits: tuple[float, float] | None) -> dict[str, Any]:
    """Return the ends of the colours.

    Raises
    ------
    InputError
        If they are no range.
    """
    if limits is None:
        return {}
    low, high = float(limits[0]), float(limits[1])
    if not (np.isfinite([low, high]).all() and low < high):
        raise InputError(f"Not a range: {low} to {high}", hint="give the lower value first.")
    return {"low": low, "high": high}
