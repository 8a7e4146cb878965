"""Colours of glTF vertices: the base colour texture where there is one, else their own.

`COLOR_0` is taken as it is stored: scan software writes sRGB there, though the standard
says linear. Our own exports follow the standard and are read as such. Plain colours of
materials are no measurement and fill gaps only.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.colour import encode_srgb
from museion_datasets.errors import InvalidError
from museion_datasets.ingest.scans.gltf import GltfDocument, Json
from museion_datasets.ingest.scans.texture import Texture, read_texture

type Array = NDArray[Any]

_CLAMP = 33071
_BRIGHTEST = 255.0
_LINEAR_BY = "Museion"
_SOURCES = ("EXT_texture_webp", "KHR_texture_basisu")


class MaterialColors:
    """Colours by material.

    Parameters
    ----------
    document : GltfDocument
        The file.

    Attributes
    ----------
    notes : list of str
        Textures that are missing or can't be read.
    names : list of str
        The materials.
    images : list of str
        What images the file has, missing ones marked.
    """

    def __init__(self, document: GltfDocument) -> None:
        self._document = document
        self._textures: dict[int, Texture | None] = {}
        asset = document.json.get("asset")
        generator = asset.get("generator") if isinstance(asset, dict) else None
        self._is_linear = str(generator).startswith(_LINEAR_BY)
        self.notes: list[str] = []
        self.names = [
            str(each.get("name", number)) for number, each in enumerate(self._table("materials"))
        ]
        self.images = [self._image_name(number) for number in range(len(self._table("images")))]

    def of_vertices(self, material: int, attributes: dict[str, Array]) -> Array | None:
        """Return (n, 3) uint8, or None if neither a texture nor the vertices say a colour."""
        wanted = self._base(material).get("baseColorTexture")
        if wanted is not None:
            places = attributes.get(f"TEXCOORD_{_texture_set(wanted)}")
            texture = self._texture(wanted["index"])
            if texture is not None and places is not None:
                return texture.sample(_transformed(places, wanted))
        own = attributes.get("COLOR_0")
        if own is None:
            return None
        if self._is_linear and own.dtype.kind == "f":
            return _codes(np.clip(np.nan_to_num(own[:, :3]), 0.0, 1.0))
        if own.dtype.kind == "f":
            own = np.rint(np.clip(np.nan_to_num(own), 0.0, 1.0) * _BRIGHTEST)
        elif own.dtype == np.uint16:
            own = own >> 8
        return own[:, :3].astype(np.uint8)

    def plain(self, material: int, count: int) -> Array:
        """Return (count, 3) uint8 of a material's plain colour, in sRGB."""
        factor = self._base(material).get("baseColorFactor", (1.0, 1.0, 1.0, 1.0))
        linear = np.clip(np.array(factor[:3], np.float64), 0.0, 1.0)
        return np.tile(_codes(linear), (count, 1))

    def _base(self, material: int) -> Json:
        if material < 0:
            return {}
        entry = self._document.entry("materials", material)
        return entry.get("pbrMetallicRoughness") or {}

    def _texture(self, index: int) -> Texture | None:
        if index not in self._textures:
            self._textures[index] = self._read(index)
        return self._textures[index]

    def _read(self, index: int) -> Texture | None:
        texture = self._document.entry("textures", index)
        sources = [texture.get("source")]
        sources += [
            ((texture.get("extensions") or {}).get(name) or {}).get("source") for name in _SOURCES
        ]
        source = next((each for each in sources if each is not None), None)
        data = None if source is None else self._document.image(source)
        if data is None:
            return None
        sampler = (
            self._document.entry("samplers", texture["sampler"]) if "sampler" in texture else {}
        )
        try:
            return read_texture(
                data, self._name(source), is_repeated=sampler.get("wrapS") != _CLAMP
            )
        except InvalidError as error:
            self.notes.append(error.message)
            return None

    def _image_name(self, number: int) -> str:
        if self._document.image(number) is not None:
            return self._name(number)
        self.notes.append(f"Texture missing: {self._name(number)!r:.80}")
        return f"{self._name(number)} (missing)"

    def _name(self, number: Any) -> str:  # noqa: ANN401 - JSON
        image = self._document.entry("images", number)
        uri = str(image.get("uri", ""))
        return str(image.get("name") or ("" if uri.startswith("data:") else uri) or number)

    def _table(self, name: str) -> list[Json]:
        return [each for each in self._document.json.get(name) or [] if isinstance(each, dict)]


def _codes(linear: Array) -> Array:
    codes: Array = np.rint(encode_srgb(linear) * _BRIGHTEST).astype(np.uint8)
    return codes


def _texture_set(wanted: Json) -> int:
    moved = (wanted.get("extensions") or {}).get("KHR_texture_transform") or {}
    return int(moved.get("texCoord") or wanted.get("texCoord") or 0)


def _transformed(places: Array, wanted: Json) -> Array:
    """Return places as `Texture` counts them: moved by KHR_texture_transform, v upwards."""
    uvs = places.astype(np.float64)
    moved = (wanted.get("extensions") or {}).get("KHR_texture_transform")
    if moved:
        uvs = uvs * np.array(moved.get("scale", (1.0, 1.0)))
        cos, sin = np.cos(moved.get("rotation", 0.0)), np.sin(moved.get("rotation", 0.0))
        uvs = np.stack([cos * uvs[:, 0] + sin * uvs[:, 1], cos * uvs[:, 1] - sin * uvs[:, 0]], 1)
        uvs = uvs + np.array(moved.get("offset", (0.0, 0.0)))
    uvs[:, 1] = 1.0 - uvs[:, 1]
    return uvs
