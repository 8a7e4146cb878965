"""FLOE agrees with the C++, Go, Rust and Java implementations, and with nothing altered."""

from pathlib import Path

import pytest

from museion_datasets.errors import IntegrityError
from museion_datasets.sealing.floe import Decryptor
from museion_datasets.sealing.segments import HEADER_BYTES, OVERHEAD_BYTES

VECTORS = Path(__file__).parents[1] / "floe"
NAMES = sorted(path.name.removesuffix("_ct.txt") for path in VECTORS.glob("*_ct.txt"))
KEY, DATA = bytes(32), b"This is AAD"
STANDARD_BITS, SHORT_BITS = 20, 2


def load(name: str, part: str) -> bytes:
    return bytes.fromhex((VECTORS / f"{name}_{part}.txt").read_text())


def decrypt(ciphertext: bytes, name: str, *, key: bytes = KEY, data: bytes = DATA) -> bytes:
    bits = SHORT_BITS if name.endswith("rotation") else STANDARD_BITS
    header = ciphertext[:HEADER_BYTES]
    decryptor = Decryptor(key, data, header, len(ciphertext), rotation_bits=bits)
    plaintext = bytearray(decryptor.shape.plaintext_bytes)

    def read_into(offset: int, out: memoryview) -> None:
        out[:] = ciphertext[offset : offset + len(out)]

    decryptor.decrypt_into(read_into, 0, plaintext)
    return bytes(plaintext)


def test_known_answers_of_five_implementations_are_here() -> None:
    makers = {name.rpartition("_")[0].split("_GCM")[0] for name in NAMES}
    assert makers >= {"cpp", "go", "rust", "java", "pub_java"}


@pytest.mark.parametrize("name", NAMES)
def test_ciphertext_of_another_implementation_decrypts(name: str) -> None:
    assert decrypt(load(name, "ct"), name) == load(name, "pt")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("place", ["iv", "tag", "first segment", "last byte"])
def test_altered_ciphertext_does_not_decrypt(name: str, place: str) -> None:
    ciphertext = bytearray(load(name, "ct"))
    offset = {"iv": 12, "tag": 73, "first segment": HEADER_BYTES + 20, "last byte": -1}[place]
    ciphertext[offset] ^= 1
    with pytest.raises(IntegrityError):
        decrypt(bytes(ciphertext), name)


@pytest.mark.parametrize("name", NAMES)
def test_ciphertext_without_its_last_segment_does_not_decrypt(name: str) -> None:
    ciphertext = load(name, "ct")
    segment_bytes = int.from_bytes(ciphertext[2:6])
    segments = -(-(len(ciphertext) - HEADER_BYTES) // segment_bytes)
    cut = ciphertext[: HEADER_BYTES + (segments - 1) * segment_bytes]
    with pytest.raises(IntegrityError):
        decrypt(cut, name)


@pytest.mark.parametrize(("key", "data"), [(b"\1" * 32, DATA), (KEY, b"This is AAE")])
def test_header_commits_to_key_and_associated_data(key: bytes, data: bytes) -> None:
    name = NAMES[0]
    with pytest.raises(IntegrityError):
        decrypt(load(name, "ct"), name, key=key, data=data)


def test_empty_last_segment_after_a_full_one_is_accepted_as_the_specification_says() -> None:
    ciphertext = load("java_lastSegEmpty", "ct")
    assert int.from_bytes(ciphertext[-OVERHEAD_BYTES:][:4]) == OVERHEAD_BYTES
    assert decrypt(ciphertext, "java_lastSegEmpty") == load("java_lastSegEmpty", "pt")
