"""Feeds the log's parsers with bytes nobody wrote: ``python -m tests.fuzz.fuzz_log [libFuzzer…]``.

Every parser either returns or raises one of the library's own errors, and what it returns is
written again as it was read. The seeds are the frozen vectors.
"""

import base64
import json
import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["museion_datasets.log"]):
    from museion_datasets import log
    from museion_datasets.errors import DatasetsError
    from museion_datasets.log.note import Note
    from museion_datasets.log.tiles import MAX_BUNDLE_BYTES, Tile, encode_bundle, split_bundle

VECTORS = Path(__file__).parents[1] / "vectors" / "log" / "format-1.json"
FROZEN = json.loads(VECTORS.read_text())
VERIFIERS = [log.Verifier.parse(key) for key in FROZEN["keys"]]


def note(data: bytes) -> None:
    parsed = Note.parse(data)
    assert str(parsed).encode() == data
    assert str(log.Checkpoint.parse(parsed.text)) == parsed.text
    log.open_checkpoint(data, VERIFIERS)


def verifier(data: bytes) -> None:
    text = data.decode("latin-1")
    assert str(log.Verifier.parse(text)) == text


def tile(data: bytes) -> None:
    text = data.decode("latin-1")
    assert Tile.parse(text).path == text


def bundle(data: bytes) -> None:
    width = data[0] + 1 if data else 1
    content = data[1:MAX_BUNDLE_BYTES]
    assert encode_bundle(split_bundle(Tile(None, 0, width), content)) == content


def proof(data: bytes) -> None:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return
    log.require_logged(log.LogProof.from_json(content), VERIFIERS)


TARGETS = (note, verifier, tile, bundle, proof)


def feed(data: bytes) -> None:
    """Give one input to the parser that its first byte chooses."""
    if data:
        try:
            TARGETS[data[0] % len(TARGETS)](data[1:])
        except DatasetsError:
            return


def seeds() -> list[bytes]:
    """Give the frozen vectors, each for its parser."""
    notes = [b"\x00" + case["text"].encode() for case in FROZEN["checkpoints"]]
    keys = [b"\x01" + key.encode() for key in (*FROZEN["keys"], FROZEN["witness"])]
    tiles = [b"\x02tile/0/x001/x234/067", b"\x02tile/entries/003.p/7"]
    bundles = [b"\x03" + bytes([10]) + base64.b64decode(FROZEN["bundle"])]
    proofs = [b"\x04" + json.dumps(case["log"]).encode() for case in FROZEN["proofs"]]
    return [*notes, *keys, *tiles, *bundles, *proofs]


def main() -> None:
    """Run until something breaks, or as long as libFuzzer's options say."""
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate(seeds()):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([sys.argv[0], corpus, *sys.argv[1:]], feed)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
