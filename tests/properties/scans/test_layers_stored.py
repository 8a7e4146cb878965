"""Whatever values a layer has, they come back within half a step; whatever bytes, a sentence."""

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from museion_datasets.errors import IntegrityError
from museion_datasets.ingest.scans.layer_format import (
    LayerAbout,
    LayerHead,
    decode_layer_head,
    decode_layer_page,
    encode_layer_head,
    encode_layer_page,
    layer_head,
)
from museion_datasets.ingest.scans.wasm import thread_meshopt

FEW = settings(max_examples=80, deadline=None)
NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32) | st.just(np.nan) | st.just(np.inf)
GEOMETRY = bytes(range(32))
PLAIN = np.linspace(-1e-3, 2e-3, 300)


def head_of(values: object, *, is_lossless: bool = False) -> LayerHead:
    about = LayerAbout("Relief", "m", "relief", 0.5, {"method": "made up"})
    found = np.asarray(values, np.float64)
    return layer_head(found, about, 3, GEOMETRY, is_lossless=is_lossless)


HEAD = head_of(PLAIN)
STORED = encode_layer_head(HEAD)
PAGE = encode_layer_page(HEAD, [PLAIN[:100], PLAIN[100:]], thread_meshopt())


@FEW
@given(
    values=arrays(np.float64, st.integers(1, 200), elements=NUMBERS).filter(
        lambda found: bool(np.isfinite(found).any())
    ),
    is_lossless=st.booleans(),
)
def test_values_come_back_within_half_a_step(values: np.ndarray, *, is_lossless: bool) -> None:
    head = head_of(values, is_lossless=is_lossless)
    page = encode_layer_page(head, [values, values[:1]], thread_meshopt())
    found, first = decode_layer_page(
        decode_layer_head(encode_layer_head(head)), page, thread_meshopt()
    )
    is_known = np.isfinite(values)
    assert (np.isfinite(found) == is_known).all()
    slack = np.abs(values[is_known]) * 1e-7
    assert (np.abs(found[is_known] - values[is_known]) <= head.step / 2 * 1.001 + slack).all()
    assert np.array_equal(first, found[:1], equal_nan=True)


@pytest.mark.parametrize(
    ("values", "step"),
    [([3, 4, 9, np.nan], 1.0), ([2.5, 2.5], 1.0), ([0.0, *[1e-9] * 200, 1e6], 0.0)],
    ids=["whole numbers", "one value", "a far outlier"],
)
def test_steps_suit_the_values(values: list[float], step: float) -> None:
    head = head_of(values)
    assert head.step == step
    (found,) = decode_layer_page(
        head, encode_layer_page(head, [np.array(values)], thread_meshopt()), thread_meshopt()
    )
    assert found == pytest.approx(np.array(values), rel=1e-6, nan_ok=True)


def test_head_comes_back_whole() -> None:
    assert decode_layer_head(STORED) == HEAD


@FEW
@given(data=st.binary(max_size=200), begins=st.booleans())
def test_any_bytes_are_a_head_or_refused(data: bytes, *, begins: bool) -> None:
    with pytest.raises(IntegrityError) as caught:
        decode_layer_head(STORED[:64] + data if begins else data)
    assert caught.value.hint.endswith(".")


@FEW
@given(at=st.integers(0, len(PAGE) - 1), value=st.integers(0, 255))
def test_damaged_page_is_values_or_refused(at: int, value: int) -> None:
    damaged = PAGE[:at] + bytes([value]) + PAGE[at + 1 :]
    found: list[Any] = []
    with suppress(IntegrityError):
        found = decode_layer_page(HEAD, damaged, thread_meshopt())
    assert all(each.dtype == np.float64 for each in found)


@pytest.mark.parametrize("end", [0, 3, 10, 20, len(PAGE) - 1])
def test_no_beginning_of_a_page_is_taken_for_the_page(end: int) -> None:
    with pytest.raises(IntegrityError):
        decode_layer_page(HEAD, PAGE[:end], thread_meshopt())


def test_page_that_promises_billions_of_vertices_is_refused() -> None:
    with pytest.raises(IntegrityError):
        decode_layer_page(HEAD, PAGE[:4] + b"\xff" * 4 + PAGE[8:], thread_meshopt())
