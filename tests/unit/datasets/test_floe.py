"""FLOE as this library writes it: random access, and nothing altered gets through."""

import secrets

import pytest

from museion_datasets.errors import IntegrityError, InvalidError
from museion_datasets.sealing.floe import Decryptor, encrypt, segment_bytes_of
from museion_datasets.sealing.segments import HEADER_BYTES, Shape

KEY, DATA, SEGMENT = b"k" * 32, b"place", 64
CAPACITY = SEGMENT - 32


def seal(plaintext: bytes, segment_bytes: int = SEGMENT) -> bytes:
    return b"".join(bytes(v) for v in encrypt(KEY, DATA, plaintext, segment_bytes=segment_bytes))


def unseal(ciphertext: bytes, start: int, stop: int, *, size: int | None = None) -> bytes:
    length = len(ciphertext) if size is None else size
    decryptor = Decryptor(KEY, DATA, ciphertext[:HEADER_BYTES], length)
    out = bytearray(stop - start)

    def read_into(offset: int, view: memoryview) -> None:
        view[:] = ciphertext[offset : offset + len(view)]

    decryptor.decrypt_into(read_into, start, out)
    return bytes(out)


@pytest.mark.parametrize("size", [0, 1, CAPACITY - 1, CAPACITY, CAPACITY + 1, 5 * CAPACITY, 3_000])
def test_every_range_reads_what_was_written(size: int) -> None:
    plaintext = secrets.token_bytes(size)
    ciphertext = seal(plaintext)
    step = max(1, size // 7)
    for start in range(0, size + 1, step):
        for stop in range(start, size + 1, step):
            assert unseal(ciphertext, start, stop) == plaintext[start:stop]


def test_large_object_passes_through_several_batches() -> None:
    plaintext = secrets.token_bytes(3_500_000)
    ciphertext = seal(plaintext, 1 << 18)
    assert unseal(ciphertext, 0, len(plaintext)) == plaintext
    assert unseal(ciphertext, 1_048_000, 2_100_001) == plaintext[1_048_000:2_100_001]


def test_same_plaintext_never_gives_the_same_ciphertext() -> None:
    assert seal(b"same")[10:42] != seal(b"same")[10:42]


def test_swapped_segments_do_not_decrypt() -> None:
    whole = seal(bytes(4 * CAPACITY))
    first, second = HEADER_BYTES, HEADER_BYTES + SEGMENT
    swapped = whole[:first] + whole[second : second + SEGMENT] + whole[first:second]
    with pytest.raises(IntegrityError):
        unseal(swapped + whole[second + SEGMENT :], 0, 1)


def test_every_single_bit_counts() -> None:
    ciphertext = seal(b"x" * 40)
    for offset in range(len(ciphertext)):
        altered = bytearray(ciphertext)
        altered[offset] ^= 0x10
        with pytest.raises(IntegrityError):
            unseal(bytes(altered), 0, 40)


@pytest.mark.parametrize("size", [0, HEADER_BYTES, HEADER_BYTES + 31, HEADER_BYTES + SEGMENT + 5])
def test_impossible_length_is_refused(size: int) -> None:
    with pytest.raises(IntegrityError):
        unseal(seal(b"x" * 40), 0, 1, size=size)


@pytest.mark.parametrize(("start", "stop"), [(-1, 4), (0, 41), (41, 41)])
def test_range_outside_the_object_is_refused(start: int, stop: int) -> None:
    with pytest.raises(InvalidError):
        unseal(seal(b"x" * 40), start, stop)


@pytest.mark.parametrize(
    "header",
    [
        b"",
        bytes(HEADER_BYTES),
        b"\x01\x00" + (64).to_bytes(4) + (32).to_bytes(4) + bytes(64),
        b"\x00\x00" + (32).to_bytes(4) + (32).to_bytes(4) + bytes(64),
        b"\x00\x00" + (1 << 31).to_bytes(4) + (32).to_bytes(4) + bytes(64),
    ],
    ids=["empty", "zeros", "other cipher", "segment too short", "segment too long"],
)
def test_header_of_another_suite_is_refused(header: bytes) -> None:
    with pytest.raises(IntegrityError):
        segment_bytes_of(header)


def test_length_of_a_ciphertext_is_known_before_it_is_made() -> None:
    for size in range(5 * CAPACITY):
        shape = Shape.of_plaintext(size, SEGMENT)
        assert shape.ciphertext_bytes == len(seal(bytes(size)))
        assert Shape.of_ciphertext(shape.ciphertext_bytes, SEGMENT) == shape
