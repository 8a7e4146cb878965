"""A sealed cube read whole, against what else encrypts data at rest: the same bytes each."""

import base64
import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import crypt4gh.lib
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
import pyrage
import pytest
import tiledb
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from tests.support.cube_copies import CHUNKS, THREADS, Cube, Pipelines, copies, make_cube, read_all
from tests.support.side_by_side import measure, table

type Read = Callable[[], object]
COLUMNS = 16
KEY = "0123456789abcdef" * 2


class LocalKeys(pe.KmsClient):  # type: ignore[misc]
    """Stands for a key service: wraps nothing, so that it costs nothing."""

    def __init__(self, _config: object) -> None:
        super().__init__()

    def wrap_key(self, key_bytes: bytes, _master: str) -> bytes:
        return base64.b64encode(key_bytes)

    def unwrap_key(self, wrapped: bytes, _master: str) -> bytes:
        return base64.b64decode(wrapped)


def tiledb_reader(cube: Cube, folder: Path) -> Read:
    config = {
        "sm.encryption_type": "AES_256_GCM",
        "sm.encryption_key": KEY,
        "sm.compute_concurrency_level": THREADS,
        "sm.io_concurrency_level": THREADS,
    }
    context, address = tiledb.Ctx(config), str(folder / "tiledb")
    dims = [
        tiledb.Dim(name=name, domain=(0, length - 1), tile=tile, dtype=np.uint64)
        for name, length, tile in zip("yxw", cube.shape, CHUNKS, strict=True)
    ]
    attribute = tiledb.Attr(dtype=np.uint16)
    schema = tiledb.ArraySchema(
        tiledb.Domain(*dims, ctx=context), attrs=[attribute], cell_order="C", ctx=context
    )
    tiledb.Array.create(address, schema, ctx=context)
    with tiledb.open(address, "w", ctx=context) as array:
        array[:] = cube

    def read() -> None:
        with tiledb.open(address, ctx=context) as array:
            for start in range(0, len(cube), CHUNKS[0]):
                array[start : start + CHUNKS[0]]

    return read


def parquet_reader(cube: Cube, folder: Path) -> Read:
    factory = pe.CryptoFactory(LocalKeys)
    columns = np.array_split(cube.view(np.int32).reshape(-1), COLUMNS)
    shortest = min(map(len, columns))
    content = pa.table({f"c{at}": column[:shortest] for at, column in enumerate(columns)})
    service = pe.KmsConnectionConfig()
    how = pe.EncryptionConfiguration(
        footer_key="f", column_keys={"c": content.column_names}, encryption_algorithm="AES_GCM_V1"
    )
    path = folder / "parquet"
    pq.write_table(
        content,
        path,
        compression="none",
        use_dictionary=False,
        data_page_size=1 << 20,
        encryption_properties=factory.file_encryption_properties(service, how),
    )
    pa.set_cpu_count(THREADS)

    def read() -> None:
        opened = factory.file_decryption_properties(service)
        file = pq.ParquetFile(path, decryption_properties=opened)
        for group in range(file.num_row_groups):
            file.read_row_group(group, use_threads=True)

    return read


def crypt4gh_reader(plain: Path, folder: Path) -> Read:
    private = X25519PrivateKey.generate()
    keys = [(0, private.private_bytes_raw(), private.public_key().public_bytes_raw())]
    path = folder / "crypt4gh"
    with plain.open("rb") as source, path.open("wb") as sink:
        crypt4gh.lib.encrypt(keys, source, sink)

    def read() -> None:
        with path.open("rb") as source, Path(os.devnull).open("wb") as sink:
            crypt4gh.lib.decrypt(keys, source, sink)

    return read


def age_readers(plain: Path, folder: Path) -> dict[str, Read]:
    identity = pyrage.x25519.Identity.generate()
    key, path = folder / "identity", folder / "age"
    key.write_text(str(identity))
    pyrage.encrypt_file(str(plain), str(path), [identity.to_public()])
    command = ["age", "--decrypt", "--identity", str(key), str(path)]
    return {
        "age": partial(subprocess.run, command, check=True, stdout=subprocess.DEVNULL),
        "pyrage": partial(pyrage.decrypt_file, str(path), os.devnull, [identity]),
    }


@pytest.mark.filterwarnings("ignore:Setting the")  # TileDB's Python code with NumPy 2.5
def test_full_read_against_the_peers() -> None:
    cube = make_cube()
    with copies(cube, "uncompressed") as made:
        plain = made.folder / "bytes"
        plain.write_bytes(cube.data)
        works: dict[str, Read] = {
            "ours": partial(read_all, made.sealed(), Pipelines.OURS),
            "TileDB": tiledb_reader(cube, made.folder),
            "Parquet": parquet_reader(cube, made.folder),
            "crypt4gh": crypt4gh_reader(plain, made.folder),
            **age_readers(plain, made.folder),
        }
        timings = measure(works)
    reach = {"TileDB": "≥ 4", "Parquet": "≥ 2", "crypt4gh": "≥ 3", "age": "≥ 3", "pyrage": "≥ 3"}
    with table("full read of the same bytes, uncompressed") as row:
        for name, factor in reach.items():
            row(f"sealed, level 1, against {name}", timings["ours"], timings[name], factor)
