"""Throws bytes at the readers of binary formats: TIFF, PNG, JPEG, HDF5 and NetCDF.

The libraries below them are other people's; what is tested is that nothing but our own
error comes through, and that no bomb unfolds. ``python -m tests.fuzz.fuzz_images [FOLDER]``.
"""

import io
import warnings
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import h5py
import numpy as np
import tifffile
import xarray as xr
from PIL import Image

from museion_datasets.errors import InvalidError
from museion_datasets.ingest.form import ArrayForm
from museion_datasets.ingest.readers import READERS
from tests.support.fuzzing import fuzz


def _made(save: Callable[[io.BytesIO], object]) -> bytes:
    buffer = io.BytesIO()
    save(buffer)
    return buffer.getvalue()


def _hdf5(buffer: io.BytesIO) -> None:
    with h5py.File(buffer, "w") as file:
        file["a"] = np.arange(6).reshape(2, 3)


_IMAGE = Image.new("RGB", (5, 4), (1, 2, 3))
_STACK = np.arange(60, dtype=np.uint16).reshape(3, 4, 5)
SEEDS = (
    _made(lambda out: tifffile.imwrite(out, _STACK, photometric="minisblack")),
    _made(lambda out: tifffile.imwrite(out, _STACK[0], compression="zlib")),
    _made(lambda out: _IMAGE.save(out, "PNG")),
    _made(lambda out: _IMAGE.save(out, "JPEG")),
    _made(_hdf5),
    bytes(xr.Dataset({"a": ("x", [1.0, 2.0])}).to_netcdf(engine="scipy")),
)
TOKENS = (b"\xff" * 4, b"\0" * 4, b"II*\0", b"\x89HDF\r\n\x1a\n", b"\x7f\xff\xff\xff")


def check(data: bytes) -> None:
    """Read everything that a reader takes the bytes for."""
    with TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "file.bin"
        path.write_bytes(data)
        reader = next((each for each in READERS[3:7] if each.recognises(path, data[:4096])), None)
        if reader is None:
            return
        try:
            with reader.open(path) as reading:
                forms = [form for form in reading.forms if isinstance(form, ArrayForm)]
                for variable in (each for form in forms for each in form.variables.values()):
                    if variable.nbytes < 1 << 20:
                        values = variable.read(tuple(slice(0, n) for n in variable.values.shape))
                        assert values.shape == variable.values.shape
        except InvalidError:
            return


if __name__ == "__main__":
    fuzz(check)
