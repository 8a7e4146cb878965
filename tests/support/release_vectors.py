"""Writes the frozen releases: ``python -m tests.support.release_vectors TARGET``.

``good`` is a dataset's directory with two releases, as a hub makes them: signed by an account that
an institution vouches for, logged, the second one time-stamped. ``cases.json`` says for each case
which of its files are changed and what a verifier has to answer. Run once; never written again
for the same version of the format.
"""

import base64
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from museion_datasets.evidence import dsse
from museion_datasets.evidence.certificate import Certificate, Signers
from museion_datasets.evidence.records import encode_json
from museion_datasets.evidence.signing import KeyUse, SigningKey, TrustedKey, encode_key_file
from museion_datasets.evidence.statement import Outline, Previous, Release
from museion_datasets.library import Library
from museion_datasets.log.checkpoint import Checkpoint
from museion_datasets.log.cosignature import sign_checkpoint
from museion_datasets.log.event import event_leaf
from museion_datasets.log.keys import SignatureType, Signer
from museion_datasets.log.tree import TreeHead
from museion_datasets.release.files import SignedRelease, encode_signers
from museion_datasets.release.making import ReleaseWish, make_release
from museion_datasets.release.object_list import decode_object_list
from tests.support.datasets import PANEL, begin_panel, dataset_folder, make_library
from tests.support.releases import ATTACKER, change_envelope, change_statement, forge, read_release
from tests.support.timestamps import make_authority, serving

INSTITUTION, ACCOUNT = SigningKey(bytes([1]) * 64), SigningKey(bytes([2]) * 64)
MUSEUM, ORIGIN = "Museum of Murals", "museion/log/0123456789abcdef"
MOMENT = datetime(2026, 11, 22, 10, 0, 0, tzinfo=UTC)


@dataclass
class FrozenNotary:
    """Signs as a hub does, with keys that protect nothing but these samples."""

    library: Library
    signed: list[SignedRelease] = field(default_factory=list)

    def outline(self, path: str, version: int) -> Outline:
        local = self.library._catalogue.notary().outline(path, version)
        digests = [
            dsse.open_envelope(one.envelope, dsse.STATEMENT_TYPE).digest for one in self.signed
        ]
        number = len(digests) + 1
        previous = Previous(number - 1, digests[-1]) if digests else None
        as_hub = replace(local, author="wg-murals", institution=MUSEUM)
        return replace(as_hub, release=number, previous=previous)

    def sign(self, path: str, release: Release) -> SignedRelease:
        envelope = dsse.sign(release.to_statement(), dsse.STATEMENT_TYPE, ACCOUNT)
        digest = dsse.open_envelope(envelope, dsse.STATEMENT_TYPE).digest
        keys = tuple(str(signer.verifier) for signer in log_signers())
        said = Certificate("wg-murals", MUSEUM, ACCOUNT.public, "2026-11-22T09:00:00Z", keys)
        signers = Signers(ACCOUNT.public, said.sign(INSTITUTION), INSTITUTION.public)
        log = encode_json(log_proof(digest, path))
        self.signed.append(SignedRelease(envelope, encode_signers(signers), log))
        return self.signed[-1]

    def newest(self, path: str) -> SignedRelease | None:
        del path
        return self.signed[-1] if self.signed else None

    def trusted_keys(self) -> list[TrustedKey]:
        return [TrustedKey(KeyUse.INSTITUTION, MUSEUM, INSTITUTION.public)]


def log_signers() -> list[Signer]:
    kinds = (SignatureType.ED25519, SignatureType.COSIGNATURE_MLDSA44)
    return [Signer(ORIGIN, kind, bytes([3]) * 32) for kind in kinds]


def log_proof(digest: str, path: str) -> dict[str, Any]:
    """Prove that the release is the only entry of a log."""
    event = {
        "index": 0,
        "time": "2026-11-22T10:00:01.000000+00:00",
        "event": "version.released",
        "actor": "wg-murals",
        "subject": path,
        "detail": {"digest": digest},
    }
    leaf = event_leaf(event, bytes(32))
    note = sign_checkpoint(
        Checkpoint(ORIGIN, TreeHead(1, leaf)), log_signers(), int(MOMENT.timestamp())
    )
    text = base64.b64encode
    return {
        "format": 1,
        "index": 0,
        "leaf": text(leaf).decode(),
        "tree_size": 1,
        "proof": [],
        "checkpoint": str(note),
        "event": event,
        "salt": text(bytes(32)).decode(),
    }


