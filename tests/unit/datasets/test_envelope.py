"""Sealed keys open for one recipient, in one context, unaltered."""

import subprocess
import sys

import pytest

from museion_datasets import envelope
from museion_datasets.errors import KeyUnavailableError

SECRET = b"s" * 32
INFO = envelope.vend_info("a" * 32, 1)
ROOT = b"r" * 32


def test_recipient_opens_what_was_sealed() -> None:
    pair = envelope.generate_keypair()
    assert envelope.open_(pair.private, envelope.seal(pair.public, SECRET, INFO), INFO) == SECRET


def test_somebody_else_does_not_open_it() -> None:
    sealed = envelope.seal(envelope.generate_keypair().public, SECRET, INFO)
    with pytest.raises(KeyUnavailableError):
        envelope.open_(envelope.generate_keypair().private, sealed, INFO)


@pytest.mark.parametrize("info", [envelope.vend_info("a" * 32, 2), envelope.vend_info("b" * 32, 1)])
def test_sealed_key_of_another_epoch_or_dataset_does_not_open(info: bytes) -> None:
    pair = envelope.generate_keypair()
    with pytest.raises(KeyUnavailableError):
        envelope.open_(pair.private, envelope.seal(pair.public, SECRET, INFO), info)


@pytest.mark.parametrize("offset", [0, 1, 600, 1125, -1])
def test_altered_sealed_key_does_not_open(offset: int) -> None:
    pair = envelope.generate_keypair()
    sealed = bytearray(envelope.seal(pair.public, SECRET, INFO))
    sealed[offset] ^= 1
    with pytest.raises(KeyUnavailableError):
        envelope.open_(pair.private, bytes(sealed), INFO)


@pytest.mark.parametrize("sealed", [b"", b"\x01", b"\x01" + b"x" * 20])
def test_short_sealed_key_does_not_open(sealed: bytes) -> None:
    with pytest.raises(KeyUnavailableError):
        envelope.open_(envelope.generate_keypair().private, sealed, INFO)


@pytest.mark.parametrize("public", [b"", b"x" * 100, b"\xff" * envelope.PUBLIC_BYTES])
def test_sealing_to_what_is_no_key_is_refused(public: bytes) -> None:
    with pytest.raises(KeyUnavailableError):
        envelope.seal(public, SECRET, INFO)


def test_root_opens_what_it_wrapped_and_only_in_its_context() -> None:
    wrapped = envelope.wrap_under_root(ROOT, SECRET, INFO)
    assert envelope.unwrap_under_root(ROOT, wrapped, INFO) == SECRET
    for root, data, info in [
        (b"x" * 32, wrapped, INFO),
        (ROOT, wrapped, b""),
        (ROOT, wrapped[:-1], INFO),
        (ROOT, b"\x02" + wrapped[1:], INFO),
        (ROOT, b"", INFO),
    ]:
        with pytest.raises(KeyUnavailableError):
            envelope.unwrap_under_root(root, data, info)


def test_contexts_of_different_parts_never_coincide() -> None:
    contexts = {
        envelope.vend_info("a", 11),
        envelope.vend_info("a1", 1),
        envelope.wrap_info("a", 1, "1b"),
        envelope.wrap_info("a", 11, "b"),
        envelope.wrap_info("a1", 1, "b"),
    }
    assert len(contexts) == 5


def test_key_pair_does_not_show_itself() -> None:
    pair = envelope.generate_keypair()
    assert repr(pair) == "KeyPair()"


def test_light_part_loads_nothing_heavy() -> None:
    code = (
        "import sys, museion_datasets.envelope, museion_datasets.policy, museion_datasets.model;"
        "assert not {'numpy', 'zarr', 'xarray', 'blake3'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
