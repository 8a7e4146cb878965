"""Released datasets, and what an attacker does to releases.

A forger here may write anything into the storage and has a key of their own; only the keys of
the catalogue are out of reach.
"""

import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from museion_datasets.evidence import dsse
from museion_datasets.evidence.certificate import Signers
from museion_datasets.evidence.records import encode_bytes
from museion_datasets.evidence.signing import (
    KeyUse,
    SigningKey,
    TrustedKey,
    decode_key_file,
)
from museion_datasets.evidence.statement import (
    Listed,
    Outline,
    Previous,
    Release,
    StoredAt,
    recipients_of,
)
from museion_datasets.library import Library
from museion_datasets.policy import DatasetPolicy
from museion_datasets.release.files import encode_signers
from tests.support.datasets import PANEL, dataset_folder

ATTACKER = SigningKey(bytes(range(64)))
COLLEAGUE = SigningKey(bytes(range(64, 128)))


def release_folder(home: Path, library: Library, number: int = 1) -> Path:
    return dataset_folder(home, library) / "releases" / str(number)


def trusted_keys(home: Path) -> list[TrustedKey]:
    """Return what a person keeps who was given the catalogue's public key by hand."""
    return decode_key_file((home / "identity.pub").read_text())


def copy_of(home: Path, library: Library, target: Path) -> Path:
    """Copy a dataset's directory, and nothing else of the catalogue."""
    source = dataset_folder(home, library)
    return Path(shutil.copytree(source, target / source.name))


def statement_of(folder: Path) -> dict[str, Any]:
    """Return the statement in a release's folder, as anybody can read it."""
    envelope = json.loads((folder / "statement.dsse.json").read_bytes())
    payload = dsse.open_envelope(json.dumps(envelope).encode(), dsse.STATEMENT_TYPE).payload
    statement: dict[str, Any] = json.loads(payload)
    return statement


def change_envelope(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change the signed envelope as JSON."""
    path = folder / "statement.dsse.json"
    envelope = json.loads(path.read_bytes())
    change(envelope)
    path.write_text(json.dumps(envelope))


def change_statement(folder: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change what is signed, and leave the signatures as they are."""

    def replace_payload(envelope: dict[str, Any]) -> None:
        statement = statement_of(folder)
        change(statement)
        envelope["payload"] = encode_bytes(json.dumps(statement).encode())

    change_envelope(folder, replace_payload)


def forge(folder: Path, release: Release, key: SigningKey = ATTACKER) -> None:
    """Sign a release with a key of one's own and put it into a release's folder."""
    envelope = dsse.sign(release.to_statement(), dsse.STATEMENT_TYPE, key)
    (folder / "statement.dsse.json").write_bytes(envelope)
    (folder / "signers.json").write_bytes(encode_signers(Signers(key.public)))


def read_release(folder: Path) -> Release:
    envelope = (folder / "statement.dsse.json").read_bytes()
    return Release.from_statement(dsse.open_envelope(envelope, dsse.STATEMENT_TYPE).payload)


def with_listed(release: Release, **changes: Any) -> Release:  # noqa: ANN401 - any field
    return replace(release, listed=replace(release.listed, **changes))


def sample_release(**changes: Any) -> Release:  # noqa: ANN401 - any field of the outline
    """Return a release of nothing that exists."""
    outline = Outline(
        format=1,
        dataset="0123456789abcdef0123456789abcdef",
        path=PANEL,
        title="Painted panel",
        release=2,
        previous=Previous(1, "1" * 64),
        version=3,
        parent=2,
        manifest_root="2" * 64,
        epoch=1,
        policy=DatasetPolicy("Museum of Murals", "CC-BY-4.0", ("AT", "DE"), (), "2030-01-01"),
        stored_at=StoredAt("local", "AT"),
        recipients=recipients_of([("murals", "owner"), ("lapidary", "workgroup")]),
        author="wg-murals",
        institution="Museum of Murals",
    )
    listed = Listed("3" * 64, "4" * 64, 12, 4096)
    inputs = {"inputs": [{"path": "murals/raw", "release": 1, "digest": "5" * 64}]}
    said = ("After the cleaning", inputs, "2026-11-22T10:00:00Z")
    return Release(replace(outline, **changes), listed, *said)


def keep(key: SigningKey, use: KeyUse = KeyUse.SIGNER, name: str = "somebody") -> TrustedKey:
    return TrustedKey(use, name, key.public)