type Spoil = Callable[[Path], object]
"""Changes a copy of the directory."""


def objects_of(copy: Path) -> list[Path]:
    """Return the objects of the second release."""
    listed = decode_object_list((copy / "releases" / "2" / "objects").read_bytes())
    return [copy / "objects" / item.name[:2] / item.name for item in listed]


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _swap(copy: Path) -> None:
    """Swap two objects of one length."""
    by_size: dict[int, list[Path]] = {}
    for path in objects_of(copy):
        by_size.setdefault(path.stat().st_size, []).append(path)
    first, second = next(paths for paths in by_size.values() if len(paths) > 1)[:2]
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)


def _roll_back(copy: Path) -> None:
    shutil.rmtree(copy / "releases" / "2")


def _relabel(copy: Path) -> None:
    shutil.rmtree(copy / "releases" / "2")
    shutil.copytree(copy / "releases" / "1", copy / "releases" / "2")


def _forge(copy: Path, key: SigningKey = ATTACKER) -> None:
    folder = copy / "releases" / "2"
    forge(folder, replace(read_release(folder), message="Forged"), key)
    for name in ("log.json", "timestamp.tsr"):
        (folder / name).unlink()


def _borrow(copy: Path) -> None:
    """Sign with one's own key, and leave the true signer's certificate beside it."""
    folder = copy / "releases" / "2"
    signers = (folder / "signers.json").read_bytes()
    _forge(copy)
    (folder / "signers.json").write_bytes(signers)


def _exchange(copy: Path, name: str) -> None:
    shutil.copy(copy / "releases" / "1" / name, copy / "releases" / "2" / name)


def _signature(number: int, text: str | None) -> Spoil:
    def change(envelope: dict[str, Any]) -> None:
        if text is None:
            envelope["signatures"].pop(number)
        else:
            envelope["signatures"][number]["sig"] = text

    return lambda copy: change_envelope(copy / "releases" / "2", change)


def _predicate(**values: object) -> Spoil:
    folder = Path("releases") / "2"
    return lambda copy: change_statement(copy / folder, lambda s: s["predicate"].update(values))


def _nothing(_copy: Path) -> None:
    """Leave everything as it is."""


TRUSTED, UNKNOWN = {"outcome": "trusted"}, {"outcome": "signer-unknown"}
DAMAGED = {"outcome": "failed", "kind": "integrity"}
NONE: dict[str, object] = {}
CASES: list[tuple[str, Spoil, dict[str, object], dict[str, str]]] = [
    ("good", _nothing, NONE, TRUSTED),
    ("good, first release", _nothing, {"release": 1}, TRUSTED),
    ("good, at least two", _nothing, {"at_least": 2}, TRUSTED),
    ("good, nobody trusted", _nothing, {"trust": False}, UNKNOWN),
    ("newer release demanded", _nothing, {"at_least": 3}, DAMAGED),
    ("rolled back, nothing remembered", _roll_back, NONE, TRUSTED),
    ("rolled back, at least two", _roll_back, {"at_least": 2}, DAMAGED),
    ("first release in the place of the second", _relabel, NONE, DAMAGED),
    ("object altered", lambda copy: _flip(objects_of(copy)[0]), NONE, DAMAGED),
    ("object cut", lambda copy: _cut(objects_of(copy)[0]), NONE, DAMAGED),
    ("object missing", lambda copy: objects_of(copy)[0].unlink(), NONE, DAMAGED),
    ("objects swapped", _swap, NONE, DAMAGED),
    ("list of the first release", lambda copy: _exchange(copy, "objects"), NONE, DAMAGED),
    ("list cut", lambda copy: _cut(copy / "releases/2/objects"), NONE, DAMAGED),
    ("list missing", lambda copy: (copy / "releases/2/objects").unlink(), NONE, DAMAGED),
    ("Ed25519 signature stripped", _signature(0, None), NONE, DAMAGED),
    ("ML-DSA-65 signature stripped", _signature(1, None), NONE, DAMAGED),
    ("Ed25519 signature altered", _signature(0, "A" * 86 + "=="), NONE, DAMAGED),
    ("ML-DSA-65 signature altered", _signature(1, "A" * 4412), NONE, DAMAGED),
    ("title altered", _predicate(title="Mine"), NONE, DAMAGED),
    ("predicate with a member more", _predicate(more=1), NONE, DAMAGED),
    ("signed anew by a thief", _forge, NONE, UNKNOWN),
    ("signed by a thief, certificate of the author", _borrow, NONE, DAMAGED),
    ("keys missing", lambda copy: (copy / "releases/2/signers.json").unlink(), NONE, DAMAGED),
    ("log proof of the first release", lambda copy: _exchange(copy, "log.json"), NONE, DAMAGED),
    ("log proof missing", lambda copy: (copy / "releases/2/log.json").unlink(), NONE, TRUSTED),
    ("time stamp altered", lambda copy: _flip(copy / "releases/2/timestamp.tsr"), NONE, DAMAGED),
    (
        "first release forged",
        lambda copy: forge(copy / "releases/1", read_release(copy / "releases/1")),
        NONE,
        DAMAGED,
    ),
]


