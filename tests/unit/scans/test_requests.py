"""What a browser may ask of a scan."""

import struct

import pytest

from museion_datasets.ingest.scans.batch import pack_pages
from museion_lab.cube_queries import QueryError
from museion_lab.scans import read_page_ids


@pytest.mark.parametrize(
    ("text", "ids"),
    [("1", (1,)), ("3,1,2", (3, 1, 2)), ("1,2,3,4,5,6,7,8", tuple(range(1, 9)))],
)
def test_page_ids_keep_their_order(text: str, ids: tuple[int, ...]) -> None:
    assert read_page_ids(text) == ids


@pytest.mark.parametrize(
    "text",
    [None, "", "0", "-1", "1,", "1,,2", "1.5", "one", "1,1", "²", "99999999999", "../1",
     ",".join(map(str, range(1, 10)))],
)  # fmt: skip
def test_other_page_ids_are_refused(text: str | None) -> None:
    with pytest.raises(QueryError):
        read_page_ids(text)


def test_packed_pages_name_their_lengths_first() -> None:
    packed = pack_pages([(7, b"abc"), (2, b"de")])
    assert struct.unpack("<5I", packed[:20]) == (2, 7, 3, 2, 2)
    assert packed[20:] == b"abcde"
