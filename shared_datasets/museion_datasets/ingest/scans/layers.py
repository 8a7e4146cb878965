"""Layers of a scan: what is stored of given values, and of the scalars that came with a mesh.

A layer is one number for each measured vertex. Pages are encoded one by one, as their ids come;
so it costs no memory to speak of, when the scan is built or long after.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.format import decode_head, decode_ids
from museion_datasets.ingest.scans.layer_format import (
    LayerAbout,
    encode_layer_head,
    encode_layer_page,
    layer_head,
)
from museion_datasets.ingest.scans.wasm import thread_meshopt
from museion_datasets.versions.naming import require_item_name

type Array = NDArray[Any]

MAX_LAYERS = 64
"""That a scan takes over from its file."""

_UNNAMED = re.compile(r"[^A-Za-z0-9._-]+")
_NAME_LENGTH = 60


@dataclass(frozen=True, slots=True)
class LayerValues:
    """Values to be stored as a layer.

    Attributes
    ----------
    values : (n,) array
        Of each measured vertex; what is not finite is missing.
    about : LayerAbout
    is_lossless : bool
        Whether to keep each value as float32, whatever it takes.
    """

    values: Array
    about: LayerAbout
    is_lossless: bool = False


class LayerWriter:
    """Encodes layers beside the pages of a scan.

    Parameters
    ----------
    layers : mapping of str to LayerValues
        By name.

    Raises
    ------
    InvalidError
        If a layer has no finite value, or its name is none.
    """

    def __init__(self, layers: Mapping[str, LayerValues]) -> None:
        for name in layers:
            require_item_name(name)
        self._layers = dict(layers)
        self._heads = {
            name: layer_head(layer.values, layer.about, 0, b"", is_lossless=layer.is_lossless)
            for name, layer in layers.items()
        }

    def follow(self, suffix: str, data: bytes) -> Iterator[tuple[str, bytes]]:
        """Yield suffix and bytes of what belongs to an object of the scan.

        Parameters
        ----------
        suffix : str
            Of the object: `ids/<n>` or `head`; others have nothing.
        data : bytes

        Raises
        ------
        InvalidError
            If there is not one value for each measured vertex.
        """
        if suffix.startswith("ids/") and self._layers:
            codec = thread_meshopt()
            clusters = decode_ids(data, codec)
            for name, head in self._heads.items():
                page = encode_layer_page(head, _pick(self._layers[name], clusters), codec)
                yield f"layers/{name}/pages/{suffix.removeprefix('ids/')}", page
        if suffix == "head":
            pages, geometry = len(decode_head(data).groups), sha256(data).digest()
            for name, head in self._heads.items():
                whole = replace(head, pages=pages, geometry=geometry)
                yield f"layers/{name}/head", encode_layer_head(whole)


def _pick(layer: LayerValues, clusters: Iterable[Array]) -> list[Array]:
    """Values of the vertices of a page.

    Raises
    ------
    InvalidError
        If a vertex has none.
    """
    found = []
    for ids in clusters:
        most = int(ids.max(initial=0))
        if most >= len(layer.values):
            raise InvalidError(
                f"The layer has too few values: {len(layer.values)} for vertex {most}",
                hint="give one value for each measured vertex, NaN where nothing is known.",
            )
        found.append(layer.values[ids])
    return found


def delivered_layers(layers: Mapping[str, Array], source: str) -> dict[str, LayerValues]:
    """Return the scalars that came with a mesh as layers, by name.

    Scalars without a finite value, and what is no single number for each vertex, are left out;
    they stay in the measured mesh.

    Parameters
    ----------
    layers : mapping of str to (n,) array
        By their names in the file.
    source : str
        The file.
    """
    found: dict[str, LayerValues] = {}
    for title, values in layers.items():
        is_number = values.ndim == 1 and values.dtype.kind in "fiub"
        if not is_number or len(found) >= MAX_LAYERS:
            continue
        plain = values.astype(np.float64)
        is_small = np.abs(plain) <= np.finfo(np.float32).max
        if not is_small.any():
            continue
        shown = title.removeprefix("scalar_") or title
        how = {"method": "as delivered", "source": source}
        about = LayerAbout(shown, quantity=shown, how=how)
        found[_free_name(shown, found)] = LayerValues(np.where(is_small, plain, np.nan), about)
    return found


def _free_name(title: str, taken: Iterable[str]) -> str:
    """Return a name that a key can have, like the title and not taken."""
    base = _UNNAMED.sub("-", title).strip("-._")[:_NAME_LENGTH] or "layer"
    known, name, number = set(taken), base, 2
    while name in known:
        name, number = f"{base}-{number}", number + 1
    return name
