"""Throws bytes at what reads releases: envelopes, statements, keys, lists, certificates, stamps.

``python -m tests.fuzz.fuzz_release [FOLDER]`` runs until something breaks; under pytest a few
thousand inputs made from the frozen releases run. The first byte chooses the parser.
"""

from pathlib import Path

from museion_datasets.errors import DatasetsError
from museion_datasets.evidence import dsse
from museion_datasets.evidence.certificate import Certificate, Signers, judge
from museion_datasets.evidence.records import decode_json
from museion_datasets.evidence.signing import decode_key_file, encode_key_file
from museion_datasets.evidence.statement import Release
from museion_datasets.evidence.timestamp import read_stamp, verify_stamp
from museion_datasets.release.files import SignedRelease, open_signed
from museion_datasets.release.object_list import decode_object_list
from tests.support.fuzzing import fuzz

_VECTORS = Path(__file__).parents[1] / "vectors" / "datasets" / "releases"
_FOLDER = next((_VECTORS / "good").iterdir()) / "releases" / "2"
_FILES = {path.name: path.read_bytes() for path in _FOLDER.iterdir()}
_ENVELOPE, _SIGNERS = _FILES["statement.dsse.json"], _FILES["signers.json"]
_STAMP, _LIST = _FILES["timestamp.tsr"], _FILES["objects"]
_ROOT = (_VECTORS / "authority.pem").read_bytes()
_PAYLOAD = dsse.open_envelope(_ENVELOPE, dsse.STATEMENT_TYPE).payload
_KEPT = decode_key_file((_VECTORS / "institution.pub").read_text())
_CERTIFICATE = Signers.from_json(decode_json(_SIGNERS, "keys")).certificate or b""
_SAID = dsse.open_envelope(_CERTIFICATE, dsse.SIGNER_TYPE).payload

SEEDS = (
    b"\0" + _ENVELOPE,
    b"\1" + _PAYLOAD,
    b"\2" + _LIST,
    b"\3" + encode_key_file(_KEPT[0]).encode(),
    b"\4" + _SIGNERS,
    b"\5" + _SAID,
    b"\6" + _STAMP,
)
TOKENS = (b"\0", b"\xff", b"{", b"}", b"[", b'"', b",", b":", b"null", b"true", b"-1", b"1e999",
          b"NaN", b'"\\ud800"', b'"release":', b"urn:museion:", b"/ed25519", b"\n", b"=",
          b"\xe2\x80\xae", b"\x30\x80")  # fmt: skip


def _envelope(data: bytes) -> None:
    """Nothing but the very signatures of the author opens."""
    opened = open_signed(SignedRelease(data, _SIGNERS), _KEPT)
    assert opened.release.to_statement() == _PAYLOAD


def _statement(data: bytes) -> None:
    release = Release.from_statement(data)
    assert Release.from_statement(release.to_statement()) == release


def _list(data: bytes) -> None:
    listed = decode_object_list(data)
    items = list(listed)
    assert listed.encode() == data
    assert len(listed.names()) == len(items) >= listed.manifest_objects >= 1
    assert listed.size_bytes == sum(item.size_bytes for item in items)


def _keys(data: bytes) -> None:
    keys = decode_key_file(data.decode(errors="replace"))
    assert decode_key_file("".join(map(encode_key_file, keys))) == keys


def _signers(data: bytes) -> None:
    """Whatever stands in the file, the author's release is nobody else's."""
    signers = Signers.from_json(decode_json(data, "keys"))
    judge(signers, _KEPT)
    assert open_signed(SignedRelease(_ENVELOPE, data), _KEPT).release.to_statement() == _PAYLOAD


def _certificate(data: bytes) -> None:
    assert Certificate.from_payload(data).principal


def _stamp(data: bytes) -> None:
    """A stamp that verifies says the same as the true one."""
    read_stamp(data, _ENVELOPE)
    assert verify_stamp(data, _ENVELOPE, [_ROOT]) == verify_stamp(_STAMP, _ENVELOPE, [_ROOT])


_PARSERS = (_envelope, _statement, _list, _keys, _signers, _certificate, _stamp)


def check(data: bytes) -> None:
    """Parse; whatever is accepted keeps its promises."""
    if not data:
        return
    try:
        _PARSERS[data[0] % len(_PARSERS)](data[1:])
    except DatasetsError as error:
        assert error.hint  # noqa: PT017 - not a test


if __name__ == "__main__":
    fuzz(check)
