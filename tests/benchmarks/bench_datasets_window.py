"""How long a person waits for one spectrum and one window of a sharded cube."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import zarr

from tests.support.cube_copies import Pipelines, copies, make_cube
from tests.support.side_by_side import measure, print_latency, table

SPECTRA, WINDOWS = 200, 40
WINDOW_PX = 256
REACH = "≤ 1.10"


def reader(store: Any, pipeline: str) -> Callable[[object], None]:  # noqa: ANN401 - any store
    """Return what reads a selection, which is taken anew for each round."""
    with zarr.config.set({"codec_pipeline.path": pipeline}):
        array = zarr.open_array(store, path="arrays/cube", mode="r")

    def read(select: Callable[[tuple[int, ...]], object]) -> None:
        with zarr.config.set({"codec_pipeline.path": pipeline}):
            array[select(array.shape)]

    return read  # type: ignore[return-value]


def spectrum(random: np.random.Generator, shape: tuple[int, ...]) -> object:
    return int(random.integers(shape[0])), int(random.integers(shape[1])), slice(None)


def window(random: np.random.Generator, shape: tuple[int, ...]) -> object:
    y, x = (int(random.integers(length - WINDOW_PX + 1)) for length in shape[:2])
    return slice(y, y + WINDOW_PX), slice(x, x + WINDOW_PX), int(random.integers(shape[2]))


def test_spectrum_and_window() -> None:
    cube = make_cube()
    with copies(cube, "blosc", is_sharded=True) as made:
        readers = {
            "stock": reader(made.plain, Pipelines.STOCK),
            "fused": reader(made.plain, Pipelines.FUSED),
            "ours": reader(made.sealed(), Pipelines.OURS),
            "level 2": reader(made.sealed(level=2), Pipelines.OURS),
        }
        for name, pick, rounds in (
            ("one pixel's spectrum", spectrum, SPECTRA),
            ("one window of 256 x 256, one band", window, WINDOWS),
        ):
            works = {  # each with the same places in the same order
                key: partial(read, partial(pick, np.random.default_rng(2)))
                for key, read in readers.items()
            }
            timings = measure(works, rounds)
            with table(f"{name}; ratio is our time to the peer's"):
                print_latency("sealed against stock zarr", timings["ours"], timings["stock"], REACH)
                print_latency("… its fused pipeline", timings["ours"], timings["fused"], "")
                print_latency(
                    "level 2 against stock zarr", timings["level 2"], timings["stock"], ""
                )
