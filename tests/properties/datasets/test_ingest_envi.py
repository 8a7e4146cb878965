"""Any cube in any ENVI form comes out as numpy has it."""

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from spectral.io import envi as spy

from museion_datasets.ingest.envi import EnviReader
from museion_datasets.ingest.envi_header import DTYPES
from museion_datasets.ingest.form import ArrayForm
from tests.support.ingest import AXES, write_envi

SIDES = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 6))


@st.composite
def cubes(draw: st.DrawFn) -> np.ndarray[Any, Any]:
    dtype = np.dtype(draw(st.sampled_from(sorted(DTYPES.values()))))
    return draw(hnp.arrays(dtype, draw(SIDES)))


@st.composite
def regions(draw: st.DrawFn, shape: tuple[int, ...]) -> tuple[slice, ...]:
    ends = [sorted(draw(st.tuples(*[st.integers(0, n)] * 2))) for n in shape]
    return tuple(slice(start, stop) for start, stop in ends)


@given(st.data(), cubes(), st.sampled_from(sorted(AXES)), st.sampled_from("<>"), st.integers(0, 99))
@settings(max_examples=150, deadline=None)
def test_every_region_of_every_form_is_what_numpy_has(
    data: st.DataObject, cube: np.ndarray[Any, Any], interleave: str, order: str, offset: int
) -> None:
    region = data.draw(regions(cube.shape))
    with TemporaryDirectory() as folder:
        more = {"header offset": str(offset)}
        header = write_envi(Path(folder), cube, interleave=interleave, order=order, more=more)
        with EnviReader().open(header) as reading:
            (form,) = reading.forms
            assert isinstance(form, ArrayForm)
            variable = form.variables["values"]
            found = variable.read(region)
            assert variable.values.shape == cube.shape
    assert found.dtype == cube.dtype
    assert np.array_equal(found, cube[region], equal_nan=cube.dtype.kind in "fc")


@given(cubes(), st.sampled_from(sorted(AXES)), st.sampled_from("<>"))
@settings(max_examples=60, deadline=None)
def test_spectral_python_reads_the_same(
    cube: np.ndarray[Any, Any], interleave: str, order: str
) -> None:
    with TemporaryDirectory() as folder:
        header = write_envi(Path(folder), cube, interleave=interleave, order=order)
        theirs = spy.open(str(header), str(header.with_suffix(".dat"))).open_memmap(
            interleave="bip"
        )
        with EnviReader().open(header) as reading:
            (form,) = reading.forms
            assert isinstance(form, ArrayForm)
            ours = form.variables["values"].read((slice(None),) * 3)
        assert np.array_equal(ours, theirs, equal_nan=cube.dtype.kind in "fc")
        del theirs
