"""Throws bytes at what reads manifests, a storage's lists, addresses and names.

``python -m tests.fuzz.fuzz_storage [FOLDER]`` runs until something breaks; under pytest a few
thousand inputs made from the seeds run. The first byte chooses the parser.
"""

from dataclasses import replace

from museion_datasets.errors import IntegrityError, InvalidError
from museion_datasets.objects._public import require_public_path
from museion_datasets.objects._uploads import uploads_in
from museion_datasets.place import Location
from museion_datasets.sealing.entry import Entry, ObjectKind
from museion_datasets.sealing.keynames import require_key
from museion_datasets.sealing.page import Page, encode_entries
from tests.support.fuzzing import fuzz

_ENTRY = Entry(
    key="arrays/vnir/zarr.json",
    kind=ObjectKind.METADATA,
    object_id="0123456789abcdef" * 2,
    epoch=1,
    ciphertext_bytes=110,
    plaintext_bytes=4,
    header=bytes(74),
    content_root=bytes(32),
)
_PAGE = encode_entries([_ENTRY, replace(_ENTRY, key="files/é.txt", kind=ObjectKind.FILE)])
_UPLOADS = (
    b"<ListMultipartUploadsResult><IsTruncated>false</IsTruncated><Upload><Key>a/objects/01/0"
    b"</Key><UploadId>x&amp;y</UploadId><Initiated>2026-11-22T10:00:00.000Z</Initiated></Upload>"
    b"</ListMultipartUploadsResult>"
)
SEEDS = (
    b"\0" + _PAGE,
    b"\0\x01",
    b"\1" + _UPLOADS,
    b"\2s3://bucket/prefix/a",
    b"\2file:///srv/d%C3%A4t%20a",
    "\3files/Спас/💎\u200d.txt".encode(),
    b"\4releases/3/statement.dsse.json",
)
TOKENS = (b"\0", b"\xff\xff", b"..", b"/", b"%2e", b"@", b"<Upload>", b"</Upload>", b"&#0;",
          b"\xe2\x80\xae", b"\xed\xa0\x80", b"\n", b"Z</Initiated>")  # fmt: skip


def _page(data: bytes) -> None:
    page = Page(data)
    entries = list(page)
    assert encode_entries(entries) == data
    assert page.keys(0, len(page)) == sorted({entry.key for entry in entries})
    assert all(page.find(entry.key) == entry for entry in entries)


def _uploads(data: bytes) -> None:
    for upload in uploads_in(data.decode(errors="replace")):
        assert upload.upload_id
        assert upload.begun.tzinfo


def _place(data: bytes) -> None:
    location = Location.parse(data.decode(errors="surrogateescape"))
    assert ".." not in location.path.split("/")
    assert location.is_remote or location.path.startswith("/")


def _name(data: bytes) -> None:
    name = data.decode(errors="surrogateescape")
    require_key(name)
    assert name.encode().decode() == name
    assert not {"", ".", ".."} & set(name.split("/"))


def _public(data: bytes) -> None:
    path = require_public_path(data.decode("latin-1"))
    assert ".." not in path.split("/")
    assert path.isascii()


_PARSERS = (_page, _uploads, _place, _name, _public)


def check(data: bytes) -> None:
    """Parse; whatever is accepted keeps its promises."""
    if not data:
        return
    try:
        _PARSERS[data[0] % len(_PARSERS)](data[1:])
    except (IntegrityError, InvalidError) as error:
        assert error.hint  # noqa: PT017 - not a test


if __name__ == "__main__":
    fuzz(check)
