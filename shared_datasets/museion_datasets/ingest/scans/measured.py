"""The mesh as it was read, as a zip file of numpy arrays; nothing is lost.

It is written array by array and block by block, so it may be larger than memory.
"""

import io
import zipfile
from collections.abc import Buffer, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from museion_datasets.ingest.scans.mesh import MeshArrays
from museion_datasets.ingest.scans.scratch import Scratch, Spill, blocks

type Array = NDArray[Any]

_OPTIONAL = ("colors", "normals", "uvs", "face_uvs", "face_materials")
_LAYER, _FACE_LAYER = "layer ", "face layer "
_STORED = {"faces": np.dtype("<i8"), "face_uvs": np.dtype("<i8")}
"""Types that are documented; while a scan is built, numbers may be shorter."""


def measured_path(name: str) -> str:
    """Path under `files/` of the mesh as it was read."""
    return f"scans/{name}/measured.npz"


def encode_measured(mesh: MeshArrays) -> memoryview:
    """Mesh as an npz file without loss; the bytes lie on the disk."""
    spill = Scratch().spill()
    with zipfile.ZipFile(_Appending(spill), "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for name, values in _arrays(mesh).items():
            _write(archive, name, values)
    return spill.mapped()


def decode_measured(data: Buffer) -> MeshArrays:
    """Inverse of `encode_measured`."""
    with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    return MeshArrays(
        found["vertices"],
        found["faces"],
        layers=_named(found, _LAYER),
        face_layers=_named(found, _FACE_LAYER),
        **{name: found.get(name) for name in _OPTIONAL},
    )


class _Appending(io.RawIOBase):
    """A spill as a file that can only grow."""

    def __init__(self, spill: Spill) -> None:
        super().__init__()
        self._spill = spill

    def writable(self) -> bool:
        return True

    def write(self, content: Buffer, /) -> int:
        self._spill.append(content)
        return memoryview(content).nbytes


def _arrays(mesh: MeshArrays) -> dict[str, Array]:
    arrays: dict[str, Array] = {"vertices": mesh.vertices, "faces": mesh.faces}
    optional = {name: getattr(mesh, name) for name in _OPTIONAL}
    arrays |= {name: values for name, values in optional.items() if values is not None}
    arrays |= {f"{_LAYER}{name}": values for name, values in mesh.layers.items()}
    return arrays | {f"{_FACE_LAYER}{name}": values for name, values in mesh.face_layers.items()}


def _write(archive: zipfile.ZipFile, name: str, values: Array) -> None:
    kind = _STORED.get(name, values.dtype)
    about = {
        "descr": np.lib.format.dtype_to_descr(kind),
        "fortran_order": False,
        "shape": values.shape,
    }
    with archive.open(f"{name}.npy", "w", force_zip64=True) as file:
        np.lib.format.write_array_header_1_0(file, about)
        for block in blocks(len(values), values):
            file.write(np.ascontiguousarray(values[block], kind).tobytes())


def _named(arrays: Mapping[str, Array], prefix: str) -> dict[str, Array]:
    return {
        name.removeprefix(prefix): values
        for name, values in arrays.items()
        if name.startswith(prefix)
    }
