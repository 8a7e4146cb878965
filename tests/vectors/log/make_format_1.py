"""Writes `format-1.json`: a small log, everything it publishes, and corrupt copies of it.

Run once for a format, with ``python -m tests.vectors.log.make_format_1`` in the root of the
project; what it wrote is then never written again. The seeds protect nothing but this sample.
"""

import base64
import copy
import json
from pathlib import Path
from typing import Any

from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.cosignature import cosign, sign_checkpoint
from museion_datasets.log.event import entry_of
from museion_datasets.log.keys import SignatureType, Signer
from museion_datasets.log.tiles import encode_bundle
from museion_datasets.log.tree import (
    TreeHead,
    leaf_hash,
    prove_consistency,
    prove_inclusion,
    root_of,
)
from tests.support.logs import NOW_S, reader_of, signers_of

FILE = Path(__file__).parent / "format-1.json"
ORIGIN = "museion/log/0123456789abcdef"
SIGNERS = signers_of(ORIGIN)
WITNESS = Signer("witness.example/w1", SignatureType.COSIGNATURE_ED25519, bytes([4]) * 32)
ACTORS = ("chiara", "wg-murals", "Łukasz", "玲", "eve")
EVENTS: list[dict[str, Any]] = [
    {
        "index": index,
        "time": f"2026-11-22T10:00:{index:02d}.000000+00:00",
        "event": "key.vended",
        "actor": ACTORS[index % len(ACTORS)],
        "subject": "murals/panel",
        "detail": {"epoch": 1, "as": "murals", "is_shared": index % 2 == 0, "reason": None},
    }
    for index in range(11)
]
SALTS = [bytes([index]) * 32 for index in range(11)]
ENTRIES = [entry_of(event, salt) for event, salt in zip(EVENTS, SALTS, strict=True)]
LEAVES = [leaf_hash(entry) for entry in ENTRIES]
READ = reader_of(LEAVES)


def text(content: bytes) -> str:
    return base64.b64encode(content).decode()


def head(size: int) -> TreeHead:
    return TreeHead(size, root_of(size, READ))


def note(size: int, signers: list[Signer] = SIGNERS, root: bytes | None = None) -> str:
    found = TreeHead(size, root) if root else head(size)
    return str(sign_checkpoint(Checkpoint(ORIGIN, found), signers, NOW_S))


def proof(index: int, size: int = 11) -> dict[str, Any]:
    return {
        "format": 1,
        "index": index,
        "leaf": text(LEAVES[index]),
        "tree_size": size,
        "proof": [text(hash_) for hash_ in prove_inclusion(index, size, READ)],
        "checkpoint": note(size),
        "event": EVENTS[index],
        "salt": text(SALTS[index]),
    }


def proofs() -> list[dict[str, Any]]:
    cases = [{"name": f"entry {n}", "outcome": "ok", "log": proof(n)} for n in range(11)]
    right = proof(3)
    without = {name: right[name] for name in right if name not in {"event", "salt"}}
    cases.append({"name": "without its event", "outcome": "ok", "log": without})
    other = copy.deepcopy(right)
    other["event"]["actor"] = "eve"
    changes: dict[str, tuple[str, dict[str, Any]]] = {
        "another actor": ("history", other),
        "another salt": ("history", {**right, "salt": text(bytes(32))}),
        "another place": ("history", {**right, "index": 4}),
        "another leaf": ("history", {**right, "leaf": text(LEAVES[4])}),
        "a path too short": ("history", {**right, "proof": right["proof"][:-1]}),
        "a path too long": ("history", {**right, "proof": [*right["proof"], text(bytes(32))]}),
        "an endless path": ("invalid", {**right, "proof": [text(bytes(32))] * 127}),
        "no checkpoint": ("invalid", {**right, "checkpoint": "11\n"}),
        "another key": ("history", {**right, "checkpoint": note(11, signers_of(ORIGIN, seed=2))}),
        "a newer format": ("invalid", {**right, "format": 2}),
        "no salt": ("invalid", {name: right[name] for name in right if name != "salt"}),
    }
    named = ({"name": name, "outcome": o, "log": log} for name, (o, log) in changes.items())
    return [*cases, *named]


def checkpoints() -> list[dict[str, str]]:
    right = note(11)
    body, lines = right.split("\n\n")
    first, second = lines.splitlines()
    witnessed = right + str(cosign(Checkpoint(ORIGIN, head(11)), WITNESS, NOW_S + 60))
    rows = {
        "as signed": ("ok", right),
        "empty": ("ok", note(0)),
        "with a witness": ("ok", witnessed),
        "only Ed25519": ("history", f"{body}\n\n{first}\n"),
        "only ML-DSA-44": ("history", f"{body}\n\n{second}\n"),
        "not signed": ("invalid", f"{body}\n\n"),
        "another size": ("history", right.replace("\n11\n", "\n12\n", 1)),
        "a leading zero": ("invalid", right.replace("\n11\n", "\n011\n", 1)),
        "another origin": ("history", right.replace(ORIGIN, ORIGIN[:-1] + "e", 1)),
        "another key": ("history", note(11, signers_of(ORIGIN, seed=2))),
        "carriage returns": ("invalid", right.replace("\n", "\r\n")),
        "a line more": ("history", right.replace("\n\n", "\nmore\n\n", 1)),
    }
    return [{"name": n, "outcome": o, "text": content} for n, (o, content) in rows.items()]


def consistency() -> list[dict[str, Any]]:
    return [
        {
            "old": old,
            "new": new,
            "proof": [text(hash_) for hash_ in prove_consistency(old, new, READ)],
        }
        for new in range(12)
        for old in range(new + 1)
    ]


def main() -> None:
    """Write the file."""
    content = {
        "keys": [str(signer.verifier) for signer in SIGNERS],
        "witness": str(WITNESS.verifier),
        "events": EVENTS,
        "salts": [text(salt) for salt in SALTS],
        "entries": [text(entry) for entry in ENTRIES],
        "leaves": [text(leaf) for leaf in LEAVES],
        "roots": [text(head(size).root) for size in range(12)],
        "bundle": text(encode_bundle(ENTRIES)),
        "consistency": consistency(),
        "proofs": proofs(),
        "checkpoints": checkpoints(),
    }
    FILE.write_text(json.dumps(content, ensure_ascii=True, indent=1) + "\n")


if __name__ == "__main__":
    main()
