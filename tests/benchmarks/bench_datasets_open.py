"""A dataset of a million objects opened by a fresh process, and one of them found."""

import multiprocessing
import secrets
import statistics
import time
from pathlib import Path

from museion_datasets.model import FORMAT_VERSION, Head
from museion_datasets.sealing.entry import Entry, ObjectKind
from museion_datasets.sealing.manifest import open_manifest, write_manifest
from tests.support.datasets import DATASET_ID, make_sealed
from tests.support.side_by_side import ROUNDS, say

OBJECTS = 1_000_000
KEY = "arrays/vnir/c/{:07d}"


def write_million(folder: Path) -> Head:
    sealed = make_sealed(folder)
    header = sealed.write("", ObjectKind.CHUNK, b"").header
    entries = (
        Entry(
            key=KEY.format(number),
            kind=ObjectKind.CHUNK,
            object_id=secrets.token_hex(16),
            epoch=1,
            ciphertext_bytes=106,
            plaintext_bytes=0,
            header=header,
            content_root=secrets.token_bytes(32),
        )
        for number in range(OBJECTS)
    )
    written = write_manifest(sealed, entries)
    return Head(
        format=FORMAT_VERSION,
        dataset=DATASET_ID,
        version=1,
        parent=None,
        parent_root=None,
        manifest_object=written.index.object_id,
        manifest_root=written.root,
        entries=OBJECTS,
        epoch=1,
        author="benchmark",
        created="2026-01-01T00:00:00Z",
        message="",
    )


def peak_mb() -> float:
    """Return the most memory that this process has used; rusage would count its parent's."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1e3


def open_and_find(folder: Path, head: Head) -> tuple[float, float, float]:
    """Return seconds, and megabytes used before and at most."""
    sealed = make_sealed(folder)
    before = peak_mb()
    started = time.perf_counter()
    manifest = open_manifest(sealed, head)
    assert manifest.find(KEY.format(OBJECTS // 2)) is not None
    assert manifest.find("arrays/vnir/missing") is None
    seconds = time.perf_counter() - started
    assert len(manifest) == OBJECTS
    return seconds, before, peak_mb()


def test_open_of_a_million_objects(tmp_path: Path) -> None:
    head = write_million(tmp_path)
    found = []
    for _ in range(ROUNDS):
        with multiprocessing.get_context("spawn").Pool(1) as fresh:
            found.append(fresh.apply(open_and_find, (tmp_path, head)))
    seconds, before, most = (statistics.median(column) for column in zip(*found, strict=True))
    say(f"\nopen of {OBJECTS:,} objects and finding one: {seconds:.3f} s, to reach < 1 s")
    say(f"memory of that process: {most:.0f} MB, of which {most - before:.0f} MB for it, < 200 MB")
