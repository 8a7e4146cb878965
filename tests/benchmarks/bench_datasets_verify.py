"""A version's stored objects checked without keys, against reading and hashing them."""

import resource
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from blake3 import blake3

from museion_datasets.release.object_list import ListedObject
from museion_datasets.sealing.floe import segment_bytes_of
from museion_datasets.sealing.stored import require_stored
from tests.support.cube_copies import THREADS, Copies, copies, make_cube
from tests.support.side_by_side import measure, say, table

PIECE_BYTES = 256 << 10


def read_and_hash(path: Path) -> None:
    digest, piece = blake3(), bytearray(PIECE_BYTES)
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(piece):
            digest.update(memoryview(piece)[:count])


def hash_all(paths: list[Path]) -> None:
    with ThreadPoolExecutor(THREADS) as pool:
        list(pool.map(read_and_hash, paths))


def listed(made: Copies) -> list[ListedObject]:
    """Return the public list of objects, as a release has it."""
    source = made.sealed()._source
    return [
        ListedObject(
            entry.object_id,
            entry.ciphertext_bytes,
            segment_bytes_of(entry.header),
            entry.content_root,
        )
        for entry in (*source.manifest.objects, *source.manifest)
    ]


def test_verify_without_keys() -> None:
    with copies(make_cube(), "uncompressed") as made:
        objects = made.sealed()._source.sealed.objects
        timings = measure({
            "ours": partial(require_stored, objects, listed(made)),
            "peer": partial(hash_all, made.sealed_files()),
        })
    with table("every stored object checked without keys") as row:
        row("against reading and hashing (BLAKE3)", timings["ours"], timings["peer"], "≥ 0.80")
    say(f"most memory used: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3:.0f} MB")