def make(target: Path) -> None:
    """Write everything."""
    with tempfile.TemporaryDirectory() as temporary:
        home = Path(temporary) / "home"
        library = make_library(home)
        notary = FrozenNotary(library)
        with begin_panel(library) as draft:
            draft.put_file("notes.txt", b"lime, azurite")
            draft.put_file("other.txt", b"lime, minium!")
        release(library, notary, "Before the cleaning", None)
        with library.draft(PANEL) as draft:
            draft.put_file("after.txt", b"cleaned")
        authority = make_authority(Path(temporary) / "tsa", "Clock Tower")
        with serving(authority) as url:
            release(library, notary, "After the cleaning", url)
        source = dataset_folder(home, library)
        shutil.rmtree(source / "heads", ignore_errors=True)
        shutil.copytree(source, target / "good" / source.name)
        (target / "institution.pub").write_text(encode_key_file(notary.trusted_keys()[0]))
        (target / "authority.pem").write_bytes(authority.root)
    cases = [describe(target / "good" / source.name, *case) for case in CASES]
    (target / "cases.json").write_text(json.dumps(cases, indent=1) + "\n")


def release(library: Library, notary: FrozenNotary, message: str, url: str | None) -> None:
    snapshot = library.open(PANEL).snapshot
    wish = ReleaseWish(message, {"inputs": []}, url)
    make_release(
        notary,
        snapshot,
        wish,
        lambda number: library.open(PANEL, number).snapshot,
        now=lambda: MOMENT,
    )


def describe(
    good: Path, name: str, spoil: Spoil, options: dict[str, object], expected: dict[str, str]
) -> dict[str, object]:
    """Say which files a case changes."""
    with tempfile.TemporaryDirectory() as temporary:
        copy = Path(shutil.copytree(good, Path(temporary) / good.name))
        spoil(copy)
        changes = dict(_changes(good, copy))
    return {"name": name, "changes": changes, "options": options, "expected": expected}


def _changes(before: Path, after: Path) -> Iterator[tuple[str, str | None]]:
    """Give each file that differs, in base64, or None if it is gone."""
    files = {
        path.relative_to(root)
        for root in (before, after)
        for path in root.rglob("*")
        if path.is_file()
    }
    for path in sorted(files):
        old, new = (root / path for root in (before, after))
        if not new.exists():
            yield path.as_posix(), None
        elif not old.exists() or old.read_bytes() != new.read_bytes():
            yield path.as_posix(), base64.b64encode(new.read_bytes()).decode()


@contextmanager
def applied(case: dict[str, Any], good: Path, folder: Path) -> Iterator[Path]:
    """Give a copy of the good directory with a case's changes."""
    copy = Path(shutil.copytree(good, folder / good.name))
    for name, content in case["changes"].items():
        path = copy / name
        if content is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(base64.b64decode(content))
    yield copy


if __name__ == "__main__":
    make(Path(sys.argv[1]))
